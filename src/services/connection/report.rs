//! How the connection of a program to the issuer does: the one description of what
//! `/readyz`, the metrics, the front page and `card-gateway status` show.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::domain::subscription::SubscriptionState;
use crate::domain::time::Timestamp;
use crate::store::{CallHealth, DetailCounts, IssuerHealth, SyncState};

/// For how long our budget counts a call, in milliseconds.
const BUDGET_MILLIS: i64 = 60_000;

/// The connections of programs, by their names.
pub type Reports = BTreeMap<String, Report>;

/// The connection of a program to the issuer.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether this process has the program's key pair.
    pub connected: bool,
    /// How far its customers are synchronised.
    pub sync: SyncReport,
    /// How many customers there are in each state of their details.
    pub customers: CustomerReport,
    /// How calls to the issuer do; none before a server has made one.
    pub calls: Option<CallReport>,
    /// How events come.
    pub webhooks: WebhookReport,
}

/// How far a program's customers are synchronised.
#[derive(Clone, Debug, Serialize)]
pub struct SyncReport {
    /// When the last complete pass over the issuer's list ended.
    pub completed_at: Option<Timestamp>,
    /// How many seconds ago that was.
    pub age_seconds: Option<u64>,
    /// Whether a pass has begun and is not complete.
    pub in_progress: bool,
}

/// How many customers there are in each state of their details.
#[derive(Clone, Debug, Serialize)]
pub struct CustomerReport {
    /// They are read.
    pub read: u64,
    /// They are read, and wait to be read again.
    pub waiting: u64,
    /// They have never been read.
    pub never_read: u64,
}

/// How the calls of the process do that made the last one.
#[derive(Clone, Debug, Serialize)]
pub struct CallReport {
    /// When that process noted the rest.
    pub noted_at: Timestamp,
    /// The circuit breaker: `closed`, `open`, or `half_open` (the next call is a trial).
    pub breaker: &'static str,
    /// When the issuer is called again, while the breaker is open.
    pub retry_at: Option<Timestamp>,
    /// How many calls the issuer still allows in its window; null if that is not known.
    pub left: Option<u64>,
    /// When that window ends.
    pub window_ends_at: Option<Timestamp>,
    /// How many calls our own budget still allowed; null if that is a minute ago, or there
    /// is no budget.
    pub budget_left: Option<u64>,
    /// What failed last, as a sentence.
    pub last_failure: Option<String>,
    /// When it failed.
    pub last_failure_at: Option<Timestamp>,
}

/// How a program's events come.
#[derive(Clone, Debug, Serialize)]
pub struct WebhookReport {
    /// When the last event was stored.
    pub last_event_at: Option<Timestamp>,
    /// Deliveries in a row that were not acknowledged, by the server where this number
    /// changed last; null if no server has noted it.
    pub failed_in_a_row: Option<u64>,
    /// Whether the issuer sends events: `enabled`, `disabled` or `missing`; null if it was
    /// never asked.
    pub subscription: Option<&'static str>,
    /// When it was asked.
    pub subscription_checked_at: Option<Timestamp>,
}

/// What is known of a program's connection.
pub(super) struct Known {
    pub(super) connected: bool,
    pub(super) sync: SyncState,
    pub(super) details: DetailCounts,
    pub(super) health: IssuerHealth,
    pub(super) last_event_at: Option<Timestamp>,
}

impl Report {
    pub(super) fn of(known: Known, now: Timestamp) -> Self {
        let Known { connected, sync, details, health, last_event_at } = known;
        let DetailCounts { read, waiting, never_read } = details;
        let (subscription, subscription_checked_at) = health.subscription.unzip();
        Self {
            connected,
            sync: SyncReport {
                completed_at: sync.completed_at,
                age_seconds: sync.completed_at.map(|at| seconds_between(at, now)),
                in_progress: sync.pass.is_some(),
            },
            customers: CustomerReport { read, waiting, never_read },
            calls: health.calls.map(|(calls, at)| CallReport::of(calls, at, now)),
            webhooks: WebhookReport {
                last_event_at,
                failed_in_a_row: health.failed_in_a_row.map(|(failed, _)| failed),
                subscription: subscription.map(SubscriptionState::into),
                subscription_checked_at,
            },
        }
    }

    fn is_called(&self) -> bool {
        self.calls.as_ref().is_none_or(|calls| calls.breaker != "open")
    }

