//! Requests from pages of other origins (Fetch Standard, CORS protocol): refused
//! by the browser unless a setting names the origin. There are no cookies, so
//! that nobody else's page can act as somebody.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser remembers what it was told.
const REMEMBERED: Duration = Duration::from_hours(1);

/// The layer that tells browsers which origins may call; none without any.
pub fn layer(origins: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let known = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let exposed =
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id"];
    let exposed = exposed.map(HeaderName::from_static).into_iter().chain([header::RETRY_AFTER]);
    let sent = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT].into_iter();
    let sent = sent.chain(["x-request-id", "x-graphql-cost"].map(HeaderName::from_static));
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(sent.collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(REMEMBERED);
    Some(layer)
}
