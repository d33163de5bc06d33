//! The live balances of many customers at once.

use std::collections::HashMap;

use card_gateway_entity::wallet_balance::{Column, Entity};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

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
        customers: &[String],
    ) -> Result<HashMap<String, LiveBalance>> {
        let backend = self.db.get_database_backend();
        let rows = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::one_of(backend, Column::CustomerId, customers.to_vec()))
            .all(&self.db)
            .await
            .map_err(sql::failed)?;
        rows.into_iter()
            .map(|row| {
                let live = LiveBalance {
                    ledger: sql::money(row.ledger_minor)?,
                    available: sql::money(row.available_minor)?,
                    pending: sql::money(row.pending_minor)?,
                    updated_at: sql::time(row.updated_at)?,
                };
                Ok((row.customer_id, live))
            })
            .collect()
    }
}
