//! Requests from pages of other origins (CORS, in the Fetch Standard). Browsers refuse
//! them unless a setting names the origin. There are no cookies, so that a page of
//! another origin cannot act for a user.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may cache the preflight response.
const MAX_AGE: Duration = Duration::from_hours(1);

/// The layer that allows these origins, and requests with these headers; none without
/// origins.
pub fn layer(origins: &[String], allowed: &[String]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let known = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let exposed =
        ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id"];
    let exposed = exposed.map(HeaderName::from_static).into_iter().chain([header::RETRY_AFTER]);
    let allowed = allowed.iter().filter_map(|name| name.parse::<HeaderName>().ok());
    let layer = CorsLayer::new()
        .allow_origin(AllowOrigin::list(known))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(allowed.collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(MAX_AGE);
    Some(layer)
}
