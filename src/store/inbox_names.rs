//! The names by which the customers of waiting events may arrive.

use card_gateway_entity::inbox_name::{Column, Entity, Model};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::sql;
use super::upsert::{Rule, upsert};
use super::write_tx::WriteTx;
use crate::error::Result;

impl WriteTx {
    /// Stores by which names the customers of waiting events may arrive: pairs
    /// of an event and a name.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_waiting_names(&self, names: Vec<(String, String)>) -> Result<()> {
        let program_id = self.program.0;
        let row = |(event_id, name)| Model { program_id, name, event_id };
        let rows: Vec<_> = names.into_iter().map(row).collect();
        let returned = Column::EventId;
        upsert::<Entity>(&self.write, &rows, Rule::default(), returned).await.map(drop)
    }

    /// Whether any event waits for its customer.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_waiting_events(&self) -> Result<bool> {
        let any = Entity::find().filter(Column::ProgramId.eq(self.program.0));
        Ok(any.one(&self.write).await.map_err(sql::failed)?.is_some())
    }

    /// Removes the names of events that no longer wait.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_waiting_names(&self, events: Vec<String>) -> Result<()> {
        let remove = Entity::delete_many()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::EventId, events));
        remove.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
