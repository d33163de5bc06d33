//! When a call may leave: never before the issuer allows it again, never more
//! than our own budget a minute, and those who wait for an answer first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{Instant, timeout_at};

use super::rate_headers::RateHeaders;

const MINUTE: Duration = Duration::from_mins(1);
/// How long nothing is sent after a refusal that names no time; twice as long
/// after each further one, up to a minute.
const UNNAMED: Duration = Duration::from_secs(5);
/// Moments of one window differ by this much, because they come in whole seconds.
const SAME_WINDOW: Duration = Duration::from_secs(2);

/// Who waits for a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Priority {
    /// A client waits for the answer.
    Foreground,
    /// A task that can wait. It leaves a tenth of the budget to the others.
    Background,
}

/// What an answer says of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The call counts in the issuer's window, which the headers describe.
    Counted,
    /// There were too many calls.
    Refused,
    /// Only a pause that it asks for counts.
    Other,
}

/// The pace of a program's calls. Clones of a client share it.
pub(super) struct Pace {
    /// The most calls in any minute; 0: no budget.
    budget: usize,
    state: Mutex<State>,
    changed: Notify,
    /// Callers of a priority come in the order in which they asked.
    turns: [Turn<()>; 2],
}

#[derive(Default)]
struct State {
    /// When the calls of the last minute left.
    sent: VecDeque<Instant>,
    paused_until: Option<Instant>,
    /// The issuer's window; none while nothing is known of the present one.
    window: Option<Window>,
    in_flight: u64,
    waiting_in_foreground: usize,
    refusals: u32,
}

#[derive(Clone, Copy)]
struct Window {
    /// At least so many calls are allowed; none where the issuer does not say.
    left: Option<u64>,
    resets: Option<Instant>,
}

/// What a caller has to do.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Go,
    /// Wait for this moment, or for something to change.
    At(Instant),
    /// Wait for something to change.
    Changed,
}

/// The wait would be longer than the caller has time.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong {
    /// When a call could leave, where that is known.
    pub(super) until: Option<Instant>,
}

/// How many calls are possible, for operators.
pub(super) struct Room {
    pub(super) issuer_left: Option<u64>,
    pub(super) window_ends: Option<Instant>,
    pub(super) budget_left: Option<u64>,
    pub(super) paused_until: Option<Instant>,
}

/// The right to make one call now.
pub(super) struct Permit<'a> {
    pace: &'a Pace,
}

/// Counts a caller in the foreground as long as it waits.
struct Waiting<'a>(&'a Pace);

impl Pace {
    pub(super) fn new(calls_per_minute: u32) -> Self {
        Self {
            budget: calls_per_minute as usize,
            state: Mutex::default(),
            changed: Notify::new(),
            turns: [Turn::default(), Turn::default()],
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call may leave.
    ///
    /// # Errors
    /// As soon as it is known that this will not be before the deadline.
    pub(super) async fn acquire(
        &self,
        priority: Priority,
        deadline: Instant,
    ) -> Result<Permit<'_>, TooLong> {
        let _waiting = (priority == Priority::Foreground).then(|| Waiting::new(self));
        self.patience(deadline)?;
        let turn = timeout_at(deadline, self.turns[priority as usize].lock()).await;
        let _turn =
            turn.map_err(|_| self.patience(deadline).err().unwrap_or(TooLong { until: None }))?;
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let now = Instant::now();
            let next = self.state().next(now, priority, self.budget);
            let until = match next {
                Next::Go => return Ok(Permit { pace: self }),
                Next::At(at) if at > deadline => return Err(TooLong { until: Some(at) }),
                Next::At(at) => at,
                Next::Changed if now >= deadline => return Err(TooLong { until: None }),
                Next::Changed => deadline,
            };
            // Whichever comes first, the state says what to do then.
            let _ = timeout_at(until, changed).await;
        }
    }

    /// Fails if the issuer has asked for a longer pause than there is time.
    fn patience(&self, deadline: Instant) -> Result<(), TooLong> {
        match self.state().paused(Instant::now()) {
            Some(until) if until > deadline => Err(TooLong { until: Some(until) }),
            _ => Ok(()),
        }
    }

    /// How many calls are possible now.
    pub(super) fn room(&self, now: Instant) -> Room {
        let mut state = self.state();
        state.forget(now);
        let used = state.sent.len();
        Room {
            issuer_left: state.window.and_then(|window| window.left),
            window_ends: state.window.and_then(|window| window.resets),
            budget_left: (self.budget > 0).then(|| self.budget.saturating_sub(used) as u64),
            paused_until: state.paused_until,
        }
    }
}

