//! When customers were changed last, with all that is shown of them. Each change that is
//! recorded for subscribers notes the time here, in the same transaction. Payments, of which
//! subscribers are not told, do so themselves.

use std::collections::{HashMap, HashSet};

use card_gateway_entity::customer_update::{Column, Entity};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QuerySelect as _, Statement};

use super::bulk::stored_keys;
use super::customers::PRESENT;
use super::database::Store;
use super::db_tx::DbTx;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The statement that notes that some customers of program `$1` were changed at `$2`. Times do
/// not go back, also where clocks do.
fn note(backend: DbBackend) -> String {
    format!(
        "INSERT INTO customer_updates (program_id, customer_id, updated_at) \
         SELECT c.program_id, c.id, $2 FROM card_customers AS c \
         WHERE c.program_id = $1 AND {PRESENT} AND {wanted} ORDER BY c.id \
         ON CONFLICT (program_id, customer_id) DO UPDATE SET updated_at = \
           CASE WHEN customer_updates.updated_at < excluded.updated_at \
           THEN excluded.updated_at ELSE customer_updates.updated_at + 1 END",
        wanted = sql::one_of(backend, "c.id", 3)
    )
}

/// Notes that customers are changed at `at`.
pub(super) async fn note_updates(
    write: &DbTx,
    program: ProgramId,
    customers: Vec<String>,
    at: Timestamp,
) -> Result<()> {
    let backend = write.get_database_backend();
    let values = [program.0.into(), at.millis().into(), sql::list(backend, customers)];
    let statement = Statement::from_sql_and_values(backend, note(backend), values);
    write.execute_raw(statement).await.map(drop).map_err(sql::failed)
}

impl WriteTx {
    /// Notes that customers are changed by this transaction.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn note_updates(&self, customers: Vec<String>) -> Result<()> {
        note_updates(&self.write, self.program, customers, self.at).await
    }

    /// Those of the customers who were changed before: all who were there. Who is new or was
    /// gone has no such time.
    ///
    /// # Errors
    /// If the database fails.
    pub(super) async fn with_update(&self, customers: Vec<String>) -> Result<HashSet<String>> {
        if customers.is_empty() {
            return Ok(HashSet::new());
        }
        stored_keys::<Entity>(self, customers, Column::CustomerId).await
    }
}

impl Store {
    /// When each of the customers was changed last; one who is not known is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customer_updates(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, Timestamp>> {
        let backend = self.reads.get_database_backend();
        let updates = Entity::find()
            .select_only()
            .columns([Column::CustomerId, Column::UpdatedAt])
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::CustomerId, customers))
            .into_tuple::<(String, i64)>()
            .all(&*self.reads)
            .await;
        let updates = updates.map_err(sql::failed)?.into_iter();
        updates.map(|(customer, at)| Ok((customer, sql::time(at)?))).collect()
    }
}
