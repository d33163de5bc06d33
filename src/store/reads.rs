//! Connections that are held between statements.
//!
//! A connection that leaves sqlx's pool for one statement is tested with a round
//! trip when it comes back, which doubles the traffic of a service that mostly sends
//! single reads. So reads keep their connections while they are busy, and give
//! them back to the pool, tests and all, when they have been idle for a moment,
//! have grown old, or a statement on them has failed.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, ConnectionTrait as _, DbErr, QueryResult, RuntimeErr};
use sea_orm::{SqlxError, Statement};
use tokio::sync::{Semaphore, SemaphorePermit};
use tracing::Instrument as _;

use super::connection::Connection;
use super::pooler::Pool;
use super::sql;
use super::sqlite_file::SqliteFile;
use super::standby::identity::Identity;
use super::waiting::Waiting;
use crate::outage::Outage;
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
    /// How often all connections were given up.
    generation: AtomicU64,
    acquire_timeout: Duration,
    /// SQLite's file.
    sqlite: Option<Arc<SqliteFile>>,
    /// The only server that connections may lead to, if the address could lead to several.
    server: Option<Arc<Identity>>,
    /// Its outages. A statement that succeeds ends them.
    outage: Outage,
}

/// A connection that is held.
struct Kept {
    connection: Connection,
    generation: u64,
    leased: Instant,
    used: Instant,
}

impl Reads {
    /// Reads of a database whose pool has `pooled` connections; a read waits
    /// `acquire_timeout` for one.
    pub(super) fn new(db: Pool, pooled: u32, acquire_timeout: Duration, outage: Outage) -> Self {
        let most = usize::try_from(pooled / 4 * 3).unwrap_or(1);
        Self {
            db,
            idle: Mutex::default(),
            permits: Semaphore::new(most.max(1)),
            may_keep: most > 0,
            closed: AtomicBool::new(false),
            generation: AtomicU64::new(0),
            acquire_timeout,
            sqlite: None,
            server: None,
            outage,
        }
    }

    /// Reads of this file.
    pub(super) fn of_file(self, file: Arc<SqliteFile>) -> Self {
        Self { sqlite: Some(file), ..self }
    }

    /// Reads of one server, whatever its address leads to.
    pub(super) fn of_server(self, server: Arc<Identity>) -> Self {
        Self { server: Some(server), ..self }
    }

    /// Holds connections from now on.
    pub(super) fn open(self) -> Arc<Self> {
        let reads = Arc::new(self);
        tokio::spawn(Self::tidy(Arc::downgrade(&reads)));
        reads
    }

    /// Gives back what has been idle for a moment, again and again, until the
    /// store is dropped.
    async fn tidy(reads: Weak<Self>) {
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

    /// Holds none of the connections any more that there are now, also those that are used at
    /// the moment.
    pub(super) fn give_up_all(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.idle().clear();
    }

    /// The pool that the connections are from.
    pub(super) const fn pool(&self) -> &Pool {
        &self.db
    }

    /// A connection of its own, which goes back to the pool.
    pub(super) async fn lease(&self) -> Result<Connection, DbErr> {
        let mut connection = self.db.connection().await?;
        if let Some(server) = &self.server {
            server.check(&mut connection).await?;
        }
        Ok(connection)
    }

    /// All rows of a statement of a request.
    pub(super) async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        usage::statement();
        self.own_rows(statement).await
    }

    /// All rows of a statement of the gateway's own, which counts as no request's.
    pub(super) async fn own_rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if self.sqlite.as_ref().is_some_and(|file| !file.is_there()) {
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
                self.outage.succeeded();
                kept.used = Instant::now();
                let mut idle = self.idle();
                let is_current = kept.generation == self.generation.load(Ordering::SeqCst);
                if is_current && !self.closed.load(Ordering::Relaxed) {
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
        let generation = self.generation.load(Ordering::SeqCst);
        let connection = self.lease().await?;
        let now = Instant::now();
        Ok((Kept { connection, generation, leased: now, used: now }, permit))
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

impl std::fmt::Debug for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reads").finish_non_exhaustive()
    }
}
