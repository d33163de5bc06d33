//! What the REST side is: for programs at `/openapi.json`, for people at
//! `/docs`. Both are public, and neither needs anything from elsewhere.

mod html;
mod page;
mod reader;
mod route;

use axum::Router;
use axum::body::Bytes;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};

use super::error::method_not_allowed;
use super::openapi::openapi;

/// Nothing may be loaded but our own style sheet, and the empty icon of the page.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json`, and `/docs` with its style sheet.
pub fn docs() -> Router {
    let document = openapi();
    let page = page::of(&serde_json::from_str(&document).unwrap_or_default());
    Router::new()
        .route("/openapi.json", file("application/json", document))
        .route("/docs", file("text/html; charset=utf-8", page))
        .route("/docs/style.css", file("text/css; charset=utf-8", include_str!("style.css")))
        .method_not_allowed_fallback(method_not_allowed)
}

/// A text that is made once.
fn file(kind: &'static str, text: impl Into<Bytes>) -> MethodRouter {
    let text = text.into();
    get(async move || answer(kind, text.clone()))
}

fn answer(kind: &'static str, text: Bytes) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
