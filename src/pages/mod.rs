//! What people find who open the gateway's address in a browser: a page that
//! says what this is and how it is, and GraphiQL.

mod front;
mod graphiql;

use axum::Router;

use crate::config::Graphiql;
use crate::http::page;
use crate::services::health::Health;

/// `/`, `/graphiql` with its files, and the style of all pages of text. `schema` says whether anybody can have the
/// schema at `/schema.graphql`.
pub fn router(health: Health, graphiql: Graphiql, schema: bool) -> Router {
    let links = front::Links { graphiql: graphiql != Graphiql::Off, schema };
    front::router(health, links).merge(graphiql::router(graphiql)).merge(page::style())
}
