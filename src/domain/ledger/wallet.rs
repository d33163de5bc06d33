//! The balance that events add up to. [`Account::apply`] is the whole rule,
//! and pure: any order of the same events, some of them twice, leads to the
//! same account.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{AggregateId, BalanceFact, Event, Fact};
use super::history::{BalanceDelta, History, LastMoves};
use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::money::{Currency, Minor};

/// The [`Wallet::snapshot_event`] of a balance of the issuer's API which does not say
/// when it was so. Its time is that of our call.
pub const UNDATED: &str = "-";

/// A customer's wallet as the issuer's notifications have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// What the newest balance event said.
    pub snapshot: WalletBalance,
    /// That event; empty for a balance that was imported, or read from the issuer's API
    /// with its time; [`UNDATED`] without.
    pub snapshot_event: String,
    /// That, and what has moved since.
    pub current: WalletBalance,
}

impl Wallet {
    /// A wallet of which nothing is known but this balance.
    pub const fn stated(balance: WalletBalance) -> Self {
        Self { snapshot: balance, snapshot_event: String::new(), current: balance }
    }

    /// A wallet whose balance the issuer's API does not date.
    pub fn undated(balance: WalletBalance) -> Self {
        Self { snapshot_event: UNDATED.to_owned(), ..Self::stated(balance) }
    }

    /// Whether the snapshot's time is only that of our call.
    pub fn is_undated(&self) -> bool {
        self.snapshot_event == UNDATED
    }

    /// Whether a balance event is newer than the snapshot. At one moment, a live balance
    /// says more than one that was read from the chain.
    fn is_older_than(&self, balance: &WalletBalance, event: &str) -> bool {
        if self.is_undated() {
            return true;
        }
        let rank = |source| usize::from(source == BalanceSource::Live);
        let mine = (self.snapshot.updated_at, rank(self.snapshot.source));
        let new = (balance.updated_at, rank(balance.source));
        (mine, self.snapshot_event.as_str()) < (new, event)
    }
}

/// What is known of a customer's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The wallet's currency.
    pub currency: Option<Currency>,
    /// The wallet; none before the first balance event.
    pub wallet: Option<Wallet>,
    /// What has happened: all that belongs to an aggregate at hand, and all that
    /// moved money since the balance at hand.
    pub histories: BTreeMap<AggregateId, History>,
}

/// Why an event cannot be applied. Nothing was changed.
pub type Reason = &'static str;

impl Account {
    /// Applies an event. One that is in the account already changes nothing, nor does a
    /// balance that is older than the known one. It costs what the history of the event's
    /// own aggregate costs; only a balance event looks at the others.
    ///
    /// # Errors
    /// Says why the event cannot be true of this account.
    pub fn apply(&mut self, event: &Arc<Event>) -> Result<(), Reason> {
        if let Fact::Balance(fact) = &event.fact {
            return self.apply_balance(fact, &event.id);
        }
        let Some(aggregate) = event.aggregate() else { return Ok(()) };
        let history = self.histories.entry(aggregate.clone()).or_default();
        let Some(wallet) = &mut self.wallet else {
            history.add(Arc::clone(event));
            return Ok(());
        };
        if aggregate == AggregateId::Cards {
            history.add(Arc::clone(event));
            return Ok(());
        }
        let (then, currency) = (wallet.snapshot.updated_at, self.currency);
        let before = history.delta_since(then, currency);
        if !history.add(Arc::clone(event)) {
            return Ok(());
        }
        let moved = history.delta_since(then, currency).minus(before);
        match moved_by(wallet.current, moved, history.last_moves(then, currency)) {
            Ok(current) => {
                wallet.current = current;
                Ok(())
            }
            Err(reason) => {
                history.remove(&event.id);
                Err(reason)
            }
        }
    }

    fn apply_balance(&mut self, fact: &BalanceFact, event: &str) -> Result<(), Reason> {
        if let (Some(stated), Some(known)) = (fact.currency, self.currency)
            && stated != known
        {
            return Err("currency is not the wallet's");
        }
        let is_newer =
            self.wallet.as_ref().is_none_or(|wallet| wallet.is_older_than(&fact.balance, event));
        if is_newer {
            self.wallet = Some(self.rebased(fact.balance, event)?);
        }
        Ok(())
    }

    /// The wallet from this balance on: it absorbs what came before it, and
    /// whatever of the account's histories came behind it is added.
    ///
    /// # Errors
    /// Says why that cannot be.
    pub fn rebased(&self, snapshot: WalletBalance, event: &str) -> Result<Wallet, Reason> {
        let at = snapshot.updated_at;
        let mut moved = BalanceDelta::default();
        let mut last = LastMoves::default();
        for history in self.histories.values() {
            moved = moved.plus(history.delta_since(at, self.currency));
            last = last.max(history.last_moves(at, self.currency));
        }
        let current = moved_by(snapshot, moved, last)?;
        Ok(Wallet { snapshot, snapshot_event: event.to_owned(), current })
    }
}

/// A balance after what has moved since. What was read from the chain knows nothing of
/// holds: only what moved on the chain changes it.
fn moved_by(
    before: WalletBalance,
    moved: BalanceDelta,
    last: LastMoves,
) -> Result<WalletBalance, Reason> {
    let sum = |amount: Minor, by: i128| {
        let sum = i64::try_from(i128::from(amount.get()) + by).ok();
        sum.and_then(Minor::new).ok_or("the balance would be too large")
    };
    let ledger = sum(before.ledger, moved.ledger)?;
    let (available, pending, last) = match before.pending {
        Some(pending) => {
            (sum(before.available, moved.available)?, Some(sum(pending, moved.pending)?), last.any)
        }
        None => (ledger, None, last.ledger),
    };
    let updated_at = last.map_or(before.updated_at, |last| last.max(before.updated_at));
    Ok(WalletBalance { ledger, available, pending, source: before.source, updated_at })
}
