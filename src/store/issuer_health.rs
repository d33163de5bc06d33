//! What serving processes know of each program's issuer, and which of them looks for
//! failed deliveries.

use card_gateway_entity::issuer_health::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, Set};

use super::database::Store;
use super::db_tx::DbTx;
use super::sql;
use crate::domain::principal::ProgramId;
use crate::domain::subscription::SubscriptionState;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// What serving processes know of a program's issuer, each with the moment when they
/// learned it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerHealth {
    /// How the calls of the process do that made the last one.
    pub calls: Option<(CallHealth, Timestamp)>,
    /// Deliveries in a row that were not acknowledged, by the process where this number
    /// changed last.
    pub failed_in_a_row: Option<(u64, Timestamp)>,
    /// Whether the issuer sends events.
    pub subscription: Option<(SubscriptionState, Timestamp)>,
}

/// How a process's calls to the issuer do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallHealth {
    /// Until when the circuit breaker is open; none: it is closed.
    pub open_until: Option<Timestamp>,
    /// How many calls the issuer still allows in its window, if it says so.
    pub calls_left: Option<u64>,
    /// When that window ends, if the issuer says so.
    pub window_ends_at: Option<Timestamp>,
    /// How many calls our own budget still allows; none without a budget.
    pub budget_left: Option<u64>,
    /// The last failure, as a sentence, and when it was.
    pub failure: Option<(String, Timestamp)>,
}

fn health(row: Model) -> Result<IssuerHealth> {
    let calls = CallHealth {
        open_until: sql::maybe_time(row.open_until)?,
        calls_left: row.calls_left.map(i64::unsigned_abs),
        window_ends_at: sql::maybe_time(row.window_ends_at)?,
        budget_left: row.budget_left.map(i64::unsigned_abs),
        failure: row.failure.zip(sql::maybe_time(row.failed_at)?),
    };
    let failed_in_a_row = row.failed_in_a_row.unsigned_abs();
    let subscription = row.subscription.as_deref().map(state).transpose()?;
    Ok(IssuerHealth {
        calls: sql::maybe_time(row.calls_at)?.map(|at| (calls, at)),
        failed_in_a_row: sql::maybe_time(row.deliveries_at)?.map(|at| (failed_in_a_row, at)),
        subscription: subscription.zip(sql::maybe_time(row.subscription_at)?),
    })
}

fn state(text: &str) -> Result<SubscriptionState> {
    sql::named("a subscription's state", text)
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Store {
    /// What serving processes know of a program's issuer.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn issuer_health(&self, program: ProgramId) -> Result<IssuerHealth> {
        let row = Entity::find_by_id(program.0).one(&self.db).await.map_err(sql::failed)?;
        row.map_or_else(|| Ok(IssuerHealth::default()), health)
    }

    /// Stores how the calls of this process do.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_call_health(
        &self,
        program: ProgramId,
        calls: &CallHealth,
        at: Timestamp,
    ) -> Result<()> {
        let (failure, failed_at) = calls.failure.clone().unzip();
        let columns = ActiveModel {
            calls_at: Set(Some(at.millis())),
            open_until: Set(calls.open_until.map(Timestamp::millis)),
            calls_left: Set(calls.calls_left.map(number)),
            window_ends_at: Set(calls.window_ends_at.map(Timestamp::millis)),
            budget_left: Set(calls.budget_left.map(number)),
            failed_at: Set(failed_at.map(Timestamp::millis)),
            failure: Set(failure),
            ..ActiveModel::default()
        };
        self.update_issuer_health(program, columns).await
    }

    /// Stores how many deliveries in a row this process has not acknowledged.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_failed_in_a_row(
        &self,
        program: ProgramId,
        failed: u64,
        at: Timestamp,
    ) -> Result<()> {
        let columns = ActiveModel {
            deliveries_at: Set(Some(at.millis())),
            failed_in_a_row: Set(number(failed)),
            ..ActiveModel::default()
        };
        self.update_issuer_health(program, columns).await
    }

    /// Stores whether the issuer sends events. Returns what was known before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_subscription_state(
        &self,
        program: ProgramId,
        state_now: SubscriptionState,
        at: Timestamp,
    ) -> Result<Option<SubscriptionState>> {
        let write = self.begin("").await?;
        insert(&write, program).await?;
        let before = Entity::find_by_id(program.0).one(&write).await.map_err(sql::failed)?;
        let columns = ActiveModel {
            subscription: Set(Some(state_now.as_ref().to_owned())),
            subscription_at: Set(Some(at.millis())),
            ..ActiveModel::default()
        };
        update(&write, program, columns).await?;
        write.commit().await?;
        before.and_then(|row| row.subscription).as_deref().map(state).transpose()
    }

    /// Lets this process look for a program's failed deliveries until `until`, unless
    /// another one does at `now`, or that is not due and not `forced`. Returns whether it
    /// may.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin_recovery(
        &self,
        program: ProgramId,
        now: Timestamp,
        until: Timestamp,
        forced: bool,
    ) -> Result<bool> {
        let write = self.begin("").await?;
        insert(&write, program).await?;
        let mut begin = Entity::update_many()
            .col_expr(Column::RecoveringUntil, Expr::val(until.millis()))
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::RecoveringUntil.lte(now.millis()));
        if !forced {
            begin = begin.filter(Column::RecoveryDueAt.lte(now.millis()));
        }
        let begun = begin.exec(&write).await.map_err(sql::failed)?;
        write.commit().await?;
        Ok(begun.rows_affected == 1)
    }

    /// Goes on to look for failed deliveries until `until`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn renew_recovery(&self, program: ProgramId, until: Timestamp) -> Result<()> {
        let columns =
            ActiveModel { recovering_until: Set(until.millis()), ..ActiveModel::default() };
        self.update_issuer_health(program, columns).await
    }

    /// Ends the search. Failed deliveries are looked for again at `due_at`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn end_recovery(&self, program: ProgramId, due_at: Timestamp) -> Result<()> {
        let columns = ActiveModel {
            recovery_due_at: Set(due_at.millis()),
            recovering_until: Set(0),
            ..ActiveModel::default()
        };
        self.update_issuer_health(program, columns).await
    }

    async fn update_issuer_health(&self, program: ProgramId, columns: ActiveModel) -> Result<()> {
        let write = self.begin("").await?;
        insert(&write, program).await?;
        update(&write, program, columns).await?;
        write.commit().await
    }
}

/// Inserts a program's row, unless it is there.
async fn insert(write: &DbTx, program: ProgramId) -> Result<()> {
    let first = Model {
        program_id: program.0,
        calls_at: None,
        open_until: None,
        calls_left: None,
        window_ends_at: None,
        budget_left: None,
        failed_at: None,
        failure: None,
        deliveries_at: None,
        failed_in_a_row: 0,
        subscription: None,
        subscription_at: None,
        recovery_due_at: 0,
        recovering_until: 0,
    };
    let keep = OnConflict::column(Column::ProgramId).do_nothing().to_owned();
    let insert = Entity::insert(first.into_active_model()).on_conflict(keep);
    insert.exec_without_returning(write).await.map(drop).map_err(sql::failed)
}

async fn update(write: &DbTx, program: ProgramId, columns: ActiveModel) -> Result<()> {
    let update = Entity::update_many().set(columns).filter(Column::ProgramId.eq(program.0));
    update.exec(write).await.map(drop).map_err(sql::failed)
}
