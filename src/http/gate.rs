//! The layer in front of both APIs: who asks, whether they may ask now, and
//! for how long we try. Whatever goes wrong here is answered in the form of
//! the API behind it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;

use super::rate::{Allowance, Budget, RateLimits, Who};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, Result};
use crate::services::auth::Auth;

/// Prints a failure in the form of an API.
pub type Refuse = fn(&Error, &RequestId) -> Response;

/// What the gate works with.
pub struct Gate {
    /// Knows tokens.
    pub auth: Auth,
    /// Counts requests.
    pub limits: RateLimits,
    /// How long a request may take.
    pub timeout: Duration,
    /// How the API behind prints failures.
    pub refuse: Refuse,
}

/// Lets a request through with its [`Principal`], or refuses it.
pub async fn pass(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let id = name_of(&request);
    let admitted = gate.admit(bearer(request.headers()), address(&request)).await;
    let (answer, allowance) = match admitted {
        Ok((principal, budget)) => {
            let budget = Arc::new(budget);
            request.extensions_mut().insert(Arc::new(principal));
            request.extensions_mut().insert(Arc::clone(&budget));
            let bounds = Bounds { timeout: gate.timeout, refuse: gate.refuse };
            (run(bounds, &id, request, next).await, budget.allowance())
        }
        Err((error, allowance)) => ((gate.refuse)(&error, &id), allowance),
    };
    with_allowance(answer, allowance)
}

impl Gate {
    /// The principal of a token from an address that may go on.
    ///
    /// # Errors
    /// Why it may not.
    pub async fn admit(
        &self,
        token: Option<&str>,
        address: IpAddr,
    ) -> Result<(Principal, Budget), (Error, Allowance)> {
        let principal = match token {
            Some(token) => self.auth.principal(token).await,
            None => Err(Error::unauthenticated()),
        };
        let who = match &principal {
            Ok(principal) => Who::Token(principal.token_id.clone()),
            Err(_) => Who::Address(address),
        };
        let budget = Budget::open(&self.limits, who);
        let allowance = budget.allowance();
        match (principal, allowance.retry_after) {
            (_, Some(seconds)) => Err((Error::rate_limited(seconds), allowance)),
            (Err(error), None) => Err((error, allowance)),
            (Ok(principal), None) => Ok((principal, budget)),
        }
    }
}

/// How long a request may take that needs no token, and how failures are printed.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// How long.
    pub timeout: Duration,
    /// How the API behind prints failures.
    pub refuse: Refuse,
}

/// Lets everybody through, but not for ever.
pub async fn bound(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let id = name_of(&request);
    run(bounds, &id, request, next).await
}

/// As [`pass`]; but who opens a WebSocket cannot always show a token at once,
/// and is asked later.
pub async fn pass_or_upgrade(gate: State<Arc<Gate>>, request: Request, next: Next) -> Response {
    let upgrade = request.headers().get(header::UPGRADE);
    if upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return next.run(request).await;
    }
    pass(gate, request, next).await
}

/// Takes what belongs to no API out of its address' bucket.
pub async fn count(State(limits): State<RateLimits>, request: Request, next: Next) -> Response {
    let budget = Budget::open(&limits, Who::Address(address(&request)));
    with_allowance(next.run(request).await, budget.allowance())
}

fn name_of(request: &Request) -> RequestId {
    let id = request.extensions().get::<RequestId>().cloned();
    id.unwrap_or_else(|| RequestId(String::new()))
}

/// Runs the request, but not for ever, and survives its panics.
async fn run(bounds: Bounds, id: &RequestId, request: Request, next: Next) -> Response {
    let Bounds { timeout, refuse } = bounds;
    let running = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(timeout, running).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = format!("panic: {}", text.unwrap_or_default());
            refuse(&Error::internal(text), id)
        }
        Err(_) => refuse(&Error::timeout(), id),
    }
}

/// The token of `Authorization: Bearer …` (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    token_in(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The token in what stands behind `Authorization`, wherever that comes from.
pub fn token_in(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}

fn with_allowance(mut answer: Response, allowance: Allowance) -> Response {
    let headers = answer.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", u64::from(allowance.limit)),
        ("x-ratelimit-remaining", u64::from(allowance.remaining)),
        ("x-ratelimit-reset", allowance.reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    answer
}
