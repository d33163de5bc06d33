//! Tokens for clients with a key pair, in each way that the old API documents.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::token_responses::TokenErrors;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;
use crate::error::{Error, Kind, Result};
use crate::http::authentication::{Peer, bearer};
use crate::http::{headers, json_body, problem};
use crate::services::Services;
use crate::services::clients::{IssuedToken, KeyPair, TOKEN_LIFETIME};

/// The largest body, in bytes: a key pair is small.
const MAX_BODY: usize = 16 * 1024;

/// The routes below `/v1`.
pub fn router(services: Arc<Services>) -> Router {
    Router::from(routes())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(services)
}

/// The routes' description; paths are relative to `/v1`.
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::default()
        .routes(routes!(create))
        .routes(routes!(create_for_api_key))
        .routes(routes!(renew))
        .routes(routes!(renew_by_get))
}

/// A key pair.
#[derive(Deserialize, ToSchema)]
#[schema(as = KeyPair)]
#[expect(dead_code, reason = "it describes the body, whose members are read one by one")]
struct KeyPairBody {
    /// The key.
    api_key: String,
    /// The secret.
    api_secret: String,
}

/// A token.
#[derive(Serialize, ToSchema)]
#[allow(clippy::struct_field_names, reason = "the members have the contract's names")]
struct Token {
    /// Always true.
    success: bool,
    /// The token, for `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the token expires.
    expires_in: u64,
    /// When it expires.
    #[schema(format = DateTime)]
    expires_at: String,
    /// What it allows: the client's scopes.
    scopes: Vec<&'static str>,
}

/// The body of a refusal.
#[derive(Serialize)]
struct Refusal<'a> {
    success: bool,
    error: &'a str,
}

/// Fetch a token
///
/// Exchanges a key pair that the operator has registered for a token. It is valid for an hour,
/// and ends with its client. A client may fetch 60 tokens a minute; wrong pairs are limited by
/// address and by key.
#[utoipa::path(
    post,
    path = "/auth/token",
    operation_id = "createToken",
    security(()),
    request_body = KeyPairBody,
    responses((status = 200, description = "A token.", body = Token), TokenErrors),
)]
async fn create(
    State(services): State<Arc<Services>>,
    Extension(request): Extension<RequestId>,
    Peer(address): Peer,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let issued = async {
        // As at the issuer, an absent body is a missing key pair, and no media type is asked for.
        let body = json_body::object_of_any_type(body)?;
        let text = |name| body.get(name).and_then(serde_json::Value::as_str);
        let (Some(key), Some(secret)) = (text("api_key"), text("api_secret")) else {
            let message = "api_key and api_secret are required";
            return Err(Error::new(Kind::Unauthenticated, message));
        };
        services.clients.exchange(&KeyPair::new(key, secret), address).await
    };
    answer(issued.await, &request)
}

/// Fetch a token (second path)
///
/// The same as `POST /v1/auth/token`, for clients that use this path.
#[utoipa::path(
    post,
    path = "/apikey/token",
    operation_id = "createTokenForApiKey",
    security(()),
    request_body = KeyPairBody,
    responses((status = 200, description = "A token.", body = Token), TokenErrors),
)]
async fn create_for_api_key(
    services: State<Arc<Services>>,
    request: Extension<RequestId>,
    peer: Peer,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    create(services, request, peer, body).await
}

/// Renew a token
///
/// A new token for a valid one of `POST /v1/auth/token`, in `Authorization: Bearer`. The old one
/// stays valid until it expires. After 24 hours, the key pair must be shown again.
#[utoipa::path(
    post,
    path = "/auth/refresh-token",
    operation_id = "renewToken",
    security(()),
    responses((status = 200, description = "A token.", body = Token), TokenErrors),
)]
async fn renew(
    State(services): State<Arc<Services>>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    let token = bearer(&headers).unwrap_or_default();
    answer(services.clients.renew(token).await, &request)
}

/// Renew a token (second path)
///
/// The same as `POST /v1/auth/refresh-token`, for clients that use this path.
#[utoipa::path(
    get,
    path = "/authentication/refresh-token",
    operation_id = "renewTokenByGet",
    security(()),
    responses((status = 200, description = "A token.", body = Token), TokenErrors),
)]
async fn renew_by_get(
    services: State<Arc<Services>>,
    request: Extension<RequestId>,
    headers: HeaderMap,
) -> Response {
    renew(services, request, headers).await
}

/// Credentials that are refused have a body of their own: `error` is the sentence.
fn answer(issued: Result<IssuedToken>, request: &RequestId) -> Response {
    match issued {
        Ok(issued) => Json(Token::of(issued)).into_response(),
        Err(error) if error.kind() == Kind::Unauthenticated => {
            let body = Refusal { success: false, error: error.message() };
            headers::of_failure((StatusCode::UNAUTHORIZED, Json(body)).into_response(), &error)
        }
        Err(error) => problem::response(&error, request),
    }
}

impl Token {
    fn of(issued: IssuedToken) -> Self {
        Self {
            success: true,
            access_token: issued.text,
            token_type: "Bearer",
            expires_in: TOKEN_LIFETIME.as_secs(),
            expires_at: issued.expires_at.to_string(),
            scopes: issued.scopes.iter().map(Scope::name).collect(),
        }
    }
}
