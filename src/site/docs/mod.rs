//! The REST API's description: `/openapi.json` for programs, `/docs` for people.
//! Both are public and load nothing from other hosts.

mod html;
mod page;
mod reader;
mod route;

use axum::Router;
use axum::body::Bytes;
use axum::response::Redirect;
use axum::routing::{MethodRouter, get};

use super::frame::{HTML, POLICY, file};
use crate::openapi;

/// The policy of the reference: its own script, which sends requests to this host.
const SCRIPTED: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
    style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// `/openapi.json` and `/docs`, each rendered once.
pub(super) fn router() -> Router {
    let document = openapi::json();
    let page = page::of(&serde_json::from_str(&document).unwrap_or_default());
    Router::new()
        .route("/openapi.json", rendered("application/json", POLICY, document))
        .route("/docs", rendered(HTML, SCRIPTED, page))
        .route(
            "/docs/app.js",
            rendered("text/javascript; charset=utf-8", POLICY, include_str!("app.js")),
        )
        // Relative, like all links: a proxy can serve the gateway below a path of its own.
        .route("/docs/", get(|| async { Redirect::permanent("../docs") }))
}

fn rendered(kind: &'static str, policy: &'static str, text: impl Into<Bytes>) -> MethodRouter {
    let text = text.into();
    get(async move || file(kind, policy, text.clone()))
}
