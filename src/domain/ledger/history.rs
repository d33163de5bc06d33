//! The events of one transaction or movement of money in order, and the balance
//! change that they make. It depends on the set of events alone, not on the
//! order in which they arrived.

use std::sync::Arc;

use super::event::{CardFact, Event, Fact, MovementKind, Stage, TransactionFact};
use super::hold::{Hold, Part};
use crate::domain::money::{Amount, Currency};
use crate::domain::time::Timestamp;
use crate::domain::transaction::TransactionType;

/// Events of one aggregate, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History(Vec<Arc<Event>>);

/// The change of a wallet's three amounts, in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BalanceDelta {
    /// All that the wallet holds.
    pub ledger: i128,
    /// What can be spent.
    pub available: i128,
    /// What is held for authorizations.
    pub pending: i128,
}

impl BalanceDelta {
    /// This without the other.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            ledger: self.ledger - other.ledger,
            available: self.available - other.available,
            pending: self.pending - other.pending,
        }
    }

    /// The sum of both.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            ledger: self.ledger + other.ledger,
            available: self.available + other.available,
            pending: self.pending + other.pending,
        }
    }
}

/// When a wallet was moved last: at all, and what it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastMoves {
    /// Any of its amounts.
    pub any: Option<Timestamp>,
    /// The ledger.
    pub ledger: Option<Timestamp>,
}

impl LastMoves {
    /// The later of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { any: self.any.max(other.any), ledger: self.ledger.max(other.ledger) }
    }
}

impl History {
    /// Adds an event; says whether it is new.
    pub fn add(&mut self, event: Arc<Event>) -> bool {
        let at = self.0.partition_point(|known| known.sort_key() < event.sort_key());
        // One of the same key is the same event, unless its time was corrected.
        if self.0.get(at).is_some_and(|known| known.id == event.id)
            || self.0.iter().any(|known| known.id == event.id)
        {
            return false;
        }
        self.0.insert(at, event);
        true
    }

    /// Takes an event out again.
    pub fn remove(&mut self, id: &str) {
        self.0.retain(|event| event.id != id);
    }

    /// Every event, oldest first.
    pub fn events(&self) -> &[Arc<Event>] {
        &self.0
    }

    /// The last moments behind `after` at which a wallet of this currency was moved.
    pub fn last_moves(&self, after: Timestamp, currency: Option<Currency>) -> LastMoves {
        let rates = self.rates(currency);
        let mut last = LastMoves::default();
        for event in self.0.iter().filter(|event| event.occurred_at > after) {
            let (any, ledger) = match &event.fact {
                Fact::Movement(fact) => {
                    let moves = fact.completed && moves(&fact.amount, currency);
                    (moves, moves)
                }
                Fact::Transaction(fact) => {
                    let moves = fact.stage != Stage::Declined
                        && wallet_amount(fact, currency, &rates).is_some();
                    (moves, moves && matches!(fact.stage, Stage::Settled | Stage::Refunded))
                }
                Fact::Balance(_) | Fact::Card(_) => (false, false),
            };
            let at = Some(event.occurred_at);
            let new = LastMoves { any: at.filter(|_| any), ledger: at.filter(|_| ledger) };
            last = last.max(new);
        }
        last
    }

    /// How far the events have moved a wallet of this currency since a moment at
    /// which the wallet's balance is known.
    pub fn delta_since(&self, then: Timestamp, currency: Option<Currency>) -> BalanceDelta {
        self.delta_until(None, currency).minus(self.delta_until(Some(then), currency))
    }

    fn delta_until(&self, end: Option<Timestamp>, currency: Option<Currency>) -> BalanceDelta {
        let rates = self.rates(currency);
        let mut hold = Hold::default();
        let mut moved = 0;
        let (mut refunds, mut credit) = (0, 0);
        let within = |at: Timestamp| end.is_none_or(|end| at <= end);
        if let Some((at, amount)) = self.inferred_authorization(currency, &rates)
            && at.is_none_or(within)
        {
            hold.assume(amount);
        }
        for event in self.0.iter().filter(|event| within(event.occurred_at)) {
            match &event.fact {
                Fact::Movement(fact) if moves(&fact.amount, currency) => {
                    let amount = if fact.completed { minor(&fact.amount) } else { 0 };
                    moved = if fact.kind == MovementKind::Withdrawal { -amount } else { amount };
                }
                Fact::Transaction(fact) => {
                    let amount = wallet_amount(fact, currency, &rates);
                    // A hold that has run out is let go, whatever the amount was.
                    let amount = amount.or((fact.stage == Stage::Expired).then_some(0));
                    let Some(amount) = amount else { continue };
                    match (fact.stage, is_credit(fact)) {
                        (Stage::Refunded, _) => refunds += amount,
                        (Stage::Settled, true) => credit = amount,
                        (_, true) => {}
                        (_, false) => hold.step(fact.stage, amount, Part::of(event, fact)),
                    }
                }
                _ => {}
            }
        }
        // A refund that is reported when it is made and again when it settles is one.
        let back = if refunds > 0 { refunds } else { credit };
        BalanceDelta {
            ledger: moved + back - hold.taken,
            available: moved + back - hold.taken - hold.held,
            pending: hold.held,
        }
    }

