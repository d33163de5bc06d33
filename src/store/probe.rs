//! Whether the database can be read and written, proved by doing so.

use card_gateway_entity::{inbox_event, program};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QueryOrder as _, QuerySelect as _, Set, Statement};
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
    /// Reads something. It does not wait behind the reads of requests, which hold a part of the
    /// connections: a database with much to do works.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn probe_read(&self) -> Result<()> {
        self.sqlite.check()?;
        let any = program::Entity::find().select_only().column(program::Column::Id).limit(1);
        let any = any.into_tuple::<i32>().one(&self.db).await;
        any.map(drop).map_err(sql::failed)
    }

    /// Writes an event into the inbox and takes it out again, so that no one
    /// sees it. Without a program there are no events, and nothing is written.
    ///
    /// # Errors
    /// If an event could not be written now.
    pub async fn probe_write(&self) -> Result<()> {
        let first = program::Entity::find().order_by_asc(program::Column::Id).one(&self.db);
        let Some(program) = first.await.map_err(sql::failed)? else { return Ok(()) };
        let tx = self.begin("").await?;
        let id = format!("write-probe-{}", Uuid::now_v7());
        let event = inbox_event::ActiveModel {
            program_id: Set(program.id),
            event_id: Set(id.clone()),
            event_type: Set(String::new()),
            body: Set("x".repeat(BODY)),
            received_at: Set(0),
            state: Set(InboxState::Kept.as_ref().to_owned()),
            moment: Set(0),
            ..Default::default()
        };
        let insert = inbox_event::Entity::insert(event);
        insert.exec_without_returning(&tx).await.map_err(sql::failed)?;
        if tx.get_database_backend() == DbBackend::Postgres {
            // There was room for the row. The right to remove it may be missing, so
            // that it is rolled back. By hand: only PostgreSQL has this function.
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
