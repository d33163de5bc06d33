//! The customers of the simulated card network.

use std::collections::VecDeque;

use crate::demo::sample::Made;
use crate::domain::money::{Currency, Minor};
use crate::domain::onboarding::FlowStatus;
use crate::domain::time::Timestamp;

/// Number of active customers: few, so that each one changes often.
const PLAYERS: usize = 12;
/// Customers with older live balances do not play, so that the demo also shows balances
/// from the chain.
const FRESH_MILLIS: i64 = 100 * 60 * 1_000;

/// A customer who uses a card, and what the wallet holds, in minor units.
pub(super) struct Player {
    pub(super) id: String,
    pub(super) yativo_card_id: String,
    /// The card network's token of the card.
    pub(super) card_token: String,
    pub(super) currency: Currency,
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) is_frozen: bool,
}

/// A customer whose balance the issuer reads from the chain.
pub(super) struct Quiet {
    pub(super) yativo_card_id: String,
    pub(super) currency: Currency,
    pub(super) ledger: Minor,
}

/// The newest customers of both kinds: those on the first pages of lists.
#[derive(Default)]
pub(crate) struct Players {
    pub(super) active: VecDeque<Player>,
    pub(super) quiet: VecDeque<Quiet>,
}

impl Players {
    /// Adds a customer who is newer than all before, if active with a usable card and a
    /// recent balance, or with an old balance.
    pub(crate) fn add(&mut self, made: &Made, now: Timestamp) {
        let record = &made.record;
        let (Some(balance), Some(currency)) = (record.balance, record.customer.currency) else {
            return;
        };
        if now.millis() - balance.updated_at.millis() >= FRESH_MILLIS {
            let yativo_card_id = record.customer.yativo_card_id.clone();
            let quiet = made.on_chain.map(|ledger| Quiet { yativo_card_id, currency, ledger });
            push(&mut self.quiet, quiet);
            return;
        }
        let card = record.cards.iter().find(|card| !card.is_void());
        let token = card.and_then(|card| card.network_token.clone());
        let token = token.filter(|_| record.customer.onboarding == FlowStatus::Active.into());
        let player = token.zip(balance.pending).map(|(card_token, pending)| Player {
            id: record.customer.id.clone(),
            yativo_card_id: record.customer.yativo_card_id.clone(),
            card_token,
            currency,
            available: balance.available.get(),
            pending: pending.get(),
            is_frozen: false,
        });
        push(&mut self.active, player);
    }
}

fn push<T>(all: &mut VecDeque<T>, new: Option<T>) {
    all.extend(new);
    if all.len() > PLAYERS {
        all.pop_front();
    }
}
