//! The request's loaders: what many fields ask for, one at a time, becomes
//! one question to a service. They are made anew for each request, so that
//! nothing is ever shared between programs.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::cached::Loader;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::error::failure;
use crate::domain::balance::Outcome;
use crate::domain::card::Card;
use crate::domain::customer::Customer;
use crate::domain::identifier::Identifier;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Error;
use crate::services::Services;

/// No question is ever cut in two: the services cut where a source needs it.
const BATCH: usize = usize::MAX;
/// How often other fields get their turn to ask before a question is put.
/// [`Siblings`](super::siblings::Siblings) ask once for all, so that this only
/// serves to gather look-ups, and costs next to nothing.
const YIELDS: usize = 10;

type Found<V> = Result<Option<V>, Arc<Error>>;
type Question<K, V> =
    Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, Error>> + Send + Sync>;

/// One question about many keys.
pub(super) struct Batch<K, V>(Question<K, V>);

impl<K, V> BatchFn<K, Found<V>> for Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Found<V>> {
        // In a task of its own: a field that is dropped half-way must not
        // take the answers of all the others with it.
        let asked = tokio::spawn((self.0)(keys.to_vec())).await;
        let asked = asked.unwrap_or_else(|panic| Err(Error::internal(panic))).map_err(Arc::new);
        match asked {
            Ok(mut found) => keys.iter().map(|key| (key.clone(), Ok(found.remove(key)))).collect(),
            Err(error) => keys.iter().map(|key| (key.clone(), Err(Arc::clone(&error)))).collect(),
        }
    }
}

/// A loader of one kind of thing.
pub(super) struct Load<K, V>(Loader<K, Found<V>, Batch<K, V>>)
where
    K: Clone + Eq + Hash + Send + Sync + std::fmt::Debug + 'static,
    V: Clone + Send + 'static;

impl<K, V> Load<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + std::fmt::Debug + 'static,
    V: Clone + Send + 'static,
{
    fn new<F>(question: impl Fn(Vec<K>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HashMap<K, V>, Error>> + Send + 'static,
    {
        let batch = Batch(Box::new(move |keys| Box::pin(question(keys))));
        Self(Loader::new(batch).with_max_batch_size(BATCH).with_yield_count(YIELDS))
    }

    /// What there is under each key; where there is nothing, it is left out.
    pub(super) async fn many(&self, keys: Vec<K>) -> Result<HashMap<K, V>, Arc<Error>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let found = self.0.try_load_many(keys).await;
        let found = found.map_err(|lost| Arc::new(Error::internal(lost)))?;
        let some = |(key, found): (K, Found<V>)| Some((key, found.transpose()?));
        found.into_iter().filter_map(some).map(|(key, found)| Ok((key, found?))).collect()
    }

    /// What there is under a key, if anything.
    pub(super) async fn one(&self, key: K) -> Result<Option<V>, Arc<Error>> {
        let mut found = self.many(vec![key.clone()]).await?;
        Ok(found.remove(&key))
    }
}

/// A customer, known by its identifier.
#[derive(Clone, Debug)]
pub(super) struct CustomerKey(pub(super) Arc<Customer>);

impl PartialEq for CustomerKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for CustomerKey {}

impl Hash for CustomerKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

/// The same part of the transaction list of some customer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct TransactionsKey {
    pub(super) customer: String,
    pub(super) status: Option<TransactionStatus>,
    pub(super) window: Window,
}

/// Root fields of a request whose customers are still on their way. What is
/// to be found out about customers waits for all of them, and is then asked
/// for all at once, so that it is one question a request.
#[derive(Default)]
pub(super) struct Arrivals {
    expected: AtomicUsize,
    all_here: Notify,
    wanted: Mutex<Wanted>,
}

/// What the fields below those that have arrived are going to ask for.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    /// Whose balance.
    pub(super) balances: Vec<CustomerKey>,
    /// Whose cards.
    pub(super) cards: Vec<String>,
    /// Whose transactions, whichever part of them.
    pub(super) transactions: Vec<String>,
}

impl Arrivals {
    /// One more is on its way, until the guard is dropped.
    ///
    /// It goes on after all root fields have come here: a database on this
    /// machine can answer the first before the second has begun.
    pub(super) async fn expect(&self) -> Expected<'_> {
        self.expected.fetch_add(1, Ordering::Relaxed);
        let expected = Expected(self);
        tokio::task::yield_now().await;
        expected
    }

    /// Says what is wanted of customers that have arrived.
    pub(super) fn announce(&self, wanted: Wanted) {
        let mut all = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        all.balances.extend(wanted.balances);
        all.cards.extend(wanted.cards);
        all.transactions.extend(wanted.transactions);
    }

    /// What is wanted of all customers, once nobody is on the way any more.
    pub(super) async fn wanted(&self) -> Wanted {
        self.all().await;
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until nobody is on the way any more.
    async fn all(&self) {
        loop {
            let notified = self.all_here.notified();
            if self.expected.load(Ordering::Relaxed) == 0 {
                return;
            }
            notified.await;
        }
    }
}

