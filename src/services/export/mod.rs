//! Exports of a program's customers: any number of them, at the speed of the reader, from one
//! snapshot of the database.
//!
//! A task reads one batch ahead of the reader and no further, so that memory does not grow. It
//! ends with the reader, with the time that the snapshot may be held, or with the process; and
//! the snapshot ends with it, also while the reader has not taken the last batches yet.

mod csv;
mod filter;
mod format;
mod ndjson;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

pub use self::filter::FilterTexts;
pub use self::format::Format;
use crate::domain::customer_filter::CustomerFilter;
use crate::domain::principal::{Principal, ProgramId};
use crate::error::{Error, Kind, Noted, Result};
use crate::services::shares::{Share, Shares};
use crate::store::{CustomerBatch, CustomerExport, Store};

/// After so many seconds, an export that was refused may be tried again.
const RETRY_AFTER: u64 = 10;

/// The size of the first part, in bytes; the next ones are as large as the one before.
const FIRST_PART: usize = 256 * 1024;

/// Limits of exports.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long an export may hold its snapshot.
    pub time: Duration,
    /// How many there may be at once.
    pub most: usize,
    /// How many of one program there may be at once.
    pub most_of_program: usize,
}

/// The exports of clients. Clones share the limits.
#[derive(Clone)]
pub struct Exports(Arc<State>);

struct State {
    store: Store,
    settings: Settings,
    all: Shares<()>,
    of_program: Shares<ProgramId>,
    stopping: watch::Sender<bool>,
}

/// An export that goes on as long as it is read.
pub struct Export {
    format: Format,
    batches: mpsc::Receiver<Part>,
    is_begun: bool,
    is_done: bool,
    capacity: usize,
    customers: u64,
}

/// A batch; none: that was all.
type Part = Result<Option<CustomerBatch>>;

impl Exports {
    /// Over a store.
    pub fn new(store: Store, settings: Settings) -> Self {
        let (all, of_program) = (Shares::default(), Shares::default());
        let stopping = watch::Sender::new(false);
        Self(Arc::new(State { store, settings, all, of_program, stopping }))
    }

    /// Begins to export the customers of the caller's program as they are now.
    ///
    /// # Errors
    /// [`Kind::Overloaded`] if there are too many exports; if the store fails.
    pub async fn begin(
        &self,
        principal: &Principal,
        filter: &CustomerFilter,
        format: Format,
    ) -> Result<Export> {
        let State { store, settings, all, of_program, stopping } = &*self.0;
        let Settings { time, most, most_of_program } = *settings;
        let of_program = of_program.take(&principal.program, most_of_program);
        let of_program = of_program.ok_or_else(|| too_many("of this program"))?;
        let of_all = all.take(&(), most).ok_or_else(|| too_many("of all programs"))?;
        let begin = || store.export_customers(principal.program, filter, Some(time));
        let at_standby = match store.standby_read().await {
            Some(standby) => standby.run(begin()).await,
            None => None,
        };
        let walk = match at_standby {
            Some(walk) => walk?,
            None => begin().await?,
        };
        let mut stopping = stopping.subscribe();
        let end = async move {
            tokio::select! {
                () = tokio::time::sleep(time) => too_long(time),
                _ = stopping.wait_for(|stopping| *stopping) => Error::unavailable(Noted::MARK),
            }
        };
        Ok(Export::of(walk, format, end, Some((of_program, of_all))))
    }

    /// Ends all exports: their connections are given back.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }
}

/// Exports the customers of a program as they are now, for as long as it takes: for a command.
///
/// # Errors
/// If the store fails.
pub async fn export(
    store: &Store,
    program: ProgramId,
    filter: &CustomerFilter,
    format: Format,
) -> Result<Export> {
    let walk = store.export_customers(program, filter, None).await?;
    Ok(Export::of(walk, format, std::future::pending(), None))
}

fn too_many(whose: &str) -> Error {
    let message = format!("Too many exports {whose} are running; try again when one has ended");
    Error::new(Kind::Overloaded, message).retry_after(RETRY_AFTER)
}

fn too_long(time: Duration) -> Error {
    let seconds = time.as_secs();
    Error::timeout().because(format!("an export was not read within {seconds} seconds"))
}

/// What an export of a client counts as.
type Places = Option<(Share<ProgramId>, Share<()>)>;

impl Export {
    fn of(
        mut walk: CustomerExport,
        format: Format,
        end: impl Future<Output = Error> + Send + 'static,
        places: Places,
    ) -> Self {
        let (sender, batches) = mpsc::channel(1);
        tokio::spawn(async move {
            metrics::gauge!("exports_running").increment(1);
            let ended = tokio::select! {
                biased;
                ended = send_all(&mut walk, &sender) => ended,
                error = end => Err(error),
                () = sender.closed() => Ok(Ended::Abandoned),
            };
            // Before the reader learns of it, who may be slow, and may begin the next one.
            walk.end().await;
            drop(places);
            metrics::gauge!("exports_running").decrement(1);
            let outcome = ended.as_ref().map_or("failed", Ended::name);
            metrics::counter!("exports_total", "outcome" => outcome).increment(1);
            // A reader that is gone needs neither.
            let _ = match ended {
                Ok(Ended::Complete) => sender.send(Ok(None)).await,
                Ok(Ended::Abandoned) => Ok(()),
                Err(error) => sender.send(Err(error)).await,
            };
        });
        let (is_begun, is_done) = (false, false);
        Self { format, batches, is_begun, is_done, capacity: FIRST_PART, customers: 0 }
    }

    /// The next part; none after the last one. What was given out is the whole export only
    /// then.
    ///
    /// # Errors
    /// If the store fails, or the export has taken too long. Nothing comes after that.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.is_done {
            return Ok(None);
        }
        let mut part = Vec::with_capacity(self.capacity);
        if !self.is_begun {
            self.is_begun = true;
            self.format.head(&mut part);
        }
        let batch = self.batches.recv().await;
        let batch = batch.unwrap_or_else(|| Err(Error::internal("an export has lost its task")))?;
        let Some(batch) = batch else {
            self.is_done = true;
            return Ok((!part.is_empty()).then_some(part));
        };
        let format = self.format;
        let mut customers = 0;
        batch.try_for_each(|customer| {
            customers += 1;
            format.write(customer, &mut part)
        })?;
        self.customers += customers;
        // With some room, so that it seldom grows.
        self.capacity = part.len() + part.len() / 16;
        Ok(Some(part))
    }

    /// How many customers were given out.
    pub const fn customers(&self) -> u64 {
        self.customers
    }
}

/// How a task of an export has ended without an error.
enum Ended {
    Complete,
    /// The reader is gone.
    Abandoned,
}

impl Ended {
    const fn name(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Abandoned => "abandoned",
        }
    }
}

/// Reads and sends batches, each when the one before was taken.
async fn send_all(walk: &mut CustomerExport, sender: &mpsc::Sender<Part>) -> Result<Ended> {
    loop {
        let Ok(place) = sender.reserve().await else { return Ok(Ended::Abandoned) };
        let Some(batch) = walk.next().await? else { return Ok(Ended::Complete) };
        place.send(Ok(Some(batch)));
    }
}
