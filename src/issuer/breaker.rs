//! A circuit breaker: an issuer that fails again and again is left alone for a
//! while, and callers learn at once that it is.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row open it.
const FAILURES: u32 = 5;
/// It stays open so long at first, and twice as long after each failed trial.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_mins(1);

/// A breaker. Clones of a client share it.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    failed_trials: u32,
    open: Option<Open>,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// When a trial may go out; while one is on its way, when it is given up.
    until: Instant,
    trial: bool,
}

/// What a breaker lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Everything.
    Closed,
    /// Nothing before this moment.
    Open(Instant),
    /// One call, to see whether the issuer is back.
    HalfOpen,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it lets through now.
    pub(super) fn position(&self, now: Instant) -> Position {
        match self.state().open {
            None => Position::Closed,
            Some(Open { trial: true, .. }) => Position::HalfOpen,
            Some(Open { until, .. }) if now < until => Position::Open(until),
            Some(_) => Position::HalfOpen,
        }
    }

    /// Whether a call could go out now.
    ///
    /// # Errors
    /// When the next one may.
    pub(super) fn check(&self, now: Instant) -> Result<(), Instant> {
        match self.state().open {
            Some(Open { until, .. }) if now < until => Err(until),
            _ => Ok(()),
        }
    }

    /// Lets a call go out. While the breaker is half open that is the trial,
    /// and others wait for what becomes of it, for at most `lease`.
    ///
    /// # Errors
    /// When the next one may.
    pub(super) fn admit(&self, now: Instant, lease: Duration) -> Result<(), Instant> {
        self.check(now)?;
        if let Some(open) = &mut self.state().open {
            *open = Open { until: now + lease, trial: true };
        }
        Ok(())
    }

    /// The issuer answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// The issuer failed. Says for how long it is left alone, if it is from now on.
    pub(super) fn failed(&self, now: Instant) -> Option<Duration> {
        let mut state = self.state();
        match state.open {
            // A call that had left before the breaker opened.
            Some(Open { trial: false, until }) if now < until => return None,
            Some(_) => state.failed_trials = state.failed_trials.saturating_add(1),
            None => {
                state.failures += 1;
                if state.failures < FAILURES {
                    return None;
                }
            }
        }
        let rest = FIRST_REST * 2_u32.pow(state.failed_trials.min(8));
        let rest = rest.min(LONGEST_REST);
        state.open = Some(Open { until: now + rest, trial: false });
        Some(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    #[test]
    fn it_opens_tries_once_and_closes_again() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let breaker = Breaker::default();
        for _ in 0..4 {
            assert_eq!(breaker.failed(start), None);
            assert_eq!(breaker.admit(start, LEASE), Ok(()));
        }
        assert_eq!(breaker.failed(start), Some(FIRST_REST));
        assert_eq!(breaker.failed(at(1)), None, "a call from before says nothing new");
        assert_eq!(breaker.admit(at(4), LEASE), Err(at(5)));
        assert_eq!(breaker.position(at(4)), Position::Open(at(5)));
        assert_eq!(breaker.admit(at(5), LEASE), Ok(()), "one, to see");
        assert_eq!(breaker.admit(at(6), LEASE), Err(at(35)), "and no other");
        assert_eq!(breaker.position(at(6)), Position::HalfOpen);
        assert_eq!(breaker.failed(at(7)), Some(FIRST_REST * 2), "twice as long");
        assert_eq!(breaker.admit(at(16), LEASE), Err(at(17)));
        assert_eq!(breaker.admit(at(17), LEASE), Ok(()));
        breaker.succeeded();
        assert_eq!(breaker.position(at(17)), Position::Closed);
        assert_eq!(breaker.failed(at(18)), None, "it counts from the beginning");
    }

    #[test]
    fn rests_have_a_longest_and_a_lost_trial_is_given_up() {
        let mut now = Instant::now();
        let breaker = Breaker::default();
        for _ in 0..5 {
            breaker.failed(now);
        }
        let mut last = FIRST_REST;
        for _ in 0..20 {
            now += last;
            assert_eq!(breaker.admit(now, LEASE), Ok(()));
            last = breaker.failed(now).expect("it stays open");
        }
        assert_eq!(last, LONGEST_REST);
        now += last;
        assert_eq!(breaker.admit(now, LEASE), Ok(()));
        assert_eq!(breaker.admit(now + LEASE, LEASE), Ok(()), "the caller went away");
    }
}
