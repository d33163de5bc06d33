//! The program's old REST API, exactly as its contract says. It calls the same
//! services as GraphQL, never GraphQL itself.

mod handlers;
mod params;
mod responses;
mod schemas;
mod token_responses;
pub mod tokens;
mod wire;

use std::sync::Arc;

use axum::Router;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::scope::Scope;
use crate::http::problem;
use crate::http::scope::requires;
use crate::services::Services;

/// The routes below `/v1/card-issuer`.
pub fn router(services: Arc<Services>) -> Router {
    Router::from(routes())
        .method_not_allowed_fallback(problem::method_not_allowed)
        .fallback(problem::unknown_route)
        .with_state(services)
}

/// The one member that may be absent: where the customer has no cards.
const OPTIONAL: (&str, &str) = ("CustomerDetail", "pin_set");

/// The routes' description; paths are relative to `/v1/card-issuer`.
pub fn openapi() -> OpenApi {
    let mut document = routes().into_openapi();
    let components = document.components.get_or_insert_default();
    // Every member is always there: what has no value is null. But for one.
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(object)) = schema {
            let is_optional = |member: &str| (name.as_str(), member) == OPTIONAL;
            let members = object.properties.keys().filter(|member| !is_optional(member));
            object.required = members.cloned().collect();
        }
    }
    components.responses.extend(responses::all());
    document
}

fn routes() -> OpenApiRouter<Arc<Services>> {
    OpenApiRouter::default()
        .routes(requires(Scope::Read, routes!(handlers::customers)))
        .routes(requires(Scope::Read, routes!(handlers::customer)))
        .routes(requires(Scope::Read, routes!(handlers::transactions)))
}
