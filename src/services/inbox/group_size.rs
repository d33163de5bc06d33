//! How many events are written in one transaction.
//!
//! On SQLite, other programs wait while it is open, and everywhere they share the machine
//! with it. So a transaction should take a few milliseconds. The more events are in it, the
//! less each costs: it holds as many as were written in that time before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a transaction may take.
const TARGET: Duration = Duration::from_millis(8);
/// The fewest and the most events of a transaction.
const LEAST: usize = 32;
const MOST: usize = 256;

/// The size of the next group of events.
#[derive(Debug)]
pub(super) struct GroupSize(AtomicUsize);

impl GroupSize {
    /// Of a writer that has written nothing yet.
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(LEAST))
    }

    /// The most events that the next transaction should have.
    pub(super) fn next(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A transaction of so many events took so long, without what it waited for others.
    pub(super) fn took(&self, events: usize, time: Duration) {
        let size = self.next();
        // A little at a time: a single slow one may have had to wait for the machine.
        let next = if time > TARGET {
            (size - size / 4).max(LEAST)
        } else if events >= size && time < TARGET / 2 {
            (size + size / 4).min(MOST)
        } else {
            size
        };
        self.0.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_grow_and_shrink_with_the_time_that_they_take() {
        let size = GroupSize::new();
        let millis = Duration::from_millis;
        for _ in 0..50 {
            size.took(size.next(), millis(1));
        }
        assert_eq!(size.next(), MOST);
        for _ in 0..50 {
            size.took(size.next(), millis(20));
        }
        assert_eq!(size.next(), LEAST);
        // A group that was not full says nothing of a larger one.
        size.took(3, millis(1));
        assert_eq!(size.next(), LEAST);
    }
}
