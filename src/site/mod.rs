//! Everything that is HTML: the front page, the REST reference and GraphiQL.

mod docs;
mod frame;
mod front;
mod graphiql;
mod small;

use axum::Router;

pub use self::small::{graphql, is_for_people, nothing, wants_page};
use crate::config::Graphiql;
use crate::services::health::Health;

/// `/`, `/docs`, `/openapi.json` and `/graphiql` with their files. `schema` says
/// whether `/schema.graphql` needs no token; then the front page links to it.
pub fn router(health: Health, graphiql: Graphiql, schema: bool) -> Router {
    let links = front::Links { graphiql: graphiql != Graphiql::Off, schema };
    front::router(health, links)
        .merge(docs::router())
        .merge(graphiql::router(graphiql))
        .merge(frame::router())
}
