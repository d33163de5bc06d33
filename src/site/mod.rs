//! Everything that is HTML: the front page, the REST reference, GraphiQL and the page
//! of customers.

mod bundle;
mod customers;
mod docs;
mod frame;
mod front;
mod graphiql;
mod small;

use axum::Router;

pub use self::small::{graphql, is_for_people, nothing, wants_page};
use crate::config::Graphiql;
use crate::services::health::Health;

/// Which of the optional pages are served.
#[derive(Clone, Copy)]
pub struct Pages {
    /// `/graphiql`, and where it comes from.
    pub graphiql: Graphiql,
    /// `/customers`.
    pub customers: bool,
    /// Whether `/schema.graphql`, which is served elsewhere, needs no token; then the front
    /// page links to it.
    pub schema: bool,
}

/// `/`, `/docs`, `/openapi.json`, `/graphiql` and `/customers` with their files.
pub fn router(health: Health, pages: Pages) -> Router {
    let has_graphiql = pages.graphiql != Graphiql::Off;
    let links =
        front::Links { customers: pages.customers, graphiql: has_graphiql, schema: pages.schema };
    let customers = if pages.customers { customers::router(has_graphiql) } else { Router::new() };
    front::router(health, links)
        .merge(docs::router())
        .merge(graphiql::router(pages.graphiql))
        .merge(customers)
        .merge(frame::router())
}