    /// The hold that must have been there where only what became of it is
    /// known: its time, if the issuer says so, and its amount.
    fn inferred_authorization(
        &self,
        currency: Option<Currency>,
        rates: &[Rate<'_>],
    ) -> Option<(Option<Timestamp>, i128)> {
        let debits = self.transactions().filter_map(|(_, fact)| {
            let is_debit =
                !is_credit(fact) && !matches!(fact.stage, Stage::Refunded | Stage::Declined);
            is_debit.then_some((fact, wallet_amount(fact, currency, rates)?))
        });
        // As much as was let go until it closed, and what it closed with.
        let (mut since, mut sum, mut open, mut any) = (None, 0, true, false);
        for (fact, amount) in debits {
            if fact.stage == Stage::Authorized {
                return None;
            }
            any = true;
            since = since.or(fact.authorized_at);
            if open {
                sum += amount;
                open = matches!(fact.stage, Stage::Reversed | Stage::PartiallyReversed);
            }
        }
        any.then_some((since, sum))
    }

    /// What the transaction costs the wallet for an amount of the merchant's: by the
    /// authorizations, and then by whatever else states both.
    fn rates(&self, currency: Option<Currency>) -> Vec<Rate<'_>> {
        let rate = |fact: &'_ TransactionFact| {
            let (amount, billing) = (fact.amount.as_ref()?, fact.billing.as_ref()?);
            let is_known = moves(billing, currency) && amount.minor.get() > 0;
            is_known.then(|| (minor(billing), minor(amount)))
        };
        let mut rates = Vec::new();
        for is_authorization in [true, false] {
            for (_, fact) in self.transactions() {
                if (fact.stage == Stage::Authorized) == is_authorization
                    && let Some((billing, amount)) = rate(fact)
                {
                    let currency = fact.amount.as_ref().and_then(|of| of.currency.as_deref());
                    rates.push(Rate { billing, amount, currency });
                }
            }
        }
        rates
    }

    /// How much one of the events moves in a wallet of this currency; none where only
    /// the issuer knows.
    pub(super) fn wallet_amount(
        &self,
        fact: &TransactionFact,
        currency: Option<Currency>,
    ) -> Option<i128> {
        wallet_amount(fact, currency, &self.rates(currency))
    }

    pub(super) fn transactions(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Event, &TransactionFact)> {
        self.0.iter().filter_map(|event| match &event.fact {
            Fact::Transaction(fact) => Some((event.as_ref(), fact.as_ref())),
            _ => None,
        })
    }

    pub(super) fn cards(&self) -> impl DoubleEndedIterator<Item = (&Event, &CardFact)> {
        self.0.iter().filter_map(|event| match &event.fact {
            Fact::Card(fact) => Some((event.as_ref(), fact)),
            _ => None,
        })
    }
}

/// What one transaction costs the wallet: `billing` for `amount` of `currency`.
struct Rate<'a> {
    billing: i128,
    amount: i128,
    currency: Option<&'a str>,
}

/// How much an event moves in a wallet of this currency; none where only the issuer
/// knows.
fn wallet_amount(
    fact: &TransactionFact,
    currency: Option<Currency>,
    rates: &[Rate<'_>],
) -> Option<i128> {
    if let Some(billing) = fact.billing.as_ref().filter(|billing| moves(billing, currency)) {
        return Some(minor(billing));
    }
    // All of it.
    let Some(amount) = &fact.amount else { return Some(0) };
    // In proportion to what the authorization cost, to the nearest minor unit.
    let currency_of = amount.currency.as_deref();
    if let Some(rate) = rates.iter().find(|rate| rate.currency == currency_of) {
        return Some((minor(amount) * rate.billing * 2 + rate.amount) / (rate.amount * 2));
    }
    moves(amount, currency).then(|| minor(amount))
}

/// Whether money flows towards the customer.
pub(super) fn is_credit(fact: &TransactionFact) -> bool {
    fact.transaction_type == Some(TransactionType::Refund)
}

/// Whether an amount is in a wallet's currency; so it is where the issuer does
/// not say. Of a wallet whose currency is not known only that moves.
fn moves(amount: &Amount, wallet: Option<Currency>) -> bool {
    let currency = amount.currency.as_deref();
    currency.is_none_or(|currency| wallet.is_some_and(|wallet| currency == wallet.as_ref()))
}

pub(super) fn minor(amount: &Amount) -> i128 {
    i128::from(amount.minor.get())
}
