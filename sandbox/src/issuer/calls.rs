//! What was called, for tests to count.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Counts of calls since the start, or since they were last taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// By route, as in the table of routes: `GET /v1/card-issuer/customers`.
    pub by_route: BTreeMap<String, u64>,
    /// By HTTP status; 0 where the connection was reset.
    pub by_status: BTreeMap<u16, u64>,
    /// The most that were open at the same time.
    pub max_parallel: u64,
    /// The same of each route.
    pub max_parallel_by_route: BTreeMap<String, u64>,
    /// Calls that came while a `Retry-After` for the same program had not passed.
    pub early: u64,
    /// Calls that came without a valid token or key pair.
    pub unauthorized: u64,
}

impl Calls {
    /// Calls of one route.
    pub fn of(&self, route: &str) -> u64 {
        self.by_route.get(route).copied().unwrap_or(0)
    }

    /// Calls that had this status.
    pub fn with_status(&self, status: u16) -> u64 {
        self.by_status.get(&status).copied().unwrap_or(0)
    }

    /// All calls.
    pub fn total(&self) -> u64 {
        self.by_route.values().sum()
    }
}

/// The counts, and what they need to be kept.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    counts: Calls,
    open: BTreeMap<String, u64>,
    /// Until when each program was told to stay away.
    closed: BTreeMap<usize, Instant>,
}

impl CallLog {
    pub(crate) fn begin(&mut self, route: &str, program: Option<usize>, open: bool) {
        *self.counts.by_route.entry(route.to_owned()).or_default() += 1;
        let of_route = self.open.entry(route.to_owned()).or_default();
        *of_route += 1;
        let most = self.counts.max_parallel_by_route.entry(route.to_owned()).or_default();
        *most = (*most).max(*of_route);
        self.counts.max_parallel = self.counts.max_parallel.max(self.open.values().sum());
        let until = program.and_then(|program| self.closed.get(&program));
        if until.is_some_and(|until| Instant::now() < *until) {
            self.counts.early += 1;
        }
        if program.is_none() && !open {
            self.counts.unauthorized += 1;
        }
    }

    pub(crate) fn end(&mut self, route: &str, status: u16) {
        if let Some(open) = self.open.get_mut(route) {
            *open = open.saturating_sub(1);
        }
        *self.counts.by_status.entry(status).or_default() += 1;
    }

    /// A program was told to come back later.
    pub(crate) fn close(&mut self, program: usize, time: Duration) {
        self.closed.insert(program, Instant::now() + time);
    }

    pub(crate) fn counts(&self) -> Calls {
        self.counts.clone()
    }

    /// The counts, which begin anew.
    pub(crate) fn take(&mut self) -> Calls {
        std::mem::take(&mut self.counts)
    }
}
