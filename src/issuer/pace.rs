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
    /// Somebody who wants the answer now.
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
mod tests {
    use std::sync::Arc;

    use super::*;

    const FOREVER: Duration = Duration::from_secs(100_000);

    fn headers(left: Option<u64>, resets_in: Option<u64>, retry_after: Option<u64>) -> RateHeaders {
        let seconds = |number: Option<u64>| number.map(Duration::from_secs);
        RateHeaders { left, resets_in: seconds(resets_in), retry_after: seconds(retry_after) }
    }

    async fn take(pace: &Pace, priority: Priority) -> Permit<'_> {
        pace.acquire(priority, Instant::now() + FOREVER).await.expect("in time")
    }

    /// Starts calls that end at once, and says when each left, in milliseconds.
    async fn times(pace: &Arc<Pace>, count: usize, priority: Priority) -> Vec<u128> {
        let start = Instant::now();
        let calls = (0..count).map(|_| {
            let pace = Arc::clone(pace);
            tokio::spawn(async move {
                take(&pace, priority).await.answered(&RateHeaders::default(), Outcome::Counted);
                start.elapsed().as_millis()
            })
        });
        let mut times = Vec::new();
        for call in calls.collect::<Vec<_>>() {
            times.push(call.await.expect("it ends"));
        }
        times.sort_unstable();
        times
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_calls_than_the_budget() {
        let pace = Arc::new(Pace::new(10));
        let times = times(&pace, 35, Priority::Foreground).await;
        for (at, time) in times.iter().enumerate().skip(10) {
            assert!(time - times[at - 10] >= 60_000, "{times:?}");
        }
        assert!(times[34] < 181_000, "and no slower than that: {times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_budget_nobody_waits() {
        assert_eq!(times(&Arc::new(Pace::new(0)), 500, Priority::Background).await, [0; 500]);
    }

    #[tokio::test(start_paused = true)]
    async fn background_leaves_a_tenth_and_gives_way() {
        let pace = Arc::new(Pace::new(20));
        let mut times = times(&pace, 18, Priority::Background).await;
        assert!(times.pop() < Some(60_000), "18 of 20");
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut calls = Vec::new();
        for (number, priority) in [
            (1, Priority::Background),
            (2, Priority::Foreground),
            (3, Priority::Foreground),
            (4, Priority::Foreground),
        ] {
            let (pace, order) = (Arc::clone(&pace), Arc::clone(&order));
            calls.push(tokio::spawn(async move {
                take(&pace, priority).await.answered(&RateHeaders::default(), Outcome::Counted);
                order.lock().expect("not poisoned").push(number);
            }));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(*order.lock().expect("not poisoned"), [2, 3], "the tenth is theirs");
        for call in calls {
            call.await.expect("it ends");
        }
        assert_eq!(*order.lock().expect("not poisoned"), [2, 3, 4, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_for_everybody_and_is_never_cut_short() {
        let pace = Arc::new(Pace::new(0));
        let [one, other] = [take(&pace, Priority::Foreground).await, {
            pace.state().window = Some(Window { left: None, resets: None });
            take(&pace, Priority::Foreground).await
        }];
        one.answered(&headers(None, None, Some(30)), Outcome::Refused);
        // What another call hears later does not make it shorter.
        other.answered(&headers(Some(5), Some(60), Some(2)), Outcome::Refused);
        assert!(times(&pace, 5, Priority::Foreground).await[0] >= 30_000);
        let permit = take(&pace, Priority::Foreground).await;
        permit.answered(&headers(None, None, Some(3_600)), Outcome::Refused);
        let error = pace.acquire(Priority::Foreground, Instant::now() + MINUTE).await;
        let until = error.err().expect("too long").until.expect("it is known");
        assert!(until - Instant::now() >= Duration::from_secs(3_599));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_pause_one_call_finds_out_for_all() {
        let pace = Arc::new(Pace::new(0));
        take(&pace, Priority::Foreground)
            .await
            .answered(&headers(None, None, Some(10)), Outcome::Refused);
        let probe = take(&pace, Priority::Foreground).await;
        let second = pace.acquire(Priority::Foreground, Instant::now() + MINUTE);
        assert!(second.await.is_err(), "the first is still on its way");
        probe.answered(&headers(Some(2), Some(60), None), Outcome::Counted);
        let both =
            [take(&pace, Priority::Foreground).await, take(&pace, Priority::Foreground).await];
        let third = pace.acquire(Priority::Foreground, Instant::now() + Duration::from_secs(59));
        assert!(third.await.is_err(), "the window has none left");
        drop(both);
        take(&pace, Priority::Foreground).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_used_up_window_is_waited_for() {
        let pace = Arc::new(Pace::new(0));
        take(&pace, Priority::Foreground)
            .await
            .answered(&headers(Some(0), Some(20), None), Outcome::Counted);
        assert!(times(&pace, 1, Priority::Foreground).await[0] >= 20_000);
        // Without an end there is nothing to wait for.
        take(&pace, Priority::Foreground)
            .await
            .answered(&headers(Some(0), None, None), Outcome::Counted);
        assert_eq!(times(&pace, 3, Priority::Foreground).await, [0; 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn answers_out_of_order_allow_no_more_calls() {
        let pace = Pace::new(0);
        take(&pace, Priority::Foreground)
            .await
            .answered(&headers(Some(4), Some(60), None), Outcome::Counted);
        let [one, two] =
            [take(&pace, Priority::Foreground).await, take(&pace, Priority::Foreground).await];
        two.answered(&headers(Some(2), Some(60), None), Outcome::Counted);
        one.answered(&headers(Some(3), Some(60), None), Outcome::Counted);
        assert!(pace.room(Instant::now()).issuer_left <= Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_without_a_time_is_waited_out_longer_and_longer() {
        let pace = Pace::new(0);
        let mut permit = take(&pace, Priority::Foreground).await;
        for wait in [5, 10, 20, 40, 60, 60] {
            permit.answered(&RateHeaders::default(), Outcome::Refused);
            let start = Instant::now();
            permit = take(&pace, Priority::Foreground).await;
            assert_eq!(start.elapsed().as_secs(), wait);
        }
        permit.answered(&RateHeaders::default(), Outcome::Counted);
        take(&pace, Priority::Foreground).await.answered(&RateHeaders::default(), Outcome::Refused);
        let start = Instant::now();
        take(&pace, Priority::Foreground).await;
        assert_eq!(start.elapsed().as_secs(), 5, "an answer begins it again");
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_counts_nowhere_tells_nothing_of_the_window() {
        let pace = Arc::new(Pace::new(0));
        let headers = headers(Some(0), Some(60), None);
        take(&pace, Priority::Foreground).await.answered(&headers, Outcome::Other);
        let probe = take(&pace, Priority::Foreground).await;
        assert!(pace.acquire(Priority::Foreground, Instant::now() + MINUTE).await.is_err());
        drop(probe);
    }

    #[tokio::test(start_paused = true)]
    async fn who_goes_away_while_waiting_holds_nobody_up() {
        let pace = Arc::new(Pace::new(1));
        drop(take(&pace, Priority::Foreground).await);
        let gone = pace.acquire(Priority::Foreground, Instant::now() + FOREVER);
        assert!(tokio::time::timeout(Duration::from_secs(1), gone).await.is_err());
        assert_eq!(pace.state().waiting_in_foreground, 0);
        take(&pace, Priority::Background).await;
    }
}
