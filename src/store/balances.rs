//! The live balances of many customers at once.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::{Store, sql};
use crate::domain::balance::LiveBalance;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// The columns of a live balance, in the order in which [`live`] reads them.
pub(super) const COLUMNS: &str = "b.ledger_minor, b.available_minor, b.pending_minor, b.updated_at";
/// How many they are.
pub(super) const WIDTH: usize = 4;

/// Joins the live balance of each customer `c` of program `$1`, if there is one.
pub(super) fn joined(backend: DbBackend) -> String {
    sql::each(backend, "wallet_balances", "b", COLUMNS)
}

/// The live balance of a row, where it has one from this column on.
pub(super) fn live(row: &QueryResult, at: usize) -> Result<Option<LiveBalance>> {
    let Some(ledger) = sql::column::<Option<i64>>(row, at)? else { return Ok(None) };
    Ok(Some(LiveBalance {
        ledger: sql::money(ledger)?,
        available: sql::money(sql::column(row, at + 1)?)?,
        pending: sql::money(sql::column(row, at + 2)?)?,
        updated_at: sql::time(sql::column(row, at + 3)?)?,
    }))
}

impl Store {
    /// What the last live notification said of each customer; who never had
    /// one is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn live_balances(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, LiveBalance>> {
        let backend = self.db.get_database_backend();
        let text = format!(
            "SELECT {COLUMNS}, b.customer_id FROM wallet_balances AS b \
             WHERE b.program_id = $1 AND {}",
            sql::one_of(backend, "b.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let live = |row| Ok(live(row, 0)?.map(|live| (sql::column(row, WIDTH), live)));
        let found = rows.iter().filter_map(|row| live(row).transpose());
        found.map(|row| row.and_then(|(id, live)| Ok((id?, live)))).collect()
    }
}
