//! The GraphQL API: the schema, one file an object, and the endpoint.

mod arrivals;
mod batch;
mod bill;
mod card;
mod connection;
mod cost;
mod customer;
mod documents;
mod endpoint;
mod enums;
mod error;
mod guard;
mod json;
mod limits;
mod literals;
mod loaders;
mod media;
mod nulls;
mod order;
mod persisted;
mod published;
mod query;
mod request;
mod scalars;
mod siblings;
mod single;
mod socket;
mod stream;
mod subscription;
mod text;
mod transaction;
mod types;
mod variables;
mod written;

use async_graphql::{EmptyMutation, SDLExportOptions};

pub use endpoint::{Endpoint, Settings, execute, method_not_allowed, refused};
pub use published::{published, published_to};
pub use socket::{Sockets, get};

/// The gateway's schema.
pub type Schema = async_graphql::Schema<query::Query, EmptyMutation, subscription::Subscription>;

type Builder =
    async_graphql::SchemaBuilder<query::Query, EmptyMutation, subscription::Subscription>;

/// The schema. It holds no data: whatever a request needs comes with it.
pub fn schema() -> Schema {
    builder().finish()
}

fn builder() -> Builder {
    Schema::build(query::Query, EmptyMutation, subscription::Subscription)
}

/// The schema as text: what `schema.graphql` holds.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .include_specified_by()
        .use_space_ident()
        .indent_width(2);
    // The exporter leaves spaces at the ends of some lines.
    let text = schema().sdl_with_options(options);
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n").trim_end())
}

/// Whether a document's text passes the cheap look that goes before the parser,
/// with the limits that hold by default.
pub fn clears(text: &str) -> bool {
    text::check(text, &limits::DEFAULTS).is_ok()
}
