//! Changes of customers as they happen, for subscriptions.
//!
//! The truth is the store's list of changes, which is read from the last
//! position on. A wake-up only makes the next read happen sooner, so that a lost
//! one loses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinSet;

use crate::domain::change::{Change, Missed};
use crate::domain::customer::{Customer, Include};
use crate::domain::identifier::Identifier;
use crate::domain::principal::{Credential, Principal, ProgramId};
use crate::error::{Error, Kind, Result};
use crate::outage;
use crate::services::shares::{Share, Shares};
use crate::store::Store;

/// Changes that are buffered for a slow watcher: of one customer, and of all. Many customers may
/// change at once. The memory is taken when the first watcher comes.
const BUFFER: usize = 32;
const BUFFER_OF_ALL: usize = 4_096;
/// Changes that are sent before other tasks run.
const SENT_AT_ONCE: usize = 100;
/// After how many seconds a client that has too many may try again.
const RETRY: u64 = 60;
/// How long a new watcher waits for the database.
const START_TIMEOUT: Duration = Duration::from_secs(5);
/// Changes that are read in one statement.
const READ_AT_ONCE: u64 = 500;
/// How long until the next read, unless a wake-up comes sooner.
const POLL: Duration = Duration::from_millis(500);
/// The position in a program's changes before its last one is known.
const UNKNOWN: i64 = -1;

/// A change, and the customer after it.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The change.
    pub change: Arc<Change>,
    /// The customer, unless it is no longer there.
    pub customer: Option<Arc<Customer>>,
}

/// How many may watch at once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// In this process.
    pub watchers: usize,
    /// Of one program.
    pub of_program: usize,
    /// Of one token, or of one client with a key pair.
    pub of_token: usize,
}

/// The watchers that there are.
#[derive(Default)]
struct Watchers {
    all: Shares<()>,
    of_program: Shares<ProgramId>,
    of_token: Shares<Credential>,
}

/// The place of a watcher.
struct Place(
    #[expect(dead_code, reason = "they count until they are dropped")]
    (Share<()>, Share<ProgramId>, Share<Credential>),
);

impl Watchers {
    fn place(&self, principal: &Principal, most: &Settings) -> Result<Place> {
        let too_many = |what: &'static str| {
            let message = format!("{what} has too many subscriptions open");
            Error::new(Kind::RateLimited, message).retry_after(RETRY)
        };
        let of_token = self.of_token.take(&principal.credential, most.of_token);
        let of_token = of_token.ok_or_else(|| too_many("This token"))?;
        let of_program = self.of_program.take(&principal.program, most.of_program);
        let of_program = of_program.ok_or_else(|| too_many("This program"))?;
        let of_all = self.all.take(&(), most.watchers).ok_or_else(|| too_many("The gateway"))?;
        Ok(Place((of_all, of_program, of_token)))
    }
}

/// One customer of a program, or all of them.
type Topic = (ProgramId, Option<String>);

/// Publishes changes to watchers.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    topics: Mutex<HashMap<Topic, broadcast::Sender<Changed>>>,
    /// The programs whose changes are read: those with a watcher.
    following: watch::Sender<BTreeSet<ProgramId>>,
    /// Wakes the reader of changes.
    wake: Arc<Notify>,
    watchers: Watchers,
    settings: Settings,
}

impl Inner {
    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, broadcast::Sender<Changed>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A receiver of changes.
pub struct Watcher {
    inner: Arc<Inner>,
    topic: Topic,
    changes: Option<broadcast::Receiver<Changed>>,
    /// Changes up to this number are known already.
    known: i64,
    _place: Place,
}

impl Live {
    /// Over a store. This process notifies `wake` when it has changed something.
    pub fn new(store: Store, wake: Arc<Notify>, settings: Settings) -> Self {
        let following = watch::Sender::new(BTreeSet::new());
        let (topics, watchers) = (Mutex::default(), Watchers::default());
        Self { inner: Arc::new(Inner { store, topics, following, wake, watchers, settings }) }
    }

