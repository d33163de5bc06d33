//! A database transaction that writes, and a commit that can be trusted.
//!
//! sqlx counts open transactions by itself. SQLite ends a transaction by itself
//! when the disk is full or cannot be written: from then on the count is wrong,
//! `ROLLBACK` fails, the pool hands the connection out again, and what looks
//! like its next commit only releases a savepoint. So this does not count. It
//! sends `BEGIN` and `COMMIT` itself, which fail in the wrong state, and keeps
//! one rule: **a connection whose transaction did not end well is closed, and
//! never used again.**

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr, ExecResult};
use sea_orm::{QueryResult, RuntimeErr, SqlxError, Statement};
use tokio::sync::Mutex;
use tracing::Instrument as _;

use super::connection::Connection;
use super::database::Store;
use super::options::BUSY_TIMEOUT;
use super::sql;
use super::sqlite_turns::{Turn, Urgency};
use crate::error::Result;
use crate::trace::spans;

/// Tables grow while they are written: a plan that was made for an empty table
/// must not be reused.
pub(super) const FRESH_PLANS: &str = "SET LOCAL plan_cache_mode = auto";
/// Whole tables are planned for, and take the time that they take.
const UNBOUNDED: &str = "SET LOCAL plan_cache_mode = auto; SET LOCAL statement_timeout = 0; \
    SET LOCAL work_mem = '64MB'";
/// SQLite waits for its lock with growing pauses, in which the lock may be free for a moment
/// and taken again. So it is not to wait itself.
const NO_WAIT: &str = "PRAGMA busy_timeout = 0";
/// A setting that marks a transaction of ours for as long as it is open.
const OPEN: &str = "SET LOCAL card_gateway.transaction = 'open'";
/// Whether the connection was free of transactions before `BEGIN`: a
/// transaction that begins in this message has this message's time.
const BEGAN_NOW: &str = "SELECT now() = statement_timestamp()";
/// The proof that what is committed is a transaction of ours that has not
/// failed: in a failed one the SELECT is an error, and in none it is not `open`.
const COMMIT: &str = "SELECT current_setting('card_gateway.transaction', true); COMMIT";

/// An open transaction. Dropped, it is rolled back.
///
/// A statement that fails, or whose future is dropped before it ends, spoils the
/// transaction: no other statement runs in it, and it cannot be committed.
pub(super) struct DbTx {
    connection: Mutex<Connection>,
    backend: DbBackend,
    store: Store,
    /// Whether every statement so far has succeeded.
    sound: AtomicBool,
    /// Whether the transaction has ended, and the connection may be used again.
    ended: bool,
    /// How long one statement may take.
    timeout: Option<Duration>,
    /// On SQLite: the turn that makes this the only writer of the process.
    turn: Option<Turn>,
    /// Whether other processes are to be notified of changes.
    has_changes: AtomicBool,
}

impl Store {
    /// Begins a transaction that is going to write. On SQLite it takes the write
    /// lock; on PostgreSQL `settings`, statements separated by `;`, are part of it.
    pub(super) async fn begin(&self, settings: &str) -> Result<DbTx> {
        self.begin_as(Urgency::Prompt, settings).await
    }

    /// As [`Store::begin`], for many rows, for which others need not wait.
    pub(super) async fn begin_bulk(&self, settings: &str) -> Result<DbTx> {
        self.begin_as(Urgency::Bulk, settings).await
    }

    /// As [`Store::begin_bulk`], for statements that read or write whole tables, and may take
    /// minutes. On SQLite, writers wait meanwhile.
    pub(super) async fn begin_long(&self) -> Result<DbTx> {
        let mut tx = self.begin_bulk(UNBOUNDED).await?;
        tx.timeout = None;
        Ok(tx)
    }

    async fn begin_as(&self, urgency: Urgency, settings: &str) -> Result<DbTx> {
        self.sqlite.check()?;
        let end = Instant::now() + self.acquire_timeout;
        let began = match self.db.get_database_backend() {
            DbBackend::Postgres => self.begin_postgres(settings).await,
            _ => self.begin_sqlite(urgency, end).await,
        };
        began.map_err(sql::failed)
    }

    async fn begin_postgres(&self, settings: &str) -> Result<DbTx, DbErr> {
        let connection = self.db.connection().await?;
        let tx = DbTx::new(self, connection, self.client_timeout());
        let of_session = self.of_transaction.as_deref();
        let of_session = of_session.map_or_else(String::new, |settings| format!("{settings}; "));
        let begin = format!("BEGIN; {BEGAN_NOW}; {OPEN}; {of_session}{settings}");
        let rows = tx.run_for_rows(&begin).await?;
        let began: bool = rows.first().map_or(Ok(false), |row| row.try_get_by_index(0))?;
        if began { Ok(tx) } else { Err(tx.spoil("the connection was in a transaction already")) }
    }

