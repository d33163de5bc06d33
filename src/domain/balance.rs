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
    /// When the balance was true; none for what we read from the chain just now.
    pub updated_at: Option<Timestamp>,
}

/// Who said what a wallet holds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum BalanceSource {
    /// A live card notification, with what has moved since.
    Live,
    /// The issuer, which read it from the chain.
    Reconciliation,
}

impl BalanceSource {
    /// Whether it knows what is held for authorizations.
    pub const fn knows_holds(self) -> bool {
        matches!(self, Self::Live)
    }
}

/// What a wallet held at a moment, by one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalletBalance {
    /// All that the wallet holds.
    pub ledger: Minor,
    /// What can be spent. Live: ledger less pending; read from the chain: the ledger.
    pub available: Minor,
    /// What is held for authorizations; none where that is unknown.
    pub pending: Option<Minor>,
    /// Who said so.
    pub source: BalanceSource,
    /// When that was true.
    pub updated_at: Timestamp,
}

impl WalletBalance {
    /// A live balance, if its amounts add up.
    pub fn live(
        ledger: Minor,
        available: Minor,
        pending: Minor,
        updated_at: Timestamp,
    ) -> Option<Self> {
        let adds_up = ledger.get() == available.get() + pending.get();
        let source = BalanceSource::Live;
        adds_up.then_some(Self { ledger, available, pending: Some(pending), source, updated_at })
    }

    /// A balance that the issuer has read from the chain: what is held is unknown.
    pub const fn reconciled(ledger: Minor, updated_at: Timestamp) -> Self {
        let source = BalanceSource::Reconciliation;
        Self { ledger, available: ledger, pending: None, source, updated_at }
    }

    /// Where the amounts come from.
    pub const fn freshness(&self) -> Freshness {
        if self.source.knows_holds() { Freshness::Realtime } else { Freshness::OnChain }
    }

    /// Whether it is live and young enough to answer without the chain.
    pub fn is_fresh(&self, now: Timestamp, max_age_millis: i64) -> bool {
        self.fresh_for(now, max_age_millis) > 0
    }

    /// For how many milliseconds it is fresh; not positive if it is not.
    pub fn fresh_for(&self, now: Timestamp, max_age_millis: i64) -> i64 {
        match self.freshness() {
            Freshness::OnChain => 0,
            Freshness::Realtime => {
                let age = now.millis().saturating_sub(self.updated_at.millis());
                max_age_millis.saturating_sub(age)
            }
        }
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
    /// What the issuer's notifications say.
    pub wallet: Option<WalletBalance>,
    /// What the chain said the last time that we read it.
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
    /// There is a balance, but no source could be read: null *with* an error.
    Unavailable,
}

impl Outcome {
    /// Whether both show the same amounts from the same kind of source, at whatever time.
    pub fn shows_same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Known(one), Self::Known(other)) => {
                let shown = |of: &Balance| (of.ledger, of.available, of.pending, of.freshness);
                shown(one) == shown(other)
            }
            (one, other) => one == other,
        }
    }
}

impl From<WalletBalance> for Balance {
    /// A settlement without an authorization ends a hold of before the snapshot. If the
    /// snapshot had no such hold, pending falls below zero: then the amount was available.
    fn from(wallet: WalletBalance) -> Self {
        let pending = wallet.pending.map(|pending| pending.max(Minor::ZERO));
        let is_below_zero = pending != wallet.pending;
        Self {
            ledger: wallet.ledger,
            available: if is_below_zero { wallet.ledger } else { wallet.available },
            pending,
            freshness: wallet.freshness(),
            updated_at: Some(wallet.updated_at),
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
        match (self.wallet, self.chain) {
            (Some(wallet), Some(chain)) if chain.at > wallet.updated_at => {
                Some(chain.shown(Some(chain.at)))
            }
            (Some(wallet), _) => Some(wallet.into()),
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
    match (stored.wallet, chain) {
        (Some(wallet), _) if wallet.is_fresh(now, max_age_millis) => Outcome::Known(wallet.into()),
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

    fn live(updated_at: i64) -> WalletBalance {
        WalletBalance::live(minor(300), minor(200), minor(100), at(updated_at)).expect("adds up")
    }

    fn reconciled(updated_at: i64) -> WalletBalance {
        WalletBalance::reconciled(minor(700), at(updated_at))
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
                    (Freshness::OnChain, (700, 700), None, Some(_)) => "reconciliation",
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
        let young = Some(reconciled(now.millis() - 1));
        let old = Some(reconciled(now.millis() - 2 * MAX_AGE));
        for (deployed, wallet, stored, asked, expected) in [
            (false, fresh, newer, read, "null"),
            (false, young, newer, read, "null"),
            (false, None, None, failed, "null"),
            (true, fresh, None, None, "live"),
            (true, fresh, newer, None, "live"),
            (true, fresh, newer, read, "live"),
            (true, fresh, None, failed, "live"),
            (true, stale, None, read, "chain"),
            (true, stale, newer, read, "chain"),
            (true, young, None, read, "chain"),
            (true, young, newer, read, "chain"),
            (true, old, newer, read, "chain"),
            (true, None, None, read, "chain"),
            (true, None, newer, read, "chain"),
            (true, stale, None, failed, "live"),
            (true, stale, older, failed, "live"),
            (true, stale, newer, failed, "chain, last known"),
            (true, young, None, failed, "reconciliation"),
            (true, young, newer, failed, "reconciliation"),
            (true, old, None, failed, "reconciliation"),
            (true, old, older, failed, "chain, last known"),
            (true, None, older, failed, "chain, last known"),
            (true, None, None, failed, "null and an error"),
            (true, stale, None, None, "live"),
            (true, stale, older, None, "live"),
            (true, stale, newer, None, "chain, last known"),
            (true, young, None, None, "reconciliation"),
            (true, young, newer, None, "reconciliation"),
            (true, old, newer, None, "chain, last known"),
            (true, None, older, None, "chain, last known"),
            (true, None, None, None, "null"),
        ] {
            let outcome = resolve(deployed, Stored { wallet, chain: stored }, asked, now, MAX_AGE);
            assert_eq!(shown(outcome), expected, "{deployed} {wallet:?} {stored:?} {asked:?}");
        }
    }

    #[test]
    fn nothing_less_than_zero_is_held() {
        let mut wallet = live(1);
        (wallet.ledger, wallet.available) = (minor(150), minor(200));
        wallet.pending = Some(minor(-50));
        let shown = Balance::from(wallet);
        assert_eq!((shown.ledger, shown.available), (minor(150), minor(150)));
        assert_eq!(shown.pending, Some(Minor::ZERO));
    }

    #[test]
    fn a_notification_from_the_future_is_fresh() {
        assert!(live(1_000).is_fresh(at(0), MAX_AGE));
    }
}
