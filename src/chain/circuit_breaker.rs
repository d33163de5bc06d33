//! The circuit breaker of an endpoint. It also obeys the endpoint's `Retry-After`.

use std::time::{Duration, Instant};

/// Consecutive failures that open the breaker.
const FAILURES: u32 = 3;
/// How long it is open at first; each further failure doubles the time.
const MIN_OPEN: Duration = Duration::from_secs(5);
const MAX_OPEN: Duration = Duration::from_mins(1);
/// Longest `Retry-After` that is obeyed: some endpoints send years.
const MAX_RETRY_AFTER: Duration = Duration::from_mins(15);

/// Counts the consecutive failures of an endpoint.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker {
    failures: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Instant,
    until: Instant,
}

/// What may be sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// All calls.
    Closed,
    /// One call, to see whether the endpoint works again.
    HalfOpen,
    /// No call.
    Open,
}

impl CircuitBreaker {
    pub(super) fn state(&self, now: Instant) -> State {
        match self.open {
            None => State::Closed,
            Some(open) if now < open.until => State::Open,
            Some(_) => State::HalfOpen,
        }
    }

    /// Whether a call may be sent. A half-open breaker lets one call through and is
    /// open again until that call is answered.
    pub(super) fn may_call(&mut self, now: Instant) -> bool {
        let state = self.state(now);
        if let (State::HalfOpen, Some(open)) = (state, &mut self.open) {
            *open = Open { since: now, until: now + MIN_OPEN };
        }
        state != State::Open
    }

    /// Records that a call sent at `sent` was answered. A `Retry-After` received after
    /// that still holds.
    pub(super) fn answered(&mut self, sent: Instant) {
        if self.open.is_some_and(|open| open.since <= sent) {
            self.open = None;
        }
    }

    /// Records a valid answer.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Records a failed call or an invalid answer. `after` is the endpoint's
    /// `Retry-After`.
    pub(super) fn failed(&mut self, now: Instant, after: Option<Duration>) {
        self.failures = self.failures.saturating_add(1);
        let doubled = self.failures.saturating_sub(FAILURES).min(8);
        let length = (MIN_OPEN * 2_u32.pow(doubled)).min(MAX_OPEN);
        let length = (self.failures >= FAILURES).then_some(length);
        if let Some(length) = length.max(after.map(|after| after.min(MAX_RETRY_AFTER))) {
            let until = self.open.map_or(now, |open| open.until).max(now + length);
            self.open = Some(Open { since: now, until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_endpoint_gets_one_trial_call_after_each_pause() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut breaker = CircuitBreaker::default();
        for _ in 0..2 {
            breaker.failed(start, None);
            assert!(breaker.may_call(start));
        }
        breaker.failed(start, None);
        assert!(!breaker.may_call(at(4)));
        assert_eq!(breaker.state(at(5)), State::HalfOpen);
        assert!(breaker.may_call(at(5)), "one trial call");
        assert!(!breaker.may_call(at(5)), "and no second one");
        breaker.failed(at(5), None);
        assert!(!breaker.may_call(at(14)) && breaker.may_call(at(15)), "twice as long");
        breaker.answered(at(15));
        breaker.succeeded();
        assert!(breaker.may_call(at(15)) && breaker.may_call(at(15)));
        for _ in 0..50 {
            breaker.failed(at(20), None);
        }
        assert!(!breaker.may_call(at(79)) && breaker.may_call(at(80)), "at most a minute");
    }

    #[test]
    fn retry_after_is_obeyed() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut breaker = CircuitBreaker::default();
        breaker.failed(at(1), Some(Duration::from_secs(30)));
        breaker.answered(start);
        assert!(!breaker.may_call(at(30)), "the answer to an earlier call does not end it");
        breaker.failed(at(2), None);
        breaker.failed(at(2), Some(Duration::from_secs(1)));
        assert!(
            !breaker.may_call(at(30)) && breaker.may_call(at(31)),
            "nor does a later failure shorten it"
        );
    }

    #[test]
    fn invalid_answers_are_failures() {
        let start = Instant::now();
        let mut breaker = CircuitBreaker::default();
        for _ in 0..3 {
            assert!(breaker.may_call(start));
            breaker.answered(start);
            breaker.failed(start, None);
        }
        assert_eq!(breaker.state(start), State::Open);
    }
}
