//! The gateway's tests: black box, over HTTP, against the real program, on
//! SQLite and on PostgreSQL. This list is their table of contents.

mod support;

mod architecture;
mod auth;
mod bad_input;
mod chain;
mod commands;
mod conformance;
mod corpus;
mod corrections;
mod counts;
mod deliveries;
mod docs;
mod events;
mod examples;
mod failures;
mod faults;
mod front_page;
mod graphiql;
mod graphql_over_http;
mod issuer;
mod killed;
mod malicious_input;
mod money;
mod no_personal_data;
mod onboarding;
mod openapi;
mod pagination;
mod pagination_agreement;
mod plans;
mod quality;
mod readme;
mod rest_contract;
mod retention;
mod rooms;
mod schema;
mod schemathesis;
mod selections;
mod specification;
mod statements;
mod subscriptions;
mod tenant_isolation;
mod verdicts;
mod watched_balances;
mod webhooks;
