//! How the connections of programs to the issuer do, for operators.
//!
//! - [`Connections`]: reads the reports. `report`: what they say.
//! - `gauges`: the reports as metrics.
//! - `notes`: writes what only a serving process knows.

pub mod gauges;
pub mod notes;
mod report;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use self::report::Known;
pub use self::report::{
    CallReport, CustomerReport, Report, Reports, SyncReport, WebhookReport, duration, sentence,
};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::{Program, Store};

/// How long [`Connections::recent`] repeats a report. It counts all customers.
const TTL: Duration = Duration::from_secs(5);
/// How long it may take.
const TIMEOUT: Duration = Duration::from_millis(650);

/// Reports how connections do. Clones share what was read last.
#[derive(Clone)]
pub struct Connections {
    store: Store,
    /// The programs that have a key pair.
    connected: Arc<BTreeSet<String>>,
    recent: Arc<Mutex<Option<(Instant, Reports)>>>,
}

impl Connections {
    /// Of the programs that have a key pair, and of any other in this store.
    pub fn new(store: Store, connected: impl IntoIterator<Item = String>) -> Self {
        let connected = Arc::new(connected.into_iter().collect());
        Self { store, connected, recent: Arc::default() }
    }

    /// How the connection of a program does.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn report(&self, program: &Program) -> Result<Report> {
        let known = Known {
            connected: self.connected.contains(&program.name),
            sync: self.store.sync_state(program.id).await?,
            details: self.store.detail_counts(program.id).await?,
            health: self.store.issuer_health(program.id).await?,
            last_event_at: self.store.last_event_at(program.id).await?,
        };
        Ok(Report::of(known, Timestamp::now()))
    }

    /// The reports of the programs that have a key pair; a few seconds old at most, unless
    /// the database does not answer.
    pub async fn recent(&self) -> Reports {
        if self.connected.is_empty() {
            return Reports::new();
        }
        let mut recent = self.recent.lock().await;
        if let Some((at, reports)) = &*recent
            && at.elapsed() < TTL
        {
            return reports.clone();
        }
        let read = tokio::time::timeout(TIMEOUT, self.connected_programs()).await;
        let reports = match read {
            Ok(Ok(reports)) => reports,
            // What was read last has its moments with it.
            _ => recent.take().map(|(_, reports)| reports).unwrap_or_default(),
        };
        *recent = Some((Instant::now(), reports.clone()));
        reports
    }

    async fn connected_programs(&self) -> Result<Reports> {
        let mut reports = Reports::new();
        for name in self.connected.iter() {
            if let Some(program) = self.store.program_named(name).await? {
                reports.insert(name.clone(), self.report(&program).await?);
            }
        }
        Ok(reports)
    }
}
