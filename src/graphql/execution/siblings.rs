//! Customers that came together, as the page of a list does. When a field of
//! one of them asks for something, it is asked for all of them: how many
//! questions a list costs does not hang on which field is polled when.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{Context, ContextBase, Lookahead, Result};
use tokio::sync::OnceCell;

use crate::domain::balance::Outcome;
use crate::domain::card::Card;
use crate::domain::customer::{Along, Customer, Holder};
use crate::domain::page::{Slice, Window};
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Error;
use crate::graphql::error::failure;
use crate::graphql::execution::arrivals::Arrivals;
use crate::graphql::execution::loaders::{Caller, CardsOfEach, Group, TransactionsKey};
use crate::graphql::execution::page_writer::Plan;

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

/// The fields that need a balance, and those that need the cards.
pub(crate) const BALANCE_FIELDS: &[&str] = &[
    "ledgerBalance",
    "availableBalance",
    "pendingBalance",
    "balanceFreshness",
    "balanceUpdatedAt",
];
const CARD_FIELDS: &[&str] = &["cards", "cardsCount"];

type Parts = HashMap<TransactionsKey, Arc<Slice<Transaction>>>;
type Totals = HashMap<(String, Option<TransactionStatus>), i64>;

/// Customers that came together, with what has been found out about them.
pub(crate) struct Siblings {
    pub(crate) customers: Group,
    /// In the order of the customers.
    balances: Once<Arc<Vec<Outcome>>>,
    /// In the order of the customers, too.
    cards: Once<CardsOfEach>,
    transactions: OnceEach<(Option<TransactionStatus>, Window), Parts>,
    transaction_counts: OnceEach<Option<TransactionStatus>, Totals>,
    /// Whom to ask, where that is not the request's caller.
    caller: Option<Arc<Caller>>,
}

impl Siblings {
    pub(crate) fn new(customers: Vec<Arc<Customer>>) -> Arc<Self> {
        Arc::new(Self::asking(customers, None))
    }

    /// One customer of a message of many: it is asked about by a caller of its
    /// own, who forgets it with the message.
    pub(crate) fn live(holder: &Holder, caller: Arc<Caller>) -> Arc<Self> {
        Arc::new(Self::asking(vec![Arc::clone(&holder.customer)], Some(caller)))
    }

    fn asking(customers: Vec<Arc<Customer>>, caller: Option<Arc<Caller>>) -> Self {
        Self {
            customers: Group(customers.into()),
            balances: OnceCell::new(),
            cards: OnceCell::new(),
            transactions: Mutex::default(),
            transaction_counts: Mutex::default(),
            caller,
        }
    }

