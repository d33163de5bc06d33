//! The card transactions of many customers at once.

use std::collections::HashMap;

use crate::domain::page::{ListId, Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::transaction::{ListedTransaction, Transaction, TransactionStatus};
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
    pub fn list_id(
        principal: &Principal,
        customer: &str,
        status: Option<TransactionStatus>,
    ) -> ListId {
        let program = principal.program.0.to_string();
        let status = status.map_or("", Into::into);
        ListId::of(&["transactions", &program, customer, status])
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
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<HashMap<String, Slice<Transaction>>> {
        self.store.transactions(principal.program, customers.to_vec(), status, window).await
    }

    /// How many transactions each customer's list holds; a customer without any is left out.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn count(
        &self,
        principal: &Principal,
        customers: &[String],
        status: Option<TransactionStatus>,
    ) -> Result<HashMap<String, i64>> {
        self.store.count_transactions(principal.program, customers.to_vec(), status).await
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
