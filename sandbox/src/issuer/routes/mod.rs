//! The documented routes: [`ALL`] is the table, and each family has a file.

#![expect(clippy::unnecessary_wraps, reason = "all handlers of the table have one type")]

mod auth;
mod cards;
mod customers;
mod master;
mod money;
mod names;
mod onboarding;
mod program;
mod route;
mod shapes;
mod table;
mod transactions;
mod wallet;
mod webhooks;

pub(crate) use route::Handler;
pub use route::Route;
pub use table::ALL;
