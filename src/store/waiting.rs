//! How long statements and transactions wait for a connection, as metrics.

use std::time::Instant;

use metrics::{gauge, histogram};

/// One who waits for a connection that may not be at hand. Dropped, the waiting has ended, in
/// success or not.
pub(super) struct Waiting(Instant);

impl Waiting {
    pub(super) fn begin() -> Self {
        gauge!("database_waiting").increment(1);
        Self(Instant::now())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        gauge!("database_waiting").decrement(1);
        histogram!("database_wait_duration_seconds").record(self.0.elapsed());
    }
}