    /// Whom to ask about them.
    pub(crate) fn caller<'a, T>(
        &'a self,
        ctx: &ContextBase<'a, T>,
    ) -> Result<&'a Caller, Arc<Error>> {
        match &self.caller {
            Some(caller) => Ok(caller),
            None => Caller::shared(ctx),
        }
    }

    /// One customer, with the cards that came along, if they were to.
    pub(crate) fn holder(holder: &Holder) -> Arc<Self> {
        let siblings = Self::new(vec![Arc::clone(&holder.customer)]);
        if holder.along.cards {
            // Nobody else knows of the siblings yet: the cell is empty.
            let _ = siblings.cards.set(Ok(Arc::new(vec![Arc::new(holder.cards.clone())])));
        }
        siblings
    }

    fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.customers.0.iter().map(|customer| customer.id.clone())
    }

    /// Says whose transactions the selections below are going to ask for,
    /// before the last of the request's customers have arrived.
    pub(crate) fn announce(&self, arrivals: &Arrivals, selected: &[Lookahead<'_>]) {
        if arrivals.has_others() && any(selected, &["transactions"]) {
            arrivals.announce(self.ids());
        }
    }

    /// Finds out what the planned fields are going to ask for.
    pub(crate) async fn foresee(&self, caller: &Caller, plan: &Plan<'_>) {
        let balances = async {
            if plan.any(BALANCE_FIELDS) {
                self.all_balances(caller).await;
            }
        };
        let cards = async {
            if plan.any(CARD_FIELDS) {
                self.all_cards(caller).await;
            }
        };
        futures_util::future::join(balances, cards).await;
    }

    /// Says what the selection below is going to ask for, so that it can come
    /// along.
    pub(crate) fn along(selected: Lookahead<'_>) -> Along {
        let selected = [selected];
        Along { balances: any(&selected, BALANCE_FIELDS), cards: any(&selected, CARD_FIELDS) }
    }

    async fn all_balances(&self, caller: &Caller) -> &Result<Arc<Vec<Outcome>>, Arc<Error>> {
        let load = || async {
            caller.arrivals.all().await;
            Ok(caller.balances().one(self.customers.clone()).await?.unwrap_or_default())
        };
        self.balances.get_or_init(load).await
    }

    async fn all_cards(&self, caller: &Caller) -> &Result<CardsOfEach, Arc<Error>> {
        let load = || async {
            caller.arrivals.all().await;
            Ok(caller.cards().one(self.customers.clone()).await?.unwrap_or_default())
        };
        self.cards.get_or_init(load).await
    }

    /// The balance of one of them; those without a wallet are not asked about.
    pub(crate) async fn balance(&self, ctx: &Context<'_>, at: usize) -> Result<&Outcome> {
        let found = match self.balances.get() {
            Some(found) => found,
            // Boxed, so that the futures of all fields stay small.
            None => Box::pin(self.all_balances(self.caller(ctx).map_err(failure)?)).await,
        };
        Ok(found.as_ref().map_err(shared)?.get(at).unwrap_or(&Outcome::None))
    }

    /// Every card of one of them.
    pub(crate) async fn cards(&self, ctx: &Context<'_>, at: usize) -> Result<Arc<Vec<Card>>> {
        let found = match self.cards.get() {
            Some(found) => found,
            None => Box::pin(self.all_cards(self.caller(ctx).map_err(failure)?)).await,
        };
        Ok(found.as_ref().map_err(shared)?.get(at).cloned().unwrap_or_default())
    }

    /// A part of the transactions of one of them.
    pub(crate) async fn transactions(
        &self,
        ctx: &Context<'_>,
        at: usize,
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<Arc<Slice<Transaction>>> {
        let key = |customer| TransactionsKey { customer, status, window: window.clone() };
        let mine = key(self.customers.0[at].id.clone());
        let found = if window.after().is_some() {
            // A cursor is of one customer's list; the others have refused it.
            let caller = self.caller(ctx).map_err(failure)?;
            let found = caller.transactions().many(vec![mine.clone()]).await;
            found.map_err(failure)?.remove(&mine)
        } else {
            let once = once_for(&self.transactions, (status, window.clone()));
            let load = || async {
                let caller = self.caller(ctx)?;
                let mut customers = caller.arrivals.wanted().await;
                customers.extend(self.ids());
                caller.transactions().many(customers.into_iter().map(key).collect()).await
            };
            let found = once.get_or_init(load).await.as_ref().map_err(shared)?;
            found.get(&mine).cloned()
        };
        Ok(found.unwrap_or_default())
    }

    /// How many transactions one of them has.
    pub(crate) async fn transaction_count(
        &self,
        ctx: &Context<'_>,
        at: usize,
        status: Option<TransactionStatus>,
    ) -> Result<i64> {
        let key = |customer| (customer, status);
        let once = once_for(&self.transaction_counts, status);
        let load = || async {
            let caller = self.caller(ctx)?;
            let mut customers = caller.arrivals.wanted().await;
            customers.extend(self.ids());
            caller.transaction_counts().many(customers.into_iter().map(key).collect()).await
        };
        let found = once.get_or_init(load).await.as_ref().map_err(shared)?;
        Ok(found.get(&key(self.customers.0[at].id.clone())).copied().unwrap_or(0))
    }
}

/// Whether any of the fields is selected somewhere.
fn any(selected: &[Lookahead<'_>], names: &[&str]) -> bool {
    selected.iter().any(|below| names.iter().any(|name| below.field(name).exists()))
}

/// A failure that several fields share.
fn shared(error: &Arc<Error>) -> async_graphql::Error {
    failure(Arc::clone(error))
}
