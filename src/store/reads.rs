//! Connections that are held between statements.
//!
//! A connection that leaves sqlx's pool for one statement is tested with a round
//! trip when it comes back, which doubles the traffic of a service that mostly sends
//! single reads. So reads keep their connections while they are busy, and give
//! them back to the pool, tests and all, when they have been idle for a moment,
//! have grown old, or a statement on them has failed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, ConnectionTrait, DbBackend, DbErr};
use sea_orm::{ExecResult, QueryResult, RuntimeErr, SqlxError, Statement};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

use super::connection::Connection;
use super::pooler::Pool;
use super::sql;
use super::sqlite_file::SqliteFile;
use super::waiting::Waiting;
use crate::trace::spans;
use crate::usage;

/// A connection that was idle for longer may have been closed by the server.
const IDLE: Duration = Duration::from_secs(1);
/// After this time a connection goes back to the pool, which replaces old ones.
const LEASE: Duration = Duration::from_mins(1);

/// The reading side of a database.
pub(super) struct Reads {
    db: Pool,
    idle: Mutex<Vec<Kept>>,
    /// One for each connection that may be held. The pool has more, so that
    /// writers never wait for idle readers.
    permits: Semaphore,
    may_keep: bool,
    closed: AtomicBool,
    acquire_timeout: Duration,
    sqlite: Arc<SqliteFile>,
}

/// A connection that is held.
struct Kept {
    connection: Connection,
    leased: Instant,
    used: Instant,
}

impl Reads {
    /// Reads of a database whose pool has `pooled` connections; a read waits
    /// `acquire_timeout` for one.
    pub(super) fn new(
        db: Pool,
        pooled: u32,
        acquire_timeout: Duration,
        sqlite: Arc<SqliteFile>,
    ) -> Self {
        let most = usize::try_from(pooled / 4 * 3).unwrap_or(1);
        Self {
            db,
            idle: Mutex::default(),
            permits: Semaphore::new(most.max(1)),
            may_keep: most > 0,
            closed: AtomicBool::new(false),
            acquire_timeout,
            sqlite,
        }
    }

    /// Gives back what has been idle for a moment, again and again, until the
    /// store is dropped.
    pub(super) async fn tidy(reads: Weak<Self>) {
        loop {
            tokio::time::sleep(IDLE).await;
            let Some(reads) = reads.upgrade() else { return };
            reads.idle().retain(|kept| kept.used.elapsed() <= IDLE);
        }
    }

    /// Gives all connections back, and holds none from now on.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.idle().clear();
    }

    /// How many connections are held and not used at the moment.
    pub(super) fn held(&self) -> usize {
        self.idle().len()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        usage::statement();
        if !self.sqlite.is_there() {
            let what = "the file of the database was deleted or replaced".to_owned();
            return Err(DbErr::Conn(RuntimeErr::SqlxError(SqlxError::Protocol(what).into())));
        }
        let waited = tokio::time::timeout(self.acquire_timeout, self.connection()).await;
        let (mut kept, _permit) =
            waited.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))??;
        let span = spans::statement(self.system(), &statement.sql);
        let rows = async {
            match self.db.begin_alone() {
                Some(begin) => kept.connection.rows_alone(begin, statement).await,
                None => kept.connection.rows(statement).await,
            }
        };
        let answer = rows.instrument(span).await;
        match &answer {
            Ok(_) if self.may_keep => {
                sql::OUTAGE.succeeded();
                kept.used = Instant::now();
                let mut idle = self.idle();
                if !self.closed.load(Ordering::Relaxed) {
                    idle.push(kept);
                }
            }
            // The others were most likely lost in the same way.
            Err(error) if sql::is_lost(error) => self.idle().clear(),
            // Dropped, it goes back to the pool, which tests it.
            _ => {}
        }
        answer
    }

    /// The database as traces name it.
    fn system(&self) -> &'static str {
        sql::system(self.db.get_database_backend())
    }

    async fn connection(&self) -> Result<(Kept, SemaphorePermit<'_>), DbErr> {
        let permit = if let Ok(permit) = self.permits.try_acquire() {
            Ok(permit)
        } else {
            let _waiting = Waiting::begin();
            self.permits.acquire().await
        };
        let permit =
            permit.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))?;
        if let Some(kept) = self.take() {
            return Ok((kept, permit));
        }
        let connection = self.db.connection().await?;
        let now = Instant::now();
        Ok((Kept { connection, leased: now, used: now }, permit))
    }

    /// The connection that was used last, if it can still be trusted. All
    /// others are older: if this one is not, they go back as well.
    fn take(&self) -> Option<Kept> {
        let mut idle = self.idle();
        let kept = idle.pop()?;
        if kept.used.elapsed() > IDLE {
            idle.clear();
            return None;
        }
        (kept.leased.elapsed() <= LEASE).then_some(kept)
    }
}

/// Queries use the held connections, everything else the pool.
#[async_trait::async_trait]
impl ConnectionTrait for Reads {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.db.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.rows(statement).await
    }
}

impl std::fmt::Debug for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").finish_non_exhaustive()
    }
}
