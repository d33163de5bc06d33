//! The customers of one page of a list, or of one look-up. When a field of one
//! of them needs something, it is loaded for all of them: the number of
//! statements does not depend on the order in which fields are polled.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::card_holders::CardHolders;
use super::viewer::Viewer;
use crate::domain::balance::{Outcome, WalletBalance};
use crate::domain::card::Card;
use crate::domain::customer::{Customer, FoundCustomer};
use crate::domain::page::{Slice, Window};
use crate::domain::payment::Payment;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::domain::transaction_filter::TransactionFilter;
use crate::error::Error;

/// Something that is loaded once, when a field first needs it. Its failure is shared.
type Once<T> = OnceCell<Result<T, Arc<Error>>>;

/// The same for each of several questions. A document spells them out, so that
/// they are few.
type OnceEach<Q, T> = Mutex<Vec<(Q, Arc<Once<T>>)>>;

/// A part of the transactions of each customer that has some.
type SliceOfEach = HashMap<String, Arc<Slice<Transaction>>>;

/// A part of the payments of each customer that has some.
type PaymentsOfEach = HashMap<String, Arc<Slice<Payment>>>;

fn once_for<Q: PartialEq, T>(each: &OnceEach<Q, T>, question: Q) -> Arc<Once<T>> {
    let mut each = each.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, once)) = each.iter().find(|(asked, _)| *asked == question) {
        return Arc::clone(once);
    }
    let once = Arc::new(OnceCell::new());
    each.push((question, Arc::clone(&once)));
    once
}

/// Customers that were loaded together.
pub(crate) struct CustomerPage {
    pub(crate) viewer: Arc<Viewer>,
    customers: Vec<Arc<Customer>>,
    /// Whether balances that were read before from the chain do not count.
    anew: bool,
    /// Live balances that were loaded with the customers.
    stored_balances: HashMap<String, Option<WalletBalance>>,
    /// In the order of the customers.
    balances: Once<Vec<Outcome>>,
    /// By the customers' identifiers.
    updates: Once<HashMap<String, Timestamp>>,
    /// In the order of the customers.
    pub(crate) holders: Arc<CardHolders>,
    transactions: OnceEach<(TransactionFilter, Window), SliceOfEach>,
    transaction_counts: OnceEach<TransactionFilter, HashMap<String, i64>>,
    payments: OnceEach<Window, PaymentsOfEach>,
    payment_counts: Once<HashMap<String, i64>>,
}

impl CustomerPage {
    /// The customers of one page, in its order.
    pub(crate) fn new(viewer: Arc<Viewer>, customers: Vec<Arc<Customer>>) -> Self {
        let ids = customers.iter().map(|customer| customer.id.clone()).collect();
        let holders = Arc::new(CardHolders::new(Arc::clone(&viewer), ids));
        Self {
            viewer,
            customers,
            anew: false,
            stored_balances: HashMap::new(),
            balances: OnceCell::new(),
            updates: OnceCell::new(),
            holders,
            transactions: Mutex::default(),
            transaction_counts: Mutex::default(),
            payments: Mutex::default(),
            payment_counts: OnceCell::new(),
        }
    }

    /// One customer, with what was loaded with it.
    pub(crate) fn of_one(viewer: Arc<Viewer>, found: &FoundCustomer) -> Self {
        let mut page = Self::new(viewer, vec![Arc::clone(&found.customer)]);
        if found.included.balances {
            page.stored_balances.insert(found.customer.id.clone(), found.balance);
        }
        if found.included.cards {
            let (viewer, id) = (Arc::clone(&page.viewer), found.customer.id.clone());
            page.holders = Arc::new(CardHolders::with_cards(viewer, id, found.cards.clone()));
        }
        page
    }

    /// Balances that were read before from the chain do not count.
    pub(crate) fn anew(mut self) -> Self {
        self.anew = true;
        self
    }

    /// The balance of the page's one customer is known already.
    pub(crate) fn with_balance(mut self, outcome: Outcome) -> Self {
        self.balances = OnceCell::from(Ok(vec![outcome]));
        self
    }

    /// The balance of one customer, if anything has needed it so far.
    pub(crate) fn shown_balance(&self, at: usize) -> Option<Outcome> {
        match self.balances.get()? {
            Ok(found) => found.get(at).cloned(),
            Err(_) => Some(Outcome::Unavailable),
        }
    }

    /// How many customers the page has.
    pub(crate) fn len(&self) -> usize {
        self.customers.len()
    }

    /// The customer at a place of the page.
    pub(crate) fn customer(&self, at: usize) -> &Customer {
        &self.customers[at]
    }

