//! Which balances have become old, and the position of the pass over them.

use card_gateway_entity::reconciliation::{Column, Entity};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend};
use sea_orm::{EntityTrait as _, QueryFilter as _, QuerySelect as _, Statement};

use super::customers::PRESENT;
use super::database::Store;
use super::db_tx::{DbTx, FRESH_PLANS};
use super::sql;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The one row of the table.
const ROW: i32 = 1;
/// Customers that are examined in one statement.
const SLICE: i64 = 5_000;
/// Slices that are examined in one transaction: on SQLite no one else can write
/// meanwhile.
const SLICES: usize = 4;

/// A wallet whose balance has become old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Where it is.
    pub wallet: String,
    /// The currency that counts in it.
    pub currency: Currency,
    /// What it holds by the last live balance, if there is one.
    pub live: Option<Minor>,
}

/// Whether a wallet's balance is old: neither source has reported one since the
/// time in the given parameter.
fn is_stale(cutoff: usize) -> String {
    format!(
        "c.safe_deployed AND {PRESENT} AND c.wallet_address IS NOT NULL AND c.currency IS NOT NULL \
         AND COALESCE(b.updated_at, 0) < ${cutoff} AND COALESCE(s.block_time, 0) < ${cutoff}"
    )
}

/// By hand: two sources are compared, and slices are cut by position.
const JOINED: &str = "card_customers AS c \
    LEFT JOIN wallet_balances AS b ON b.program_id = c.program_id AND b.customer_id = c.id \
    LEFT JOIN chain_balances AS s ON s.wallet_address = c.wallet_address AND s.currency = c.currency";

impl Store {
    /// Begins a pass if the last one has ended and began before `before`; returns
    /// whether one is running.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn begin_pass(&self, now: Timestamp, before: Timestamp) -> Result<bool> {
        let write = self.begin("").await?;
        Entity::update_many()
            .col_expr(Column::ProgramId, Expr::val(0))
            .col_expr(Column::CustomerId, Expr::val(""))
            .col_expr(Column::BeganAt, Expr::val(now.millis()))
            .col_expr(Column::EndedAt, Expr::val(None::<i64>))
            .filter(Column::Id.eq(ROW))
            .filter(Column::EndedAt.is_not_null())
            .filter(Column::BeganAt.lte(before.millis()))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        let row = Entity::find_by_id(ROW).one(&write).await.map_err(sql::failed)?;
        write.commit().await?;
        Ok(row.is_some_and(|row| row.ended_at.is_none()))
    }

    /// Claims the next wallets of the pass whose balance is older than `cutoff`,
    /// at most `most`, and returns whether the pass has ended. No one else gets
    /// them in this pass. There may be fewer although it goes on.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn take_stale(&self, cutoff: Timestamp, most: usize) -> Result<(Vec<Stale>, bool)> {
        let write = self.begin(FRESH_PLANS).await?;
        let row = Entity::find_by_id(ROW);
        let row = if write.get_database_backend() == DbBackend::Postgres {
            row.lock_exclusive()
        } else {
            row
        };
        let row = row.one(&write).await.map_err(sql::failed)?;
        let Some(row) = row.filter(|row| row.ended_at.is_none()) else {
            write.roll_back().await;
            return Ok((Vec::new(), true));
        };
        let mut at = Place { program: row.program_id, customer: row.customer_id };
        let mut taken = Vec::new();
        let mut ended = false;
        for _ in 0..SLICES {
            let end = end_of_slice(&write, &at).await?;
            let (found, last) =
                stale_in(&write, &at, end.as_ref(), cutoff, most - taken.len()).await?;
            taken.extend(found);
            match (last, end) {
                // There may be more in this slice.
                (Some(last), _) if taken.len() >= most => at = last,
                (_, Some(end)) => at = end,
                (_, None) => ended = true,
            }
            if ended || taken.len() >= most {
                break;
            }
        }
        let ended_at = ended.then(|| Timestamp::now().millis());
        Entity::update_many()
            .col_expr(Column::ProgramId, Expr::val(at.program))
            .col_expr(Column::CustomerId, Expr::val(at.customer))
            .col_expr(Column::EndedAt, Expr::val(ended_at))
            .filter(Column::Id.eq(ROW))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await?;
        Ok((taken, ended))
    }

    /// How many wallets have a balance that is older than `cutoff`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_stale(&self, cutoff: Timestamp) -> Result<u64> {
        let text = format!("SELECT COUNT(*) FROM {JOINED} WHERE {}", is_stale(1));
        let backend = self.db.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, [cutoff.millis().into()]);
        let row = self.db.query_one_raw(statement).await.map_err(sql::failed)?;
        let count: i64 = row.map(|row| sql::column(&row, 0)).transpose()?.unwrap_or(0);
        Ok(count.unsigned_abs())
    }
}

/// The customer after which the pass goes on.
struct Place {
    program: i32,
    customer: String,
}

/// The last customer of the slice behind a place; none if it is the last slice.
async fn end_of_slice(write: &DbTx, at: &Place) -> Result<Option<Place>> {
    let text = "SELECT c.program_id, c.id FROM card_customers AS c \
                WHERE (c.program_id, c.id) > ($1, $2) ORDER BY c.program_id, c.id LIMIT 1 OFFSET $3";
    let values = [at.program.into(), at.customer.as_str().into(), (SLICE - 1).into()];
    let statement = Statement::from_sql_and_values(write.get_database_backend(), text, values);
    let row = write.query_one_raw(statement).await.map_err(sql::failed)?;
    let place = |row: &sea_orm::QueryResult| {
        Ok(Place { program: sql::column(row, 0)?, customer: sql::column(row, 1)? })
    };
    row.as_ref().map(place).transpose()
}

/// The old balances between two places, `most` at the most, and the place of
/// the last of them.
async fn stale_in(
    write: &DbTx,
    from: &Place,
    to: Option<&Place>,
    cutoff: Timestamp,
    most: usize,
) -> Result<(Vec<Stale>, Option<Place>)> {
    let mut values = vec![
        from.program.into(),
        from.customer.as_str().into(),
        cutoff.millis().into(),
        i64::try_from(most).unwrap_or(i64::MAX).into(),
    ];
    let mut until = "";
    if let Some(to) = to {
        values.push(to.program.into());
        values.push(to.customer.as_str().into());
        until = "AND (c.program_id, c.id) <= ($5, $6) ";
    }
    let text = format!(
        "SELECT c.wallet_address, c.currency, b.ledger_minor, c.program_id, c.id FROM {JOINED} \
         WHERE (c.program_id, c.id) > ($1, $2) {until}AND {} \
         ORDER BY c.program_id, c.id LIMIT $4",
        is_stale(3)
    );
    let statement = Statement::from_sql_and_values(write.get_database_backend(), text, values);
    let rows = write.query_all_raw(statement).await.map_err(sql::failed)?;
    let stale = |row| {
        let live: Option<i64> = sql::column(row, 2)?;
        Ok(Stale {
            wallet: sql::column(row, 0)?,
            currency: sql::named("a currency", sql::column(row, 1)?)?,
            live: live.map(sql::money).transpose()?,
        })
    };
    let last = match rows.last() {
        Some(row) => Some(Place { program: sql::column(row, 3)?, customer: sql::column(row, 4)? }),
        None => None,
    };
    Ok((rows.iter().map(stale).collect::<Result<_>>()?, last))
}
