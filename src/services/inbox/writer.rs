//! Writes events: all that have arrived for a program, in one commit.
//!
//! Each program has a queue and a task of its own, so that one whose lock is
//! held, or which is flooded, delays no other.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt as _;
use strum::VariantArray as _;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::delivery::{Answer, Delivery, Incoming, Receipt};
use super::duplicates;
use super::group_size::GroupSize;
use super::processor::{self, Applied};
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::outage;
use crate::store::{InboxEvent, Program, Store};
use crate::trace::spans;

/// Events that may wait to be written, of each program; their senders wait with
/// them.
pub(super) const QUEUE: usize = 1_024;
/// Events of one transaction, and so of one write to the disk.
const GROUP: usize = 256;
/// Senders that are answered before other tasks have their turn.
const ANSWERED: usize = 8;
/// After so many events that fail one after the other, it is not the events.
const FAILURES: usize = 5;

/// Hands each event to its program's writer, until the queue is closed and
/// everything is written.
pub(super) async fn run(
    store: Store,
    mut deliveries: mpsc::Receiver<Delivery>,
    changed: Arc<Notify>,
) {
    // From 0: of a counter that begins with 1, Prometheus sees no increase.
    for state in InboxState::VARIANTS {
        count(*state, 0);
    }
    // Writers may wait for a program's lock, and readers need connections too.
    let connections = Arc::new(Semaphore::new(store.writers()));
    let mut queues: HashMap<ProgramId, mpsc::Sender<Delivery>> = HashMap::new();
    let mut writers = JoinSet::new();
    while let Some(delivery) = deliveries.recv().await {
        let queue = queues.entry(delivery.program.id).or_insert_with(|| {
            let (queue, deliveries) = mpsc::channel(QUEUE);
            let writer = Writer {
                store: store.clone(),
                program: Arc::clone(&delivery.program),
                connections: Arc::clone(&connections),
                size: GroupSize::new(store.has_one_writer()),
            };
            writers.spawn(writer.run(deliveries, Arc::clone(&changed)));
            queue
        });
        // To wait here would delay the other programs.
        if let Err(refused) = queue.try_send(delivery) {
            let error = Error::unavailable("too many events of the program wait to be written");
            let _ = refused.into_inner().answer.send(Err(Arc::new(error)));
        }
    }
    drop(queues);
    while writers.join_next().await.is_some() {}
}

/// The writer of one program's events.
struct Writer {
    store: Store,
    program: Arc<Program>,
    connections: Arc<Semaphore>,
    size: GroupSize,
}

impl Writer {
    async fn run(self, mut deliveries: mpsc::Receiver<Delivery>, changed: Arc<Notify>) {
        let mut group = Vec::with_capacity(GROUP);
        let mut answering = JoinSet::new();
        while deliveries.recv_many(&mut group, self.size.next()).await > 0 {
            let (events, senders): (Vec<Incoming>, Vec<_>) =
                group.drain(..).map(|delivery| (delivery.incoming, delivery.answer)).unzip();
            let answers = self.write(events).await;
            changed.notify_one();
            answering.spawn(answer(senders.into_iter().zip(answers).collect()));
            while answering.try_join_next().is_some() {}
        }
        while answering.join_next().await.is_some() {}
    }

    /// Writes events; each has its own answer, in their order.
    async fn write(&self, events: Vec<Incoming>) -> Vec<Answer> {
        match self.write_together(events.clone()).await {
            Ok(receipts) => receipts.into_iter().map(Ok).collect(),
            // One event may be the cause; the others must not suffer.
            Err(error) if error.kind() == Kind::Internal && events.len() > 1 => {
                outage::warn_of(&self.program.name, &error, "events are written one by one");
                self.write_one_by_one(events).await
            }
            Err(error) => {
                let error = Arc::new(error);
                events.iter().map(|_| Err(Arc::clone(&error))).collect()
            }
        }
    }

    async fn write_one_by_one(&self, events: Vec<Incoming>) -> Vec<Answer> {
        let mut answers: Vec<Answer> = Vec::with_capacity(events.len());
        for event in events {
            let answer = match answers.last_chunk::<FAILURES>() {
                Some([Err(error), rest @ ..]) if rest.iter().all(Result::is_err) => {
                    Err(Arc::clone(error))
                }
                _ => self.write_alone(event).await,
            };
            answers.push(answer);
        }
        answers
    }