    /// Watches every customer of the caller's program.
    ///
    /// # Errors
    /// If too many watch already, or the database is away.
    pub async fn watch_all(&self, principal: &Principal) -> Result<Watcher> {
        self.watch(principal, None).await
    }

    /// Watches one customer of the caller's program.
    ///
    /// # Errors
    /// If too many watch already, or the database is away.
    pub async fn watch_one(&self, principal: &Principal, customer: &str) -> Result<Watcher> {
        self.watch(principal, Some(customer.to_owned())).await
    }

    /// The number of a customer's last change.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn last_change(&self, principal: &Principal, customer: &str) -> Result<i64> {
        self.inner.store.last_change_of(principal.program, customer).await
    }

    async fn watch(&self, principal: &Principal, customer: Option<String>) -> Result<Watcher> {
        let inner = Arc::clone(&self.inner);
        let place = inner.watchers.place(principal, &inner.settings)?;
        metrics::gauge!("graphql_subscriptions").increment(1);
        let topic: Topic = (principal.program, customer);
        let changes = {
            let mut topics = inner.topics();
            let buffer = if topic.1.is_some() { BUFFER } else { BUFFER_OF_ALL };
            let sender = topics.entry(topic.clone());
            sender.or_insert_with(|| broadcast::Sender::new(buffer)).subscribe()
        };
        inner.wake.notify_one();
        // From here on, dropping it releases its place.
        let watcher = Watcher {
            inner: Arc::clone(&inner),
            topic,
            changes: Some(changes),
            known: 0,
            _place: place,
        };
        let mut following = inner.following.subscribe();
        let program = watcher.topic.0;
        let following = following.wait_for(|programs| programs.contains(&program));
        match tokio::time::timeout(START_TIMEOUT, following).await {
            // From here on no change is missed.
            Ok(Ok(_)) => Ok(watcher),
            Ok(Err(_)) | Err(_) => Err(Error::unavailable("changes are not followed")),
        }
    }

    /// Reads changes while there are watchers; never ends.
    pub async fn follow(self) {
        let mut helpers = JoinSet::new();
        self.until_watched().await;
        helpers.spawn(listen(self.inner.store.clone(), Arc::clone(&self.inner.wake)));
        let mut positions = BTreeMap::new();
        loop {
            self.until_watched().await;
            let read = async {
                self.follow_watched(&mut positions).await?;
                self.read_new(&mut positions).await
            };
            if let Err(error) = read.await {
                outage::warn(&error, "changes cannot be read");
                tokio::time::sleep(POLL).await;
            }
            let _ = tokio::time::timeout(POLL, self.inner.wake.notified()).await;
        }
    }

    async fn until_watched(&self) {
        while !self.is_watched() {
            self.inner.wake.notified().await;
        }
    }

    /// Whether there is a watcher; if not, no program is followed any more.
    fn is_watched(&self) -> bool {
        let topics = self.inner.topics();
        if topics.is_empty() {
            // Under the lock, so that no watcher comes in between.
            self.inner.following.send_modify(BTreeSet::clear);
        }
        !topics.is_empty()
    }

    /// Starts to follow programs with a first watcher, from their last change on,
    /// and stops following programs without one.
    async fn follow_watched(&self, positions: &mut BTreeMap<ProgramId, i64>) -> Result<()> {
        {
            let topics = self.inner.topics();
            let watched: BTreeSet<ProgramId> = topics.keys().map(|(program, _)| *program).collect();
            // Under the lock, so that no watcher comes in between.
            self.inner.following.send_if_modified(|following| {
                let before = following.len();
                following.retain(|program| watched.contains(program));
                following.len() < before
            });
            let following = self.inner.following.borrow();
            positions.retain(|program, _| following.contains(program));
            positions.extend(watched.difference(&following).map(|program| (*program, UNKNOWN)));
        }
        let new: Vec<ProgramId> = positions
            .iter()
            .filter(|(_, seq)| **seq == UNKNOWN)
            .map(|(program, _)| *program)
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let last: HashMap<ProgramId, i64> =
            self.inner.store.last_changes(new.clone()).await?.into_iter().collect();
        for program in &new {
            positions.insert(*program, last.get(program).copied().unwrap_or(0));
        }
        self.inner.following.send_modify(|following| following.extend(new));
        Ok(())
    }

