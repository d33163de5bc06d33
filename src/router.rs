//! The whole route table, and the layers in their order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::watch;
use tower::util::option_layer;

use crate::config::{Documents, Graphiql, Introspection};
use crate::graphql;
use crate::http::gate::{self, Bounds, Gate, Refuse};
use crate::http::health;
use crate::http::rate::RateLimits;
use crate::http::{elsewhere, headers, problem, request_log};
use crate::rest;
use crate::services::Services;
use crate::services::health::Health;
use crate::site;
use crate::webhooks;

/// How long a webhook may take: its sender waits for five seconds.
const WEBHOOK: Duration = Duration::from_millis(4_500);

/// What requests may use up.
#[derive(Clone)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// How many requests a caller may send.
    pub rate: RateLimits,
    /// The origins whose pages may call.
    pub origins: Vec<String>,
    /// Which GraphQL documents may be used, and what they may ask for.
    pub documents: Documents,
    /// Where GraphiQL comes from.
    pub graphiql: Graphiql,
    /// Becomes true when the process is told to stop.
    pub stopping: watch::Receiver<bool>,
}

/// The gateway's routes.
pub fn router(
    services: &Services,
    webhooks: webhooks::Endpoint,
    health: Health,
    metrics: PrometheusHandle,
    limits: &Limits,
) -> Router {
    let gate = |refuse: Refuse| {
        let Limits { timeout, rate, .. } = limits.clone();
        // Shared: each layer and each request has a copy.
        Arc::new(Gate { auth: services.auth.clone(), limits: rate, timeout, refuse })
    };
    let services = Arc::new(services.clone());
    let graphql = graphql_route(Arc::clone(&services), gate(graphql::refused), limits);
    let rest = rest::router(services).layer(from_fn_with_state(gate(problem::response), gate::pass));
    let bounds = Bounds { timeout: WEBHOOK, refuse: webhooks::refused };
    let webhooks = webhooks::router(webhooks).layer(from_fn_with_state(bounds, gate::bound));
    let introspection = limits.documents.introspection;
    let schema = schema_route(introspection, gate(graphql::refused));
    let site = site::router(health.clone(), limits.graphiql, introspection == Introspection::Any);
    let health = health::router(health, metrics);
    let unknown = Router::new()
        .fallback(problem::unknown_route)
        .layer(from_fn_with_state(limits.rate.clone(), gate::count));
    Router::new()
        .merge(graphql)
        .nest("/v1/card-issuer", rest.clone())
        .nest("/api/v1/card-issuer", rest)
        .merge(webhooks)
        .merge(schema)
        .merge(site)
        .merge(health)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback_service(unknown)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(option_layer(elsewhere::layer(&limits.origins)))
        .layer(from_fn(headers::secure))
        // Outermost, so that it tells of every answer, refusals too.
        .layer(from_fn(request_log::tell))
}

/// One path: requests and streams of events go through the gate, connections
/// ask it themselves, because a browser's cannot show a token at once.
fn graphql_route(services: Arc<Services>, gate: Arc<Gate>, limits: &Limits) -> Router {
    let Limits { body, timeout, stopping, documents, .. } = limits.clone();
    let settings = graphql::Settings { documents, timeout, message: body, stopping };
    let endpoint = graphql::Endpoint::new(services, settings);
    let sockets = graphql::Sockets { endpoint: endpoint.clone(), gate: Arc::clone(&gate) };
    let execute = post(graphql::execute).with_state(endpoint);
    let execute = execute.layer(from_fn_with_state(Arc::clone(&gate), gate::pass));
    let read = get(graphql::get).with_state(sockets);
    let read = read.layer(from_fn_with_state(gate, gate::pass_or_upgrade));
    Router::new()
        .route("/graphql", execute.merge(read))
        .method_not_allowed_fallback(graphql::method_not_allowed)
}

/// The schema as a file: open where any token could ask for it, because then it
/// is no secret; else for those who may.
fn schema_route(introspection: Introspection, gate: Arc<Gate>) -> Router {
    const PATH: &str = "/schema.graphql";
    match introspection {
        Introspection::Any => Router::new().route(PATH, get(graphql::published)),
        Introspection::Schema => Router::new()
            .route(PATH, get(graphql::published_to))
            .layer(from_fn_with_state(gate, gate::pass)),
        Introspection::Off => Router::new(),
    }
}
