//! The domain in plain types and pure rules: callers, customers, cards, transactions,
//! money, and pages of lists.
//!
//! Nothing in here knows the web, GraphQL or the database.

pub mod balance;
pub mod card;
pub mod change;
pub mod cursor;
pub mod customer;
pub mod customer_filter;
pub mod customer_names;
mod decimal;
pub mod exported;
pub mod identifier;
pub mod issuer_routes;
pub mod ledger;
pub mod money;
pub mod nearest;
pub mod node_id;
pub mod onboarding;
pub mod onboarding_steps;
pub mod page;
pub mod payment;
pub mod principal;
pub mod program;
pub mod request;
pub mod scope;
pub mod search;
pub mod secret;
pub mod subscription;
pub mod summary;
pub mod text;
pub mod time;
pub mod transaction;
pub mod transaction_filter;
