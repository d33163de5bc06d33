//! How connections of a pool are opened, and which of them the pool gives out.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::{ConnectOptions, SqlxError};

use super::faults::Faults;
use super::pooler::Pooler;
use super::session;

/// How long one statement waits for SQLite's write lock. Transactions wait
/// longer, but ask anew each time.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// How long PostgreSQL may take to answer when a connection goes back to the pool.
const RELEASE: Duration = Duration::from_secs(2);

/// What a pool is opened with.
pub(super) struct Opening<'a> {
    pub(super) url: &'a str,
    pub(super) connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) pooler: Pooler,
    /// Whether SQLite's file is made.
    pub(super) makes: bool,
    pub(super) faults: &'a Arc<Faults>,
}

impl Opening<'_> {
    /// The options of the pool.
    pub(super) fn options(self) -> ConnectOptions {
        let Self { acquire_timeout, makes, pooler, statement_timeout, .. } = self;
        let mut options = ConnectOptions::new(self.url.to_owned());
        options
            .max_connections(self.connections)
            .acquire_timeout(acquire_timeout)
            .connect_timeout(acquire_timeout)
            // A ping before every statement doubles the round trips; an idle
            // connection is what a restarted server leaves behind.
            .test_before_acquire(false)
            .test_before_acquire_if_idle_for(Duration::from_secs(1))
            .sqlx_logging_level(log::LevelFilter::Debug)
            .sqlx_slow_statements_logging_settings(log::LevelFilter::Warn, Duration::from_secs(1))
            .record_stmt_in_spans(false)
            .set_application_name("card-gateway")
            .map_sqlx_sqlite_opts(move |options| {
                options
                    .create_if_missing(makes)
                    .pragma("journal_mode", "WAL")
                    .pragma("synchronous", "FULL")
                    .foreign_keys(true)
                    .busy_timeout(BUSY_TIMEOUT)
            });
        session::set(&mut options, pooler, statement_timeout);
        let at_start = session::of_connection(pooler, statement_timeout);
        only_sound_connections(&mut options, self.faults, at_start);
        options
    }
}

/// The pool gives out a connection only if it is from after the last fault, and
/// takes it back only if no transaction was left open on it. Those that write
/// prove that themselves, see [`super::db_tx`]; this is for sea-orm's own, which
/// migrations use. It costs no statement.
///
/// `at_start` is run on each new connection to PostgreSQL: the pool takes all such functions at
/// once.
fn only_sound_connections(
    options: &mut ConnectOptions,
    faults: &Arc<Faults>,
    at_start: Option<String>,
) {
    let (of_sqlite, of_postgres) = (Arc::clone(faults), Arc::clone(faults));
    options
        .map_sqlx_sqlite_before_acquire(move |_, meta| {
            let sound = of_sqlite.is_newer(meta.age);
            Box::pin(async move { Ok(sound) })
        })
        .map_sqlx_postgres_before_acquire(move |_, meta| {
            let sound = of_postgres.is_newer(meta.age);
            Box::pin(async move { Ok(sound) })
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.after_release(|connection, _| {
                let free = !connection.is_in_transaction();
                Box::pin(async move { Ok(free) })
            })
        })
        .map_sqlx_postgres_pool_opts(move |pool| {
            let pool = match at_start.clone() {
                Some(settings) => session::run_at_start(pool, settings),
                None => pool,
            };
            pool.after_release(|connection, _| {
                Box::pin(async move {
                    // A server that does not answer must not keep its place in
                    // the pool.
                    let answer = tokio::time::timeout(RELEASE, connection.ping()).await;
                    answer.map_err(|_| SqlxError::PoolTimedOut)??;
                    Ok(!connection.is_in_transaction())
                })
            })
        });
}