    fn is_subscribed(&self) -> bool {
        self.webhooks.subscription != Some(SubscriptionState::Disabled.into())
    }
}

impl CallReport {
    fn of(calls: CallHealth, noted_at: Timestamp, now: Timestamp) -> Self {
        let CallHealth { open_until, calls_left, window_ends_at, budget_left, failure } = calls;
        // What was counted in a window says nothing of the next one.
        let window_ends_at = window_ends_at.filter(|end| *end > now);
        let (last_failure, last_failure_at) = failure.unzip();
        Self {
            noted_at,
            breaker: match open_until {
                None => "closed",
                Some(until) if until > now => "open",
                Some(_) => "half_open",
            },
            retry_at: open_until.filter(|until| *until > now),
            left: window_ends_at.and(calls_left),
            window_ends_at,
            budget_left: budget_left.filter(|_| noted_at.plus_millis(BUDGET_MILLIS) > now),
            last_failure,
            last_failure_at,
        }
    }
}

/// All connections in a sentence that names no program, for public pages.
pub fn sentence(reports: &Reports) -> String {
    if reports.is_empty() {
        return "off".to_owned();
    }
    let ages: Option<Vec<u64>> = reports.values().map(|report| report.sync.age_seconds).collect();
    let mut text = match ages.and_then(|ages| ages.into_iter().max()) {
        Some(oldest) => format!("synchronised {} ago", duration(oldest)),
        None => "not synchronised yet".to_owned(),
    };
    if !reports.values().all(Report::is_called) {
        text.push_str("; the issuer fails and is not called for now");
    }
    if !reports.values().all(Report::is_subscribed) {
        text.push_str("; the issuer has switched a webhook subscription off");
    }
    text
}

/// A number of seconds as people write it: `2m 5s`.
pub fn duration(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

fn seconds_between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from((to.millis() - from.millis()) / 1_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + seconds * 1_000).expect("a moment")
    }

    fn known() -> Known {
        Known {
            connected: true,
            sync: SyncState::default(),
            details: DetailCounts::default(),
            health: IssuerHealth::default(),
            last_event_at: None,
        }
    }

    fn with_calls(calls: CallHealth) -> Known {
        let health = IssuerHealth { calls: Some((calls, at(0))), ..IssuerHealth::default() };
        Known { health, ..known() }
    }

    #[test]
    fn what_was_counted_in_a_window_that_has_ended_is_not_known() {
        let calls = CallHealth {
            calls_left: Some(5),
            window_ends_at: Some(at(10)),
            budget_left: Some(7),
            ..CallHealth::default()
        };
        let left = |seconds| {
            let report = Report::of(with_calls(calls.clone()), at(seconds));
            let calls = report.calls.expect("known");
            (calls.left, calls.budget_left)
        };
        assert_eq!(left(9), (Some(5), Some(7)));
        assert_eq!(left(10), (None, Some(7)));
        assert_eq!(left(60), (None, None));
    }

    #[test]
    fn an_open_breaker_lets_a_trial_through_when_its_time_is_over() {
        let breaker = |open_until, seconds| {
            let calls = CallHealth { open_until, ..CallHealth::default() };
            Report::of(with_calls(calls), at(seconds)).calls.expect("known").breaker
        };
        assert_eq!(breaker(None, 0), "closed");
        assert_eq!(breaker(Some(at(5)), 4), "open");
        assert_eq!(breaker(Some(at(5)), 5), "half_open");
    }

    #[test]
    fn the_sentence_has_the_oldest_pass_and_what_is_wrong_but_no_name() {
        let synchronised = |seconds| {
            let sync = SyncState { completed_at: Some(at(seconds)), pass: None };
            Report::of(Known { sync, ..known() }, at(100))
        };
        let reports = |all: Vec<Report>| -> Reports {
            let names = ["acme", "globex"].map(str::to_owned);
            names.into_iter().zip(all).collect()
        };
        assert_eq!(sentence(&Reports::new()), "off");
        let both = reports(vec![synchronised(0), synchronised(90)]);
        assert_eq!(sentence(&both), "synchronised 1m 40s ago");
        let fails = with_calls(CallHealth { open_until: Some(at(200)), ..CallHealth::default() });
        let mut fails = Report::of(fails, at(100));
        fails.webhooks.subscription = Some("disabled");
        assert_eq!(
            sentence(&reports(vec![synchronised(0), fails])),
            "not synchronised yet; the issuer fails and is not called for now; \
             the issuer has switched a webhook subscription off"
        );
    }
}
