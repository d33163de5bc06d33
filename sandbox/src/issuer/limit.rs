//! Rate limits: so many calls of a key in a rolling window.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::time::Time;

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many.
    pub calls: u32,
    /// In how much time.
    pub window: Duration,
}

impl RateLimit {
    /// So many calls a minute.
    pub const fn per_minute(calls: u32) -> Self {
        Self { calls, window: Duration::from_mins(1) }
    }
}

/// What the headers show where there is no limit.
const PLENTY: u32 = 1_000_000;

/// The state of a limit after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateState {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// When the oldest call leaves the window.
    pub(crate) reset: Time,
    /// Seconds until a call is allowed, where this one is not.
    pub(crate) retry_after: Option<u64>,
}

/// The calls of each program in the window.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    pub(crate) limit: Option<RateLimit>,
    calls: HashMap<usize, VecDeque<Instant>>,
}

impl Limiter {
    pub(crate) fn new(limit: Option<RateLimit>) -> Self {
        Self { limit, calls: HashMap::new() }
    }

    /// The state for an unknown caller.
    pub(crate) fn unknown(&self) -> RateState {
        let limit = self.limit.map_or(PLENTY, |limit| limit.calls);
        RateState { limit, remaining: limit, reset: Time::now(), retry_after: None }
    }

    /// Counts a call, if it is allowed.
    pub(crate) fn take(&mut self, program: usize) -> RateState {
        let Some(RateLimit { calls: limit, window }) = self.limit else { return self.unknown() };
        let now = Instant::now();
        let calls = self.calls.entry(program).or_default();
        while calls.front().is_some_and(|first| now.duration_since(*first) >= window) {
            calls.pop_front();
        }
        let used = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        let allowed = used < limit;
        if allowed {
            calls.push_back(now);
        }
        let left =
            calls.front().map_or(window, |first| window.saturating_sub(now.duration_since(*first)));
        let seconds = u64::try_from(left.as_millis().div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
        RateState {
            limit,
            remaining: if allowed { limit - used - 1 } else { 0 },
            reset: Time::now().after(left).plus(999),
            retry_after: (!allowed).then_some(seconds),
        }
    }
}
