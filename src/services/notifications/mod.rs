//! Live notifications: each is kept before it is acknowledged, and applied
//! once, whatever order they come in.

mod apply;
mod parse;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use moka::sync::Cache;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::domain::event::InboxState;
use crate::domain::identifier::email_key;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::store::{Filed, Record, Store, Turn};

/// Events that may wait to be written; their senders wait with them.
const QUEUE: usize = 1_024;
/// Events of one transaction, and so of one write to the disk.
const GROUP: usize = 256;
/// Programs whose numbers are remembered.
const PROGRAMS: u64 = 1_000;
/// Events that are taken up again in one transaction.
const AGAIN: i64 = 500;

/// What has become of an event that is safe now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The event.
    pub id: String,
    /// Whether it was here before.
    pub duplicate: bool,
    /// What has become of it.
    pub state: InboxState,
}

type Answer = Result<Receipt, Arc<Error>>;

struct Delivery {
    program: ProgramId,
    filed: Filed,
    answer: oneshot::Sender<Answer>,
}

/// Takes notifications in.
#[derive(Clone)]
pub struct Notifications {
    store: Store,
    queue: mpsc::Sender<Delivery>,
    /// Programs do not change their names, and do not go.
    programs: Cache<String, ProgramId>,
}

impl Notifications {
    /// Over a store, with what writes them: it ends when nobody can deliver any
    /// more. `changed` is told of every commit.
    pub fn new(store: Store, changed: Arc<Notify>) -> (Self, impl Future<Output = ()>) {
        let (queue, deliveries) = mpsc::channel(QUEUE);
        let programs = Cache::new(PROGRAMS);
        (Self { store: store.clone(), queue, programs }, write(store, deliveries, changed))
    }

    /// The program of a name, if there is one.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn program(&self, name: &str) -> Result<Option<ProgramId>> {
        if let Some(known) = self.programs.get(name) {
            return Ok(Some(known));
        }
        let found = self.store.program_named(name).await?.map(|program| program.id);
        if let Some(found) = found {
            self.programs.insert(name.to_owned(), found);
        }
        Ok(found)
    }

    /// Takes a notification whose signature was found good. When this returns
    /// without an error, the notification is safe.
    ///
    /// # Errors
    /// If the store fails: whether it was kept is not known then, and it should
    /// be sent again.
    pub async fn take(&self, program: ProgramId, body: &[u8]) -> Result<Receipt, Arc<Error>> {
        let filed = filed_as(body);
        let (answer, answered) = oneshot::channel();
        let lost = || Arc::new(Error::unavailable("nobody writes events any more"));
        let delivery = Delivery { program, filed, answer };
        self.queue.send(delivery).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }
}

/// What a body is going to be in the inbox, before it has an effect. Whatever
/// it is, it can be kept.
pub fn filed_as(body: &[u8]) -> Filed {
    // A body that is no text is kept as far as it is one. PostgreSQL's
    // texts have no NUL, nor has JSON.
    let body = String::from_utf8_lossy(body).replace('\0', "\u{fffd}");
    apply::unfiled(body, Timestamp::now())
}

/// Writes what comes, all that has come at once: one commit for many.
async fn write(store: Store, mut deliveries: mpsc::Receiver<Delivery>, changed: Arc<Notify>) {
    let mut group = Vec::with_capacity(GROUP);
    while deliveries.recv_many(&mut group, GROUP).await > 0 {
        let mut programs: BTreeMap<ProgramId, Vec<Delivery>> = BTreeMap::new();
        for delivery in group.drain(..) {
            programs.entry(delivery.program).or_default().push(delivery);
        }
        for (program, deliveries) in programs {
            let (events, answers): (Vec<Filed>, Vec<_>) =
                deliveries.into_iter().map(|of| (of.filed, of.answer)).unzip();
            let taken = AssertUnwindSafe(take(&store, program, events)).catch_unwind().await;
            let taken = taken.unwrap_or_else(|_| vec![Err(Arc::new(Error::internal("a panic")))]);
            changed.notify_one();
            let last = taken.last().cloned();
            let mut taken = taken.into_iter();
            for answer in answers {
                if let Some(taken) = taken.next().or_else(|| last.clone()) {
                    // A sender that has gone away will send it again.
                    let _ = answer.send(taken);
                }
            }
        }
    }
}

/// Takes many events of a program; each gets its own answer.
async fn take(store: &Store, program: ProgramId, events: Vec<Filed>) -> Vec<Answer> {
    let singly = events.len() > 1;
    match take_together(store, program, events.clone()).await {
        Ok(receipts) => receipts.into_iter().map(Ok).collect(),
        // One of them may have done it: the others must not suffer.
        Err(error) if singly && error.kind() == Kind::Internal => {
            tell(&error, "events were not taken together");
            let mut answers = Vec::with_capacity(events.len());
            for event in events {
                answers.push(take_alone(store, program, event).await);
            }
            answers
        }
        Err(error) if error.kind() == Kind::Internal => {
            tell(&error, "an event was not taken");
            let mut answers = Vec::new();
            for event in events {
                answers.push(set_aside(store, program, event).await);
            }
            answers
        }
        Err(error) => {
            let error = Arc::new(error);
            events.iter().map(|_| Err(Arc::clone(&error))).collect()
        }
    }
}

