//! The request's loaders: what many fields ask for, one at a time, becomes
//! one question to a service. They are made anew for each request, so that
//! nothing is ever shared between programs.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_graphql::{Context, ContextBase};
use dataloader::BatchFn;
use dataloader::cached::Loader;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::error::failure;
use crate::domain::balance::{LiveBalance, Outcome};
use crate::domain::card::Card;
use crate::domain::customer::{Along, Customer, Holder};
use crate::domain::identifier::Identifier;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Error;
use crate::services::Services;

/// No question is ever cut in two: the services cut where a source needs it.
const BATCH: usize = usize::MAX;
/// How often other root fields get their turn to ask before a question is put.
const YIELDS: usize = 10;

type Found<V> = Result<Option<V>, Arc<Error>>;
type Question<K, V> =
    Box<dyn Fn(Vec<K>) -> BoxFuture<'static, Result<HashMap<K, V>, Error>> + Send + Sync>;

/// One question about many keys.
pub(super) struct Batch<K, V> {
    question: Question<K, V>,
    alone: bool,
}

impl<K, V> BatchFn<K, Found<V>> for Batch<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + 'static,
{
    async fn load(&mut self, keys: &[K]) -> HashMap<K, Found<V>> {
        let asking = (self.question)(keys.to_vec());
        let asked = if self.alone {
            asking.await
        } else {
            // In a task of its own: a root field that is dropped half-way must
            // not take the answers of all the others with it.
            tokio::spawn(asking).await.unwrap_or_else(|panic| Err(Error::internal(panic)))
        };
        let asked = asked.map_err(Arc::new);
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
    /// `alone` if no other field can ask besides the one that does.
    fn new<F>(alone: bool, question: impl Fn(Vec<K>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<HashMap<K, V>, Error>> + Send + 'static,
    {
        let question: Question<K, V> = Box::new(move |keys| Box::pin(question(keys)));
        let batch = Batch { question, alone };
        let yields = if alone { 0 } else { YIELDS };
        Self(Loader::new(batch).with_max_batch_size(BATCH).with_yield_count(yields))
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
        let found = self.0.try_load(key).await;
        found.map_err(|lost| Arc::new(Error::internal(lost)))?
    }
}

/// Customers that came together. What they hold is asked for as one.
#[derive(Clone)]
pub(super) struct Group(pub(super) Arc<[Arc<Customer>]>);

impl PartialEq for Group {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Group {}

impl Hash for Group {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

/// The loader writes its keys into a message each time, needed or not.
impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Group")
    }
}

/// Asks about each customer of several groups once, and hands the answers,
/// which come in the order of the question, back to the groups.
async fn of_groups<V, F>(
    groups: Vec<Group>,
    question: impl FnOnce(Group) -> F,
) -> Result<HashMap<Group, Arc<Vec<V>>>, Error>
where
    V: Clone,
    F: Future<Output = Result<Vec<V>, Error>>,
{
    if let [one] = &groups[..] {
        let found = question(one.clone()).await?;
        return Ok(HashMap::from([(one.clone(), Arc::new(found))]));
    }
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<Arc<Customer>> = Vec::new();
    for customer in groups.iter().flat_map(|group| group.0.iter()) {
        places.entry(&customer.id).or_insert_with(|| {
            all.push(Arc::clone(customer));
            all.len() - 1
        });
    }
    let found = question(Group(all.into())).await?;
    let of = |group: &Group| {
        let place = |customer: &Arc<Customer>| places.get(customer.id.as_str());
        let values = group.0.iter().filter_map(|customer| found.get(*place(customer)?).cloned());
        (group.clone(), Arc::new(values.collect()))
    };
    Ok(groups.iter().map(of).collect())
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
    /// There is one root field only: nobody else is to be waited for.
    alone: bool,
    expected: AtomicUsize,
    all_here: Notify,
    /// Whose transactions are going to be asked for.
    transactions: Mutex<Vec<String>>,
}

impl Arrivals {
    /// One more is on its way, until the guard is dropped.
    ///
    /// It goes on after all root fields have come here: a database on this
    /// machine can answer the first before the second has begun.
    pub(super) async fn expect(&self) -> Expected<'_> {
        self.expected.fetch_add(1, Ordering::Relaxed);
        let expected = Expected(self);
        if !self.alone {
            tokio::task::yield_now().await;
        }
        expected
    }

    /// Says whose transactions are wanted, of customers that have arrived.
    pub(super) fn announce(&self, customers: impl Iterator<Item = String>) {
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner).extend(customers);
    }

    /// Whose transactions are wanted, once nobody is on the way any more.
    pub(super) async fn wanted(&self) -> Vec<String> {
        self.all().await;
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until nobody is on the way any more.
    pub(super) async fn all(&self) {
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

/// What is to come along with customers that are looked up, and what came.
#[derive(Default)]
pub(super) struct LookUps {
    wanted: Mutex<Along>,
    /// The live balances that came along; cards are with their customers.
    brought: Mutex<HashMap<String, Option<LiveBalance>>>,
}

impl LookUps {
    /// Says what the fields below a look-up are going to ask for.
    pub(super) fn want(&self, along: Along) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.balances |= along.balances;
        wanted.cards |= along.cards;
    }

    fn wanted(&self) -> Along {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn brought(&self) -> MutexGuard<'_, HashMap<String, Option<LiveBalance>>> {
        self.brought.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bring<'a>(&self, holders: impl Iterator<Item = &'a Arc<Holder>>) {
        let with = holders.filter(|holder| holder.along.balances);
        self.brought().extend(with.map(|holder| (holder.customer.id.clone(), holder.live)));
    }
}

/// What the loaders can be told about the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// Whether some object's fields are selected in several places: see
    /// [`super::written`].
    pub(super) scattered: bool,
    /// Whether there is one root field only, so that nobody has to be waited for.
    pub(super) alone: bool,
}

/// Everything that a request's resolvers need: who asks, whom to ask, and how.
pub(super) struct Caller {
    pub(super) principal: Arc<Principal>,
    pub(super) services: Arc<Services>,
    pub(super) arrivals: Arrivals,
    /// See [`super::written`].
    pub(super) scattered: bool,
    pub(super) look_ups: Arc<LookUps>,
    pub(super) customers: Load<Identifier, Arc<Holder>>,
    pub(super) balances: Load<Group, Arc<Vec<Outcome>>>,
    pub(super) cards: Load<Group, Arc<Vec<Arc<Vec<Card>>>>>,
    pub(super) transactions: Load<TransactionsKey, Arc<Slice<Transaction>>>,
    pub(super) transaction_counts: Load<(String, Option<TransactionStatus>), i64>,
}

impl Caller {
    pub(super) fn new(principal: Arc<Principal>, services: Arc<Services>, shape: Shape) -> Self {
        let Shape { scattered, alone } = shape;
        let look_ups = Arc::new(LookUps::default());
        let all = || (Arc::clone(&principal), Arc::clone(&services), Arc::clone(&look_ups));
        let asked = all();
        let customers = Load::new(alone, move |keys: Vec<Identifier>| {
            let (principal, services, look_ups) = asked.clone();
            async move {
                let along = look_ups.wanted();
                let found = services.customers.find(&principal, &keys, along).await?;
                look_ups.bring(found.values());
                Ok(found)
            }
        });
        let asked = all();
        let balances = Load::new(alone, move |groups: Vec<Group>| {
            let (principal, services, look_ups) = asked.clone();
            of_groups(groups, move |group| async move {
                let brought = std::mem::take(&mut *look_ups.brought());
                services.balances.of(&principal, &group.0, &brought).await
            })
        });
        let asked = all();
        let cards = Load::new(alone, move |groups: Vec<Group>| {
            let (principal, services, _) = asked.clone();
            of_groups(groups, move |group| async move {
                let ids: Vec<_> = group.0.iter().map(|customer| customer.id.clone()).collect();
                let mut held = services.cards.of(&principal, &ids).await?;
                let mut of = |id| Arc::new(held.remove(id).unwrap_or_default());
                Ok(ids.iter().map(&mut of).collect())
            })
        });
        let both = || (Arc::clone(&principal), Arc::clone(&services));
        let (principal_, services_) = both();
        let transactions = Load::new(alone, move |keys: Vec<TransactionsKey>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move { load_transactions(&principal, &services, keys).await }
        });
        let (principal_, services_) = both();
        let transaction_counts = Load::new(alone, move |keys: Vec<(String, Option<_>)>| {
            let (principal, services) = (Arc::clone(&principal_), Arc::clone(&services_));
            async move { count_transactions(&principal, &services, keys).await }
        });
        Self {
            principal,
            services,
            arrivals: Arrivals { alone, ..Arrivals::default() },
            scattered,
            look_ups,
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
    pub(super) fn shared<'a, T>(ctx: &ContextBase<'a, T>) -> Result<&'a Self, Arc<Error>> {
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
