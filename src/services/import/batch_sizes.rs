//! How many customers one transaction of an import has.
//!
//! The more, the less each costs; but on SQLite everyone else waits for it, and on PostgreSQL
//! the program's own events do. So an import gives way while events come.

use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::Store;

/// How long events are expected after the last one, in milliseconds.
const EXPECTED_MILLIS: i64 = 10_000;

/// The sizes for a database.
#[derive(Clone, Copy)]
pub(super) struct BatchSizes {
    /// While no events come.
    pub(super) most: usize,
    /// While they do.
    few: usize,
}

impl BatchSizes {
    pub(super) fn of(store: &Store) -> Self {
        // PostgreSQL's triggers work once a statement, SQLite's once a row.
        if store.has_one_writer() {
            Self { most: 500, few: 100 }
        } else {
            Self { most: 5_000, few: 500 }
        }
    }

    /// The size of the next transaction.
    pub(super) async fn now(self, store: &Store) -> Result<usize> {
        let since = Timestamp::now().plus_millis(-EXPECTED_MILLIS);
        Ok(if store.any_event_since(since).await? { self.few } else { self.most })
    }
}
