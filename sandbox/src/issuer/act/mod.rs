//! What happens in the world: each is a method of `Program`, and sends the
//! events that the issuer would send. Routes use the same methods.

mod balances;
mod cards;
mod customers;
mod emit;
mod funding;
mod later;
mod lists;
mod master;
mod onboarding;
mod purchases;
mod subscriptions;
mod transaction_events;
mod withdrawals;

pub use funding::{Funding, PricingMode};
pub use purchases::{Purchase, TransactionKey};
