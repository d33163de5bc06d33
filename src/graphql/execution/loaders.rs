//! The request's loaders: what many fields ask for, one at a time, becomes
//! one question to a service. They are made anew for each request, so that
//! nothing is ever shared between programs.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use async_graphql::{Context, ContextBase};

use crate::domain::balance::{LiveBalance, Outcome};
use crate::domain::card::Card;
use crate::domain::customer::{Along, Customer, Holder};
use crate::domain::identifier::Identifier;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::Principal;
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Error;
use crate::graphql::error::failure;
use crate::graphql::execution::arrivals::Arrivals;
use crate::graphql::execution::batch::Load;
use crate::services::Services;

/// Customers that came together. What they hold is asked for as one.
#[derive(Clone)]
pub(crate) struct Group(pub(crate) Arc<[Arc<Customer>]>);

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
pub(crate) struct TransactionsKey {
    pub(crate) customer: String,
    pub(crate) status: Option<TransactionStatus>,
    pub(crate) window: Window,
}

/// What is to come along with customers that are looked up, and what came.
#[derive(Default)]
pub(crate) struct LookUps {
    wanted: Mutex<Along>,
    /// The live balances that came along; cards are with their customers.
    brought: Mutex<HashMap<String, Option<LiveBalance>>>,
}

impl LookUps {
    /// Says what the fields below a look-up are going to ask for.
    pub(crate) fn want(&self, along: Along) {
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

    pub(crate) fn bring<'a>(&self, holders: impl Iterator<Item = &'a Arc<Holder>>) {
        let with = holders.filter(|holder| holder.along.balances);
        self.brought().extend(with.map(|holder| (holder.customer.id.clone(), holder.live)));
    }
}

/// What the loaders can be told about the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether some object's fields are selected in several places: see
    /// [`crate::graphql::execution::page_writer`].
    pub(crate) scattered: bool,
    /// Whether there is one root field only, so that nobody has to be waited for.
    pub(crate) alone: bool,
}

/// The cards of each customer of a group, in their order.
pub(crate) type CardsOfEach = Arc<Vec<Arc<Vec<Card>>>>;

/// Everything that a request's resolvers need: who asks, whom to ask, and how.
pub(crate) struct Caller {
    pub(crate) principal: Arc<Principal>,
    pub(crate) services: Arc<Services>,
    pub(crate) arrivals: Arrivals,
    /// See [`crate::graphql::execution::page_writer`].
    pub(crate) scattered: bool,
    alone: bool,
    pub(crate) look_ups: Arc<LookUps>,
    // Most requests need one or two of these.
    customers: OnceLock<Load<Identifier, Arc<Holder>>>,
    balances: OnceLock<Load<Group, Arc<Vec<Outcome>>>>,
    cards: OnceLock<Load<Group, CardsOfEach>>,
    transactions: OnceLock<Load<TransactionsKey, Arc<Slice<Transaction>>>>,
    transaction_counts: OnceLock<Load<(String, Option<TransactionStatus>), i64>>,
}

impl Caller {
    pub(crate) fn new(principal: Arc<Principal>, services: Arc<Services>, shape: Shape) -> Self {
        let Shape { scattered, alone } = shape;
        Self {
            principal,
            services,
            arrivals: Arrivals::new(alone),
            scattered,
            alone,
            look_ups: Arc::default(),
            customers: OnceLock::new(),
            balances: OnceLock::new(),
            cards: OnceLock::new(),
            transactions: OnceLock::new(),
            transaction_counts: OnceLock::new(),
        }
    }

    fn asked(&self) -> (Arc<Principal>, Arc<Services>) {
        (Arc::clone(&self.principal), Arc::clone(&self.services))
    }

    /// Customers by whatever name, with what is to come along.
    pub(crate) fn customers(&self) -> &Load<Identifier, Arc<Holder>> {
        self.customers.get_or_init(|| {
            let ((principal, services), look_ups) = (self.asked(), Arc::clone(&self.look_ups));
            Load::new(self.alone, move |keys: Vec<Identifier>| {
                let (principal, services) = (Arc::clone(&principal), Arc::clone(&services));
                let look_ups = Arc::clone(&look_ups);
                async move {
                    let along = look_ups.wanted();
                    let found = services.customers.find(&principal, &keys, along).await?;
                    look_ups.bring(found.values());
                    Ok(found)
                }
            })
        })
    }

    /// The balances of groups of customers, in their order.
    pub(crate) fn balances(&self) -> &Load<Group, Arc<Vec<Outcome>>> {
        self.balances.get_or_init(|| {
            let ((principal, services), look_ups) = (self.asked(), Arc::clone(&self.look_ups));
            Load::new(self.alone, move |groups: Vec<Group>| {
                let (principal, services) = (Arc::clone(&principal), Arc::clone(&services));
                let look_ups = Arc::clone(&look_ups);
                of_groups(groups, move |group| async move {
                    let brought = std::mem::take(&mut *look_ups.brought());
                    services.balances.of(&principal, &group.0, &brought).await
                })
            })
        })
    }

    /// The cards of groups of customers, in their order.
    pub(crate) fn cards(&self) -> &Load<Group, CardsOfEach> {
        self.cards.get_or_init(|| {
            let (principal, services) = self.asked();
            Load::new(self.alone, move |groups: Vec<Group>| {
                let (principal, services) = (Arc::clone(&principal), Arc::clone(&services));
                of_groups(groups, move |group| async move {
                    let ids: Vec<_> = group.0.iter().map(|customer| customer.id.clone()).collect();
                    let mut held = services.cards.of(&principal, &ids).await?;
                    let mut of = |id| Arc::new(held.remove(id).unwrap_or_default());
                    Ok(ids.iter().map(&mut of).collect())
                })
            })
        })
    }

    /// Parts of customers' lists of transactions.
    pub(crate) fn transactions(&self) -> &Load<TransactionsKey, Arc<Slice<Transaction>>> {
        self.transactions.get_or_init(|| {
            let (principal, services) = self.asked();
            Load::new(self.alone, move |keys: Vec<TransactionsKey>| {
                let (principal, services) = (Arc::clone(&principal), Arc::clone(&services));
                async move { load_transactions(&principal, &services, keys).await }
            })
        })
    }

    /// How many transactions customers have.
    pub(crate) fn transaction_counts(&self) -> &Load<(String, Option<TransactionStatus>), i64> {
        self.transaction_counts.get_or_init(|| {
            let (principal, services) = self.asked();
            Load::new(self.alone, move |keys: Vec<(String, Option<_>)>| {
                let (principal, services) = (Arc::clone(&principal), Arc::clone(&services));
                async move { count_transactions(&principal, &services, keys).await }
            })
        })
    }

    /// The caller of the request that a resolver works for.
    pub(crate) fn of<'a>(ctx: &Context<'a>) -> async_graphql::Result<&'a Self> {
        Self::shared(ctx).map_err(failure)
    }

    /// As [`Caller::of`], with a failure that several fields can share.
    pub(crate) fn shared<'a, T>(ctx: &ContextBase<'a, T>) -> Result<&'a Self, Arc<Error>> {
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
