//! Customers with all that belongs to them, as an import states them.

use super::upsert::Source;
use super::write_tx::WriteTx;
use crate::domain::balance::WalletBalance;
use crate::domain::card::Card;
use crate::domain::change::{ChangeKind, ChangedCustomers};
use crate::domain::customer::Customer;
use crate::domain::ledger::cards::{CardStatement, KnownCard};
use crate::domain::ledger::wallet::Wallet;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A customer with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The customer.
    pub customer: Customer,
    /// The last live balance, if there is one.
    pub balance: Option<WalletBalance>,
    /// Some or all of the customer's cards.
    pub cards: Vec<Card>,
}

impl WriteTx {
    /// Inserts or replaces the records, which state how things were at `at`.
    /// Returns the customers that are not as they were. Each table says what an
    /// import does not replace.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_records(
        &self,
        records: Vec<Record>,
        at: Timestamp,
    ) -> Result<ChangedCustomers> {
        let mut customers = Vec::with_capacity(records.len());
        let (mut wallets, mut cards) = (Vec::new(), Vec::new());
        for Record { customer, balance, cards: held } in records {
            if let Some(balance) = balance {
                wallets.push((customer.id.clone(), Wallet::stated(balance)));
            }
            let has_cards = held.iter().any(|card| !card.is_void());
            cards.extend(held.into_iter().map(|card| {
                let (status, is_stolen) = (card.status, card.is_stolen);
                let statement =
                    CardStatement { at, status, is_stolen, activated_at: card.activated_at };
                KnownCard { card, imported: Some(statement) }
            }));
            customers.push((customer, has_cards));
        }
        let mut changed = self.put_customers(customers).await?;
        let moved = self.put_wallets(wallets, Source::Import).await?;
        changed.extend(moved.into_iter().map(|customer| (customer, ChangeKind::Balance)));
        if !cards.is_empty() {
            let holders = self.import_cards(cards, at).await?;
            changed.extend(holders.into_iter().map(|customer| (customer, ChangeKind::Card)));
        }
        if !changed.is_empty() {
            self.note_card_holders(changed.ids()).await?;
        }
        Ok(changed)
    }
}
