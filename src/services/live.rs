//! What changes, as it changes, for those who watch.
//!
//! The truth is the store's list of changes: this reads on from where it has
//! come to. A word that there is something new only makes it look sooner, so
//! that a word that gets lost loses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{Notify, broadcast, watch};
use tokio::task::JoinSet;

use crate::domain::balance::LiveBalance;
use crate::domain::customer::{Along, Customer};
use crate::domain::identifier::Identifier;
use crate::domain::principal::{Principal, ProgramId};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{Change, Store};

/// Changes that are kept for somebody who reads slowly: of one customer, and of
/// all. Many customers may change at once.
const BEHIND: usize = 256;
const BEHIND_OF_ALL: usize = 4_096;
/// Changes that are told before others may hear them.
const TOLD_AT_ONCE: usize = 100;
/// Those who may watch at once, in this process.
const WATCHERS: usize = 20_000;
/// How long whoever wants to watch waits for the database.
const PATIENCE: Duration = Duration::from_secs(5);
/// Changes that are read at once.
const AT_ONCE: u64 = 500;
/// How long until the next look, if nothing says sooner that there is something new.
const LOOK: Duration = Duration::from_millis(500);
/// The position in a program's changes before its last one was asked for.
const UNKNOWN: i64 = -1;
/// How long the store's list of changes is.
const KEPT_MILLIS: i64 = 60 * 60 * 1_000;
/// How often it is cut.
const CUT: Duration = Duration::from_mins(5);

/// A customer who has changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The change's number: later ones are greater.
    pub seq: i64,
    /// The customer, after the change.
    pub customer: Arc<Customer>,
    /// The live balance after the change, if there is one.
    pub live: Option<LiveBalance>,
}

/// Changes were missed: they came faster than they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed;

/// One customer of a program, or all of them.
type Topic = (ProgramId, Option<String>);

/// Tells of changes.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    topics: Mutex<HashMap<Topic, broadcast::Sender<Changed>>>,
    /// The programs whose changes are read: those with a watcher.
    following: watch::Sender<BTreeSet<ProgramId>>,
    /// A word that there is something to look at.
    word: Arc<Notify>,
    watchers: AtomicUsize,
}

impl Inner {
    fn topics(&self) -> MutexGuard<'_, HashMap<Topic, broadcast::Sender<Changed>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who watches.
pub struct Watcher {
    inner: Arc<Inner>,
    topic: Topic,
    changes: Option<broadcast::Receiver<Changed>>,
    /// Changes up to this number are known already.
    known: i64,
}

impl Live {
    /// Over a store. `word` is what this process says when it has changed something.
    pub fn new(store: Store, word: Arc<Notify>) -> Self {
        let following = watch::Sender::new(BTreeSet::new());
        let (topics, watchers) = (Mutex::default(), AtomicUsize::new(0));
        Self { inner: Arc::new(Inner { store, topics, following, word, watchers }) }
    }

    /// Watches every customer of the caller's program.
    ///
    /// # Errors
    /// If too many watch already, or the database is away.
    pub async fn watch_all(&self, principal: &Principal) -> Result<Watcher> {
        self.watch((principal.program, None)).await
    }

    /// Watches one customer of the caller's program.
    ///
    /// # Errors
    /// If too many watch already, or the database is away.
    pub async fn watch_one(&self, principal: &Principal, customer: &str) -> Result<Watcher> {
        self.watch((principal.program, Some(customer.to_owned()))).await
    }

    /// The number of a customer's last change.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn last_change(&self, principal: &Principal, customer: &str) -> Result<i64> {
        self.inner.store.last_change_of(principal.program, customer).await
    }

    async fn watch(&self, topic: Topic) -> Result<Watcher> {
        let inner = Arc::clone(&self.inner);
        if inner.watchers.fetch_add(1, Ordering::Relaxed) >= WATCHERS {
            inner.watchers.fetch_sub(1, Ordering::Relaxed);
            return Err(Error::rate_limited(60));
        }
        let changes = {
            let mut topics = inner.topics();
            let behind = if topic.1.is_some() { BEHIND } else { BEHIND_OF_ALL };
            let sender = topics.entry(topic.clone());
            sender.or_insert_with(|| broadcast::Sender::new(behind)).subscribe()
        };
        inner.word.notify_one();
        // Whatever happens from here on, it is let go of when it is dropped.
        let watcher =
            Watcher { inner: Arc::clone(&inner), topic, changes: Some(changes), known: 0 };
        let mut following = inner.following.subscribe();
        let program = watcher.topic.0;
        let following = following.wait_for(|programs| programs.contains(&program));
        match tokio::time::timeout(PATIENCE, following).await {
            // From here on nothing is missed.
            Ok(Ok(_)) => Ok(watcher),
            Ok(Err(_)) | Err(_) => Err(Error::unavailable("changes are not followed")),
        }
    }

