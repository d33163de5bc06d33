//! The composition root: store, then services, then routes; and the order in which they
//! stop. It also converts the settings of the process into those of the rooms.

mod chain;
mod descriptors;
mod doctor;
#[cfg(feature = "otel")]
mod otlp;
pub(crate) mod settings;
mod shutdown;

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{AbortHandle, JoinSet};

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::http::connections;
use crate::http::health::Monitored;
use crate::http::health_listener::HealthListener;
use crate::http::rate::RateLimits;
use crate::http::server;
use crate::http::shedding::Load;
use crate::http::streams::Streams;
use crate::issuer::Issuer;
use crate::router::{Limits, router};
use crate::services::changes;
use crate::services::clients::cleanup;
use crate::services::connection::{Connections, notes};
use crate::services::deliveries::Deliveries;
use crate::services::health::Health;
use crate::services::inbox::{Inbox, retention};
use crate::services::live::Live;
use crate::services::reconciliation::Reconciliation;
use crate::services::recovery::{self, Extent, Recovery};
use crate::services::sync::Sync;
use crate::services::{self, Services};
use crate::shared::Shared;
use crate::store::{Program, Store};
use crate::telemetry;
use crate::webhooks;

pub use chain::Chain;
pub use doctor::doctor;
pub use shutdown::{Signal, shutdown_signal};

/// How long upgraded connections may take to close, and received events to be written,
/// when the process stops.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How often the metrics' recorder is compacted, also when nothing scrapes it.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// Opens the database for a command that needs one with all its tables.
///
/// # Errors
/// If there is none, it does not answer, or it lacks migrations. The message names it.
pub async fn open(config: &Config) -> Result<Store> {
    let store = Store::connect_existing(&settings::store(&config.database)).await?;
    let lacks = store.pending_migrations().await?.len();
    if lacks == 0 {
        return Ok(store);
    }
    let what = if lacks == Store::migrations().len() {
        "has no tables of card-gateway".to_owned()
    } else {
        let migrations = if lacks == 1 { "migration" } else { "migrations" };
        format!("lacks {lacks} {migrations} of this version")
    };
    let message = format!(
        "the database {} {what}; run `card-gateway migrate` first, or name another one with \
         DATABASE_URL or --database-url",
        store.place()
    );
    store.close().await;
    Err(Error::new(Kind::Conflict, message))
}

/// Opens the database, and makes and migrates it unless the settings say otherwise.
///
/// # Errors
/// If the database does not answer, or lacks migrations that may not be applied.
pub async fn open_or_make(config: &Config) -> Result<Store> {
    if !config.database.auto_migrate {
        return open(config).await;
    }
    let store = Store::connect(&settings::store(&config.database)).await?;
    let applied = store.migrate().await?;
    if applied > 0 {
        tracing::info!(applied, "the database is up to date now");
    }
    Ok(store)
}

/// The synchronisation with the issuer, for every program that has a key pair.
///
/// # Errors
/// If this machine cannot do TLS.
pub fn sync(config: &Config, store: &Store) -> Result<Sync> {
    let issuer = Issuer::new(&settings::issuer(&config.issuer))?;
    Ok(Sync::new(store.clone(), issuer, settings::sync(&config.issuer)))
}

/// How the connections of programs to the issuer do.
pub fn connections(config: &Config, store: &Store) -> Connections {
    Connections::new(store.clone(), config.issuer.key_pairs.keys().cloned())
}

/// Recovers the events of a program that the issuer could not deliver.
///
/// # Errors
/// If the program has no key pair, or the issuer or the store fails.
pub async fn recover(
    config: &Config,
    store: &Store,
    program: Program,
    extent: &Extent,
) -> Result<recovery::Summary> {
    let issuer = Issuer::new(&settings::issuer(&config.issuer))?;
    let Some(client) = issuer.program(&program.name) else {
        let name = &program.name;
        let variable = name.to_uppercase().replace('-', "_");
        let message = format!(
            "{name} is not connected to the issuer: it has no key pair; set \
             CARD_GATEWAY__ISSUER__{variable}__API_KEY and …__API_SECRET"
        );
        return Err(Error::new(Kind::Conflict, message));
    };
    let (inbox, writer) = Inbox::new(store.clone(), Arc::default());
    let writer = tokio::spawn(writer);
    let recovery = Recovery::new(store.clone(), inbox);
    let done = recovery.run(&client.background(), &Arc::new(program), extent).await;
    drop(recovery);
    writer.await.map_err(Error::internal)?;
    done
}

