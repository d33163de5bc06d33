//! How the database is opened and closed.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::SqlxError;
use sea_orm::sqlx::Connection as _;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DbBackend};

use super::faults::Faults;
use super::first_connection;
use super::notices::Notices;
use super::place::Place;
use super::pooler::{Pool, Pooler};
use super::reads::Reads;
use super::session;
use super::sqlite_file::SqliteFile;
use super::sqlite_turns::Turns;
use crate::error::{Error, Kind, Result};

/// How long one statement waits for SQLite's write lock. Transactions wait
/// longer, but ask anew each time.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_millis(100);

/// How long PostgreSQL may take to answer when a connection goes back to the pool.
const RELEASE: Duration = Duration::from_secs(2);

/// How to reach the database. No `Debug`: the address may hold a password.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// The most connections that are open at once.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// How long PostgreSQL works on one statement.
    pub statement_timeout: Duration,
    /// What is between the gateway and PostgreSQL.
    pub pooler: Pooler,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) db: Pool,
    pub(super) place: Place,
    /// The same database, for what is asked over and over.
    pub(super) reads: Arc<Reads>,
    /// SQLite's file; nothing for PostgreSQL.
    pub(super) sqlite: Arc<SqliteFile>,
    /// SQLite has one writer at a time.
    pub(super) sqlite_turns: Turns,
    /// Notifies other processes of changes.
    pub(super) notices: Notices,
    pub(super) faults: Arc<Faults>,
    writers: usize,
    pub(super) max_connections: u32,
    pub(super) acquire_timeout: Duration,
    pub(super) statement_timeout: Duration,
    pub(super) pooler: Pooler,
    /// What each transaction begins with, where there are no sessions.
    pub(super) of_transaction: Option<Arc<str>>,
}

impl Store {
    /// Opens the database. SQLite's file is made unless the address says otherwise.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] if it cannot be opened; the message says why.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        Self::open(settings, true).await
    }

    /// Opens a database that is there.
    ///
    /// # Errors
    /// As [`Store::connect`], and [`Kind::NotFound`] if SQLite has no such file.
    pub async fn connect_existing(settings: &Settings) -> Result<Self> {
        Self::open(settings, false).await
    }

    async fn open(settings: &Settings, create: bool) -> Result<Self> {
        let place = Place::of(&settings.url).map_err(|error| {
            let message = "the address of the database cannot be read; see DATABASE_URL";
            Error::new(Kind::Invalid, message).because(error)
        })?;
        // An address may say for itself whether SQLite's file is made.
        let has_mode = settings.url.contains("mode=");
        let makes = create && (!has_mode || settings.url.contains("mode=rwc"));
        first_connection::check(&settings.url, &place, makes, settings.acquire_timeout).await?;
        let in_memory = settings.url.contains(":memory:") || settings.url.contains("mode=memory");
        // Each connection to an in-memory database would be a database of its own.
        let connections = if in_memory { 1 } else { settings.max_connections };
        let faults = Arc::new(Faults::default());
        let mut options = ConnectOptions::new(settings.url.clone());
        options
            .max_connections(connections)
            .acquire_timeout(settings.acquire_timeout)
            .connect_timeout(settings.acquire_timeout)
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
        session::set(&mut options, settings.pooler, settings.statement_timeout);
        let at_start = session::of_connection(settings.pooler, settings.statement_timeout);
        only_sound_connections(&mut options, &faults, at_start);
        if in_memory {
            options.idle_timeout(None).max_lifetime(None);
        }
        let db = Database::connect(options).await;
        let db = db.map_err(|error| first_connection::failed(&place, error))?;
        let sqlite = SqliteFile::of(&db).await?;
        let Settings { acquire_timeout, statement_timeout, pooler, .. } = *settings;
        let of_transaction = session::of_transaction(pooler, statement_timeout);
        let begin = of_transaction.as_ref().map(|settings| format!("BEGIN; {settings}"));
        let db = Pool::new(db, begin);
        let reads = Reads::new(db.clone(), connections, acquire_timeout, Arc::clone(&sqlite));
        let reads = Arc::new(reads);
        let notices = Notices::of(&db);
        tokio::spawn(Reads::tidy(Arc::downgrade(&reads)));
        Ok(Self {
            db,
            place,
            reads,
            sqlite,
            sqlite_turns: Turns::default(),
            notices,
            faults,
            max_connections: connections,
            writers: usize::try_from(connections / 2).unwrap_or(1).max(1),
            acquire_timeout,
            statement_timeout,
            pooler,
            of_transaction: of_transaction.map(Into::into),
        })
    }

    /// Where the database is, for operators: an address without a password.
    pub fn place(&self) -> String {
        self.place.to_string()
    }

    /// How many transactions may write at once, so that reads have connections
    /// too.
    pub fn writers(&self) -> usize {
        self.writers
    }

    /// Whether all who write wait for each other, whatever their programs are.
    pub fn has_one_writer(&self) -> bool {
        self.db.get_database_backend() == DbBackend::Sqlite
    }

    /// Closes every connection; SQLite tidies its files up.
    pub async fn close(self) {
        self.reads.close();
        self.sqlite.close().await;
        if let Err(error) = self.db.into_inner().close().await {
            tracing::warn!(error = %error, "the database did not close cleanly");
        }
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
