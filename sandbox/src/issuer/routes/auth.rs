//! Tokens for key pairs.

use super::route::Answer;
use crate::issuer::json::object;
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::Request;
use crate::issuer::state::World;

/// `POST /v1/auth/token`
pub(super) fn token(world: &mut World, request: &Request) -> Answer {
    let missing = || Refusal::new(401, "UNAUTHORIZED", "api_key and api_secret are required");
    let key = request.text("api_key").ok_or_else(missing)?;
    let secret = request.text("api_secret").ok_or_else(missing)?;
    let wrong = || Refusal::new(401, "UNAUTHORIZED", "Invalid API credentials");
    let program = world.by_keys(&key, &secret).ok_or_else(wrong)?;
    granted(world, program, request)
}

/// A new token for one that is still good.
pub(super) fn refresh(world: &mut World, request: &Request) -> Answer {
    let wrong = || Refusal::new(401, "UNAUTHORIZED", "Invalid or expired token");
    let token = request.token.as_deref().ok_or_else(wrong)?;
    let program = world.by_token(token).ok_or_else(wrong)?;
    granted(world, program, request)
}

fn granted(world: &mut World, program: usize, request: &Request) -> Answer {
    let (token, until) = world.grant(program, request.token_seconds);
    Ok(Reply::top(object! {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": request.token_seconds,
        "expires_at": until,
        "scopes": vec!["read", "write", "transactions", "webhooks"],
        "refresh_recommendation": object! {
            "refresh_before_seconds": 300_i64,
            "auto_refresh_enabled": false,
        },
    }))
}
