//! Programs that the issuer has not approved.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{self, State};
use axum::middleware::Next;
use axum::response::Response;

use super::reply::{Caller, Failure, Request};
use crate::services::Services;

/// Refuses the routes to a program that the issuer has not approved, as the
/// synchronisation knows: the issuer is not asked.
pub(super) async fn require(
    State(services): State<Arc<Services>>,
    Extension(principal): Caller,
    Extension(id): Request,
    request: extract::Request,
    next: Next,
) -> Response {
    match services.programs.is_approved(&principal).await {
        Ok(true) => next.run(request).await,
        Ok(false) => Failure::not_approved().response(&id),
        Err(error) => Failure::from(error).response(&id),
    }
}
