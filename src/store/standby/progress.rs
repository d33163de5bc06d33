//! How far behind the standby is, in time.
//!
//! The servers' clocks are not asked: one that is idle says nothing of its last transaction's
//! time, and clocks differ.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::position::Position;

/// So many marks are kept: with one each half a second, for nine minutes; for longer with larger
/// gaps.
const MARKS: usize = 1_024;

/// Where the primary was, and when.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Only those that the standby has not reached, oldest first.
    marks: VecDeque<(Instant, Position)>,
}

impl Progress {
    /// Notes where the primary is.
    pub(crate) fn primary_is_at(&mut self, position: Position, now: Instant) {
        if self.marks.back().is_some_and(|(_, last)| *last >= position) {
            return;
        }
        if self.marks.len() == MARKS {
            // The first one is the one that says how far behind the standby is.
            let mut keep = false;
            self.marks.retain(|_| {
                keep = !keep;
                keep
            });
        }
        self.marks.push_back((now, position));
    }

    /// For how long the primary has had something that the standby, which is at `replayed`, does
    /// not have.
    pub(crate) fn lag(&mut self, replayed: Position, now: Instant) -> Duration {
        while self.marks.front().is_some_and(|(_, position)| *position <= replayed) {
            self.marks.pop_front();
        }
        let first = self.marks.front();
        first.map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(*at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_is_as_far_behind_as_the_oldest_thing_that_it_lacks() {
        let (mut progress, start) = (Progress::default(), Instant::now());
        assert_eq!(progress.lag(Position(0), start), Duration::ZERO);
        progress.primary_is_at(Position(10), start);
        progress.primary_is_at(Position(10), start + SECOND);
        progress.primary_is_at(Position(20), start + 2 * SECOND);
        let now = start + 5 * SECOND;
        assert_eq!(progress.lag(Position(9), now), 5 * SECOND);
        assert_eq!(progress.lag(Position(10), now), 3 * SECOND);
        assert_eq!(progress.lag(Position(19), now + SECOND), 4 * SECOND);
        assert_eq!(progress.lag(Position(20), now), Duration::ZERO);
        // An idle primary leaves nobody behind.
        progress.primary_is_at(Position(20), now);
        assert_eq!(progress.lag(Position(20), now + 100 * SECOND), Duration::ZERO);
    }

    #[test]
    fn a_standby_that_stands_still_for_long_needs_no_more_room() {
        let (mut progress, start) = (Progress::default(), Instant::now());
        for (second, position) in (0..10_000).zip(1..) {
            progress.primary_is_at(Position(position), start + second * SECOND);
            assert!(progress.marks.len() <= MARKS);
        }
        assert_eq!(progress.lag(Position(0), start + 10_000 * SECOND), 10_000 * SECOND);
        assert_eq!(progress.lag(Position(10_000), start + 10_000 * SECOND), Duration::ZERO);
    }
}
