//! The inbox of the issuer's events: each is kept before it is acknowledged,
//! and applied once, whatever order they come in.

mod backlog;
mod decode;
mod processor;
mod writer;

use std::sync::Arc;

use moka::sync::Cache;
use tokio::sync::{Notify, mpsc, oneshot};

pub use self::backlog::{apply_waiting, names_of, reconcile, replay};
use self::writer::Delivery;
pub use self::writer::Receipt;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{InboxEvent, Program, Store};

/// Programs that are remembered.
const PROGRAMS: u64 = 1_000;

/// Takes the issuer's events.
#[derive(Clone)]
pub struct Inbox {
    store: Store,
    queue: mpsc::Sender<Delivery>,
    /// Programs do not change their names, and are never removed.
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

    /// Takes an event whose signature was found good. When this returns
    /// without an error, the event is safe.
    ///
    /// # Errors
    /// If it could not be written, whoever is at fault: whether it was kept is
    /// not known then, and it should be sent again.
    pub async fn take(&self, program: Arc<Program>, body: &[u8]) -> Result<Receipt, Arc<Error>> {
        let event = received(body);
        let (answer, answered) = oneshot::channel();
        let stopping = || Arc::new(Error::unavailable("the writer of events has stopped"));
        let delivery = Delivery { program, event, answer };
        self.queue.send(delivery).await.map_err(|_| stopping())?;
        answered.await.map_err(|_| stopping())?
    }
}

/// The event of a body, before it has an effect. Any body can be kept.
pub fn received(body: &[u8]) -> InboxEvent {
    // A body that is no text is kept as far as it is one. PostgreSQL's
    // texts have no NUL, nor has JSON.
    let body = String::from_utf8_lossy(body).replace('\0', "\u{fffd}");
    processor::received(body, Timestamp::now())
}
