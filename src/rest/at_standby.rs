//! Reads at the standby of the database.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::services::Services;

/// Answers a GET or HEAD at the standby, if it may. What fails there is answered at the
/// primary: a GET can be done twice. Other methods write, and are for the primary.
pub(super) async fn read(
    State(services): State<Arc<Services>>,
    request: Request,
    next: Next,
) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    let Some(standby) = services.reading.at_standby().await else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    // The routes read no body.
    let first = Request::from_parts(parts.clone(), Body::empty());
    match standby.run(next.clone().run(first)).await {
        Some(response) => response,
        None => next.run(Request::from_parts(parts, body)).await,
    }
}
