//! `/healthz`, `/readyz` and `/metrics`, for those who keep the gateway running.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use serde_json::json;
use tokio::sync::Mutex;
use tokio::time::error::Elapsed;

use crate::chain::{Fitness, Reader};
use crate::error::Error;
use crate::store::Store;

const READY: &str = "ready";
/// For so long a report is recent.
const RECENT: Duration = Duration::from_secs(1);
/// For so long it is known whether the database can be written.
const WRITTEN: Duration = Duration::from_millis(250);
/// How long the database may take to be read and written. Together with the
/// above, the truth is known within a second.
const PATIENCE: Duration = Duration::from_millis(650);

/// What the checks look at.
#[derive(Clone)]
pub struct Health {
    store: Store,
    chain: Option<Reader>,
    stopping: Arc<AtomicBool>,
    metrics: PrometheusHandle,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
    /// Whether the database could be read the last time, and written.
    readable: Arc<AtomicBool>,
    writable: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Health {
    /// Of a gateway over this store and, where there is one, this chain.
    pub fn new(store: Store, chain: Option<Reader>, metrics: PrometheusHandle) -> Self {
        Self {
            store,
            chain,
            stopping: Arc::default(),
            metrics,
            last: Arc::default(),
            readable: Arc::new(AtomicBool::new(true)),
            writable: Arc::default(),
        }
    }

    /// From now on, no new work should be sent here.
    pub fn stopping(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// How the gateway is, or was a moment ago: for pages that anybody may open,
    /// however often.
    pub async fn recent_report(&self) -> Report {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, report)) if at.elapsed() < RECENT => report.clone(),
            _ => {
                let report = self.report().await;
                *last = Some((Instant::now(), report.clone()));
                report
            }
        }
    }

    /// How the gateway is, now.
    pub async fn report(&self) -> Report {
        let (reads, writes) = tokio::join!(self.reads(), self.writes());
        let stopping = self.stopping.load(Ordering::Relaxed);
        let word = |works| if works { "ok" } else { "unavailable" };
        Report {
            status: if reads && writes && !stopping { READY } else { "not ready" },
            database: word(reads),
            writes: word(writes),
            chain: self.chain(),
            stopping,
        }
    }

    async fn reads(&self) -> bool {
        let probe = tokio::time::timeout(PATIENCE, self.store.probe_read()).await;
        let before = self.readable.load(Ordering::Relaxed);
        let works = works("reads", probe, before);
        self.readable.store(works, Ordering::Relaxed);
        works
    }

    /// To write costs more than to read, so that it is tried once for all who
    /// want to know at about the same time.
    async fn writes(&self) -> bool {
        let mut last = self.writable.lock().await;
        match *last {
            Some((at, works)) if at.elapsed() < WRITTEN => works,
            before => {
                let probe = tokio::time::timeout(PATIENCE, self.store.probe_write()).await;
                let works = works("writes", probe, before.is_none_or(|(_, works)| works));
                *last = Some((Instant::now(), works));
                works
            }
        }
    }

    /// What is known of the chain's endpoints. Without the chain the gateway still
    /// answers, with the last known balances: that is told, and no more.
    fn chain(&self) -> Chain {
        let Some(chain) = &self.chain else { return Chain::Off("off") };
        let endpoints = chain.fitness();
        let fit = endpoints.contains(&(Fitness::Fit, false));
        let endpoints = endpoints.into_iter().map(|endpoint| match endpoint {
            (Fitness::Fit, false) => "ok".to_owned(),
            (Fitness::Fit, true) => "has failed, and is left alone for a while".to_owned(),
            (Fitness::Unknown, _) => "has not answered yet".to_owned(),
            (Fitness::Unfit(what), _) => format!("not used: {what}"),
        });
        let status = if fit { "ok" } else { "unavailable" };
        Chain::On { status, endpoints: endpoints.collect() }
    }
}

/// Whether a probe went well.
fn works(what: &str, probe: Result<Result<(), Error>, Elapsed>, before: bool) -> bool {
    let cause = match probe {
        Ok(Ok(())) => {
            if !before {
                tracing::info!(what, "the database works again");
            }
            return true;
        }
        Ok(Err(error)) => error.private_source().unwrap_or_default(),
        Err(_) => format!("no answer within {PATIENCE:?}"),
    };
    if before {
        tracing::error!(what, cause, "the database does not work");
    }
    false
}

/// How the gateway is, as `/readyz` tells it.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Whether requests should be sent here: `ready` or `not ready`.
    pub status: &'static str,
    /// Whether the database can be read: `ok` or `unavailable`.
    pub database: &'static str,
    /// Whether it can be written: `ok` or `unavailable`.
    writes: &'static str,
    chain: Chain,
    stopping: bool,
}

impl Report {
    /// Whether balances can be read from the chain: `ok`, `unavailable` or `off`.
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

/// Whether the process is alive: it answers.
pub async fn healthz() -> Response {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// Whether requests should be sent here.
pub async fn readyz(State(health): State<Health>) -> Response {
    let report = health.report().await;
    let ready = report.status == READY;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

/// The metrics in Prometheus' text format.
pub async fn metrics(State(health): State<Health>) -> Response {
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], health.metrics.render()).into_response()
}
