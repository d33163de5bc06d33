//! The composition root: store, then services, then routes; and the order in
//! which they stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::chain::Reader;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::http::rate::RateLimits;
use crate::http::server;
use crate::router::{Limits, router};
use crate::services::health::Health;
use crate::services::inbox::Inbox;
use crate::services::live::Live;
use crate::services::reconciliation::Reconciliation;
use crate::services::{self, Services, balances};
use crate::store::Store;
use crate::telemetry;
use crate::webhooks;

/// Chain reads that may wait to be kept; more are kept the next time.
const READINGS: usize = 256;
/// How long keeping them may take at the end.
const KEEPING: Duration = Duration::from_secs(5);
/// How long connections and events may take at the end.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often the metrics' recorder is compacted, also when nothing scrapes it.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Opens the database, and migrates it if the settings say so.
///
/// # Errors
/// If the database does not answer, or lacks migrations that may not be applied.
pub async fn open(config: &Config) -> Result<Store> {
    let store = Store::connect(&config.database.store).await?;
    if config.database.auto_migrate {
        let applied = store.migrate().await?;
        if applied > 0 {
            tracing::info!(applied, "the database is up to date now");
        }
    } else if !store.pending_migrations().await?.is_empty() {
        let message = "the database lacks migrations; run `card-gateway migrate` first";
        return Err(Error::new(Kind::Conflict, message));
    }
    Ok(store)
}

/// Binds the address of the settings.
///
/// # Errors
/// If it cannot be had.
pub async fn bind(config: &Config) -> Result<TcpListener> {
    let address = config.server.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address}; choose another with --listen");
        Error::new(Kind::Unavailable, message).because(error)
    })
}

/// What reads the chain, and what keeps what was read.
pub struct Chain {
    /// The reader.
    pub reader: Reader,
    keeper: JoinHandle<()>,
}

impl Chain {
    /// The chain of the settings; none if they name no endpoint.
    ///
    /// # Errors
    /// If this machine cannot call endpoints at all.
    pub fn open(config: &Config, store: &Store) -> Result<Option<Self>> {
        if config.chain.rpc_urls.is_empty() {
            return Ok(None);
        }
        let (sender, readings) = mpsc::channel(READINGS);
        let reader = Reader::new(config.chain.clone(), sender)?;
        let keeper = tokio::spawn(balances::keep(store.clone(), readings));
        Ok(Some(Self { reader, keeper }))
    }

    /// Waits until everything that was read is kept. Nobody may read any more.
    pub async fn close(self) {
        drop(self.reader);
        if tokio::time::timeout(KEEPING, self.keeper).await.is_err() {
            tracing::warn!("some of what was read from the chain was not kept");
        }
    }
}

/// Serves until the process is told to stop (Ctrl-C or SIGTERM).
///
/// # Errors
/// If metrics cannot be collected, or this machine cannot call the chain.
pub async fn serve(config: &Config, store: Store, listener: TcpListener) -> Result<()> {
    let metrics = telemetry::metrics()?;
    let settings = services::Settings {
        token_cache_ttl: config.token_cache_ttl,
        chain_balances_kept: store.keeps_chain_balances().await?,
        realtime_max_age: config.realtime_max_age,
    };
    let word = Arc::new(Notify::new());
    let live = Live::new(store.clone(), Arc::clone(&word));
    let (inbox, writer) = Inbox::new(store.clone(), word);
    let writer = tokio::spawn(writer);
    let webhooks = webhooks::Endpoint::new(webhook_settings(config), inbox);
    let chain = Chain::open(config, &store)?;
    let reader = chain.as_ref().map(|chain| chain.reader.clone());
    let services = Services::new(&store, reader.clone(), live.clone(), &settings);
    let health = Health::new(store.clone(), reader.clone());
    let rate = RateLimits::new(config.rate);
    let (stopping, stopped) = watch::channel(false);
    let limits = Limits {
        body: config.server.body_limit,
        timeout: config.server.request_timeout,
        rate: rate.clone(),
        origins: config.server.cors_origins.clone(),
        documents: config.documents.clone(),
        graphiql: config.server.graphiql,
        stopping: stopped,
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(rate.drop_full_buckets());
    tasks.spawn(live.follow());
    let upkeep = metrics.clone();
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(METRICS_UPKEEP).await;
            upkeep.run_upkeep();
        }
    });
    if let Some(reader) = reader {
        tasks.spawn(reader.clone().watch());
        let reconciliation = Reconciliation::new(store.clone(), reader, config.realtime_max_age);
        tasks.spawn(reconciliation.keep_at_it(config.reconcile_interval));
    } else {
        let hint = "set CARD_GATEWAY__CHAIN__RPC_URLS to read them";
        tracing::info!("balances are not read from the chain: {hint}");
    }
    let address = listener.local_addr().map_err(Error::internal)?;
    // Whoever reads the next line may tell it to stop at once.
    let told = shutdown_signal();
    tracing::info!(%address, "listening on http://{address}");
    warn_unused_settings(config);
    let routes = router(&services, webhooks, health.clone(), metrics, &limits);
    drop((services, limits));
    let stop = {
        let (health, stopping) = (health.clone(), stopping.clone());
        async move {
            told.await;
            tracing::info!("stopping: no new requests, open ones may finish");
            health.stopping();
            stopping.send_replace(true);
        }
    };
    server::serve(listener, routes, stop, config.server.shutdown_grace).await;
    // Connections that were upgraded say good-bye; events that came are written.
    if tokio::time::timeout(FAREWELL, stopping.closed()).await.is_err() {
        tracing::warn!("some connections did not close in time");
    }
    if tokio::time::timeout(FAREWELL, writer).await.is_err() {
        tracing::warn!("some events were not written; they were not acknowledged either");
    }
    drop(health);
    tasks.shutdown().await;
    if let Some(chain) = chain {
        chain.close().await;
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Settings that this version reads and checks, but does not act upon.
fn warn_unused_settings(config: &Config) {
    if config.issuer.base_url.is_some() || !config.issuer.credentials.is_empty() {
        let section = "issuer";
        tracing::warn!(section, "this version does not use the settings of this section yet");
    }
}

fn webhook_settings(config: &Config) -> webhooks::Settings {
    let secrets = config.webhooks.secrets.iter().map(|(program, secrets)| {
        let secrets = secrets.iter().map(|secret| secret.expose().as_bytes().to_vec());
        (program.clone(), secrets.collect())
    });
    webhooks::Settings { secrets: secrets.collect(), tolerance: config.webhooks.tolerance }
}

/// Ends when the process is told to stop: Ctrl-C, SIGTERM, or its terminal is
/// closed. It is listened for from the call on.
pub fn shutdown_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{Signal, SignalKind, signal};
    async fn heard(signal: std::io::Result<Signal>) {
        match signal {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "a signal cannot be heard");
                std::future::pending::<()>().await;
            }
        }
    }
    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [interrupt, terminate, hangup] = kinds.map(signal);
    async move {
        tokio::select! {
            () = heard(interrupt) => {}
            () = heard(terminate) => {}
            () = heard(hangup) => {}
        }
    }
}
