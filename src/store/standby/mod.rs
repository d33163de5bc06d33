//! A standby of the database: a PostgreSQL server that follows the primary and answers reads.
//!
//! A request that only reads is answered there if the standby has replayed everything that was
//! committed at the primary when the request came. So its answer is the one that the primary
//! would have given, whichever process has written. If anything fails there, the whole request
//! is repeated at the primary: no answer is made of both.
//!
//! - `position`: places in the write-ahead log, and how the servers are asked for theirs.
//! - `flight`: one question for all who ask at the same time.
//! - `progress`: how far behind the standby is, in time.
//! - `identity`: whether all connections lead to the same server.
//! - `attempt`: the request that is read at the standby.
//! - `server`: the standby, and whether it is used.
//! - `watch`: looks at it again and again.
//! - `open`: what the store offers.

pub(crate) mod attempt;
mod flight;
pub(crate) mod identity;
mod open;
mod position;
mod progress;
pub(crate) mod server;
mod watch;

pub use open::{StandbyRead, StandbySettings};
pub use server::{StandbyState, StandbyStatus};