    /// Reads the changes after the positions, and publishes them.
    async fn read_new(&self, positions: &mut BTreeMap<ProgramId, i64>) -> Result<()> {
        loop {
            let known: Vec<(ProgramId, i64)> =
                positions.iter().map(|(program, seq)| (*program, *seq)).collect();
            let changes = self.inner.store.changes_after(&known, READ_AT_ONCE).await?;
            let full = changes.len() as u64 >= READ_AT_ONCE;
            let mut read = BTreeMap::new();
            for change in &changes {
                read.insert(change.program, change.seq);
            }
            self.publish(changes).await?;
            positions.extend(read);
            if !full {
                return Ok(());
            }
        }
    }

    async fn publish(&self, mut changes: Vec<Change>) -> Result<()> {
        {
            let topics = self.inner.topics();
            changes.retain(|change| {
                topics.contains_key(&(change.program, None))
                    || topics.contains_key(&(change.program, Some(change.customer.clone())))
            });
        }
        let mut wanted: HashMap<ProgramId, Vec<Identifier>> = HashMap::new();
        for change in &changes {
            let names = wanted.entry(change.program).or_default();
            names.extend(Identifier::parse(&change.customer).ok());
        }
        let mut customers: HashMap<(ProgramId, String), Arc<Customer>> = HashMap::new();
        for (program, names) in wanted {
            let include = Include::default();
            for found in self.inner.store.customers_named(program, &names, include).await? {
                customers.insert((program, found.customer.id.clone()), found.customer);
            }
        }
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            self.send(changes.by_ref().take(SENT_AT_ONCE), &customers);
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn send(
        &self,
        changes: impl Iterator<Item = Change>,
        customers: &HashMap<(ProgramId, String), Arc<Customer>>,
    ) {
        let topics = self.inner.topics();
        for change in changes {
            let of = (change.program, change.customer.clone());
            let customer = customers.get(&of).cloned();
            let (program, id) = of;
            let changed = Changed { change: Arc::new(change), customer };
            for topic in [(program, None), (program, Some(id))] {
                if let Some(topic) = topics.get(&topic) {
                    // An error says that the last watcher has just gone.
                    let _ = topic.send(changed.clone());
                }
            }
        }
    }
}

impl Watcher {
    /// Skips changes up to this number: they are known already.
    pub fn skip(&mut self, known: i64) {
        self.known = self.known.max(known);
    }

    /// The next change; none when the process stops.
    ///
    /// # Errors
    /// [`Missed`] where changes came faster than they were read. The next ones follow.
    pub async fn next(&mut self) -> Option<Result<Changed, Missed>> {
        loop {
            match self.changes.as_mut()?.recv().await {
                Ok(changed) if changed.change.seq <= self.known => {}
                Ok(changed) => {
                    self.known = changed.change.seq;
                    return Some(Ok(changed));
                }
                Err(RecvError::Lagged(_)) => return Some(Err(Missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        metrics::gauge!("graphql_subscriptions").decrement(1);
        let mut topics = self.inner.topics();
        self.changes = None;
        if topics.get(&self.topic).is_some_and(|topic| topic.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

/// Wakes the reader when other processes have changed something; never ends on
/// PostgreSQL.
async fn listen(store: Store, wake: Arc<Notify>) {
    loop {
        match store.listen().await {
            Ok(None) => return,
            Ok(Some(mut listener)) => {
                while listener.changed().await.is_ok() {
                    wake.notify_one();
                }
            }
            Err(error) => {
                outage::warn(&error, "changes of other replicas are not notified; polling instead");
            }
        }
        // Meanwhile changes are polled for.
        wake.notify_one();
        tokio::time::sleep(POLL).await;
    }
}
