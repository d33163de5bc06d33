//! Which failed deliveries of the issuer were fetched already.

use std::collections::HashMap;

use card_gateway_entity::recovered_delivery::{Column, Entity, Model};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::database::Store;
use super::sql;
use super::upsert::{Rule, upsert};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A failed delivery that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TriedDelivery {
    /// The issuer's name for it.
    pub delivery_id: String,
    /// Whether there is nothing left to fetch.
    pub done: bool,
    /// How often it was fetched.
    pub tries: u64,
    /// When it was fetched last.
    pub tried_at: Timestamp,
}

impl Store {
    /// Those of a program's deliveries that were fetched before, by name: whether there
    /// is nothing left to fetch, and how often they were.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn tried_deliveries(
        &self,
        program: ProgramId,
        ids: Vec<String>,
    ) -> Result<HashMap<String, TriedDelivery>> {
        let backend = self.db.get_database_backend();
        let rows = Entity::find()
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::DeliveryId, ids))
            .all(&self.db)
            .await
            .map_err(sql::failed)?;
        let tried = |row: Model| {
            let tried = TriedDelivery {
                delivery_id: row.delivery_id,
                done: row.done,
                tries: row.tries.unsigned_abs(),
                tried_at: sql::time(row.tried_at)?,
            };
            Ok((tried.delivery_id.clone(), tried))
        };
        rows.into_iter().map(tried).collect()
    }

    /// Stores that deliveries of a program were fetched.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_tried_deliveries(
        &self,
        program: ProgramId,
        tried: Vec<TriedDelivery>,
    ) -> Result<()> {
        let row = |tried: TriedDelivery| Model {
            program_id: program.0,
            delivery_id: tried.delivery_id,
            done: tried.done,
            tries: i64::try_from(tried.tries).unwrap_or(i64::MAX),
            tried_at: tried.tried_at.millis(),
        };
        let rows: Vec<Model> = tried.into_iter().map(row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let write = self.begin("").await?;
        upsert::<Entity>(&write, &rows, Rule::default(), Column::DeliveryId).await?;
        write.commit().await
    }

    /// Forgets deliveries of all programs that were fetched before a moment. Returns how
    /// many.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_tried_deliveries(&self, before: Timestamp) -> Result<u64> {
        let is_old = Column::TriedAt.lt(before.millis());
        // Most of the time there is none, and no transaction is needed.
        let any = Entity::find().filter(is_old.clone()).one(&self.db).await;
        if any.map_err(sql::failed)?.is_none() {
            return Ok(0);
        }
        let write = self.begin("").await?;
        let removed = Entity::delete_many().filter(is_old).exec(&write).await;
        let removed = removed.map_err(sql::failed)?.rows_affected;
        write.commit().await?;
        Ok(removed)
    }
}
