//! Whether an endpoint is worth a call: a circuit breaker that also keeps to
//! what the endpoint itself asked for.

use std::time::{Duration, Instant};

/// So many failures in a row, and it is left alone.
const FAILURES: u32 = 3;
/// For so long at first, and twice as long each time that it fails again.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_mins(1);
/// What an endpoint asks for is kept to up to here: some ask for years.
const LONGEST_WISH: Duration = Duration::from_mins(15);

/// How an endpoint has done lately.
#[derive(Debug, Default)]
pub(super) struct Health {
    failures: u32,
    rest: Option<Rest>,
}

#[derive(Clone, Copy, Debug)]
struct Rest {
    since: Instant,
    until: Instant,
}

/// What may be sent to an endpoint now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Whatever there is.
    Well,
    /// Something to see whether it is back from its rest.
    Recovering,
    /// Nothing.
    Resting,
}

impl Health {
    pub(super) fn state(&self, now: Instant) -> State {
        match self.rest {
            None => State::Well,
            Some(rest) if now < rest.until => State::Resting,
            Some(_) => State::Recovering,
        }
    }

    /// Whether a call may go out. After a rest one may, to see whether the
    /// endpoint is back; the others go on waiting for what it finds.
    pub(super) fn may_call(&mut self, now: Instant) -> bool {
        let state = self.state(now);
        if let (State::Recovering, Some(rest)) = (state, &mut self.rest) {
            *rest = Rest { since: now, until: now + FIRST_REST };
        }
        state != State::Resting
    }

    /// A call that went out at `sent` was answered. What has been asked for
    /// since then still holds.
    pub(super) fn answered(&mut self, sent: Instant) {
        if self.rest.is_some_and(|rest| rest.since <= sent) {
            self.rest = None;
        }
    }

    /// An answer was believed.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// A call failed, or its answer cannot be believed. `after`: when the
    /// endpoint wants to be asked again.
    pub(super) fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let doubled = self.failures.saturating_sub(FAILURES).min(8);
        let rest = (FIRST_REST * 2_u32.pow(doubled)).min(LONGEST_REST);
        let rest = (self.failures >= FAILURES).then_some(rest);
        if let Some(length) = rest.max(after.map(|after| after.min(LONGEST_WISH))) {
            let until = self.rest.map_or(now, |rest| rest.until).max(now + length);
            self.rest = Some(Rest { since: now, until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_endpoint_is_left_alone_and_tried_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut health = Health::default();
        for _ in 0..2 {
            health.failed(start, None);
            assert!(health.may_call(start));
        }
        health.failed(start, None);
        assert!(!health.may_call(at(4)));
        assert_eq!(health.state(at(5)), State::Recovering);
        assert!(health.may_call(at(5)), "one, to see");
        assert!(!health.may_call(at(5)), "and no other");
        health.failed(at(5), None);
        assert!(!health.may_call(at(14)) && health.may_call(at(15)), "twice as long");
        health.answered(at(15));
        health.succeeded();
        assert!(health.may_call(at(15)) && health.may_call(at(15)));
        for _ in 0..50 {
            health.failed(at(20), None);
        }
        assert!(!health.may_call(at(79)) && health.may_call(at(80)), "not for ever");
    }

    #[test]
    fn what_the_endpoint_asks_for_is_kept_to() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut health = Health::default();
        health.failed(at(1), Some(Duration::from_secs(30)));
        health.answered(start);
        assert!(!health.may_call(at(30)), "an earlier call's answer says nothing of it");
        health.failed(at(2), None);
        health.failed(at(2), Some(Duration::from_secs(1)));
        assert!(!health.may_call(at(30)) && health.may_call(at(31)), "nor does a later failure");
    }

    #[test]
    fn answers_that_cannot_be_believed_are_failures() {
        let start = Instant::now();
        let mut health = Health::default();
        for _ in 0..3 {
            assert!(health.may_call(start));
            health.answered(start);
            health.failed(start, None);
        }
        assert_eq!(health.state(start), State::Resting);
    }
}
