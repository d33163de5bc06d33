//! A GraphQL gateway for a card-issuer program that also answers the
//! program's old REST API.
//!
//! The rooms, from the outside in; arrows point down only:
//!
//! - [`cli`]: the commands. [`demo`]: a sample program.
//! - [`app`]: puts everything together. [`router`]: the route table.
//! - [`graphql`], [`rest`]: the two APIs. [`export`]: all customers as a file.
//!   [`webhooks`]: the issuer's events.
//!   [`openapi`]: the description of both. [`site`]: all HTML pages. [`http`]: what
//!   they share.
//! - [`services`]: the use cases, each over many items at once.
//! - [`store`]: every SQL statement. [`chain`]: balances from the blockchain.
//!   [`issuer`]: the client of the issuer's API. [`shared`]: what replicas share besides
//!   the database.
//! - [`domain`], [`error`]: plain types that know none of the above.
//! - [`config`], [`telemetry`]: settings, logs and metrics. [`usage`]: counts
//!   the SQL statements and blockchain calls of a request. [`outage`]: one line in the
//!   log for each outage. [`trace`]: to which trace a request belongs.

pub mod app;
pub mod chain;
pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
pub mod domain;
pub mod error;
pub mod export;
pub mod graphql;
pub mod http;
pub mod issuer;
pub mod openapi;
pub mod outage;
pub mod rest;
pub mod router;
pub mod services;
pub mod shared;
pub mod site;
pub mod store;
pub mod telemetry;
pub mod trace;
pub mod usage;
pub mod webhooks;
