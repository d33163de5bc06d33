//! The cards of many customers at once.

use std::collections::HashMap;

use crate::domain::card::Card;
use crate::domain::principal::Principal;
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
}