    /// Writes one event. What is wrong with the event itself is stored with it as
    /// its reason; any error here is a fault of ours, and the event is not
    /// acknowledged.
    async fn write_alone(&self, incoming: Incoming) -> Answer {
        let id = incoming.event.event_id.clone();
        let written = self.write_together(vec![incoming]).await.map_err(|error| {
            let cause = error.private_source().unwrap_or_default();
            Arc::new(error.because(format!("the event {id}: {cause}")))
        })?;
        written.into_iter().next().ok_or_else(|| Arc::new(Error::internal("no receipt")))
    }

    async fn write_together(&self, events: Vec<Incoming>) -> Result<Vec<Receipt>> {
        let _one = self.connections.acquire().await.map_err(Error::unavailable)?;
        let span = spans::events(&self.program.name, events.len());
        let written = AssertUnwindSafe(self.apply_new(events)).catch_unwind();
        let written = written.instrument(span).await;
        written.unwrap_or_else(|_| Err(Error::internal("a panic while events were written")))
    }

    /// Stores and applies events in one transaction. Events of which another with the same
    /// identifier is before them here have their turn after it, in the next one.
    async fn apply_new(&self, events: Vec<Incoming>) -> Result<Vec<Receipt>> {
        let mut receipts: Vec<Option<Receipt>> = vec![None; events.len()];
        let mut open: Vec<(usize, Incoming)> = events.into_iter().enumerate().collect();
        while !open.is_empty() {
            let mut ids = HashSet::new();
            let (turn, later): (Vec<_>, Vec<_>) = open
                .into_iter()
                .partition(|(_, incoming)| ids.insert(incoming.event.event_id.clone()));
            let (places, events): (Vec<usize>, Vec<Incoming>) = turn.into_iter().unzip();
            for (place, receipt) in places.into_iter().zip(self.apply_each(events).await?) {
                receipts[place] = Some(receipt);
            }
            open = later;
        }
        let receipts: Option<Vec<Receipt>> = receipts.into_iter().collect();
        receipts.ok_or_else(|| Error::internal("an event has no receipt"))
    }

    /// Stores and applies events with different identifiers in one transaction.
    async fn apply_each(&self, events: Vec<Incoming>) -> Result<Vec<Receipt>> {
        let count = events.len();
        let tx = self.store.write(self.program.id).await?;
        let began = Instant::now();
        let sorted = duplicates::sort(&tx, events).await?;
        let mut states: HashMap<String, InboxState> = HashMap::new();
        if sorted.to_apply.is_empty() && sorted.conflicting.is_empty() {
            tx.roll_back().await;
        } else {
            let Applied { events: mut stored, changes } =
                processor::apply_all(&tx, sorted.to_apply).await?;
            tx.put_events(&sorted.conflicting).await?;
            if !changes.is_empty() {
                tx.record_changes(changes).await?;
            }
            tx.commit().await?;
            self.size.took(count, began.elapsed());
            stored.extend(sorted.conflicting);
            self.report(&stored);
            states.extend(stored.into_iter().map(|event| (event.event_id, event.state)));
        }
        let mut receipts = sorted.receipts;
        for receipt in &mut receipts {
            receipt.state = states.get(&receipt.id).copied().unwrap_or(receipt.state);
        }
        Ok(receipts)
    }

    /// Counts new events, and logs those that cannot be applied.
    fn report(&self, events: &[InboxEvent]) {
        for event in events {
            count(event.state, 1);
            let (program, event_id) = (self.program.name.as_str(), event.event_id.as_str());
            let reason = event.reason.as_deref();
            match event.state {
                InboxState::Failed => {
                    tracing::warn!(program, event_id, reason, "an event cannot be applied");
                }
                InboxState::Conflicting => {
                    tracing::warn!(program, event_id, reason, "an event conflicts with another");
                }
                _ => {}
            }
        }
    }
}

/// Answers the senders of a group. Each answer wakes a task, which reads the next event: so
/// the tasks of other programs come in between.
async fn answer(answers: Vec<(oneshot::Sender<Answer>, Answer)>) {
    for (at, (sender, answer)) in answers.into_iter().enumerate() {
        // A sender that has gone away will send it again.
        let _ = sender.send(answer);
        if at % ANSWERED == ANSWERED - 1 {
            tokio::task::yield_now().await;
        }
    }
}

/// Counts events of a state.
fn count(state: InboxState, events: u64) {
    let state: &'static str = state.into();
    metrics::counter!("webhook_events_total", "state" => state).increment(events);
}
