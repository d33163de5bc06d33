//! The gateway's tests: black box, over HTTP, against the real program, on
//! SQLite and on PostgreSQL. This list is their table of contents.

mod support;

mod agreement;
mod architecture;
mod auth;
mod bad_input;
mod canary;
mod chain;
mod commands;
mod conformance;
mod corpus;
mod counts;
mod docs;
mod examples;
mod failures;
mod faults;
mod front_page;
mod graphiql;
mod hostile;
mod killed;
mod money;
mod openapi;
mod over_http;
mod pages;
mod plans;
mod programs_apart;
mod quality;
mod readme;
mod rest_contract;
mod rooms;
mod schema;
mod schemathesis;
mod selections;
mod specification;
mod statements;
mod subscriptions;
mod verdicts;
mod webhooks;
