//! The card transactions of many customers at once.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::domain::cursor::ListId;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::transaction::{ListedTransaction, Transaction, TransactionStatus};
use crate::domain::transaction_filter::{CardUse, TransactionFilter};
use crate::error::Result;
use crate::store::Store;

/// The transactions of the caller's customers.
#[derive(Clone, Debug)]
pub struct Transactions {
    store: Store,
}

impl Transactions {
    /// Over a store.
    pub const fn new(store: Store) -> Self {
        Self { store }
    }

    /// A customer's list as cursors name it.
    pub fn list_id(principal: &Principal, customer: &str, filter: &TransactionFilter) -> ListId {
        let program = principal.program.0.to_string();
        if filter.is_status_alone() {
            let status = filter.status().map_or("", Into::into);
            return ListId::of(&["transactions", &program, customer, status]);
        }
        ListId::of(&["transactions", &program, customer, "filter", &filter.text()])
    }

    /// The list of all customers as cursors name it.
    pub fn program_list_id(principal: &Principal, filter: &TransactionFilter) -> ListId {
        let program = principal.program.0.to_string();
        ListId::of(&["program transactions", &program, &filter.text()])
    }

    /// A part of the list of all customers, newest first.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn list(
        &self,
        principal: &Principal,
        filter: &TransactionFilter,
        window: &Window,
    ) -> Result<Slice<Transaction>> {
        let filter = self.with_card(principal, filter).await?;
        self.store.filtered_transactions(principal.program, &filter, window).await
    }

    /// How many transactions the list of all customers holds.
    ///
    /// # Errors
    /// `Invalid` if too many would have to be read; if the store fails.
    pub async fn count_list(
        &self,
        principal: &Principal,
        filter: &TransactionFilter,
    ) -> Result<i64> {
        let filter = self.with_card(principal, filter).await?;
        self.store.count_filtered_transactions(principal.program, &filter).await
    }

    /// The filter with all names by which transactions name its card: the issuer's events know
    /// the card network's token alone.
    async fn with_card<'a>(
        &self,
        principal: &Principal,
        filter: &'a TransactionFilter,
    ) -> Result<Cow<'a, TransactionFilter>> {
        let Some(card) = &filter.card else { return Ok(Cow::Borrowed(filter)) };
        let program = principal.program;
        let known = self.store.cards_by_id(program, vec![card.card_id.clone()]).await?;
        let Some(known) = known.first() else { return Ok(Cow::Borrowed(filter)) };
        let all = self.store.cards(program, vec![known.customer_id.clone()]).await?;
        let card = Some(CardUse::of(known, &all));
        Ok(Cow::Owned(TransactionFilter { card, ..filter.clone() }))
    }

    /// The same part of each customer's list, newest first; a customer with
    /// nothing there is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[String],
        filter: &TransactionFilter,
        window: &Window,
    ) -> Result<HashMap<String, Slice<Transaction>>> {
        let filter = self.with_card(principal, filter).await?;
        self.store.transactions(principal.program, customers.to_vec(), &filter, window).await
    }

    /// The transactions with these identifiers, in no order.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn by_id(&self, principal: &Principal, ids: Vec<String>) -> Result<Vec<Transaction>> {
        self.store.transactions_by_id(principal.program, ids).await
    }

    /// How many transactions each customer's list holds; a customer without any is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(
        &self,
        principal: &Principal,
        customers: &[String],
        filter: &TransactionFilter,
    ) -> Result<HashMap<String, i64>> {
        let filter = self.with_card(principal, filter).await?;
        self.store.count_transactions(principal.program, customers.to_vec(), &filter).await
    }

    /// A page of the transactions of all customers, newest first, and how many there are.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn of_program(
        &self,
        principal: &Principal,
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<(Vec<ListedTransaction>, i64)> {
        let program = principal.program;
        tokio::try_join!(
            self.store.program_transactions(program, status, window),
            self.store.count_program_transactions(program, status),
        )
    }
}
