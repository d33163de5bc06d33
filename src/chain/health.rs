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
    rests_until: Option<Instant>,
}

impl Health {
    /// Whether a call may go out. After a rest one may, to see whether the
    /// endpoint is back; the others go on waiting for what it finds.
    pub(super) fn may_call(&mut self, now: Instant) -> bool {
        match self.rests_until {
            Some(until) if now < until => false,
            Some(_) => {
                self.rests_until = Some(now + FIRST_REST);
                true
            }
            None => true,
        }
    }

    /// Whether it is left alone at the moment.
    pub(super) fn is_resting(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| now < until)
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A call failed. `after`: when the endpoint wants to be asked again.
    pub(super) fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let doubled = self.failures.saturating_sub(FAILURES).min(8);
        let rest = (FIRST_REST * 2_u32.pow(doubled)).min(LONGEST_REST);
        let rest = (self.failures >= FAILURES).then_some(rest);
        if let Some(rest) = rest.max(after.map(|after| after.min(LONGEST_WISH))) {
            self.rests_until = Some(now + rest);
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
        assert!(health.may_call(at(5)), "one, to see");
        assert!(!health.may_call(at(5)), "and no other");
        health.failed(at(5), None);
        assert!(!health.may_call(at(14)) && health.may_call(at(15)), "twice as long");
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
        let mut health = Health::default();
        health.failed(start, Some(Duration::from_secs(7)));
        assert!(!health.may_call(start + Duration::from_secs(6)));
        assert!(health.may_call(start + Duration::from_secs(7)));
    }
}
