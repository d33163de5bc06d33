//! The program's old REST API, exactly as its contract says. It calls the same
//! services as GraphQL, never GraphQL itself.
//!
//! - `tokens`: tokens for the key pairs of clients.
//! - `issuer_routes`, `issuer_openapi`: routes whose calls go on to the issuer.
//! - The others: routes that are answered here.

mod approval;
mod at_standby;
mod balances;
mod cards;
mod handlers;
mod issuer_openapi;
mod issuer_routes;
mod lookup;
mod money;
mod money_body;
mod money_schema;
mod params;
mod program_transactions;
mod reply;
mod responses;
mod schemas;
mod token_responses;
pub mod tokens;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use utoipa::openapi::{AllOf, Object, OpenApi, RefOr, Schema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::issuer_routes::own_timeout;
use crate::domain::issuer_routes::Family;
use crate::domain::scope::Scope;
use crate::http::problem;
use crate::http::scope::requires;
use crate::services::Services;

/// The families of routes that are served here.
const FAMILIES: [Family; 3] = [Family::CardIssuer, Family::YativoCard, Family::Webhook];

/// The routes that are answered here.
fn stored(family: Family) -> OpenApiRouter<Arc<Services>> {
    let routes = OpenApiRouter::default();
    match family {
        Family::CardIssuer => routes
            .routes(requires(Scope::Read, routes!(handlers::customers)))
            .routes(requires(Scope::Read, routes!(balances::aggregate)))
            .routes(requires(Scope::Read, routes!(handlers::customer)))
            .routes(requires(Scope::Read, routes!(handlers::transactions)))
            .routes(requires(Scope::Read, routes!(lookup::look_up)))
            .routes(requires(Scope::Read, routes!(program_transactions::list)))
            .routes(requires(Scope::Money, routes!(money::fund)))
            .routes(requires(Scope::Money, routes!(money::withdraw)))
            .routes(requires(Scope::Money, routes!(money::swap))),
        Family::YativoCard => routes
            .routes(requires(Scope::Read, routes!(cards::of_all)))
            .routes(requires(Scope::Read, routes!(cards::of_one))),
        Family::Webhook | Family::Auth => routes,
    }
}

/// The routes below each prefix.
pub fn routers(services: &Arc<Services>) -> Vec<(&'static str, Router)> {
    let below = |family: &Family| {
        // Without a route, there is nothing that a layer could be put around.
        let stored = stored(*family);
        let stored = match family {
            Family::CardIssuer | Family::YativoCard => Router::from(stored)
                .route_layer(from_fn_with_state(Arc::clone(services), at_standby::read))
                .route_layer(from_fn_with_state(Arc::clone(services), approval::require)),
            Family::Webhook | Family::Auth => Router::from(stored),
        };
        let router = stored
            .merge(issuer_routes::router(*family))
            .method_not_allowed_fallback(problem::method_not_allowed)
            .fallback(problem::unknown_route)
            .with_state(Arc::clone(services));
        family.prefixes().map(|prefix| (prefix, router.clone()))
    };
    FAMILIES.iter().flat_map(below).collect()
}

/// The one member that may be absent: where the customer has no cards.
const OPTIONAL: (&str, &str) = ("CustomerDetail", "pin_set");

/// The routes' description; its paths are relative to the prefix beside it.
pub fn openapi() -> impl Iterator<Item = (&'static str, OpenApi)> {
    FAMILIES.iter().map(|family| {
        let mut document = stored(*family).into_openapi();
        let components = document.components.get_or_insert_default();
        // Every member is always there: what has no value is null. But for one.
        for (name, schema) in &mut components.schemas {
            for object in objects(schema) {
                let is_optional = |member: &str| (name.as_str(), member) == OPTIONAL;
                let members = object.properties.keys().filter(|member| !is_optional(member));
                object.required = members.cloned().collect();
            }
        }
        components.responses.extend(responses::all());
        issuer_openapi::add(&mut document, *family);
        (family.prefix(), document)
    })
}

/// The objects that a schema consists of.
fn objects(schema: &mut RefOr<Schema>) -> Vec<&mut Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => vec![object],
        RefOr::T(Schema::AllOf(AllOf { items, .. })) => {
            items.iter_mut().flat_map(objects).collect()
        }
        _ => Vec::new(),
    }
}
