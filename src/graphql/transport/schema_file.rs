//! The schema as a file, at `/schema.graphql`.

use std::sync::{Arc, LazyLock};

use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::http::error_response;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;
use crate::graphql::schema::sdl;

/// It does not change while the process runs.
static SCHEMA: LazyLock<String> = LazyLock::new(sdl);

/// The schema, without a token.
pub async fn published() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, SCHEMA.as_str()).into_response()
}

/// The schema, for tokens of the scope `schema`.
pub async fn published_to(
    Extension(principal): Extension<Arc<Principal>>,
    Extension(request): Extension<RequestId>,
) -> Response {
    match principal.require(Scope::Schema) {
        Ok(()) => published().await,
        Err(error) => error_response(&error, &request),
    }
}
