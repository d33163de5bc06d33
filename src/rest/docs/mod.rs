//! What the REST side is: for programs at `/openapi.json`, for people at
//! `/docs`. Both are public, and neither needs anything from elsewhere.

mod html;
mod page;
mod reader;
mod route;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{MethodRouter, get};

use super::openapi::openapi;
use crate::http::page::{HTML, POLICY, file};
use crate::http::problem::method_not_allowed;

/// `/openapi.json`, and `/docs`.
pub fn docs() -> Router {
    let document = openapi();
    let page = page::of(&serde_json::from_str(&document).unwrap_or_default());
    Router::new()
        .route("/openapi.json", made_once("application/json", document))
        .route("/docs", made_once(HTML, page))
        .method_not_allowed_fallback(method_not_allowed)
}

fn made_once(kind: &'static str, text: String) -> MethodRouter {
    let text = Bytes::from(text);
    get(async move || file(kind, POLICY, text.clone()))
}
