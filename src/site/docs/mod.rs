//! The REST API's description: `/openapi.json` for programs, `/docs` for people.
//! Both are public and load nothing from other hosts.

mod html;
mod page;
mod reader;
mod route;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{MethodRouter, get};

use super::frame::{HTML, POLICY, file};
use crate::openapi;

/// `/openapi.json` and `/docs`, each rendered once.
pub(super) fn router() -> Router {
    let document = openapi::json();
    let page = page::of(&serde_json::from_str(&document).unwrap_or_default());
    Router::new()
        .route("/openapi.json", rendered("application/json", document))
        .route("/docs", rendered(HTML, page))
}

fn rendered(kind: &'static str, text: String) -> MethodRouter {
    let text = Bytes::from(text);
    get(async move || file(kind, POLICY, text.clone()))
}
