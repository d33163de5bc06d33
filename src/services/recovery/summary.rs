//! What was done, as a sentence.

use crate::domain::subscription::SubscriptionState;
use crate::domain::time::Timestamp;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Its event is new.
    Stored,
    /// Its event was in the inbox.
    Known,
    /// The issuer no longer has it.
    Gone,
    /// What the issuer has of it cannot be read.
    Unreadable,
}

/// What became of the failed deliveries of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Those that were made at this moment or later.
    pub since: Timestamp,
    /// How many there are at the issuer.
    pub failed: u64,
    /// How many of their events are new.
    pub recovered: u64,
    /// How many were known: fetched before, or delivered another time.
    pub known: u64,
    /// How many the issuer no longer has.
    pub gone: u64,
    /// How many cannot be read.
    pub unreadable: u64,
    /// How many are left for the next time.
    pub left: u64,
    /// Whether the issuer sends events.
    pub subscription: SubscriptionState,
}

impl Summary {
    pub(super) const fn new(since: Timestamp, subscription: SubscriptionState) -> Self {
        let (failed, recovered, known, gone, unreadable, left) = (0, 0, 0, 0, 0, 0);
        Self { since, failed, recovered, known, gone, unreadable, left, subscription }
    }

    pub(super) const fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Stored => &mut self.recovered,
            Outcome::Known => &mut self.known,
            Outcome::Gone => &mut self.gone,
            Outcome::Unreadable => &mut self.unreadable,
        } += 1;
    }
}

/// `31 failed deliveries since 2026-11-26T20:00:00.000Z: 30 events recovered, 1 known before`.
impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: u64, one: &str, many: &str| {
            let word = if count == 1 { one } else { many };
            format!("{count} {word}")
        };
        let failed = plural(self.failed, "failed delivery", "failed deliveries");
        let recovered = plural(self.recovered, "event", "events");
        write!(
            f,
            "{failed} since {}: {recovered} recovered, {} known before",
            self.since, self.known
        )?;
        let rest = [
            (self.gone, "no longer at the issuer"),
            (self.unreadable, "unreadable"),
            (self.left, "left for the next time"),
        ];
        for (count, what) in rest.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, ", {count} {what}")?;
        }
        match self.subscription {
            SubscriptionState::Enabled => Ok(()),
            SubscriptionState::Disabled => {
                f.write_str("; the issuer has switched the webhook subscription off")
            }
            SubscriptionState::Missing => f.write_str("; the issuer has no webhook subscription"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_sentence() {
        let since = Timestamp::parse("2026-11-26T20:00:00Z").expect("a time");
        let none = Summary::new(since, SubscriptionState::Enabled);
        let text = "0 failed deliveries since 2026-11-26T20:00:00.000Z: 0 events recovered, 0 known before";
        assert_eq!(none.to_string(), text);
        let some = Summary {
            failed: 1,
            recovered: 1,
            gone: 2,
            unreadable: 3,
            left: 4,
            subscription: SubscriptionState::Disabled,
            ..none.clone()
        };
        let text = "1 failed delivery since 2026-11-26T20:00:00.000Z: 1 event recovered, 0 known before, \
            2 no longer at the issuer, 3 unreadable, 4 left for the next time; \
            the issuer has switched the webhook subscription off";
        assert_eq!(some.to_string(), text);
        let missing = Summary { subscription: SubscriptionState::Missing, ..none };
        assert!(missing.to_string().ends_with("; the issuer has no webhook subscription"));
    }
}
