//! What people find who open the gateway's address in a browser: a page that
//! says what this is and how it is, and GraphiQL.

mod front;
mod graphiql;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;

use crate::config::Graphiql;
use crate::http::health::Health;

/// `/`, and `/graphiql` with its files. `schema` says whether anybody can have the
/// schema at `/schema.graphql`.
pub fn router(health: Health, graphiql: Graphiql, schema: bool) -> Router {
    let links = front::Links { graphiql: graphiql != Graphiql::Off, schema };
    front::router(health, links).merge(graphiql::router(graphiql))
}

/// A text that a browser may load whatever `policy` says for, and asks for anew
/// each time.
fn file(kind: &'static str, policy: &'static str, text: impl IntoResponse) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
