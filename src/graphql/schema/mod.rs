//! The schema, one file an object; inputs and payloads of mutations are in `mutation`.

mod card;
mod card_customer;
mod card_customer_change;
mod card_customer_change_connection;
mod card_customer_change_edge;
mod card_customer_connection;
mod card_customer_edge;
mod card_customer_filter;
mod card_customer_onboarding;
mod card_customers_summary;
mod card_funding;
mod card_funding_connection;
mod card_funding_edge;
mod card_transaction;
mod card_transaction_connection;
mod card_transaction_edge;
mod card_transaction_filter;
mod enums;
pub(crate) mod federation;
mod mutation;
mod node;
mod page_info;
mod query;
mod requires_scope;
mod root;
mod scalars;
mod source_of_funds;
mod subscription;

use async_graphql::{SDLExportOptions, ValidationMode};

/// The gateway's schema.
pub type Schema = async_graphql::Schema<root::Root, mutation::Mutation, subscription::Subscription>;

/// The schema. It holds no data: a request brings what its resolvers need. It
/// does not validate: admission has done so.
pub fn schema() -> Schema {
    let root = root::Root(query::Query);
    Schema::build(root, mutation::Mutation::default(), subscription::Subscription)
        .validation_mode(ValidationMode::Fast)
        .finish()
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

/// The schema as a federated graph is composed from it: with keys, without `_service` and
/// `_entities`.
pub fn subgraph_sdl() -> String {
    federation::subgraph(&sdl())
}

/// The schema with all that a federated graph's router can ask for.
pub(crate) fn routed_sdl() -> String {
    federation::routed(&sdl())
}
