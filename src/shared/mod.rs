//! What replicas share besides the database: rate budgets and persisted documents, in Valkey
//! or Redis.
//!
//! - `server`: a call to it, within its time. While it is away, it is not called for a moment,
//!   and each replica counts for itself.
//! - `budgets`: points of callers. `documents`: texts by their hash.

mod budgets;
mod documents;
mod server;

pub use budgets::Taken;
pub use server::{Settings, Shared};