/// Binds the address of the settings.
///
/// # Errors
/// If the address cannot be bound.
pub async fn bind(config: &Config) -> Result<TcpListener> {
    let address = config.server.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let message = format!("cannot listen on {address}; choose another with --listen");
        Error::new(Kind::Unavailable, message).because(error)
    })
}

/// Serves until a signal stops the process.
///
/// # Errors
/// If metrics cannot be collected, or this machine cannot do TLS.
pub async fn serve(config: &Config, store: Store, listener: TcpListener) -> Result<()> {
    let metrics = telemetry::metrics::collect()?;
    let store = with_standby(config, store).await?;
    let room = descriptors::room(config);
    let service_settings = services::Settings {
        token_cache_ttl: config.token_cache_ttl,
        chain_balances_kept: store.keeps_chain_balances().await?,
        realtime_max_age: config.realtime_max_age,
        card_pages: config.issuer.card_pages,
        funding: settings::funding(config),
        exports: settings::exports(config),
    };
    let wakeup = Arc::new(Notify::new());
    let live = Live::new(store.clone(), Arc::clone(&wakeup), settings::live(config.subscriptions));
    let (inbox, writer) = Inbox::new(store.clone(), wakeup);
    let writer = tokio::spawn(writer);
    let deliveries = deliveries(config, &store).await?;
    let webhook_settings = settings::webhooks(&config.webhooks);
    let webhooks = webhooks::Endpoint::new(webhook_settings, inbox.clone(), deliveries.clone());
    let chain = Chain::open(config, &store)?;
    let reader = chain.as_ref().map(|chain| chain.reader.clone());
    // One client of the issuer for all: its limits are counted in there.
    let issuer = Issuer::new(&settings::issuer(&config.issuer))?;
    let services =
        Services::new(&store, reader.clone(), issuer.clone(), live.clone(), &service_settings);
    let connections = connections(config, &store);
    let shared = settings::shared(&config.shared).map(Shared::new).transpose()?;
    let health =
        Health::new(store.clone(), reader.clone(), deliveries.clone(), connections, shared.clone());
    let connections = connections::Connections::new(room.connections);
    let monitored = monitored(config, &health, metrics, connections);
    let rate = RateLimits::new(config.rate, shared.clone());
    let (stopping, stopped) = watch::channel(false);
    let limits = Limits {
        body: config.server.body_limit,
        timeout: config.server.request_timeout,
        rate: rate.clone(),
        origins: config.server.cors_origins.clone(),
        cors_headers: config.server.cors_headers.clone(),
        compression: config.server.compression,
        proxies: settings::proxies(&config.server),
        documents: config.documents.clone(),
        streams: Streams::new(room.streams, config.subscriptions.of_token),
        graphiql: config.server.graphiql,
        customers_page: config.server.customers_page,
        shared,
        stopping: stopped,
    };
    let mut tasks = JoinSet::new();
    #[cfg(feature = "otel")]
    let otlp = otlp::Otlp::start(config, &monitored.metrics, &health, &mut tasks)?;
    tasks.spawn(rate.drop_full_buckets());
    tasks.spawn(live.follow());
    keep_tidy(config, &store, &monitored, &mut tasks);
    if let Some(reader) = reader {
        tasks.spawn(reader.clone().watch());
        let reconciliation = Reconciliation::new(store.clone(), reader, config.realtime_max_age);
        tasks.spawn(reconciliation.keep_at_it(config.reconcile_interval));
    } else {
        let hint = "set CARD_GATEWAY__CHAIN__RPC_URLS to read them";
        tracing::info!("balances are not read from the chain: {hint}");
    }
    if !config.issuer.key_pairs.is_empty() {
        tasks.spawn(services.funding.clone().keep_resolving());
    }
    tasks.spawn(notes::keep(store.clone(), issuer.clone(), deliveries));
    let recovering = keep_up_with_issuer(config, &store, issuer, inbox, &mut tasks);
    let health_listener = listen_for_probes(config, &monitored)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    // Catch signals before the log says that the process listens.
    let signal = shutdown_signal();
    tracing::info!(%address, "listening on http://{address}");
    let open = monitored.connections.clone();
    let exports = services.exports.clone();
    let routes = router(&services, webhooks, monitored, &limits);
    drop((services, limits));
    let (draining, is_draining) = watch::channel(false);
    let delay = config.server.drain_delay;
    let stop = stop(signal, delay, health.clone(), draining, stopping.clone());
    let times = settings::times(&config.server);
    server::serve(listener, routes, times, open, is_draining, stop).await;
    // Those that were not read in time.
    exports.stop();
    // It holds the inbox, whose writer ends when the last holder is gone.
    if let Some(recovering) = recovering {
        recovering.abort();
    }
    // Upgraded connections send their close frame; received events are written.
    if tokio::time::timeout(CLOSE_TIMEOUT, stopping.closed()).await.is_err() {
        tracing::warn!("some connections did not close in time");
    }
    if tokio::time::timeout(CLOSE_TIMEOUT, writer).await.is_err() {
        tracing::warn!("some events were not written; they were not acknowledged either");
    }
    #[cfg(feature = "otel")]
    otlp.finish().await;
    drop((health, health_listener));
    tasks.shutdown().await;
    if let Some(chain) = chain {
        chain.close().await;
    }
    store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// The store with the standby of the settings, if they name one.
async fn with_standby(config: &Config, store: Store) -> Result<Store> {
    match settings::standby(&config.database) {
        Some(standby) => store.with_standby(&standby).await,
        None => Ok(store),
    }
}

/// What can be seen of this process, and limits it.
fn monitored(
    config: &Config,
    health: &Health,
    metrics: PrometheusHandle,
    connections: connections::Connections,
) -> Monitored {
    Monitored {
        health: health.clone(),
        metrics,
        load: Load::new(config.server.max_requests, config.webhooks.secrets.keys()),
        connections,
        runtime: tokio::runtime::Handle::current(),
    }
}

/// Compacts the recorder of metrics again and again.
async fn upkeep(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(METRICS_UPKEEP).await;
        metrics.run_upkeep();
    }
}

