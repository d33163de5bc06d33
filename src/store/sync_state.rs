//! How far the synchronisation of each program with the issuer has come, and which
//! process does it.

use card_gateway_entity::sync_state::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use sea_orm::{QuerySelect as _, Set};

use super::database::Store;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::principal::ProgramId;
use crate::domain::program::ProgramStatus;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// How far the synchronisation of a program has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncState {
    /// When the last complete pass ended.
    pub completed_at: Option<Timestamp>,
    /// The present pass.
    pub pass: Option<SyncPass>,
}

/// A pass over the issuer's list of customers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncPass {
    /// When it began.
    pub started_at: Timestamp,
    /// The present sweep over all pages, from 1.
    pub sweep: u64,
    /// The page that is read next, from 1; none: all pages are read.
    pub next_page: Option<u64>,
    /// How many customers there are, as the sweep's last page said.
    pub total: Option<u64>,
    /// Whether all pages of the sweep said the same total.
    pub steady: bool,
    /// How many items of the sweep's pages name no customer.
    pub unreadable: u64,
    /// How many calls the pass has made.
    pub calls: u64,
    /// How many customers it has added.
    pub added: u64,
    /// How many customers it has changed.
    pub changed: u64,
}

impl SyncPass {
    /// A pass that begins now with the first page.
    pub fn begin(started_at: Timestamp) -> Self {
        Self {
            started_at,
            sweep: 1,
            next_page: Some(1),
            total: None,
            steady: true,
            unreadable: 0,
            calls: 0,
            added: 0,
            changed: 0,
        }
    }
}

fn state(row: &Model) -> Result<SyncState> {
    let count = i64::unsigned_abs;
    let pass = |started_at| SyncPass {
        started_at,
        sweep: count(row.sweep),
        next_page: (row.next_page > 0).then(|| count(row.next_page)),
        total: row.total.map(count),
        steady: row.steady,
        unreadable: count(row.unreadable),
        calls: count(row.calls),
        added: count(row.added),
        changed: count(row.changed),
    };
    Ok(SyncState {
        completed_at: sql::maybe_time(row.completed_at)?,
        pass: sql::maybe_time(row.started_at)?.map(pass),
    })
}

/// The columns of a pass.
fn row(pass: &SyncPass) -> ActiveModel {
    let number = |count: u64| Set(i64::try_from(count).unwrap_or(i64::MAX));
    ActiveModel {
        started_at: Set(Some(pass.started_at.millis())),
        sweep: number(pass.sweep),
        next_page: number(pass.next_page.unwrap_or(0)),
        total: Set(pass.total.map(|total| i64::try_from(total).unwrap_or(i64::MAX))),
        steady: Set(pass.steady),
        unreadable: number(pass.unreadable),
        calls: number(pass.calls),
        added: number(pass.added),
        changed: number(pass.changed),
        ..ActiveModel::default()
    }
}

impl Store {
    /// The issuer's status of a program, as the synchronisation knows it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn program_status(&self, program: ProgramId) -> Result<Option<ProgramStatus>> {
        let status = Entity::find_by_id(program.0)
            .select_only()
            .column(Column::ProgramStatus)
            .into_tuple::<Option<String>>()
            .one(&*self.reads)
            .await
            .map_err(sql::failed)?;
        Ok(status.flatten().map(ProgramStatus::from))
    }

    /// How far the synchronisation of a program has come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sync_state(&self, program: ProgramId) -> Result<SyncState> {
        let row = Entity::find_by_id(program.0).one(&self.db).await.map_err(sql::failed)?;
        row.as_ref().map_or_else(|| Ok(SyncState::default()), state)
    }

    /// Gives a process the right to synchronise a program until `until`, unless
    /// another one has it at `now`; returns whether it has it.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn take_sync_lease(
        &self,
        program: ProgramId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool> {
        let write = self.begin("").await?;
        let first = Model {
            program_id: program.0,
            holder: String::new(),
            lease_until: 0,
            completed_at: None,
            started_at: None,
            sweep: 0,
            next_page: 0,
            total: None,
            steady: true,
            unreadable: 0,
            calls: 0,
            added: 0,
            changed: 0,
            program_status: None,
        };
        let keep = OnConflict::column(Column::ProgramId).do_nothing().to_owned();
        let insert = Entity::insert(first.into_active_model()).on_conflict(keep);
        insert.exec_without_returning(&write).await.map_err(sql::failed)?;
        let is_free = Column::Holder.is_in(["", holder]).or(Column::LeaseUntil.lt(now.millis()));
        let taken = Entity::update_many()
            .col_expr(Column::Holder, Expr::val(holder))
            .col_expr(Column::LeaseUntil, Expr::val(until.millis()))
            .filter(Column::ProgramId.eq(program.0))
            .filter(is_free)
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await?;
        Ok(taken.rows_affected == 1)
    }

    /// Gives the right back.
    ///
    /// # Errors
    /// If the database fails; the right ends by itself then.
    pub async fn end_sync_lease(&self, program: ProgramId, holder: &str) -> Result<()> {
        let write = self.begin("").await?;
        Entity::update_many()
            .col_expr(Column::Holder, Expr::val(""))
            .col_expr(Column::LeaseUntil, Expr::val(0_i64))
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::Holder.eq(holder))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await
    }
}

impl WriteTx {
    /// Whether a process still has the right to synchronise. Checked in the
    /// transaction that writes, so that a process which was suspended for a while
    /// does not write over what another one has done meanwhile.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_sync_lease(&self, holder: &str) -> Result<bool> {
        let row = Entity::find_by_id(self.program.0)
            .filter(Column::Holder.eq(holder))
            .one(&self.write)
            .await
            .map_err(sql::failed)?;
        Ok(row.is_some())
    }

    /// How far the synchronisation has come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn sync_state(&self) -> Result<SyncState> {
        let row = Entity::find_by_id(self.program.0).one(&self.write).await;
        row.map_err(sql::failed)?.as_ref().map_or_else(|| Ok(SyncState::default()), state)
    }

    /// Stores how far the present pass has come.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_sync_pass(&self, pass: &SyncPass) -> Result<()> {
        self.update_sync_state(row(pass)).await
    }

    /// Stores that the present pass is complete.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn complete_sync_pass(&self, at: Timestamp) -> Result<()> {
        let completed_at = Set(Some(at.millis()));
        let complete =
            ActiveModel { completed_at, started_at: Set(None), ..ActiveModel::default() };
        self.update_sync_state(complete).await
    }

    /// Stores the issuer's status of the program.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_program_status(&self, status: &ProgramStatus) -> Result<()> {
        let program_status = Set(Some(status.as_str().to_owned()));
        self.update_sync_state(ActiveModel { program_status, ..ActiveModel::default() }).await
    }

    async fn update_sync_state(&self, columns: ActiveModel) -> Result<()> {
        let update =
            Entity::update_many().set(columns).filter(Column::ProgramId.eq(self.program.0));
        update.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