    /// Reads changes while anybody watches; never ends.
    pub async fn follow(self) {
        let mut helpers = JoinSet::new();
        helpers.spawn(cut(self.inner.store.clone()));
        self.somebody_watches().await;
        helpers.spawn(listen(self.inner.store.clone(), Arc::clone(&self.inner.word)));
        let mut positions = BTreeMap::new();
        loop {
            self.somebody_watches().await;
            let read = async {
                self.follow_watched(&mut positions).await?;
                self.read_on(&mut positions).await
            };
            if let Err(error) = read.await {
                warn(&error, "changes cannot be read");
                tokio::time::sleep(LOOK).await;
            }
            let _ = tokio::time::timeout(LOOK, self.inner.word.notified()).await;
        }
    }

    async fn somebody_watches(&self) {
        while !self.is_watched() {
            self.inner.word.notified().await;
        }
    }

    /// Whether anybody watches; if not, no program is followed any more.
    fn is_watched(&self) -> bool {
        let topics = self.inner.topics();
        if topics.is_empty() {
            // Under the lock, so that nobody comes in between.
            self.inner.following.send_modify(BTreeSet::clear);
        }
        !topics.is_empty()
    }

    /// Begins to follow programs that have their first watcher, from their last
    /// change on, and ends with those that have none any more.
    async fn follow_watched(&self, positions: &mut BTreeMap<ProgramId, i64>) -> Result<()> {
        {
            let topics = self.inner.topics();
            let watched: BTreeSet<ProgramId> = topics.keys().map(|(program, _)| *program).collect();
            // Under the lock, so that nobody comes in between.
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

    /// Reads what is behind the positions, and passes it to those who watch.
    async fn read_on(&self, positions: &mut BTreeMap<ProgramId, i64>) -> Result<()> {
        loop {
            let known: Vec<(ProgramId, i64)> =
                positions.iter().map(|(program, seq)| (*program, *seq)).collect();
            let changes = self.inner.store.changes_behind(&known, AT_ONCE).await?;
            let whole = changes.len() as u64 >= AT_ONCE;
            let mut read = BTreeMap::new();
            for change in &changes {
                read.insert(change.program, change.seq);
            }
            self.tell(changes).await?;
            positions.extend(read);
            if !whole {
                return Ok(());
            }
        }
    }

    async fn tell(&self, mut changes: Vec<Change>) -> Result<()> {
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
            let along = Along::default();
            for found in self.inner.store.customers_named(program, &names, along).await? {
                customers.insert((program, found.customer.id.clone()), found.customer);
            }
        }
        let mut changes = changes.into_iter().peekable();
        while changes.peek().is_some() {
            self.send(changes.by_ref().take(TOLD_AT_ONCE), &customers);
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
        for Change { seq, program, customer: id, live } in changes {
            let Some(customer) = customers.get(&(program, id.clone())).cloned() else { continue };
            let changed = Changed { seq, customer, live };
            for topic in [(program, None), (program, Some(id))] {
                if let Some(topic) = topics.get(&topic) {
                    // Whoever has just gone does not hear it.
                    let _ = topic.send(changed.clone());
                }
            }
        }
    }
}

impl Watcher {
    /// Passes over changes up to this number: they are known already.
    pub fn skip(&mut self, known: i64) {
        self.known = self.known.max(known);
    }

    /// The next change; none when the process stops.
    ///
    /// # Errors
    /// [`Missed`] where changes came faster than they were read. The next ones
    /// follow.
    pub async fn next(&mut self) -> Option<Result<Changed, Missed>> {
        loop {
            match self.changes.as_mut()?.recv().await {
                Ok(changed) if changed.seq <= self.known => {}
                Ok(changed) => {
                    self.known = changed.seq;
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
        self.inner.watchers.fetch_sub(1, Ordering::Relaxed);
        let mut topics = self.inner.topics();
        self.changes = None;
        if topics.get(&self.topic).is_some_and(|topic| topic.receiver_count() == 0) {
            topics.remove(&self.topic);
        }
    }
}

/// Passes on the words of other processes, for as long as the program runs.
async fn listen(store: Store, word: Arc<Notify>) {
    loop {
        match store.listen().await {
            Ok(None) => return,
            Ok(Some(mut ear)) => {
                while ear.hear().await.is_ok() {
                    word.notify_one();
                }
            }
            Err(error) => warn(&error, "other replicas cannot be heard; looking instead"),
        }
        // Meanwhile changes are looked for all the same.
        word.notify_one();
        tokio::time::sleep(LOOK).await;
    }
}

/// Keeps the list of changes short.
async fn cut(store: Store) {
    loop {
        tokio::time::sleep(CUT).await;
        let before = Timestamp::now().plus_millis(-KEPT_MILLIS);
        if let Err(error) = store.forget_changes(before).await {
            warn(&error, "old changes cannot be removed");
        }
    }
}

fn warn(error: &Error, what: &'static str) {
    let cause = error.private_source().unwrap_or_default();
    tracing::warn!(cause, "{what}");
}
