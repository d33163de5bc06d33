//! When the database last failed in a way that outlives the fault.
//!
//! A connection that was opened while a database could not be written stays
//! read-only: SQLite's file was read-only then, or PostgreSQL's sessions were. So
//! connections from before such a fault are not used again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The last such fault.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Option<Instant>>);

impl Faults {
    /// Notes a fault that happened now.
    pub(super) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a connection of this age is from after the last fault.
    pub(super) fn is_newer(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|last| age < last.elapsed())
    }
}
