//! What is stored of the balances of many customers at once: the last live
//! notification, and what the chain said last.

use std::collections::HashMap;

use card_gateway_entity::chain_balance::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryResult, Set, Statement};

use super::{Store, sql};
use crate::domain::balance::{ChainBalance, LiveBalance};
use crate::domain::money::Currency;
use crate::domain::principal::ProgramId;
use crate::error::Result;

/// The columns of a live balance, in the order in which [`live`] reads them.
pub(super) const COLUMNS: &str = "b.ledger_minor, b.available_minor, b.pending_minor, b.updated_at";
/// How many they are.
pub(super) const WIDTH: usize = 4;
/// Readings that are kept in one statement: databases take so many parameters
/// and no more.
const KEPT_AT_ONCE: usize = 500;

/// Joins the live balance of each customer `c` of program `$1`, if there is one.
pub(super) fn joined(backend: DbBackend) -> String {
    let mine = "b.program_id = $1 AND b.customer_id = c.id";
    sql::each(backend, "wallet_balances AS b", COLUMNS, mine)
}

/// The live balance of a row, where it has one from this column on.
pub(super) fn live(row: &QueryResult, at: usize) -> Result<Option<LiveBalance>> {
    let Some(ledger) = sql::column::<Option<i64>>(row, at)? else { return Ok(None) };
    Ok(Some(LiveBalance {
        ledger: sql::money(ledger)?,
        available: sql::money(sql::column(row, at + 1)?)?,
        pending: sql::money(sql::column(row, at + 2)?)?,
        updated_at: sql::time(sql::column(row, at + 3)?)?,
    }))
}

impl Store {
    /// What the last live notification said of each customer; who never had
    /// one is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn live_balances(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, LiveBalance>> {
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT {COLUMNS}, b.customer_id FROM wallet_balances AS b \
             WHERE b.program_id = $1 AND {}",
            sql::one_of(backend, "b.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let live = |row| Ok(live(row, 0)?.map(|live| (sql::column(row, WIDTH), live)));
        let found = rows.iter().filter_map(|row| live(row).transpose());
        found.map(|row| row.and_then(|(id, live)| Ok((id?, live)))).collect()
    }

    /// What the chain said of wallets the last time that it was read, by their
    /// address and currency. It is public, and of no program.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn chain_balances(
        &self,
        wallets: Vec<String>,
    ) -> Result<HashMap<(String, Currency), ChainBalance>> {
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT s.wallet_address, s.currency, s.ledger_minor, s.block_number, s.block_time \
             FROM chain_balances AS s WHERE {}",
            sql::one_of(backend, "s.wallet_address", 1)
        );
        let values = [sql::list(backend, wallets)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let kept = |row| {
            let currency = sql::named("a currency", sql::column(row, 1)?)?;
            let balance = ChainBalance {
                ledger: sql::money(sql::column(row, 2)?)?,
                block: sql::column::<i64>(row, 3)?.unsigned_abs(),
                at: sql::time(sql::column(row, 4)?)?,
            };
            Ok(((sql::column(row, 0)?, currency), balance))
        };
        rows.iter().map(kept).collect()
    }

    /// Whether anything that the chain said is kept.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keeps_chain_balances(&self) -> Result<bool> {
        Ok(Entity::find().one(&self.db).await.map_err(sql::failed)?.is_some())
    }

    /// Keeps what the chain said of wallets, unless something newer is there.
    /// It is public, and of no program.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep_chain_balances(
        &self,
        readings: &[(String, Currency, ChainBalance)],
    ) -> Result<()> {
        if readings.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<ActiveModel> = Vec::with_capacity(readings.len());
        let mut readings: Vec<_> = readings.iter().collect();
        // Writers that lock the same rows in the same order do not deadlock.
        readings.sort_by_key(|(wallet, currency, _)| (wallet.as_str(), <&str>::from(*currency)));
        readings.dedup_by_key(|(wallet, currency, _)| (wallet.as_str(), <&str>::from(*currency)));
        for (wallet, currency, balance) in readings {
            rows.push(ActiveModel {
                wallet_address: Set(wallet.clone()),
                currency: Set(currency.as_ref().to_owned()),
                ledger_minor: Set(balance.ledger.get()),
                block_number: Set(i64::try_from(balance.block).unwrap_or(i64::MAX)),
                block_time: Set(balance.at.millis()),
            });
        }
        let newer = Expr::cust("excluded.block_number").gte(Column::BlockNumber.into_expr());
        let keep = OnConflict::columns([Column::WalletAddress, Column::Currency])
            .update_columns([Column::LedgerMinor, Column::BlockNumber, Column::BlockTime])
            .action_and_where(newer)
            .to_owned();
        for part in rows.chunks(KEPT_AT_ONCE) {
            let kept = Entity::insert_many(part.to_vec()).on_conflict(keep.clone());
            let write = self.begin("").await?;
            kept.exec_without_returning(&write).await.map_err(sql::failed)?;
            write.commit().await?;
        }
        Ok(())
    }
}
