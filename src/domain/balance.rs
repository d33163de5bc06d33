//! Balances, and the rule that says which source answers.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::money::Minor;
use super::time::Timestamp;

/// Where a balance comes from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Freshness {
    /// Live card notifications.
    Realtime,
    /// The blockchain.
    OnChain,
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
    /// When the live notification was true; none for what was read from the
    /// chain just now. Where the chain cannot be read: when the block was made
    /// that it was read from last.
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
pub struct ChainBalance {
    /// All that the wallet holds, rounded down to minor units.
    pub ledger: Minor,
    /// The number of the block that it was read from.
    pub block: u64,
    /// The time of that block.
    pub at: Timestamp,
}

/// What is stored of a customer's balance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// What the last live notification said.
    pub live: Option<LiveBalance>,
    /// What the chain said the last time that it was read.
    pub chain: Option<ChainBalance>,
}

/// How asking the chain about a wallet went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainOutcome {
    /// It said so much.
    Read(ChainBalance),
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

impl From<LiveBalance> for Balance {
    fn from(live: LiveBalance) -> Self {
        Self {
            ledger: live.ledger,
            available: live.available,
            pending: Some(live.pending),
            freshness: Freshness::Realtime,
            updated_at: Some(live.updated_at),
        }
    }
}

impl ChainBalance {
    /// As it is shown: the chain knows nothing of pending authorizations.
    fn shown(self, updated_at: Option<Timestamp>) -> Balance {
        Balance {
            ledger: self.ledger,
            available: self.ledger,
            pending: None,
            freshness: Freshness::OnChain,
            updated_at,
        }
    }
}

impl Stored {
    /// The newer of what is stored.
    fn last_known(&self) -> Option<Balance> {
        match (self.live, self.chain) {
            (Some(live), Some(chain)) if chain.at > live.updated_at => {
                Some(chain.shown(Some(chain.at)))
            }
            (Some(live), _) => Some(live.into()),
            (None, chain) => chain.map(|chain| chain.shown(Some(chain.at))),
        }
    }
}

/// Which source answers for one customer, whose wallet exists on the chain only
/// if `safe_deployed`.
///
/// `chain` is `None` where the chain was not asked: none is configured, the
/// live balance is fresh, or there is no wallet to ask about. A failure is
/// never zero.
pub fn resolve(
    safe_deployed: bool,
    stored: Stored,
    chain: Option<ChainOutcome>,
    now: Timestamp,
    max_age_millis: i64,
) -> Outcome {
    if !safe_deployed {
        return Outcome::None;
    }
    match (stored.live, chain) {
        (Some(live), _) if live.is_fresh(now, max_age_millis) => Outcome::Known(live.into()),
        (_, Some(ChainOutcome::Read(read))) => Outcome::Known(read.shown(None)),
        (_, chain) => match (stored.last_known(), chain) {
            (Some(last_known), _) => Outcome::Known(last_known),
            (None, Some(ChainOutcome::Unavailable)) => Outcome::Unavailable,
            (None, _) => Outcome::None,
        },
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

    fn chain(ledger: i64, time: i64) -> ChainBalance {
        ChainBalance { ledger: minor(ledger), block: 7, at: at(time) }
    }

    fn shown(outcome: Outcome) -> &'static str {
        match outcome {
            Outcome::None => "null",
            Outcome::Unavailable => "null and an error",
            Outcome::Known(balance) => {
                let amounts = (balance.ledger.get(), balance.available.get());
                let pending = balance.pending.map(Minor::get);
                match (balance.freshness, amounts, pending, balance.updated_at) {
                    (Freshness::Realtime, (300, 200), Some(100), Some(_)) => "live",
                    (Freshness::OnChain, (900, 900), None, None) => "chain",
                    (Freshness::OnChain, (800, 800), None, Some(_)) => "chain, last known",
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    #[test]
    fn which_source_answers() {
        let now = at(10 * MAX_AGE);
        let fresh = Some(live(now.millis() - MAX_AGE + 1));
        let stale = Some(live(now.millis() - MAX_AGE));
        let older = Some(chain(800, now.millis() - MAX_AGE - 1));
        let newer = Some(chain(800, now.millis() - MAX_AGE + 1));
        let read = Some(ChainOutcome::Read(chain(900, now.millis())));
        let failed = Some(ChainOutcome::Unavailable);
        for (deployed, live, stored, asked, expected) in [
            (false, fresh, newer, read, "null"),
            (false, None, None, failed, "null"),
            (true, fresh, None, None, "live"),
            (true, fresh, newer, read, "live"),
            (true, fresh, None, failed, "live"),
            (true, stale, None, read, "chain"),
            (true, stale, newer, read, "chain"),
            (true, None, None, read, "chain"),
            (true, stale, None, failed, "live"),
            (true, stale, older, failed, "live"),
            (true, stale, newer, failed, "chain, last known"),
            (true, None, older, failed, "chain, last known"),
            (true, None, None, failed, "null and an error"),
            (true, stale, older, None, "live"),
            (true, stale, newer, None, "chain, last known"),
            (true, None, older, None, "chain, last known"),
            (true, None, None, None, "null"),
        ] {
            let outcome = resolve(deployed, Stored { live, chain: stored }, asked, now, MAX_AGE);
            assert_eq!(shown(outcome), expected, "{deployed} {live:?} {stored:?} {asked:?}");
        }
    }

    #[test]
    fn a_notification_from_the_future_is_fresh() {
        assert!(live(1_000).is_fresh(at(0), MAX_AGE));
    }
}
