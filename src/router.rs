//! The route table, and the layers in their order.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use tokio::sync::watch;
use tower::util::option_layer;

use crate::config::{Documents, Graphiql, Introspection};
use crate::export;
use crate::graphql;
use crate::http::address_limit::AddressLimit;
use crate::http::authentication::{
    Authentication, Bounds, ErrorResponse, authenticate, authenticate_or_upgrade, bound,
    bound_and_count, count,
};
use crate::http::client_address::{self, TrustedProxies};
use crate::http::health::{self, Monitored};
use crate::http::rate::RateLimits;
use crate::http::shedding::{Load, shed};
use crate::http::streams::Streams;
use crate::http::{compression, cors, headers, host, problem, request_log};
use crate::rest;
use crate::services::Services;
use crate::shared::Shared;
use crate::site;
use crate::webhooks;

/// How long a webhook may take. Its sender gives up after five seconds.
const WEBHOOK: Duration = Duration::from_millis(4_500);

/// The limits of requests, and related settings.
#[derive(Clone)]
pub struct Limits {
    /// The largest body, in bytes.
    pub body: usize,
    /// How long a request may take.
    pub timeout: Duration,
    /// How many requests a client may send.
    pub rate: RateLimits,
    /// The origins whose pages may send requests.
    pub origins: Vec<String>,
    /// The headers that such pages may send.
    pub cors_headers: Vec<String>,
    /// Whether answers are compressed.
    pub compression: bool,
    /// The proxies that say which client a request comes from.
    pub proxies: TrustedProxies,
    /// Which GraphQL documents are allowed, and their limits.
    pub documents: Documents,
    /// The open WebSockets and event streams.
    pub streams: Streams,
    /// Where GraphiQL comes from.
    pub graphiql: Graphiql,
    /// Whether there is the page of customers.
    pub customers_page: bool,
    /// Where replicas share persisted documents.
    pub shared: Option<Shared>,
    /// Becomes true when the process shuts down.
    pub stopping: watch::Receiver<bool>,
}

/// The gateway's routes.
pub fn router(
    services: &Services,
    webhooks: webhooks::Endpoint,
    monitored: Monitored,
    limits: &Limits,
) -> Router {
    // One for both APIs.
    let strangers = AddressLimit::new();
    let authentication = |error_response: ErrorResponse| {
        let Limits { timeout, rate, .. } = limits.clone();
        let (auth, strangers) = (services.auth.clone(), strangers.clone());
        let own_timeout = rest::own_timeout;
        // Shared: each layer and each request has a copy.
        Arc::new(Authentication {
            auth,
            limits: rate,
            strangers,
            timeout,
            own_timeout,
            error_response,
        })
    };
    let services = Arc::new(services.clone());
    let load = &monitored.load;
    let shed =
        |error_response: ErrorResponse| from_fn_with_state((load.clone(), error_response), shed);
    let graphql =
        graphql_route(Arc::clone(&services), authentication(graphql::error_response), load, limits);
    let bounds = Bounds { timeout: limits.timeout, error_response: problem::response };
    let tokens = rest::tokens::router(Arc::clone(&services))
        .layer(from_fn_with_state((bounds, limits.rate.clone()), bound_and_count))
        .layer(shed(problem::response));
    let authenticated = from_fn_with_state(authentication(problem::response), authenticate);
    let nest = |router: Router, (prefix, rest): (&str, Router)| {
        router.nest(prefix, rest.layer(authenticated.clone()).layer(shed(problem::response)))
    };
    let rest = rest::routers(&services).into_iter().fold(Router::new(), nest);
    let export = nest(Router::new(), (export::PREFIX, export::router(&services)));
    let bounds = Bounds { timeout: WEBHOOK, error_response: webhooks::error_response };
    let webhooks = webhooks::router(webhooks)
        .layer(from_fn_with_state(bounds, bound))
        .layer(shed(webhooks::error_response));
    let introspection = limits.documents.introspection;
    let schema = schema_route(introspection, authentication(graphql::error_response))
        .layer(shed(graphql::error_response));
    let pages = site::Pages {
        graphiql: limits.graphiql,
        customers: limits.customers_page,
        schema: introspection == Introspection::Any,
    };
    let site = site::router(monitored.health.clone(), pages).layer(shed(problem::response));
    let unknown = Router::new()
        .fallback(problem::unknown_route)
        .layer(from_fn(explain_nothing))
        .layer(from_fn_with_state(limits.rate.clone(), count))
        .layer(shed(problem::response));
    // They are never refused.
    let health = health::router(monitored);
    let router = Router::new()
        .merge(graphql)
        .merge(rest)
        .merge(export)
        .nest("/v1", tokens.clone())
        .nest("/api/v1", tokens.clone())
        .nest("/api", tokens)
        .merge(webhooks)
        .merge(schema)
        .merge(site)
        .merge(health)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback_service(unknown)
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(option_layer(cors::layer(&limits.origins, &limits.cors_headers)))
        .layer(from_fn(host::require_one))
        .layer(headers::defaults());
    let router = if limits.compression { router.layer(compression::layer()) } else { router };
    // Around the others, so that it logs every response.
    let router = router.layer(from_fn(request_log::log_request));
    if limits.proxies.is_empty() {
        return router;
    }
    router.layer(from_fn_with_state(limits.proxies.clone(), client_address::of_client))
}

