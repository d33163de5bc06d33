//! Whether the gateway works: the database is probed, and what is known of the
//! blockchain's endpoints is reported.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::error::Elapsed;

use crate::chain::{EndpointState, Reader};
use crate::error::Error;
use crate::services::connection::{self, Connections, Reports};
use crate::services::deliveries::{Deliveries, DeliveryReport};
use crate::services::waiting_events::WaitingEvents;
use crate::shared::Shared;
use crate::store::{StandbyState, Store};

const READY: &str = "ready";
/// How often the process shows that its tasks run, and after how long without that it counts as
/// stuck: longer than any load can hold it up.
const BEAT: Duration = Duration::from_secs(1);
const STUCK: Duration = Duration::from_secs(30);
/// How long [`Health::recent_report`] repeats a report.
const REPORT_TTL: Duration = Duration::from_secs(1);
/// How long the result of a write probe is used again.
const WRITE_PROBE_TTL: Duration = Duration::from_millis(250);
/// How long a probe may take. Together with the time above, a report is never
/// more than a second behind.
const PROBE_TIMEOUT: Duration = Duration::from_millis(650);

/// Probes what the gateway depends on. Clones share their state.
#[derive(Clone)]
pub struct Health {
    store: Store,
    chain: Option<Reader>,
    deliveries: Deliveries,
    connections: Connections,
    waiting_events: WaitingEvents,
    shared: Option<Shared>,
    stopping: Arc<AtomicBool>,
    /// When the tasks of the process ran last.
    beat: Arc<StdMutex<Instant>>,
    last_report: Arc<Mutex<Option<(Instant, Report)>>>,
    /// When the last write probe ended, and whether it succeeded.
    writable: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Health {
    /// Probes this store and, if the settings name endpoints, this blockchain; reports how
    /// deliveries of webhooks and the connections to the issuer do.
    pub fn new(
        store: Store,
        chain: Option<Reader>,
        deliveries: Deliveries,
        connections: Connections,
        shared: Option<Shared>,
    ) -> Self {
        Self {
            waiting_events: WaitingEvents::new(store.clone()),
            store,
            chain,
            deliveries,
            connections,
            shared,
            stopping: Arc::default(),
            beat: Arc::new(StdMutex::new(Instant::now())),
            last_report: Arc::default(),
            writable: Arc::default(),
        }
    }

    /// Reports `not ready` from now on: the process is shutting down.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Shows again and again that the tasks of the process run; never ends.
    pub async fn keep_beating(self) {
        loop {
            *self.beat.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Whether the tasks of the process run.
    pub fn is_alive(&self) -> bool {
        self.beat.lock().unwrap_or_else(PoisonError::into_inner).elapsed() < STUCK
    }

    /// A report that is at most a second old. For public pages: however often they
    /// are opened, the database is probed once a second.
    pub async fn recent_report(&self) -> Report {
        let mut last = self.last_report.lock().await;
        match &*last {
            Some((at, report)) if at.elapsed() < REPORT_TTL => report.clone(),
            _ => {
                let report = self.report().await;
                *last = Some((Instant::now(), report.clone()));
                report
            }
        }
    }

    /// Brings the metrics of what is read from the database up to date.
    pub async fn record(&self) {
        self.store.show_pool();
        let connections = async { connection::gauges::set(&self.connections.recent().await) };
        tokio::join!(self.waiting_events.show(), connections);
    }

    /// A report of now. Each call probes a read; writes are probed at most every
    /// quarter of a second.
    pub async fn report(&self) -> Report {
        let connections = self.connections.recent();
        let (reads, writes, issuer) =
            tokio::join!(self.probe_read(), self.probe_write(), connections);
        let stopping = self.stopping.load(Ordering::Relaxed);
        let word = |works| if works { "ok" } else { "unavailable" };
        Report {
            status: if reads && writes && !stopping { READY } else { "not ready" },
            database: word(reads),
            writes: word(writes),
            chain: self.chain(),
            webhooks: self.webhooks(),
            issuer,
            shared: self.shared(),
            standby: self.standby(),
            stopping,
        }
    }

    /// What is known of the standby. Without it, the primary answers everything.
    fn standby(&self) -> Option<&'static str> {
        self.store.standby().map(|standby| match standby.state {
            StandbyState::Used => "ok",
            StandbyState::Behind => "behind",
            StandbyState::Unknown | StandbyState::Lost(_) => "unavailable",
        })
    }

    /// What is known of the server that replicas share. Without it, the gateway works on.
    fn shared(&self) -> Option<&'static str> {
        let word = |is_there| if is_there { "ok" } else { "unavailable" };
        self.shared.as_ref().map(|shared| word(shared.is_there()))
    }

    /// How deliveries go. Failures do not make the gateway unready: without requests,
    /// they could never end.
    fn webhooks(&self) -> BTreeMap<String, DeliveryReport> {
        self.deliveries.programs().into_iter().map(|(name, of)| (name, of.into())).collect()
    }

    async fn probe_read(&self) -> bool {
        let probe = tokio::time::timeout(PROBE_TIMEOUT, self.store.probe_read()).await;
        self.noted(probe)
    }

    /// A write costs more than a read, so concurrent callers share one probe.
    async fn probe_write(&self) -> bool {
        let mut last = self.writable.lock().await;
        match *last {
            Some((at, works)) if at.elapsed() < WRITE_PROBE_TTL => works,
            _ => {
                let probe = tokio::time::timeout(PROBE_TIMEOUT, self.store.probe_write()).await;
                let works = self.noted(probe);
                *last = Some((Instant::now(), works));
                works
            }
        }
    }

    /// Whether a probe succeeded. The store notes what has failed by itself, but not that there
    /// was no answer.
    fn noted(&self, probe: Result<Result<(), Error>, Elapsed>) -> bool {
        let failure = match probe {
            Ok(Ok(())) => None,
            Ok(Err(error)) if error.is_noted() => return false,
            Ok(Err(error)) => Some(error.private_source().unwrap_or_default()),
            Err(_) => Some(format!("no answer within {PROBE_TIMEOUT:?}")),
        };
        self.store.note_probe(failure.as_deref());
        failure.is_none()
    }

    /// What is known of the endpoints. An outage of the blockchain is reported but
    /// does not make the gateway unready: it still serves the last known balances.
    fn chain(&self) -> Chain {
        let Some(chain) = &self.chain else { return Chain::Off("off") };
        let endpoints = chain.endpoints();
        let fit = endpoints.iter().any(EndpointState::is_usable);
        let endpoints = endpoints.iter().map(ToString::to_string);
        let status = if fit { "ok" } else { "unavailable" };
        Chain::On { status, endpoints: endpoints.collect() }
    }
}

/// The state of the gateway, in the form of `/readyz`.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Whether requests should be sent here: `ready` or `not ready`.
    pub status: &'static str,
    /// Whether the database can be read: `ok` or `unavailable`.
    pub database: &'static str,
    /// Whether the database can be written: `ok` or `unavailable`.
    writes: &'static str,
    chain: Chain,
    /// The deliveries of each program that expects events; absent where none does.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    webhooks: BTreeMap<String, DeliveryReport>,
    /// The connection of each program that has a key pair of the issuer; absent where
    /// none has.
    #[serde(skip_serializing_if = "Reports::is_empty")]
    issuer: Reports,
    /// The server that replicas share: `ok`, or `unavailable` while each counts for itself;
    /// absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    shared: Option<&'static str>,
    /// The standby of the database: `ok`, or `behind` or `unavailable` while the primary answers
    /// all reads; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standby: Option<&'static str>,
    stopping: bool,
}

impl Report {
    /// The report where none was made in time.
    pub fn unanswered() -> Self {
        Self {
            status: "not ready",
            database: "unavailable",
            writes: "unavailable",
            chain: Chain::Off("unavailable"),
            webhooks: BTreeMap::new(),
            issuer: Reports::new(),
            shared: None,
            standby: None,
            stopping: false,
        }
    }

    /// Whether requests should be sent here.
    pub fn is_ready(&self) -> bool {
        self.status == READY
    }

    /// How the connections to the issuer do, without the names of programs.
    pub fn issuer_sentence(&self) -> String {
        connection::sentence(&self.issuer)
    }

    /// Whether balances can be read from the blockchain: `ok`, `unavailable` or `off`.
    pub const fn chain_status(&self) -> &'static str {
        match self.chain {
            Chain::Off(status) | Chain::On { status, .. } => status,
        }
    }
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Chain {
    Off(&'static str),
    On { status: &'static str, endpoints: Vec<String> },
}
