//! Balances, and the rule that says which source answers.

use super::money::Minor;
use super::text_enum::text_enum;
use super::time::Timestamp;

text_enum! {
    /// Where a balance comes from.
    Freshness {
        /// Live card notifications.
        Realtime = "realtime",
        /// The blockchain.
        OnChain = "on_chain",
    }
}

/// A balance as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// All that the wallet holds.
    pub ledger: Minor,
    /// What can be spent.
    pub available: Minor,
    /// What is held for authorizations; none where that is unknown.
    pub pending: Option<Minor>,
    /// Where the amounts come from.
    pub freshness: Freshness,
    /// When the live notification was true; none for a chain read.
    pub updated_at: Option<Timestamp>,
}

/// What the last live notification said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveBalance {
    /// All that the wallet holds; available + pending.
    pub ledger: Minor,
    /// What can be spent.
    pub available: Minor,
    /// What is held for authorizations.
    pub pending: Minor,
    /// When the notification was true.
    pub updated_at: Timestamp,
}

impl LiveBalance {
    /// Whether the notification is young enough to answer without the chain.
    pub fn is_fresh(&self, now: Timestamp, max_age_millis: i64) -> bool {
        now.millis().saturating_sub(self.updated_at.millis()) < max_age_millis
    }
}

/// What the chain said of a wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainOutcome {
    /// The wallet holds this much, rounded down to minor units.
    Read(Minor),
    /// The chain could not say in time, or not credibly.
    Unavailable,
}

/// The outcome for one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is no balance to speak of: all fields are null, and that is no error.
    None,
    /// This is the balance.
    Known(Balance),
    /// There is a balance but nobody could say how much: null *with* an error.
    Unavailable,
}

/// Which source answers for one customer.
///
/// `chain` is `None` where the chain was not asked: none is configured, or the
/// live balance is fresh. A failure is never zero.
pub fn resolve(
    safe_deployed: bool,
    live: Option<LiveBalance>,
    chain: Option<ChainOutcome>,
    now: Timestamp,
    max_age_millis: i64,
) -> Outcome {
    if !safe_deployed {
        return Outcome::None;
    }
    let realtime = live.map(|live| {
        Outcome::Known(Balance {
            ledger: live.ledger,
            available: live.available,
            pending: Some(live.pending),
            freshness: Freshness::Realtime,
            updated_at: Some(live.updated_at),
        })
    });
    let fresh = live.is_some_and(|live| live.is_fresh(now, max_age_millis));
    match (realtime, chain) {
        (Some(realtime), _) if fresh => realtime,
        (_, Some(ChainOutcome::Read(ledger))) => Outcome::Known(Balance {
            ledger,
            available: ledger,
            pending: None,
            freshness: Freshness::OnChain,
            updated_at: None,
        }),
        (Some(last_known), _) => last_known,
        (None, Some(ChainOutcome::Unavailable)) => Outcome::Unavailable,
        (None, None) => Outcome::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_AGE: i64 = 2 * 60 * 60 * 1000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis).expect("in range")
    }

    fn minor(amount: i64) -> Minor {
        Minor::new(amount).expect("in range")
    }

    fn live(updated_at: i64) -> LiveBalance {
        let (ledger, available, pending) = (minor(300), minor(200), minor(100));
        LiveBalance { ledger, available, pending, updated_at: at(updated_at) }
    }

    fn shown(outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::None => "null",
            Outcome::Unavailable => "null and an error",
            Outcome::Known(Balance { freshness: Freshness::Realtime, ledger, pending, .. }) => {
                assert_eq!((ledger, pending), (minor(300), Some(minor(100))));
                "live"
            }
            Outcome::Known(balance) => {
                assert_eq!((balance.ledger, balance.available), (minor(900), minor(900)));
                assert_eq!((balance.pending, balance.updated_at), (None, None));
                "chain"
            }
        }
    }

    #[test]
    fn which_source_answers() {
        let now = at(10 * MAX_AGE);
        let fresh = Some(live(now.millis() - MAX_AGE + 1));
        let stale = Some(live(now.millis() - MAX_AGE));
        let read = Some(ChainOutcome::Read(minor(900)));
        let failed = Some(ChainOutcome::Unavailable);
        for (deployed, live, chain, expected) in [
            (false, fresh, read, "null"),
            (false, None, failed, "null"),
            (true, fresh, None, "live"),
            (true, fresh, read, "live"),
            (true, fresh, failed, "live"),
            (true, stale, read, "chain"),
            (true, stale, failed, "live"),
            (true, stale, None, "live"),
            (true, None, read, "chain"),
            (true, None, failed, "null and an error"),
            (true, None, None, "null"),
        ] {
            assert_eq!(
                shown(resolve(deployed, live, chain, now, MAX_AGE)),
                expected,
                "{deployed} {live:?} {chain:?}"
            );
        }
    }

    #[test]
    fn a_notification_from_the_future_is_fresh() {
        assert!(live(1_000).is_fresh(at(0), MAX_AGE));
    }
}
