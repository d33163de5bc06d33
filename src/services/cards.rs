//! The cards of many customers at once.

use std::collections::{HashMap, HashSet};

use crate::domain::card::{Card, CardStatus, ListedCard};
use crate::domain::customer::FoundCustomer;
use crate::domain::page::Window;
use crate::domain::principal::Principal;
use crate::domain::transaction::Transaction;
use crate::error::Result;
use crate::store::Store;

/// The cards of the caller's customers.
#[derive(Clone, Debug)]
pub struct Cards {
    store: Store,
}

impl Cards {
    /// Over a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Every card of each customer, newest first; a customer without any is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[String],
    ) -> Result<HashMap<String, Vec<Card>>> {
        let mut held: HashMap<String, Vec<Card>> = HashMap::new();
        for card in self.store.cards(principal.program, customers.to_vec()).await? {
            held.entry(card.customer_id.clone()).or_default().push(card);
        }
        for cards in held.values_mut() {
            cards.sort_by(Card::newest_first);
        }
        Ok(held)
    }

    /// The identifier of the card that each transaction was made with, in their order; none
    /// where it is not known which card that is.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn used_by(
        &self,
        principal: &Principal,
        transactions: &[&Transaction],
    ) -> Result<Vec<Option<String>>> {
        let named = transactions.iter().filter(|of| of.card_id.is_some());
        let customers: HashSet<&String> = named.map(|of| &of.customer_id).collect();
        if customers.is_empty() {
            return Ok(vec![None; transactions.len()]);
        }
        let customers: Vec<String> = customers.into_iter().cloned().collect();
        let held = self.of(principal, &customers).await?;
        let used = |of: &&Transaction| {
            let cards = held.get(&of.customer_id)?;
            Some(cards[of.card(cards)?].card_id.clone())
        };
        Ok(transactions.iter().map(used).collect())
    }

    /// The cards with these identifiers, in no order.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn by_id(&self, principal: &Principal, ids: Vec<String>) -> Result<Vec<Card>> {
        self.store.cards_by_id(principal.program, ids).await
    }

    /// A page of the cards of all customers, newest first, and how many there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of_program(
        &self,
        principal: &Principal,
        status: Option<CardStatus>,
        window: &Window,
    ) -> Result<(Vec<ListedCard>, i64)> {
        let program = principal.program;
        tokio::try_join!(
            self.store.program_cards(program, status, window),
            self.store.count_program_cards(program, status),
        )
    }
}

/// A page of the cards of one customer whose cards are included, and how many there are.
pub fn part_of(
    holder: &FoundCustomer,
    status: Option<CardStatus>,
    window: &Window,
) -> (Vec<ListedCard>, i64) {
    let cards =
        holder.cards.iter().filter(|card| status.is_none_or(|status| card.status == status));
    let listed = |card: &Card| ListedCard {
        card: card.clone(),
        yativo_card_id: holder.customer.yativo_card_id.clone(),
        external_customer_id: holder.customer.external_customer_id.clone(),
    };
    let total = i64::try_from(cards.clone().count()).unwrap_or(i64::MAX);
    let skipped = usize::try_from(window.offset()).unwrap_or(usize::MAX);
    let size = usize::try_from(window.size()).unwrap_or(usize::MAX);
    (cards.skip(skipped).take(size).map(listed).collect(), total)
}
