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

use crate::chain::{Fitness, Reader};
use crate::store::Store;

const READY: &str = "ready";
/// For so long a report is recent.
const RECENT: Duration = Duration::from_secs(1);

/// What the checks look at.
#[derive(Clone)]
pub struct Health {
    store: Store,
    chain: Option<Reader>,
    stopping: Arc<AtomicBool>,
    metrics: PrometheusHandle,
    last: Arc<Mutex<Option<(Instant, Report)>>>,
}

impl Health {
    /// Of a gateway over this store and, where there is one, this chain.
    pub fn new(store: Store, chain: Option<Reader>, metrics: PrometheusHandle) -> Self {
        Self { store, chain, stopping: Arc::default(), metrics, last: Arc::default() }
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
        let database = tokio::time::timeout(Duration::from_secs(1), self.store.ping()).await;
        let database = matches!(database, Ok(Ok(())));
        let stopping = self.stopping.load(Ordering::Relaxed);
        Report {
            status: if database && !stopping { READY } else { "not ready" },
            database: if database { "ok" } else { "unavailable" },
            chain: self.chain(),
            stopping,
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

/// How the gateway is, as `/readyz` tells it.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Whether requests should be sent here: `ready` or `not ready`.
    pub status: &'static str,
    /// Whether the database answers: `ok` or `unavailable`.
    pub database: &'static str,
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
