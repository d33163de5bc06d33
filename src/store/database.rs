//! How the database is opened and closed.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DbBackend};

use super::faults::Faults;
use super::first_connection;
use super::notices::Notices;
use super::options::Opening;
use super::place::Place;
use super::pooler::{Pool, Pooler};
use super::readers::Readers;
use super::reads::Reads;
use super::session;
use super::sql;
use super::sqlite_file::SqliteFile;
use super::sqlite_turns::Turns;
use crate::error::{Error, Kind, Result};

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
    /// The same database, for what is asked over and over; and its standby, if there is one.
    pub(super) reads: Arc<Readers>,
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
        let opening = Opening {
            url: &settings.url,
            connections,
            acquire_timeout: settings.acquire_timeout,
            statement_timeout: settings.statement_timeout,
            pooler: settings.pooler,
            makes,
            faults: &faults,
        };
        let mut options = opening.options();
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
        let outage = sql::OUTAGE.clone();
        let reads = Reads::new(db.clone(), connections, acquire_timeout, outage);
        let reads = reads.of_file(Arc::clone(&sqlite)).open();
        let reads = Arc::new(Readers::new(reads));
        let notices = Notices::of(&db);
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
        self.reads.close().await;
        self.sqlite.close().await;
        if let Err(error) = self.db.into_inner().close().await {
            tracing::warn!(error = %error, "the database did not close cleanly");
        }
    }
}
