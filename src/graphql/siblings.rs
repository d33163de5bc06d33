//! Customers that came together, as the page of a list does. When a field of
//! one of them asks for something, it is asked for all of them: how many
//! questions a list costs does not hang on which field is polled when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, Result};
use tokio::sync::OnceCell;

use super::error::failure;
use super::loaders::{Caller, CustomerKey, TransactionsKey};
use crate::domain::balance::Outcome;
use crate::domain::card::Card;
use crate::domain::customer::Customer;
use crate::domain::page::{Slice, Window};
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Error;

/// Something that is found out once, when somebody first asks.
type Once<T> = OnceCell<Result<T, Arc<Error>>>;

/// As [`Once`], for each of several questions. There are as many as the
/// document spells out, so that a list will do.
type OnceEach<Q, T> = Mutex<Vec<(Q, Arc<Once<T>>)>>;

fn once_for<Q: PartialEq, T>(each: &OnceEach<Q, T>, question: Q) -> Arc<Once<T>> {
    let mut each = each.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, once)) = each.iter().find(|(asked, _)| *asked == question) {
        return Arc::clone(once);
    }
    let once = Arc::new(OnceCell::new());
    each.push((question, Arc::clone(&once)));
    once
}

type Parts = HashMap<TransactionsKey, Arc<Slice<Transaction>>>;
type Totals = HashMap<(String, Option<TransactionStatus>), i64>;

/// Customers that came together, with what has been found out about them.
pub(super) struct Siblings {
    pub(super) customers: Vec<Arc<Customer>>,
    balances: Once<HashMap<CustomerKey, Outcome>>,
    cards: Once<HashMap<String, Arc<Vec<Card>>>>,
    transactions: OnceEach<(Option<TransactionStatus>, Window), Parts>,
    transaction_counts: OnceEach<Option<TransactionStatus>, Totals>,
}

impl Siblings {
    pub(super) fn new(customers: Vec<Arc<Customer>>) -> Arc<Self> {
        Arc::new(Self {
            customers,
            balances: OnceCell::new(),
            cards: OnceCell::new(),
            transactions: Mutex::default(),
            transaction_counts: Mutex::default(),
        })
    }

    fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.customers.iter().map(|customer| customer.id.clone())
    }

    /// The balance of one of them; those without a wallet are not asked about.
    pub(super) async fn balance(&self, ctx: &Context<'_>, at: usize) -> Result<Outcome> {
        let load = || async {
            let deployed = self.customers.iter().filter(|customer| customer.safe_deployed);
            let keys = deployed.map(|customer| CustomerKey(Arc::clone(customer))).collect();
            Caller::shared(ctx)?.balances.many(keys).await
        };
        let found = self.balances.get_or_init(load).await.as_ref().map_err(shared)?;
        let key = CustomerKey(Arc::clone(&self.customers[at]));
        Ok(found.get(&key).cloned().unwrap_or(Outcome::None))
    }

    /// Every card of one of them.
    pub(super) async fn cards(&self, ctx: &Context<'_>, at: usize) -> Result<Arc<Vec<Card>>> {
        let load = || async { Caller::shared(ctx)?.cards.many(self.ids().collect()).await };
        let found = self.cards.get_or_init(load).await.as_ref().map_err(shared)?;
        Ok(found.get(&self.customers[at].id).cloned().unwrap_or_default())
    }

    /// A part of the transactions of one of them.
    pub(super) async fn transactions(
        &self,
        ctx: &Context<'_>,
        at: usize,
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<Arc<Slice<Transaction>>> {
        let key = |customer| TransactionsKey { customer, status, window: window.clone() };
        let mine = key(self.customers[at].id.clone());
        let found = if window.after().is_some() {
            // A cursor is of one customer's list; the others have refused it.
            let found = Caller::of(ctx)?.transactions.many(vec![mine.clone()]).await;
            found.map_err(failure)?.remove(&mine)
        } else {
            let once = once_for(&self.transactions, (status, window.clone()));
            let load = || async {
                Caller::shared(ctx)?.transactions.many(self.ids().map(key).collect()).await
            };
            let found = once.get_or_init(load).await.as_ref().map_err(shared)?;
            found.get(&mine).cloned()
        };
        Ok(found.unwrap_or_default())
    }

    /// How many transactions one of them has.
    pub(super) async fn transaction_count(
        &self,
        ctx: &Context<'_>,
        at: usize,
        status: Option<TransactionStatus>,
    ) -> Result<i64> {
        let key = |customer| (customer, status);
        let once = once_for(&self.transaction_counts, status);
        let load = || async {
            Caller::shared(ctx)?.transaction_counts.many(self.ids().map(key).collect()).await
        };
        let found = once.get_or_init(load).await.as_ref().map_err(shared)?;
        Ok(found.get(&key(self.customers[at].id.clone())).copied().unwrap_or(0))
    }
}

/// A failure that several fields share.
fn shared(error: &Arc<Error>) -> async_graphql::Error {
    failure(Arc::clone(error))
}
