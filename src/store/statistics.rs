//! What PostgreSQL's planner knows of the tables.
//!
//! The server looks at tables that have grown, but up to a minute later. An import fills
//! empty tables with a hundred thousand rows in that time, and plans that were made for an
//! empty table read all of them for each new one.

use card_gateway_entity::{card, card_customer, wallet_balance};
use sea_orm::{ConnectionTrait as _, DbBackend, EntityName as _, Statement};

use super::database::Store;
use super::sql;
use crate::error::Result;

impl Store {
    /// Has PostgreSQL look at the tables that an import fills, after it has stored so many
    /// customers; not if it knows of many more already.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn look_at_imported(&self, customers: u64) -> Result<()> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            return Ok(());
        }
        let known = "SELECT CAST(reltuples AS BIGINT) FROM pg_class \
            WHERE oid = 'card_customers'::regclass";
        let known = Statement::from_string(DbBackend::Postgres, known);
        let known = self.db.query_one_raw(known).await.map_err(sql::failed)?;
        let known: Option<i64> =
            known.map(|row| row.try_get_by_index(0)).transpose().map_err(sql::failed)?;
        if known.is_some_and(|known| known > i64::try_from(customers).unwrap_or(0) * 4) {
            return Ok(());
        }
        let tables = [
            card_customer::Entity.table_name(),
            wallet_balance::Entity.table_name(),
            card::Entity.table_name(),
            "customer_counts",
            "balance_sums",
        ];
        // It warns, and no more, where the tables are another role's.
        let look = format!("ANALYZE {}", tables.join(", "));
        self.db.execute_unprepared(&look).await.map(drop).map_err(sql::failed)
    }
}
