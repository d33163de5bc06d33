//! The inbox of the issuer's events: each is stored before it is acknowledged,
//! and applied once, in whatever order they come.

mod backlog;
mod batch;
mod decode;
mod delivery;
mod duplicates;
mod group_size;
mod item;
mod processor;
pub mod retention;
mod writer;

use std::sync::Arc;

use metrics::{counter, gauge};
use moka::sync::Cache;
use tokio::sync::{Notify, mpsc, oneshot};

pub use self::backlog::{Replayed, apply_waiting, replay, replay_all};
pub use self::delivery::Receipt;
use self::delivery::{Delivery, Incoming};
pub use self::processor::reconcile;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{InboxEvent, Program, Store};

/// Programs in the cache.
const PROGRAMS: u64 = 1_000;

/// Takes the issuer's events.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    queue: mpsc::Sender<Delivery>,
    /// By name. Programs are not renamed, and never removed.
    programs: Cache<String, Arc<Program>>,
}

impl Inbox {
    /// An inbox over a store, and the task that writes its events; the task ends
    /// when every copy of the inbox is dropped and all events are written.
    /// `changed` is notified of every commit.
    pub fn new(store: Store, changed: Arc<Notify>) -> (Self, impl Future<Output = ()>) {
        let (queue, deliveries) = mpsc::channel(writer::QUEUE);
        let programs = Cache::new(PROGRAMS);
        (Self { store: store.clone(), queue, programs }, writer::run(store, deliveries, changed))
    }

    /// The program of a name, if there is one.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn program(&self, name: &str) -> Result<Option<Arc<Program>>> {
        if let Some(known) = self.programs.get(name) {
            return Ok(Some(known));
        }
        let found = self.store.program_named(name).await?.map(Arc::new);
        if let Some(found) = &found {
            self.programs.insert(name.to_owned(), Arc::clone(found));
        }
        Ok(found)
    }

    /// Takes an event whose signature is good, by a delivery that may have a name. When
    /// this returns without an error, the event is safe.
    ///
    /// # Errors
    /// If it could not be written, for any reason: it may be stored or not, and
    /// should be sent again.
    pub async fn take(
        &self,
        program: Arc<Program>,
        body: &[u8],
        delivery_id: Option<&str>,
    ) -> Result<Receipt, Arc<Error>> {
        let delivery_id = delivery_id.map(str::to_owned);
        let incoming = Incoming::received(body_text(body), delivery_id, Timestamp::now());
        let (answer, answered) = oneshot::channel();
        let name = program.name.clone();
        let _queued = Queued::begin();
        let stopping = || Arc::new(Error::unavailable("the writer of events has stopped"));
        let delivery = Delivery { program, incoming, answer };
        self.queue.send(delivery).await.map_err(|_| stopping())?;
        let receipt = answered.await.map_err(|_| stopping())??;
        let duplicates = counter!("webhook_duplicates_total", "program" => name);
        duplicates.increment(u64::from(receipt.duplicate));
        Ok(receipt)
    }
}

/// An event on its way to the database, as the metrics count it. Dropped, it has been written,
/// or its sender has given up.
struct Queued;

impl Queued {
    fn begin() -> Self {
        gauge!("webhook_events_queued").increment(1);
        Self
    }
}

impl Drop for Queued {
    fn drop(&mut self) {
        gauge!("webhook_events_queued").decrement(1);
    }
}

/// The event of a body, before it has an effect. Any body can be stored.
pub fn received(body: &[u8]) -> InboxEvent {
    Incoming::received(body_text(body), None, Timestamp::now()).event
}

/// A body that is not text is stored as far as it is. PostgreSQL's texts have no
/// NUL, nor has JSON.
fn body_text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).replace('\0', "\u{fffd}")
}