/// A root field whose customers are on their way.
pub(super) struct Expected<'a>(&'a Arrivals);

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        if self.0.expected.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.all_here.notify_waiters();
        }
    }
}

/// Everything that a request's resolvers need: who asks, whom to ask, and how.
pub(super) struct Caller {
    pub(super) principal: Arc<Principal>,
    pub(super) services: Arc<Services>,
    pub(super) arrivals: Arrivals,
    pub(super) customers: Load<Identifier, Arc<Customer>>,
    pub(super) balances: Load<CustomerKey, Outcome>,
    pub(super) cards: Load<String, Arc<Vec<Card>>>,
    pub(super) transactions: Load<TransactionsKey, Arc<Slice<Transaction>>>,
    pub(super) transaction_counts: Load<(String, Option<TransactionStatus>), i64>,
}

impl Caller {
    pub(super) fn new(principal: Arc<Principal>, services: Arc<Services>) -> Self {
        let both = || (Arc::clone(&principal), Arc::clone(&services));
        let (principal_, services_) = both();
        let customers = Load::new(move |keys: Vec<Identifier>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move { services.customers.find(&principal, &keys).await }
        });
        let (principal_, services_) = both();
        let balances = Load::new(move |keys: Vec<CustomerKey>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move {
                let customers: Vec<_> = keys.iter().map(|key| Arc::clone(&key.0)).collect();
                let outcomes = services.balances.of(&principal, &customers).await?;
                Ok(keys.into_iter().zip(outcomes).collect())
            }
        });
        let (principal_, services_) = both();
        let cards = Load::new(move |keys: Vec<String>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move {
                let held = services.cards.of(&principal, &keys).await?;
                Ok(held.into_iter().map(|(id, cards)| (id, Arc::new(cards))).collect())
            }
        });
        let (principal_, services_) = both();
        let transactions = Load::new(move |keys: Vec<TransactionsKey>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move { load_transactions(&principal, &services, keys).await }
        });
        let (principal_, services_) = both();
        let transaction_counts = Load::new(move |keys: Vec<(String, Option<_>)>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move { count_transactions(&principal, &services, keys).await }
        });
        Self {
            principal,
            services,
            arrivals: Arrivals::default(),
            customers,
            balances,
            cards,
            transactions,
            transaction_counts,
        }
    }

    /// The caller of the request that a resolver works for.
    pub(super) fn of<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Self> {
        Self::shared(ctx).map_err(failure)
    }

    /// As [`Caller::of`], with a failure that several fields can share.
    pub(super) fn shared<'a>(ctx: &Context<'a>) -> Result<&'a Self, Arc<Error>> {
        ctx.data::<Self>().map_err(|missing| Arc::new(Error::internal(missing.message)))
    }
}

/// Things in groups that have something in common.
fn grouped<T, G: Eq + Hash>(
    things: Vec<T>,
    group: impl Fn(&T) -> (G, String),
) -> HashMap<G, Vec<String>> {
    let mut groups: HashMap<G, Vec<String>> = HashMap::new();
    for thing in things {
        let (group, customer) = group(&thing);
        groups.entry(group).or_default().push(customer);
    }
    groups
}

/// One statement for each different part of the lists that is asked for.
async fn load_transactions(
    principal: &Principal,
    services: &Services,
    keys: Vec<TransactionsKey>,
) -> Result<HashMap<TransactionsKey, Arc<Slice<Transaction>>>, Error> {
    let mut found = HashMap::with_capacity(keys.len());
    let parts = grouped(keys, |key| ((key.status, key.window.clone()), key.customer.clone()));
    for ((status, window), customers) in parts {
        let lists = services.transactions.of(principal, &customers, status, &window).await?;
        for (customer, slice) in lists {
            let key = TransactionsKey { customer, status, window: window.clone() };
            found.insert(key, Arc::new(slice));
        }
    }
    Ok(found)
}

/// One statement for each different status that is asked for.
async fn count_transactions(
    principal: &Principal,
    services: &Services,
    keys: Vec<(String, Option<TransactionStatus>)>,
) -> Result<HashMap<(String, Option<TransactionStatus>), i64>, Error> {
    let mut found = HashMap::with_capacity(keys.len());
    for (status, customers) in grouped(keys, |(customer, status)| (*status, customer.clone())) {
        let totals = services.transactions.count(principal, &customers, status).await?;
        found.extend(totals.into_iter().map(|(customer, total)| ((customer, status), total)));
    }
    Ok(found)
}