/// One path for all transports. Web sockets authenticate themselves, because browsers
/// cannot send a token with an upgrade.
fn graphql_route(
    services: Arc<Services>,
    layer: Arc<Authentication>,
    load: &Load,
    limits: &Limits,
) -> Router {
    let Limits { body, timeout, stopping, documents, streams, shared, .. } = limits.clone();
    let settings =
        graphql::Settings { documents, timeout, message: body, streams, shared, stopping };
    // Shared: each request has a copy.
    let endpoint = Arc::new(graphql::Endpoint::new(services, settings));
    let sockets =
        graphql::Sockets { endpoint: Arc::clone(&endpoint), authentication: Arc::clone(&layer) };
    let execute = post(graphql::execute).with_state(endpoint);
    let execute = execute.layer(from_fn_with_state(Arc::clone(&layer), authenticate));
    let read = get(graphql::get).with_state(sockets);
    let read = read.layer(from_fn_with_state(layer, authenticate_or_upgrade));
    let error_response: ErrorResponse = graphql::error_response;
    Router::new()
        .route("/graphql", execute.merge(read))
        .method_not_allowed_fallback(graphql::method_not_allowed)
        .layer(from_fn_with_state((load.clone(), error_response), shed))
        .layer(from_fn(graphql::answer_as_accepted))
        .layer(from_fn(explain_graphql))
}

/// A browser that opens the address of the API, without a query, gets a page.
async fn explain_graphql(request: Request, next: Next) -> Response {
    let asks_nothing = request.method() == Method::GET && request.uri().query().is_none();
    let is_upgrade = request.headers().contains_key(header::UPGRADE);
    if asks_nothing && !is_upgrade && site::wants_page(request.headers()) {
        return site::graphql();
    }
    next.run(request).await
}

/// A browser that opens a path without a route gets a page, where nothing of the API can be.
async fn explain_nothing(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_read && site::is_for_people(path) && site::wants_page(request.headers()) {
        return site::nothing(path);
    }
    next.run(request).await
}

/// The schema as a file. Where any token may introspect, it is no secret and needs no
/// token.
fn schema_route(introspection: Introspection, layer: Arc<Authentication>) -> Router {
    const PATH: &str = "/schema.graphql";
    match introspection {
        Introspection::Any => Router::new().route(PATH, get(graphql::published)),
        Introspection::Schema => Router::new()
            .route(PATH, get(graphql::published_to))
            .layer(from_fn_with_state(layer, authenticate)),
        Introspection::Off => Router::new(),
    }
}
