//! What the chain said last of wallets. It is public, and of no program.

use std::collections::HashMap;

use card_gateway_entity::chain_balance::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _};
use sea_orm::{IntoActiveModel as _, QueryFilter as _};

use super::chain_changes;
use super::database::Store;
use super::db_tx::FRESH_PLANS;
use super::sql;
use super::write_tx::IDLE;
use crate::domain::balance::ChainBalance;
use crate::domain::money::Currency;
use crate::error::Result;

/// Rows of one statement: databases take so many parameters and no more.
const CHUNK: usize = 500;

fn balance(row: Model) -> Result<((String, Currency), ChainBalance)> {
    let currency = sql::named("a currency", &row.currency)?;
    let balance = ChainBalance {
        ledger: sql::money(row.ledger_minor)?,
        block: row.block_number.unsigned_abs(),
        at: sql::time(row.block_time)?,
    };
    Ok(((row.wallet_address, currency), balance))
}

fn row((wallet, currency, balance): &(String, Currency, ChainBalance)) -> Model {
    Model {
        wallet_address: wallet.clone(),
        currency: currency.as_ref().to_owned(),
        ledger_minor: balance.ledger.get(),
        block_number: i64::try_from(balance.block).unwrap_or(i64::MAX),
        block_time: balance.at.millis(),
    }
}

impl Store {
    /// What the chain said last of wallets, by their address and currency.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn chain_balances(
        &self,
        wallets: Vec<String>,
    ) -> Result<HashMap<(String, Currency), ChainBalance>> {
        let backend = self.reads.get_database_backend();
        let wanted = sql::is_one_of(backend, Column::WalletAddress, wallets);
        let rows = Entity::find().filter(wanted).all(&*self.reads).await.map_err(sql::failed)?;
        rows.into_iter().map(balance).collect()
    }

    /// Whether any balance of a chain is stored.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keeps_chain_balances(&self) -> Result<bool> {
        Ok(Entity::find().one(&self.db).await.map_err(sql::failed)?.is_some())
    }

    /// Stores what the chain said of wallets, unless something newer is there. Subscribers
    /// see the customers whose wallet holds something else than before.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn keep_chain_balances(
        &self,
        readings: &[(String, Currency, ChainBalance)],
    ) -> Result<()> {
        let mut rows: Vec<Model> = readings.iter().map(row).collect();
        // Writers that lock the same rows in the same order do not deadlock.
        let key = |row: &Model| (row.wallet_address.clone(), row.currency.clone());
        rows.sort_by_cached_key(key);
        rows.dedup_by_key(|row| key(row));
        let newer = Expr::cust("excluded.block_number").gte(Column::BlockNumber.into_expr());
        let replace = OnConflict::columns([Column::WalletAddress, Column::Currency])
            .update_columns([Column::LedgerMinor, Column::BlockNumber, Column::BlockTime])
            .action_and_where(newer)
            .to_owned();
        for chunk in rows.chunks(CHUNK) {
            let write = self.begin(&format!("{FRESH_PLANS}; {IDLE}")).await?;
            chain_changes::record(&write, chunk).await?;
            let chunk: Vec<ActiveModel> =
                chunk.iter().map(|row| row.clone().into_active_model()).collect();
            let insert = Entity::insert_many(chunk).on_conflict(replace.clone());
            insert.exec_without_returning(&write).await.map_err(sql::failed)?;
            write.commit().await?;
        }
        Ok(())
    }
}
