//! The program's old REST API, to the letter. It calls the same services as
//! GraphQL, never GraphQL itself.

mod handlers;
mod openapi;
mod params;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

pub use openapi::{Sample, openapi, sample};

use crate::http::problem;
use crate::services::Services;

/// The routes below `/v1/card-issuer`.
pub fn router(services: Arc<Services>) -> Router {
    Router::new()
        .route("/customers", get(handlers::customers))
        .route("/customers/{customerId}", get(handlers::customer))
        .route("/customers/{customerId}/card-transactions", get(handlers::transactions))
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::unknown_route)
        .with_state(services)
}