    /// The same, to be kept.
    pub(crate) fn shared_customer(&self, at: usize) -> Arc<Customer> {
        Arc::clone(&self.customers[at])
    }

    fn ids(&self) -> Vec<String> {
        self.customers.iter().map(|customer| customer.id.clone()).collect()
    }

    /// The balance of one customer. Customers without a wallet cost nothing.
    pub(crate) async fn balance(&self, at: usize) -> Result<&Outcome, Arc<Error>> {
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            let (customers, stored) = (&self.customers, &self.stored_balances);
            let found = if self.anew {
                services.balances.anew().of(principal, customers, stored).await
            } else {
                services.balances.of(principal, customers, stored).await
            };
            found.map_err(Arc::new)
        };
        let found = self.balances.get_or_init(load).await;
        Ok(found.as_ref().map_err(Arc::clone)?.get(at).unwrap_or(&Outcome::None))
    }

    /// When one customer was changed last. Lists in that order know it already.
    pub(crate) async fn updated_at(&self, at: usize) -> Result<Timestamp, Arc<Error>> {
        let customer = &self.customers[at];
        if let Some(known) = customer.updated_at {
            return Ok(known);
        }
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            services.customers.updates(principal, self.ids()).await.map_err(Arc::new)
        };
        let found = self.updates.get_or_init(load).await.as_ref().map_err(Arc::clone)?;
        Ok(found.get(&customer.id).copied().unwrap_or(customer.created_at))
    }

    /// Every card of one customer, newest first.
    pub(crate) async fn cards(&self, at: usize) -> Result<Arc<Vec<Card>>, Arc<Error>> {
        self.holders.cards(at).await
    }

    /// A part of the transactions of one customer.
    pub(crate) async fn transactions(
        &self,
        at: usize,
        filter: &TransactionFilter,
        window: &Window,
    ) -> Result<Arc<Slice<Transaction>>, Arc<Error>> {
        let id = &self.customers[at].id;
        // A cursor belongs to the list of one customer; all others have refused it.
        let ids = if window.has_cursor() { vec![id.clone()] } else { self.ids() };
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            let found = services.transactions.of(principal, &ids, filter, window).await;
            let found = found.map_err(Arc::new)?;
            Ok(found.into_iter().map(|(id, slice)| (id, Arc::new(slice))).collect())
        };
        let once = once_for(&self.transactions, (filter.clone(), window.clone()));
        let found = once.get_or_init(load).await.as_ref().map_err(Arc::clone)?;
        let none = || Arc::new(Slice::of(window, Vec::new()));
        Ok(found.get(id).cloned().unwrap_or_else(none))
    }

    /// How many transactions one customer has.
    pub(crate) async fn transaction_count(
        &self,
        at: usize,
        filter: &TransactionFilter,
    ) -> Result<i64, Arc<Error>> {
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            services.transactions.count(principal, &self.ids(), filter).await.map_err(Arc::new)
        };
        let once = once_for(&self.transaction_counts, filter.clone());
        let found = once.get_or_init(load).await.as_ref().map_err(Arc::clone)?;
        Ok(found.get(&self.customers[at].id).copied().unwrap_or(0))
    }

    /// A part of the payments of one customer.
    pub(crate) async fn payments(
        &self,
        at: usize,
        window: &Window,
    ) -> Result<Arc<Slice<Payment>>, Arc<Error>> {
        let id = &self.customers[at].id;
        // A cursor belongs to the list of one customer; all others have refused it.
        let ids = if window.has_cursor() { vec![id.clone()] } else { self.ids() };
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            let found = services.funding.of(principal, &ids, window).await.map_err(Arc::new)?;
            Ok(found.into_iter().map(|(id, slice)| (id, Arc::new(slice))).collect())
        };
        let once = once_for(&self.payments, window.clone());
        let found = once.get_or_init(load).await.as_ref().map_err(Arc::clone)?;
        let none = || Arc::new(Slice::of(window, Vec::new()));
        Ok(found.get(id).cloned().unwrap_or_else(none))
    }

    /// How many payments one customer has.
    pub(crate) async fn payment_count(&self, at: usize) -> Result<i64, Arc<Error>> {
        let load = || async {
            let Viewer { principal, services } = &*self.viewer;
            services.funding.count(principal, &self.ids()).await.map_err(Arc::new)
        };
        let found = self.payment_counts.get_or_init(load).await.as_ref().map_err(Arc::clone)?;
        Ok(found.get(&self.customers[at].id).copied().unwrap_or(0))
    }
}
