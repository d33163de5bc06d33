//! Whom the pages of the issuer's list have shown in the present pass.

use card_gateway_entity::sync_page::{ActiveModel, Column, Entity, Model};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _};
use sea_orm::{QueryFilter as _, QueryOrder as _};

use super::database::Store;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::principal::ProgramId;
use crate::error::Result;

impl Store {
    /// The pages of the present pass: the sweep of each, and the identifiers of its
    /// customers, 24 digits each, one behind the other.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sync_pages(&self, program: ProgramId) -> Result<Vec<(u64, String)>> {
        let pages = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            .order_by_asc(Column::Sweep)
            .order_by_asc(Column::Page)
            .all(&self.db)
            .await
            .map_err(sql::failed)?;
        Ok(pages.into_iter().map(|row| (row.sweep.unsigned_abs(), row.customer_ids)).collect())
    }
}

impl WriteTx {
    /// Stores whom a page has shown.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_sync_page(&self, sweep: u64, page: u64, customer_ids: String) -> Result<()> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let row: ActiveModel = Model {
            program_id: self.program.0,
            sweep: number(sweep),
            page: number(page),
            customer_ids,
        }
        .into_active_model();
        let insert = Entity::insert(row);
        insert.exec_without_returning(&self.write).await.map(drop).map_err(sql::failed)
    }

    /// Removes the pages of the last pass.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn clear_sync_pages(&self) -> Result<()> {
        let delete = Entity::delete_many().filter(Column::ProgramId.eq(self.program.0));
        delete.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
