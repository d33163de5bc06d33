//! The whole route table, and the layers in their order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::graphql;
use crate::http::gate::{self, Gate, Refuse};
use crate::http::health::{self, Health};
use crate::http::rate::RateLimits;
use crate::http::{graphiql, request_log};
use crate::rest;
use crate::services::Services;

/// What requests may use up.
#[derive(Clone)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// How many requests a caller may send.
    pub rate: RateLimits,
}

/// The gateway's routes.
pub fn router(services: &Services, health: Health, limits: &Limits) -> Router {
    let gate = |refuse: Refuse| {
        let Limits { timeout, rate, .. } = limits.clone();
        let gate = Gate { auth: services.auth.clone(), limits: rate, timeout, refuse };
        // Shared: each layer and each request has a copy.
        from_fn_with_state(Arc::new(gate), gate::pass)
    };
    let services = Arc::new(services.clone());
    let graphql = Router::new()
        .route("/graphql", post(graphql::execute))
        .method_not_allowed_fallback(graphql::method_not_allowed)
        .with_state(graphql::Endpoint::new(Arc::clone(&services)))
        .layer(gate(graphql::refused));
    let rest = rest::router(services).layer(gate(rest::refused));
    let health = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .with_state(health);
    Router::new()
        .merge(graphql)
        .nest("/v1/card-issuer", rest.clone())
        .nest("/api/v1/card-issuer", rest)
        .merge(graphiql::router())
        .merge(health)
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .fallback(rest::unknown_route)
        .layer(DefaultBodyLimit::max(limits.body))
        // Outermost, so that it tells of every answer, refusals too.
        .layer(from_fn(request_log::tell))
}
