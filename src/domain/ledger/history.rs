//! The events of one transaction, card or transfer in order, and the balance
//! change that they make. It depends on the set of events alone, not on the
//! order in which they arrived.

use std::sync::Arc;

use super::event::{CardFact, Event, Fact, Stage, TransactionFact};
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;
use crate::domain::transaction::{TransactionStatus, TransactionType};

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

/// What is held and what was taken for one transaction, and how far it has come.
#[derive(Clone, Copy, Default)]
pub(super) struct Hold {
    held: i128,
    taken: i128,
    /// The money has moved or the hold was let go: an authorization behind that
    /// opens nothing again.
    closed: bool,
    pub(super) status: Option<TransactionStatus>,
}

impl Hold {
    pub(super) fn step(&mut self, fact: &TransactionFact) {
        let amount = minor(fact.amount);
        match fact.stage {
            Stage::Authorized if self.closed => {}
            Stage::Authorized => {
                self.held = amount;
                self.status = Some(TransactionStatus::Authorized);
            }
            Stage::Settled => self.close(amount, TransactionStatus::Settled),
            Stage::Reversed | Stage::PartiallyReversed => self.give_back(amount),
            // Those three cannot undo what has settled.
            Stage::Declined | Stage::Failed | Stage::Expired if self.taken > 0 => {}
            Stage::Declined => {
                self.held = 0;
                self.status = Some(TransactionStatus::Declined);
            }
            Stage::Failed => self.close(0, TransactionStatus::Failed),
            Stage::Expired => self.close(0, TransactionStatus::Expired),
            Stage::Refunded => {}
        }
    }

    fn close(&mut self, taken: i128, status: TransactionStatus) {
        *self = Self { held: 0, taken, closed: true, status: Some(status) };
    }

    /// Part of what is held or was taken; all of it, if no amount is said.
    fn give_back(&mut self, amount: i128) {
        let open = if self.closed { self.taken } else { self.held };
        let rest = if amount == 0 { 0 } else { (open - amount).max(0) };
        if rest == 0 {
            self.close(0, TransactionStatus::Reversed);
            return;
        }
        if self.closed {
            self.taken = rest;
        } else {
            self.held = rest;
        }
        self.status = Some(TransactionStatus::PartiallyReversed);
    }
}

impl History {
    /// Adds an event; says whether it is new.
    pub fn add(&mut self, event: Arc<Event>) -> bool {
        if self.0.iter().any(|known| known.id == event.id) {
            return false;
        }
        let at = self.0.partition_point(|known| known.sort_key() < event.sort_key());
        self.0.insert(at, event);
        true
    }

    /// The last moment behind `after` at which money was moved in a wallet of
    /// this currency.
    pub fn last_move(&self, after: Timestamp, currency: Option<Currency>) -> Option<Timestamp> {
        let moves = |event: &&Arc<Event>| match &event.fact {
            Fact::Transfer(fact) => fact.arrived && is_in(fact.currency.as_deref(), currency),
            Fact::Transaction(fact) => {
                fact.stage != Stage::Declined && is_in(fact.currency.as_deref(), currency)
            }
            Fact::Balance(_) | Fact::Card(_) => false,
        };
        let last = self.0.iter().rev().find(moves)?.occurred_at();
        (last > after).then_some(last)
    }

    /// How far the subject has moved a wallet of this currency since a moment at
    /// which the wallet's balance is known. What is in another currency moves
    /// nothing: only the issuer knows at what rate.
    pub fn delta_since(&self, then: Timestamp, currency: Option<Currency>) -> BalanceDelta {
        self.delta_until(None, currency).minus(self.delta_until(Some(then), currency))
    }

    fn delta_until(&self, end: Option<Timestamp>, currency: Option<Currency>) -> BalanceDelta {
        let mut hold = Hold::default();
        let mut sent = 0;
        let (mut refunds, mut credit) = (0, 0);
        let within = |at: Timestamp| end.is_none_or(|end| at <= end);
        if let Some((at, amount)) = self.inferred_authorization(currency)
            && at.is_none_or(within)
        {
            hold.held = amount;
        }
        for event in self.0.iter().filter(|event| within(event.occurred_at())) {
            match &event.fact {
                Fact::Transfer(fact) if is_in(fact.currency.as_deref(), currency) => {
                    sent = if fact.arrived { minor(fact.amount) } else { 0 };
                }
                Fact::Transaction(fact) if is_in(fact.currency.as_deref(), currency) => {
                    match (fact.stage, is_credit(fact)) {
                        (Stage::Refunded, _) => refunds += minor(fact.amount),
                        (Stage::Settled, true) => credit = minor(fact.amount),
                        (_, true) => {}
                        (_, false) => hold.step(fact),
                    }
                }
                _ => {}
            }
        }
        // A refund that is reported when it is made and again when it settles is one.
        let back = if refunds > 0 { refunds } else { credit };
        BalanceDelta {
            ledger: sent + back - hold.taken,
            available: sent + back - hold.taken - hold.held,
            pending: hold.held,
        }
    }

    /// The hold that must have been there where only what became of it is
    /// known: its time, if the issuer says so, and its amount.
    fn inferred_authorization(
        &self,
        currency: Option<Currency>,
    ) -> Option<(Option<Timestamp>, i128)> {
        let debits = self.transactions().filter(|(_, fact)| {
            is_in(fact.currency.as_deref(), currency)
                && !is_credit(fact)
                && !matches!(fact.stage, Stage::Refunded | Stage::Declined)
        });
        // As much as was let go until it closed, and what it closed with.
        let (mut since, mut amount, mut open, mut any) = (None, 0, true, false);
        for (_, fact) in debits {
            if fact.stage == Stage::Authorized {
                return None;
            }
            any = true;
            since = since.or(fact.authorized_at);
            if open {
                amount += minor(fact.amount);
                open = matches!(fact.stage, Stage::Reversed | Stage::PartiallyReversed);
            }
        }
        any.then_some((since, amount))
    }

    pub(super) fn transactions(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Event, &TransactionFact)> {
        self.0.iter().filter_map(|event| match &event.fact {
            Fact::Transaction(fact) => Some((event.as_ref(), fact)),
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

/// Whether money flows towards the customer.
fn is_credit(fact: &TransactionFact) -> bool {
    fact.transaction_type == Some(TransactionType::Refund)
}

/// Whether an amount is in a wallet's currency; so it is where the issuer does
/// not say. Of a wallet whose currency is not known only that moves.
fn is_in(currency: Option<&str>, wallet: Option<Currency>) -> bool {
    currency.is_none_or(|currency| wallet.is_some_and(|wallet| currency == wallet.as_ref()))
}

fn minor(amount: Minor) -> i128 {
    i128::from(amount.get())
}
