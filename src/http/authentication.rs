//! The layer in front of both APIs: authenticates the caller, counts the request
//! against the rate limit, and bounds its time. Errors have the form of the API
//! behind it.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt as _;

use super::address_limit::AddressLimit;
use super::content_coding;
use super::deadline::Deadline;
use super::rate::{Budget, RateKey, RateLimits, RateStatus};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::domain::secret::Secret;
use crate::error::{Error, Result};
use crate::services::auth::{Auth, Credentials};
use crate::services::clients::KeyPair;

/// Renders an error in the form of an API.
pub type ErrorResponse = fn(&Error, &RequestId) -> Response;

/// The state of the layer.
pub struct Authentication {
    /// Looks credentials up.
    pub auth: Auth,
    /// Counts requests.
    pub limits: RateLimits,
    /// Counts requests whose token only the database knows, or does not know.
    pub strangers: AddressLimit,
    /// How long a request may take.
    pub timeout: Duration,
    /// How long one may take whose route has a limit of its own.
    pub own_timeout: fn(&Request) -> Option<Duration>,
    /// How the API behind renders errors.
    pub error_response: ErrorResponse,
}

/// Adds the [`Principal`] of the caller and its [`Budget`] to the request, or
/// responds with an error.
pub async fn authenticate(
    State(layer): State<Arc<Authentication>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = id_of(&request);
    let credentials = credentials(request.headers());
    let admitted = layer.admit(credentials.as_ref(), address(request.extensions())).await;
    let (response, status) = match admitted {
        Ok((principal, budget)) => {
            let budget = Arc::new(budget);
            request.extensions_mut().insert(Arc::new(principal));
            request.extensions_mut().insert(Arc::clone(&budget));
            let timeout = (layer.own_timeout)(&request).unwrap_or(layer.timeout);
            let bounds = Bounds { timeout, error_response: layer.error_response };
            (run(bounds, &id, request, next).await, budget.status())
        }
        Err((error, status)) => ((layer.error_response)(&error, &id), status),
    };
    with_rate_headers(response, status)
}

/// As [`authenticate`], but lets WebSocket upgrades through: browsers cannot send a
/// token with them, so that the connection authenticates later.
pub async fn authenticate_or_upgrade(
    layer: State<Arc<Authentication>>,
    request: Request,
    next: Next,
) -> Response {
    let upgrade = request.headers().get(header::UPGRADE);
    if upgrade.is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return next.run(request).await;
    }
    authenticate(layer, request, next).await
}

impl Authentication {
    /// The principal of a request, and what it may still spend. Requests without valid
    /// credentials count against their address. Tokens that were not valid lately are limited
    /// by address before they are looked up.
    ///
    /// # Errors
    /// If the credentials are missing or invalid, or the rate limit is exceeded; with the
    /// state of the rate limit.
    pub async fn admit(
        &self,
        credentials: Option<&Credentials>,
        address: IpAddr,
    ) -> Result<(Principal, Budget), (Error, RateStatus)> {
        if let Some(credentials) = credentials
            && self.auth.is_strange(credentials)
            && let Err(error) = self.strangers.admit(address)
        {
            let status = Budget::open(&self.limits, RateKey::Address(address)).await.status();
            return Err((error, RateStatus { remaining: 0, ..status }));
        }
        let principal = match credentials {
            Some(credentials) => self.auth.principal(credentials, address).await,
            None => Err(Error::unauthenticated()),
        };
        let key = match &principal {
            Ok(principal) => RateKey::Caller(principal.credential.clone()),
            Err(_) => RateKey::Address(address),
        };
        let budget = Budget::open(&self.limits, key).await;
        let status = budget.status();
        match (principal, status.retry_after) {
            (_, Some(seconds)) => Err((Error::rate_limited(seconds), status)),
            (Err(error), None) => Err((error, status)),
            (Ok(principal), None) => Ok((principal, budget)),
        }
    }
}

/// The bounds of a request.
#[derive(Clone, Copy)]
pub struct Bounds {
    /// How long it may take.
    pub timeout: Duration,
    /// How the API behind renders errors.
    pub error_response: ErrorResponse,
}

/// Bounds the time of requests that need no token.
pub async fn bound(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let id = id_of(&request);
    run(bounds, &id, request, next).await
}

/// As [`bound`], for routes that fetch tokens: requests count against the rate limit of
/// their address, and are refused beyond it.
pub async fn bound_and_count(
    State((bounds, limits)): State<(Bounds, RateLimits)>,
    request: Request,
    next: Next,
) -> Response {
    let budget = Budget::open(&limits, RateKey::Address(address(request.extensions()))).await;
    let id = id_of(&request);
    let response = match budget.status().retry_after {
        Some(seconds) => (bounds.error_response)(&Error::rate_limited(seconds), &id),
        None => run(bounds, &id, request, next).await,
    };
    with_rate_headers(response, budget.status())
}

/// Counts requests for unknown routes against the rate limit of their address.
pub async fn count(State(limits): State<RateLimits>, request: Request, next: Next) -> Response {
    let budget = Budget::open(&limits, RateKey::Address(address(request.extensions()))).await;
    with_rate_headers(next.run(request).await, budget.status())
}

fn id_of(request: &Request) -> RequestId {
    let id = request.extensions().get::<RequestId>().cloned();
    id.unwrap_or_else(|| RequestId(String::new()))
}

/// Runs a request within its time, and turns a panic into an error; refuses one whose body
/// is compressed. Layers of their own would cost each request more than this. tower-http's
/// layers cannot do it: their responses do not know the request's id.
async fn run(bounds: Bounds, id: &RequestId, mut request: Request, next: Next) -> Response {
    let Bounds { timeout, error_response } = bounds;
    let response = |error: &Error| error_response(error, id);
    if let Some(refusal) = content_coding::refusal(request.headers(), response) {
        return refusal;
    }
    let deadline = Deadline::after(timeout);
    request.extensions_mut().insert(deadline.clone());
    let running = AssertUnwindSafe(next.run(request)).catch_unwind();
    let outcome = tokio::select! {
        biased;
        outcome = running => Some(outcome),
        () = deadline.passed() => None,
    };
    match outcome {
        Some(Ok(response)) => response,
        Some(Err(panic)) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            let text = format!("panic: {}", text.unwrap_or_default());
            error_response(&Error::internal(text), id)
        }
        None => error_response(&Error::timeout(), id),
    }
}

/// What a request shows to prove who it is: a token, or else the key pair of a client in
/// `X-API-Key` and `X-API-Secret`.
pub fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Some(Credentials::Token(Secret::new(bearer(headers)?)));
    }
    let text = |name| headers.get(name)?.to_str().ok();
    Some(Credentials::KeyPair(KeyPair::new(text("x-api-key")?, text("x-api-secret")?)))
}

/// The token of `Authorization: Bearer …` (RFC 6750).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    token_in(headers.get(header::AUTHORIZATION)?.to_str().ok()?)
}

/// The token in the value of an `Authorization` header.
pub fn token_in(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The address that a request comes from.
pub struct Peer(pub IpAddr);

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(address(&parts.extensions)))
    }
}

fn address(extensions: &Extensions) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}

fn with_rate_headers(mut response: Response, status: RateStatus) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", u64::from(status.limit)),
        ("x-ratelimit-remaining", u64::from(status.remaining)),
        ("x-ratelimit-reset", status.reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    response
}
