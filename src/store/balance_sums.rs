//! Sums of balances that the database maintains, see
//! [`card_gateway_migration::balance_sums`], which says what the levels are.

use card_gateway_migration::balance_sums::{
    BUCKET_BITS, BUCKETS, LASTING, LOW_BITS, MOMENTS, SUMS, all, rebuild,
};
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::database::Store;
use super::sql;
use crate::domain::money::Total;
use crate::domain::principal::ProgramId;
use crate::domain::summary::{BalanceSum, BalanceSums};
use crate::domain::time::Timestamp;
use crate::error::Result;

/// The sums of program `$1`, by currency. Live balances that are newer than `$2` are young.
fn sums() -> String {
    let young = "CAST($2 AS BIGINT)";
    let levels = [
        format!("m.level = {LASTING} AND m.start = 0"),
        format!("m.level = {BUCKETS} AND m.start > {young} >> {BUCKET_BITS}"),
        format!(
            "m.level = {MOMENTS} AND m.start > {young} \
             AND m.start < (({young} >> {BUCKET_BITS}) + 1) << {BUCKET_BITS}"
        ),
    ];
    let columns = SUMS.map(|sum| format!("m.{sum}")).join(", ");
    let level = |level: &String| {
        format!(
            "SELECT m.currency, {columns} FROM balance_sums AS m WHERE m.program_id = $1 AND {level}"
        )
    };
    let rows = levels.iter().map(level).collect::<Vec<_>>().join(" UNION ALL ");
    let sums = SUMS.map(|sum| format!("CAST(SUM(s.{sum}) AS BIGINT)")).join(", ");
    format!("SELECT s.currency, {sums} FROM ({rows}) AS s GROUP BY s.currency")
}

/// An amount whose high and low part are in two columns.
fn total(row: &QueryResult, high: usize) -> Result<Total> {
    let (high, low): (i64, i64) = (sql::column(row, high)?, sql::column(row, high + 1)?);
    Ok(Total::new((i128::from(high) << LOW_BITS) + i128::from(low)))
}

impl Store {
    /// What the balances of a program's customers are, added up by currency. Live balances
    /// that are newer than `young` count as such.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balance_sums(&self, program: ProgramId, young: Timestamp) -> Result<BalanceSums> {
        let values = [program.0.into(), young.millis().into()];
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sums(), values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut sums = BalanceSums::default();
        for row in &rows {
            sums.wallets += sql::column::<i64>(row, 1)?;
            let currency: &str = sql::column(row, 0)?;
            // Amounts of unknown currencies cannot be added.
            if currency.is_empty() {
                continue;
            }
            let (realtime, on_chain) = (sql::column(row, 2)?, sql::column(row, 3)?);
            sums.by_currency.push(BalanceSum {
                currency: sql::named("a currency", currency)?,
                ledger: total(row, 4)?,
                available: total(row, 6)?,
                pending: if realtime > 0 { Some(total(row, 8)?) } else { None },
                realtime,
                on_chain,
            });
        }
        sums.by_currency.retain(|sum| sum.realtime + sum.on_chain > 0);
        sums.by_currency.sort_by_key(|sum| sum.currency.as_ref().to_owned());
        Ok(sums)
    }

    /// Adds up all balances of all programs, one by one, and returns how many of the
    /// maintained sums are wrong.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wrong_sums(&self) -> Result<i64> {
        let key = "program_id, level, start, currency";
        let sums = SUMS.join(", ");
        let negative = SUMS.map(|sum| format!("-m.{sum}")).join(", ");
        let differs = SUMS.map(|sum| format!("SUM({sum}) <> 0")).join(" OR ");
        let text = format!(
            "SELECT COUNT(*) FROM (SELECT 1 AS wrong FROM (\
               SELECT {key}, {sums} FROM ({all}) AS a UNION ALL \
               SELECT m.program_id, m.level, m.start, m.currency, {negative} FROM balance_sums AS m) AS d \
             GROUP BY {key} HAVING {differs}) AS w",
            all = all()
        );
        let tx = self.begin_long().await?;
        let statement = Statement::from_string(tx.get_database_backend(), text);
        let row = tx.query_one_raw(statement).await.map_err(sql::failed)?;
        tx.roll_back().await;
        row.map_or(Ok(0), |row| row.try_get_by_index(0).map_err(sql::failed))
    }

    /// Adds all balances up anew; writers wait meanwhile.
    ///
    /// # Errors
    /// If the database fails; nothing was changed then.
    pub async fn repair_sums(&self) -> Result<()> {
        let write = self.begin_long().await?;
        if self.db.get_database_backend() == DbBackend::Postgres {
            let lock = "LOCK TABLE balance_sums IN EXCLUSIVE MODE";
            write.execute_unprepared(lock).await.map_err(sql::failed)?;
        }
        rebuild(&write).await.map_err(sql::failed)?;
        write.commit().await
    }
}
