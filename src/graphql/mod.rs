//! The GraphQL API. Arrows point down:
//!
//! - `transport`: HTTP, server-sent events, WebSocket;
//! - `endpoint`: from a request to its response;
//! - `schema`: the objects, one file each;
//! - `execution`: what resolvers load, and how a page is written;
//! - `engine_gaps`: what async-graphql 7.2 gets wrong;
//! - `admission`: limits, validation, variables, cost;
//! - `error`, `json`: our errors as GraphQL's, values as JSON.

mod admission;
mod endpoint;
mod engine_gaps;
mod error;
mod execution;
mod json;
mod schema;
mod transport;

pub use endpoint::{Endpoint, Settings};
pub use schema::{Schema, schema, sdl, subgraph_sdl};
pub use transport::http::{error_response, execute, method_not_allowed};
pub use transport::media_type::answer_as_accepted;
pub use transport::schema_file::{published, published_to};
pub use transport::websocket::{Sockets, get};

/// Whether a document is within the limits that hold by default, and valid.
pub fn validates(text: &str) -> bool {
    use admission::{document_cache::DocumentCache, limits, types::Types};
    static DOCUMENTS: std::sync::LazyLock<DocumentCache> = std::sync::LazyLock::new(|| {
        DocumentCache::new(limits::defaults(), Types::of(&sdl()).into())
    });
    DOCUMENTS.get(text, false).is_ok()
}