async fn take_alone(store: &Store, program: ProgramId, event: Filed) -> Answer {
    match take_together(store, program, vec![event.clone()]).await {
        Ok(receipts) => {
            receipts.into_iter().next().ok_or_else(|| Arc::new(Error::internal("none")))
        }
        Err(error) if error.kind() == Kind::Internal => {
            tell(&error, "an event was not taken");
            set_aside(store, program, event).await
        }
        Err(error) => Err(Arc::new(error)),
    }
}

/// Keeps an event that we have failed to apply, to be replayed when we can.
async fn set_aside(store: &Store, program: ProgramId, event: Filed) -> Answer {
    let reason = Some("it could not be applied because of a fault of the gateway".to_owned());
    let filed = Filed { state: InboxState::Failed, reason, ..event };
    let receipt = Receipt { id: filed.event_id.clone(), duplicate: false, state: filed.state };
    let kept = async {
        let turn = store.turn(program).await?;
        if turn.known_events(vec![filed.event_id.clone()]).await?.is_empty() {
            turn.file(std::slice::from_ref(&filed)).await?;
        }
        turn.commit().await
    };
    kept.await.map(|()| receipt).map_err(Arc::new)
}

async fn take_together(
    store: &Store,
    program: ProgramId,
    events: Vec<Filed>,
) -> Result<Vec<Receipt>> {
    let turn = store.turn(program).await?;
    let ids = events.iter().map(|event| event.event_id.clone()).collect();
    let mut known = turn.known_events(ids).await?;
    let mut new = Vec::with_capacity(events.len());
    let mut receipts = Vec::with_capacity(events.len());
    for event in events {
        let (id, state) = (event.event_id.clone(), event.state);
        let duplicate = known.contains_key(&id);
        known.entry(id.clone()).or_insert(state);
        receipts.push(Receipt { id, duplicate, state });
        if !duplicate {
            new.push(event);
        }
    }
    if !new.is_empty() {
        let filed = apply::apply_all(&turn, new).await?;
        known.extend(filed.iter().map(|filed| (filed.event_id.clone(), filed.state)));
        turn.commit().await?;
        count(&filed);
    }
    for receipt in &mut receipts {
        receipt.state = known.get(&receipt.id).copied().unwrap_or(receipt.state);
    }
    Ok(receipts)
}

/// Every name by which an event may have called these customers.
pub fn names_of(records: &[Record]) -> Vec<String> {
    let names = records.iter().flat_map(|Record { customer, .. }| {
        let names = [Some(customer.id.clone()), Some(customer.yativo_card_id.clone())];
        let more = [customer.external_customer_id.clone(), Some(email_key(&customer.email))];
        names.into_iter().chain(more).flatten()
    });
    names.collect()
}

/// Applies what has waited for customers of these names, who have arrived in
/// this turn.
///
/// # Errors
/// If the store fails.
pub async fn apply_waiting(turn: &Turn, names: Vec<String>) -> Result<()> {
    loop {
        let events = turn.events_waiting_for(names.clone(), AGAIN).await?;
        let applied = again(turn, events).await?;
        if applied.is_empty() || applied.iter().all(|event| event.state == InboxState::Waiting) {
            return Ok(());
        }
    }
}

/// Brings what an import has written in line with what events have told.
///
/// # Errors
/// If the store fails.
pub async fn reconcile(turn: &Turn, customers: &[String], cards: &[String]) -> Result<()> {
    if turn.anything_applied().await? {
        apply::reconcile(turn, customers, cards).await?;
    }
    Ok(())
}

/// Takes up one event again that is in the inbox; none if it is not there, or
/// has been applied.
///
/// # Errors
/// If the store fails.
pub async fn replay(store: &Store, program: ProgramId, id: &str) -> Result<Option<Filed>> {
    let turn = store.turn(program).await?;
    let mut events = turn.events(vec![id.to_owned()]).await?;
    events.retain(|event| event.state != InboxState::Applied);
    let applied = again(&turn, events).await?;
    turn.commit().await?;
    Ok(applied.into_iter().next())
}

async fn again(turn: &Turn, events: Vec<Filed>) -> Result<Vec<Filed>> {
    if events.is_empty() {
        return Ok(events);
    }
    let applied = apply::apply_all(turn, events).await?;
    let done = applied.iter().filter(|event| event.state != InboxState::Waiting);
    let done: Vec<String> = done.map(|event| event.event_id.clone()).collect();
    if !done.is_empty() {
        turn.wait_no_more(done).await?;
    }
    Ok(applied)
}

fn count(filed: &[Filed]) {
    for event in filed {
        metrics::counter!("webhook_events_total", "state" => event.state.as_str()).increment(1);
    }
}

fn tell(error: &Error, what: &'static str) {
    let cause = error.private_source().unwrap_or_default();
    tracing::error!(cause, "{what}");
}
