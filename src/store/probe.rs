//! Whether the database can be read and written, found out by doing so.

use card_gateway_entity::{inbox_event, program};
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DbBackend};
use sea_orm::{EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _};
use sea_orm::{QuerySelect as _, Statement};
use uuid::Uuid;

use super::database::Store;
use super::sql;
use crate::domain::ledger::event::InboxState;
use crate::error::{Error, Result};

/// More characters than most events have, so that a disk with room for less
/// counts as full; so few that PostgreSQL does not compress them.
const BODY: usize = 1_900;

/// The tables that an event may write to.
const WRITTEN: &str = "('inbox_events'), ('inbox_names'), ('changes'), ('wallet_balances'), \
    ('card_transactions'), ('cards')";

impl Store {
    /// Reads something, as requests do.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn probe_read(&self) -> Result<()> {
        let any = program::Entity::find().select_only().column(program::Column::Id).limit(1);
        let any = any.into_tuple::<i32>().one(&*self.reads).await;
        any.map(drop).map_err(sql::failed)
    }

    /// Writes an event into the inbox and takes it out again, so that no one
    /// sees it. Without a program there are no events, and nothing is written.
    ///
    /// # Errors
    /// If an event could not be written now.
    pub async fn probe_write(&self) -> Result<()> {
        let first = program::Entity::find().order_by_asc(program::Column::Id).one(&*self.reads);
        let Some(program) = first.await.map_err(sql::failed)? else { return Ok(()) };
        let tx = self.begin("").await?;
        let event = inbox_event::Model {
            program_id: program.id,
            event_id: format!("write-probe-{}", Uuid::now_v7()),
            event_type: String::new(),
            body: "x".repeat(BODY),
            received_at: 0,
            state: InboxState::Kept.as_ref().to_owned(),
            reason: None,
            customer_id: None,
            subject: None,
            moment: 0,
        };
        let id = event.event_id.clone();
        let insert = inbox_event::Entity::insert(event.into_active_model().reset_all());
        insert.exec_without_returning(&tx).await.map_err(sql::failed)?;
        if tx.get_database_backend() == DbBackend::Postgres {
            // It has found room for the row by now. To remove it may not be allowed.
            let may_write = format!(
                "SELECT bool_and(has_table_privilege(t.name, 'INSERT') \
                 AND has_table_privilege(t.name, 'UPDATE')) FROM (VALUES {WRITTEN}) AS t(name)"
            );
            let row = tx.query_one_raw(Statement::from_string(DbBackend::Postgres, may_write));
            let row = row.await.map_err(sql::failed)?;
            let may_write: Option<bool> =
                row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(sql::failed)?;
            tx.roll_back().await;
            return match may_write {
                Some(true) => Ok(()),
                _ => Err(Error::unavailable("the right to write to a table is missing")),
            };
        }
        // SQLite writes to the disk at the commit.
        inbox_event::Entity::delete_many()
            .filter(inbox_event::Column::ProgramId.eq(program.id))
            .filter(inbox_event::Column::EventId.eq(id))
            .exec(&tx)
            .await
            .map_err(sql::failed)?;
        tx.commit().await
    }
}
