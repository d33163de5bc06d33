//! What is held and what was taken for one transaction.

use super::event::{Event, Stage, TransactionFact};
use crate::domain::time::Timestamp;
use crate::domain::transaction::TransactionStatus;

/// One transfer of a settlement: a transaction may settle in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    tx_hash: Option<&'a str>,
    at: Timestamp,
}

impl<'a> Part<'a> {
    /// The part that an event is about.
    pub(super) fn of(event: &'a Event, fact: &'a TransactionFact) -> Self {
        Self { tx_hash: fact.tx_hash.as_deref(), at: event.occurred_at }
    }
}

/// What is held and what was taken for one transaction, and how far it has come.
#[derive(Clone, Default)]
pub(super) struct Hold<'a> {
    /// Not taken yet.
    pub(super) held: i128,
    /// Taken from the ledger.
    pub(super) taken: i128,
    /// How far the transaction has come.
    pub(super) status: Option<TransactionStatus>,
    /// The money has moved or the hold was let go: an authorization behind that
    /// opens nothing again.
    closed: bool,
    /// What was taken with each part.
    parts: Vec<(Part<'a>, i128)>,
}

impl<'a> Hold<'a> {
    /// A hold that must have been there.
    pub(super) const fn assume(&mut self, amount: i128) {
        self.held = amount;
    }

    /// The next event of the transaction, with the amount that it states.
    pub(super) fn step(&mut self, stage: Stage, amount: i128, part: Part<'a>) {
        match stage {
            Stage::Authorized if self.closed => {}
            Stage::Authorized => {
                self.held = amount;
                self.status = Some(TransactionStatus::Authorized);
            }
            Stage::Settled => self.settle(amount, part),
            Stage::Reversed | Stage::PartiallyReversed => self.give_back(amount),
            // Those two cannot undo what has settled.
            Stage::Declined | Stage::Expired if self.taken > 0 => {}
            Stage::Declined => {
                self.held = 0;
                self.status = Some(TransactionStatus::Declined);
            }
            Stage::Expired => self.let_go(TransactionStatus::Expired),
            Stage::Refunded => {}
        }
    }

    /// The sum of all parts that have settled; none where nothing has.
    pub(super) fn settled(&self) -> Option<i128> {
        let sum = self.parts.iter().map(|(_, amount)| amount).sum();
        (!self.parts.is_empty()).then_some(sum)
    }

    /// Takes one part, once.
    fn settle(&mut self, amount: i128, part: Part<'a>) {
        let is_same = |(known, taken): &(Part<'a>, i128)| match (known.tx_hash, part.tx_hash) {
            (Some(known), Some(hash)) => known == hash,
            _ => known.at == part.at && *taken == amount,
        };
        if !self.parts.iter().any(is_same) {
            self.parts.push((part, amount));
            self.taken += amount;
        }
        self.held = 0;
        self.closed = true;
        self.status = Some(TransactionStatus::Settled);
    }

    fn let_go(&mut self, status: TransactionStatus) {
        self.held = 0;
        self.taken = 0;
        self.closed = true;
        self.status = Some(status);
    }

    /// Part of what is held or was taken; all of it, if no amount is stated.
    fn give_back(&mut self, amount: i128) {
        let open = if self.closed { self.taken } else { self.held };
        let rest = if amount == 0 { 0 } else { (open - amount).max(0) };
        if rest == 0 {
            self.let_go(TransactionStatus::Reversed);
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