impl State {
    /// Until when the issuer allows no call at all.
    fn paused(&mut self, now: Instant) -> Option<Instant> {
        self.forget(now);
        let used_up = self.window.filter(|window| window.left == Some(0));
        self.paused_until.max(used_up.and_then(|window| window.resets))
    }

    /// Forgets what is over.
    fn forget(&mut self, now: Instant) {
        if self.paused_until.is_some_and(|until| until <= now) {
            self.paused_until = None;
            self.window = None;
        }
        if self.window.is_some_and(|window| window.resets.is_some_and(|resets| resets <= now)) {
            self.window = None;
        }
        while self.sent.front().is_some_and(|sent| *sent + MINUTE <= now) {
            self.sent.pop_front();
        }
    }

    fn next(&mut self, now: Instant, priority: Priority, budget: usize) -> Next {
        if let Some(until) = self.paused(now) {
            return Next::At(until);
        }
        // Nothing is known of the window: one call finds out for all.
        let unknown = self.window.is_none_or(|window| window.left == Some(0));
        if unknown && self.in_flight > 0 {
            return Next::Changed;
        }
        if priority == Priority::Background && self.waiting_in_foreground > 0 {
            return Next::Changed;
        }
        if budget > 0 {
            let kept = if priority == Priority::Background { budget / 10 } else { 0 };
            let over = (self.sent.len() + 1).checked_sub(budget - kept).filter(|over| *over > 0);
            // When enough of the calls before have become a minute old.
            if let Some(sent) = over.and_then(|over| self.sent.get(over - 1)) {
                return Next::At(*sent + MINUTE);
            }
            self.sent.push_back(now);
        }
        if let Some(Window { left: Some(left), .. }) = &mut self.window {
            *left = left.saturating_sub(1);
        }
        self.in_flight += 1;
        Next::Go
    }

    fn answered(&mut self, now: Instant, headers: &RateHeaders, outcome: Outcome) {
        let pause = match outcome {
            Outcome::Refused => Some(self.refused(headers)),
            Outcome::Counted | Outcome::Other => headers.retry_after,
        };
        self.paused_until = self.paused_until.max(pause.map(|pause| now + pause));
        if outcome == Outcome::Counted {
            self.refusals = 0;
            self.counted(headers, headers.resets_in.map(|wait| now + wait));
        }
    }

    /// How long nothing is sent after a refusal.
    fn refused(&mut self, headers: &RateHeaders) -> Duration {
        let unnamed = (UNNAMED * 2_u32.pow(self.refusals.min(8))).min(MINUTE);
        self.refusals = self.refusals.saturating_add(1);
        let used_up = headers.resets_in.filter(|_| headers.left == Some(0));
        headers.retry_after.max(used_up).or(headers.resets_in).unwrap_or(unnamed)
    }

    /// What is left of the window after a call that counts in it.
    fn counted(&mut self, headers: &RateHeaders, resets: Option<Instant>) {
        match headers.left {
            Some(left) => {
                // The issuer may not have counted the calls that are on their way.
                let left = left.saturating_sub(self.in_flight.saturating_sub(1));
                let known = self.window.filter(|window| window.is_the_one_that_ends(resets));
                let known = known.and_then(|window| window.left);
                let left = known.map_or(left, |known| known.min(left));
                self.window = Some(Window { left: Some(left), resets });
            }
            None if self.window.is_none() => {
                self.window = Some(Window { left: None, resets: None });
            }
            None => {}
        }
    }
}

impl Window {
    fn is_the_one_that_ends(&self, resets: Option<Instant>) -> bool {
        match (self.resets, resets) {
            (Some(known), Some(resets)) => resets <= known + SAME_WINDOW,
            (known, resets) => known == resets,
        }
    }
}

impl Permit<'_> {
    /// The issuer answered the call.
    pub(super) fn answered(self, headers: &RateHeaders, outcome: Outcome) {
        self.pace.state().answered(Instant::now(), headers, outcome);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.pace.state().in_flight -= 1;
        self.pace.changed.notify_waiters();
    }
}

impl<'a> Waiting<'a> {
    fn new(pace: &'a Pace) -> Self {
        pace.state().waiting_in_foreground += 1;
        Self(pace)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.state().waiting_in_foreground -= 1;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
