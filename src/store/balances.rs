//! The live balances of many customers at once.

use std::collections::HashMap;

use sea_orm::{ConnectionTrait as _, Statement};

use super::{Store, sql};
use crate::domain::balance::LiveBalance;
use crate::domain::principal::ProgramId;
use crate::error::Result;

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
            "SELECT b.customer_id, b.ledger_minor, b.available_minor, b.pending_minor, b.updated_at \
             FROM wallet_balances AS b WHERE b.program_id = $1 AND {}",
            sql::one_of(backend, "b.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.db.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter()
            .map(|row| {
                let live = LiveBalance {
                    ledger: sql::money(sql::column(row, 1)?)?,
                    available: sql::money(sql::column(row, 2)?)?,
                    pending: sql::money(sql::column(row, 3)?)?,
                    updated_at: sql::time(sql::column(row, 4)?)?,
                };
                Ok((sql::column(row, 0)?, live))
            })
            .collect()
    }
}
