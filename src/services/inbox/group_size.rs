//! How many events are written in one transaction.
//!
//! On SQLite, other programs wait while it is open, and everywhere they share the machine
//! with it. So a transaction should take a few milliseconds. The more events are in it, the
//! less each costs: it holds as many as were written in that time before.

use std::time::Duration;

/// How long a transaction may take.
const TARGET: Duration = Duration::from_millis(8);
/// The fewest and the most events of a transaction.
const LEAST: usize = 16;
const MOST: usize = 256;

/// The size of the next group of events.
#[derive(Debug)]
pub(super) struct GroupSize(usize);

impl GroupSize {
    /// Of a writer that has written nothing yet.
    pub(super) const fn new() -> Self {
        Self(LEAST * 2)
    }

    /// The most events that the next transaction should have.
    pub(super) const fn next(&self) -> usize {
        self.0
    }

    /// A transaction of so many events took so long.
    pub(super) fn took(&mut self, events: usize, time: Duration) {
        let is_full = events >= self.0;
        if time > TARGET {
            // A little at a time: a single slow one may have had to wait for the machine.
            self.0 = (self.0 - self.0 / 4).max(LEAST);
        } else if is_full && time < TARGET / 2 {
            self.0 = (self.0 + self.0 / 4).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_grow_and_shrink_with_the_time_that_they_take() {
        let mut size = GroupSize::new();
        let millis = Duration::from_millis;
        for _ in 0..50 {
            size.took(size.next(), millis(1));
        }
        assert_eq!(size.next(), MOST);
        // A group that was not full says nothing of a larger one.
        size.took(3, millis(1));
        assert_eq!(size.next(), MOST);
        for _ in 0..50 {
            size.took(size.next(), millis(20));
        }
        assert_eq!(size.next(), LEAST);
        let before = size.next();
        size.took(3, millis(1));
        assert_eq!(size.next(), before);
    }
}
