//! Writers take turns.
//!
//! Whoever changes what customers have, by an event or by an import, holds the
//! turn until the commit: on SQLite there is one writer anyway, on PostgreSQL
//! a lock says so. So changes are numbered in the order of their commits, a
//! customer cannot arrive between an event's look-up and its waiting, and no
//! two writers can wait for each other. Whoever freezes in the middle of a turn
//! loses it: PostgreSQL ends a transaction that does nothing.

use sea_orm::{
    ConnectionTrait as _, DatabaseTransaction, DbBackend, QueryResult, Statement, Value,
};
use sea_orm::{SqliteTransactionMode, TransactionOptions, TransactionTrait as _};
use serde::Serialize;

use super::{Store, sql};
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// Tables grow while they are written: a plan that was made when they were
/// empty must not be kept. And the lock of whoever's turn it is.
const IMPORT: &str = "SET LOCAL plan_cache_mode = auto; SELECT pg_advisory_xact_lock(4207849485)";
/// Events come one by one or by the hundred, into tables that were empty a
/// moment ago: their statements are planned each time, which takes a tenth of a
/// millisecond, and look rows up by an index.
const EVENTS: &str = "SET LOCAL plan_cache_mode = force_custom_plan; \
    SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; \
    SET LOCAL enable_mergejoin = off; \
    SET LOCAL idle_in_transaction_session_timeout = '10s'; \
    SELECT pg_advisory_xact_lock(4207849485)";

/// A transaction of the one who may write now. Nothing has happened unless it
/// is committed.
pub struct Turn {
    pub(super) write: DatabaseTransaction,
    pub(super) program: ProgramId,
}

impl Store {
    /// Waits for the turn to write events of a program.
    ///
    /// # Errors
    /// If the database fails, or others take too long.
    pub async fn turn(&self, program: ProgramId) -> Result<Turn> {
        self.take_turn(program, EVENTS).await
    }

    /// Waits for the turn to write many customers of a program.
    ///
    /// # Errors
    /// If the database fails, or others take too long.
    pub async fn turn_to_import(&self, program: ProgramId) -> Result<Turn> {
        self.take_turn(program, IMPORT).await
    }

    async fn take_turn(&self, program: ProgramId, postgres: &str) -> Result<Turn> {
        let write = self.begin_immediately().await?;
        if write.get_database_backend() == DbBackend::Postgres {
            write.execute_unprepared(postgres).await.map_err(sql::failed)?;
        }
        Ok(Turn { write, program })
    }

    /// A transaction that is going to write: SQLite then waits its turn at the
    /// beginning, instead of failing half-way.
    pub(super) async fn begin_immediately(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.db.begin_with_options(options).await.map_err(sql::failed)
    }
}

impl Turn {
    /// Makes everything that was done in the turn last.
    ///
    /// # Errors
    /// If the database fails; whether it lasts is not known then.
    pub async fn commit(self) -> Result<()> {
        self.write.commit().await.map_err(sql::failed)
    }

    /// The program whose rows may be touched in this turn.
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

    /// As [`Turn::rows`], for a statement that returns none.
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

    /// Inserts rows of the program, or replaces those whose key is there already
    /// and `replaces` holds for. The text is the same for any number of rows.
    pub(super) async fn put(
        &self,
        table: &str,
        key: &[&str],
        columns: &[(&str, &str)],
        rows: &(impl Serialize + ?Sized),
        replaces: &str,
    ) -> Result<()> {
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let rest = names.iter().filter(|name| !key.contains(name));
        let set: Vec<String> = rest.map(|name| format!("{name} = excluded.{name}")).collect();
        let text = format!(
            "INSERT INTO {table} (program_id, {names}) SELECT $1, {names} FROM {rows} WHERE TRUE \
             ON CONFLICT (program_id, {key}) DO UPDATE SET {set} {replaces}",
            names = names.join(", "),
            rows = sql::rows(self.backend(), 2, columns),
            key = key.join(", "),
            set = set.join(", ")
        );
        self.execute(text, [sql::json(rows)?]).await
    }
}
