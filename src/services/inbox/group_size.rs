//! How many events are written in one transaction.
//!
//! The more, the less each costs. On PostgreSQL, only the program itself waits for the
//! transaction. On SQLite, all other programs do: so it should take a few milliseconds, and
//! holds as many events as were written in that time before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a transaction may take for which others wait.
const TARGET: Duration = Duration::from_millis(8);
/// The fewest and the most events of a transaction.
const LEAST: usize = 32;
const MOST: usize = 256;

/// The size of the next group of events.
#[derive(Debug)]
pub(super) struct GroupSize {
    size: AtomicUsize,
    others_wait: bool,
}

impl GroupSize {
    /// Of a writer that has written nothing yet; whether other programs wait for it.
    pub(super) fn new(others_wait: bool) -> Self {
        Self { size: AtomicUsize::new(if others_wait { LEAST } else { MOST }), others_wait }
    }

    /// The most events that the next transaction should have.
    pub(super) fn next(&self) -> usize {
        self.size.load(Ordering::Relaxed)
    }

    /// A transaction of so many events took so long, without what it waited for others.
    pub(super) fn took(&self, events: usize, time: Duration) {
        if !self.others_wait {
            return;
        }
        let size = self.next();
        // A little at a time: a single slow one may have had to wait for the machine.
        let next = if time > TARGET {
            (size - size / 4).max(LEAST)
        } else if events >= size && time < TARGET / 2 {
            (size + size / 4).min(MOST)
        } else {
            size
        };
        self.size.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_for_which_others_wait_grow_and_shrink_with_the_time_that_they_take() {
        let size = GroupSize::new(true);
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
        let alone = GroupSize::new(false);
        alone.took(MOST, millis(100));
        assert_eq!(alone.next(), MOST);
    }
}
