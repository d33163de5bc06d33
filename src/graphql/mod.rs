//! The GraphQL API. Arrows point down: transport, endpoint, schema, execution,
//! engine gaps, admission.

mod admission;
mod endpoint;
mod engine_gaps;
mod error;
mod execution;
mod schema;
mod transport;

pub use endpoint::{Endpoint, Settings, execute, method_not_allowed, refused};
pub use schema::{Schema, schema, sdl};
pub use transport::schema_file::{published, published_to};
pub use transport::websocket::{Sockets, get};

/// Whether a document's text passes the cheap look that goes before the parser,
/// with the limits that hold by default.
pub fn clears(text: &str) -> bool {
    admission::text::check(text, &admission::limits::DEFAULTS).is_ok()
}
