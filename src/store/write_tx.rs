//! A transaction that writes what belongs to a program.
//!
//! A program has one writer at a time, until its commit: on SQLite there is one
//! writer anyway, on PostgreSQL there is a lock for each program. So a program's
//! changes are numbered in the order of their commits, a customer cannot arrive
//! between the look-up of an event's customer and the event's waiting, and two
//! writers cannot deadlock. Programs do not wait for each other. A writer that
//! freezes loses its transaction: PostgreSQL ends one that is idle.

use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement, Value};

use super::database::Store;
use super::db_tx::{DbTx, FRESH_PLANS};
use super::sql;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// Ends the transaction of a writer that is idle.
pub(super) const IDLE: &str = "SET LOCAL idle_in_transaction_session_timeout = '5s'";
/// Events come one by one or by the hundred, into tables that were empty a
/// moment ago: their statements are planned each time, which takes a tenth of a
/// millisecond, and look rows up by an index. Their senders wait for five
/// seconds, so that there is no use in waiting longer for the lock.
pub(super) const EVENTS: &str = "SET LOCAL plan_cache_mode = force_custom_plan; \
    SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; \
    SET LOCAL enable_mergejoin = off; SET LOCAL lock_timeout = '4s'";
/// The first half of the key of PostgreSQL's advisory locks; the second is the
/// program.
const LOCK: i32 = 420_784_949;

/// An open transaction of the one writer of a program. Dropped, it is rolled
/// back.
pub struct WriteTx {
    pub(super) write: DbTx,
    pub(super) program: ProgramId,
    /// When it began, after all earlier writers of the program: the time of its changes.
    pub(super) at: Timestamp,
}

impl Store {
    /// Waits for the program's other writers, and begins to write events.
    ///
    /// # Errors
    /// If the database fails, or others take too long.
    pub async fn write(&self, program: ProgramId) -> Result<WriteTx> {
        let write = self.begin(&begin(program, EVENTS)).await?;
        Ok(WriteTx::new(write, program))
    }

    /// As [`Store::write`], for events for which others need not wait.
    ///
    /// # Errors
    /// If the database fails, or others take too long.
    pub async fn write_backlog(&self, program: ProgramId) -> Result<WriteTx> {
        let write = self.begin_bulk(&begin(program, EVENTS)).await?;
        Ok(WriteTx::new(write, program))
    }

    /// Waits for the program's other writers, and begins to write many customers.
    ///
    /// # Errors
    /// If the database fails, or others take too long.
    pub async fn write_import(&self, program: ProgramId) -> Result<WriteTx> {
        let write = self.begin_bulk(&begin(program, FRESH_PLANS)).await?;
        Ok(WriteTx::new(write, program))
    }
}

/// PostgreSQL: what a transaction of a program's writer begins with.
fn begin(program: ProgramId, settings: &str) -> String {
    format!("{settings}; {IDLE}; {}", lock(program))
}

/// PostgreSQL: waits for the other writers of a program, and holds them up until the
/// commit.
pub(super) fn lock(program: ProgramId) -> String {
    format!("SELECT pg_advisory_xact_lock({LOCK}, {})", program.0)
}

/// PostgreSQL: asks whether this transaction may remove old changes; one at a time may. No
/// program has the number 0.
pub(super) fn lock_change_retention() -> String {
    format!("SELECT pg_try_advisory_xact_lock({LOCK}, 0)")
}

impl WriteTx {
    fn new(write: DbTx, program: ProgramId) -> Self {
        Self { write, program, at: Timestamp::now() }
    }

    /// Commits.
    ///
    /// # Errors
    /// If the database fails; whether it was committed is not known then.
    pub async fn commit(self) -> Result<()> {
        self.write.commit().await
    }

    /// Ends a transaction that was only read in.
    pub async fn roll_back(self) {
        self.write.roll_back().await;
    }

    /// The program whose rows may be touched.
    pub const fn program(&self) -> ProgramId {
        self.program
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.write.get_database_backend()
    }

    /// Runs a statement whose first parameter is the program.
    pub(super) async fn rows<const N: usize>(
        &self,
        text: String,
        values: [Value; N],
    ) -> Result<Vec<QueryResult>> {
        let statement = self.statement(text, values);
        self.write.query_all_raw(statement).await.map_err(sql::failed)
    }

    /// As [`WriteTx::rows`], for a statement that returns none.
    pub(super) async fn execute<const N: usize>(
        &self,
        text: String,
        values: [Value; N],
    ) -> Result<()> {
        let statement = self.statement(text, values);
        self.write.execute_raw(statement).await.map(drop).map_err(sql::failed)
    }

    fn statement<const N: usize>(&self, text: String, values: [Value; N]) -> Statement {
        let values = std::iter::once(self.program.0.into()).chain(values);
        Statement::from_sql_and_values(self.backend(), text, values)
    }
}