/// Ends when the process is to stop; says so to the load balancer before.
async fn stop(
    signal: impl Future<Output = Signal>,
    delay: Duration,
    health: Health,
    draining: watch::Sender<bool>,
    stopping: watch::Sender<bool>,
) {
    let signal = signal.await;
    health.stopping();
    draining.send_replace(true);
    shutdown::drain(signal, delay).await;
    tracing::info!("stopping: no new requests, open ones may finish");
    stopping.send_replace(true);
}

/// Serves health and metrics at an address of their own, if the settings name one.
fn listen_for_probes(config: &Config, monitored: &Monitored) -> Result<Option<HealthListener>> {
    let Some(address) = config.server.health_listen else { return Ok(None) };
    HealthListener::start(address, monitored.clone(), config.server.idle_timeout).map(Some)
}

/// What a process does for itself, whatever its requests are.
fn keep_tidy(
    config: &Config,
    store: &Store,
    Monitored { health, metrics, .. }: &Monitored,
    tasks: &mut JoinSet<()>,
) {
    tasks.spawn(cleanup::run(store.clone()));
    tasks.spawn(retention::run(store.clone(), config.webhooks.keep));
    tasks.spawn(changes::retention::run(store.clone(), config.changes_keep));
    tasks.spawn(health.clone().keep_beating());
    tasks.spawn(upkeep(metrics.clone()));
}

/// Synchronises customers and recovers events in the background, where the settings say
/// so. The handle is that of the second task.
fn keep_up_with_issuer(
    config: &Config,
    store: &Store,
    issuer: Issuer,
    inbox: Inbox,
    tasks: &mut JoinSet<()>,
) -> Option<AbortHandle> {
    let interval = config.issuer.sync_interval;
    if interval.is_zero() || config.issuer.key_pairs.is_empty() {
        return None;
    }
    let sync = Sync::new(store.clone(), issuer.clone(), settings::sync(&config.issuer));
    tasks.spawn(sync.keep_at_it(interval));
    let recovery = Recovery::new(store.clone(), inbox);
    Some(tasks.spawn(recovery.keep_at_it(issuer, interval)))
}

/// The deliveries of each program that has a webhook secret.
async fn deliveries(config: &Config, store: &Store) -> Result<Deliveries> {
    let mut programs = Vec::with_capacity(config.webhooks.secrets.len());
    for name in config.webhooks.secrets.keys() {
        let last = match store.program_named(name).await? {
            Some(program) => store.last_event_at(program.id).await?,
            None => None,
        };
        programs.push((name.clone(), last));
    }
    Ok(Deliveries::new(programs))
}
