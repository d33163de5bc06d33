//! The gateway's tables as sea-orm entities: one table a file, no logic.
//!
//! Times are Unix milliseconds in UTC and money is integer minor units, both
//! in 64-bit integers: the two types that SQLite and PostgreSQL store, compare
//! and sort in exactly the same way.

pub mod api_client;
pub mod api_token;
pub mod card;
pub mod card_customer;
pub mod card_transaction;
pub mod chain_balance;
pub mod change;
pub mod client_token;
pub mod customer_update;
pub mod inbox_event;
pub mod inbox_name;
pub mod issuer_customer;
pub mod issuer_health;
pub mod payment;
pub mod program;
pub mod reconciliation;
pub mod recovered_delivery;
pub mod sync_page;
pub mod sync_state;
pub mod wallet_balance;