    /// Writers of this process wait for each other in their order. While another
    /// process holds the lock, it is tried again and again.
    async fn begin_sqlite(&self, urgency: Urgency, end: Instant) -> Result<DbTx, DbErr> {
        let timed_out = || DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        let turn = self.sqlite_turns.wait(urgency);
        let turn = tokio::time::timeout_at(end.into(), turn).await.map_err(|_| timed_out())?;
        let mut is_second_try = false;
        loop {
            let connection = self.db.connection().await?;
            let mut tx = DbTx::new(self, connection, None);
            match tx.begin_when_free(urgency, end).await {
                Ok(()) => {
                    tx.turn = Some(turn);
                    return Ok(tx);
                }
                // A connection that was opened while the file was read-only
                // stays read-only. A new one may be writable.
                Err(error) if sql::is_read_only(&error) && !is_second_try => {
                    is_second_try = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A statement that takes longer than the database itself allows is not
    /// going to be answered: the connection is lost, or the server is frozen.
    fn client_timeout(&self) -> Option<Duration> {
        (!self.statement_timeout.is_zero()).then(|| self.statement_timeout + self.acquire_timeout)
    }
}

impl DbTx {
    fn new(store: &Store, connection: Connection, timeout: Option<Duration>) -> Self {
        let backend = connection.backend();
        Self {
            connection: Mutex::new(connection),
            backend,
            store: store.clone(),
            sound: AtomicBool::new(true),
            ended: false,
            timeout,
            turn: None,
            has_changes: AtomicBool::new(false),
        }
    }

    /// SQLite: begins as soon as no other process holds the write lock. All attempts are made
    /// on this connection: the lock may be free for a few milliseconds only.
    async fn begin_when_free(&self, urgency: Urgency, end: Instant) -> Result<(), DbErr> {
        self.run(NO_WAIT).await?;
        loop {
            // Not as other statements: an attempt in vain spoils nothing.
            let began = self.connection.lock().await.run("BEGIN IMMEDIATE").await;
            match began {
                Ok(_) => break,
                Err(error) if sql::is_busy(&error) && Instant::now() < end => {
                    tokio::time::sleep(urgency.pause()).await;
                }
                Err(error) => {
                    if sql::is_read_only(&error) {
                        self.store.faults.note();
                    }
                    return Err(error);
                }
            }
        }
        // The connection is used for reads again, which may have to wait.
        let wait = format!("PRAGMA busy_timeout = {}", BUSY_TIMEOUT.as_millis());
        self.run(&wait).await.map(drop)
    }

    /// Commits. It has succeeded only if the database confirms it, and if the
    /// file that was written is still the one with the database's name.
    ///
    /// # Errors
    /// If the database fails; whether it was committed is not known then.
    pub(super) async fn commit(self) -> Result<()> {
        let (sqlite, notices) = (Arc::clone(&self.store.sqlite), self.store.notices.clone());
        let has_changes = self.has_changes.load(Ordering::Relaxed);
        self.end().await.map_err(sql::failed)?;
        sql::OUTAGE.succeeded();
        if has_changes {
            notices.due();
        }
        sqlite.check()
    }

    async fn end(mut self) -> Result<(), DbErr> {
        match self.backend {
            DbBackend::Postgres => {
                let rows = self.run_for_rows(COMMIT).await?;
                let state: Option<String> =
                    rows.first().map_or(Ok(None), |row| row.try_get_by_index(0))?;
                if state.as_deref() != Some("open") {
                    return Err(self.spoil("no transaction was open at the commit"));
                }
            }
            // An error unless a transaction was open and is committed now.
            _ => {
                self.run("COMMIT").await?;
            }
        }
        self.ended = true;
        Ok(())
    }

    /// Has other processes notified at the commit.
    pub(super) fn notify(&self) {
        self.has_changes.store(true, Ordering::Relaxed);
    }

    /// Rolls back. The connection is reused if that succeeds.
    pub(super) async fn roll_back(mut self) {
        self.ended = self.run("ROLLBACK").await.is_ok();
    }

    async fn run(&self, text: &str) -> Result<ExecResult, DbErr> {
        let span = spans::statement(sql::system(self.backend), text);
        let mut connection = self.connection.lock().await;
        self.guard(connection.run(text)).instrument(span).await
    }

    /// PostgreSQL: sends rows to a `COPY … FROM STDIN`, in its text format.
    pub(super) async fn copy_in(&self, statement: &str, rows: &str) -> Result<(), DbErr> {
        let span = spans::statement(sql::system(self.backend), statement);
        let mut connection = self.connection.lock().await;
        self.guard(connection.copy_in(statement, rows)).instrument(span).await
    }

    async fn run_for_rows(&self, text: &str) -> Result<Vec<QueryResult>, DbErr> {
        let span = spans::statement(sql::system(self.backend), text);
        let mut connection = self.connection.lock().await;
        self.guard(connection.run_for_rows(text)).instrument(span).await
    }

    /// Runs a statement; the transaction counts as failed until it has succeeded.
    async fn guard<T>(
        &self,
        statement: impl Future<Output = Result<T, DbErr>> + Send,
    ) -> Result<T, DbErr> {
        if !self.sound.swap(false, Ordering::Relaxed) {
            return Err(failed("the transaction has failed before"));
        }
        let done = match self.timeout {
            Some(timeout) => tokio::time::timeout(timeout, statement)
                .await
                .unwrap_or_else(|_| Err(lost("the database does not answer"))),
            None => statement.await,
        };
        match &done {
            Ok(_) => self.sound.store(true, Ordering::Relaxed),
            // Connections that were opened at the same time are read-only too.
            Err(error) if sql::is_read_only(error) => self.store.faults.note(),
            Err(_) => {}
        }
        done
    }

    fn spoil(&self, what: &'static str) -> DbErr {
        self.sound.store(false, Ordering::Relaxed);
        failed(what)
    }
}

impl Drop for DbTx {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.get_mut().close_on_drop();
        }
    }
}

fn failed(what: &'static str) -> DbErr {
    DbErr::Custom(what.to_owned())
}

fn lost(what: &'static str) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(SqlxError::Protocol(what.to_owned()))))
}

#[async_trait::async_trait]
impl ConnectionTrait for DbTx {
    fn get_database_backend(&self) -> DbBackend {
        self.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let span = spans::statement(sql::system(self.backend), &statement.sql);
        let mut connection = self.connection.lock().await;
        self.guard(connection.execute(statement)).instrument(span).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let span = spans::statement(sql::system(self.backend), &statement.sql);
        let mut connection = self.connection.lock().await;
        self.guard(connection.rows(statement)).instrument(span).await
    }
}
