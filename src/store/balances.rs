//! What is stored of the balances of many customers at once: the last live
//! notification, and what the chain said last.

use std::collections::HashMap;
use std::sync::Arc;

use card_gateway_entity::chain_balance::{ActiveModel, Column, Entity};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Value};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryResult, Set, Statement};

use super::{Store, sql};
use crate::domain::balance::{ChainBalance, LiveBalance, Stored};
use crate::domain::customer::Customer;
use crate::domain::money::Currency;
use crate::domain::principal::ProgramId;
use crate::error::Result;

const LIVE: &str = "b.ledger_minor, b.available_minor, b.pending_minor, b.updated_at";
const CHAIN: &str = "s.ledger_minor, s.block_number, s.block_time";
/// How many columns [`stored`] reads.
pub(super) const WIDTH: usize = 7;

/// The columns of what is stored, in the order in which [`stored`] reads them.
pub(super) fn columns() -> String {
    format!("{LIVE}, {CHAIN}")
}

/// Joins what is stored of each customer `c` of program `$1`, if there is anything.
pub(super) fn joined(backend: DbBackend) -> String {
    let live = "b.program_id = $1 AND b.customer_id = c.id";
    let chain = "s.wallet_address = c.wallet_address AND s.currency = c.currency";
    sql::each(backend, "wallet_balances AS b", LIVE, live)
        + &sql::each(backend, "chain_balances AS s", CHAIN, chain)
}

/// What is stored according to a row, from this column on.
pub(super) fn stored(row: &QueryResult, at: usize) -> Result<Stored> {
    let live = match sql::column::<Option<i64>>(row, at)? {
        None => None,
        Some(ledger) => Some(LiveBalance {
            ledger: sql::money(ledger)?,
            available: sql::money(sql::column(row, at + 1)?)?,
            pending: sql::money(sql::column(row, at + 2)?)?,
            updated_at: sql::time(sql::column(row, at + 3)?)?,
        }),
    };
    let chain = match sql::column::<Option<i64>>(row, at + 4)? {
        None => None,
        Some(ledger) => Some(ChainBalance {
            ledger: sql::money(ledger)?,
            block: sql::column::<i64>(row, at + 5)?.unsigned_abs(),
            at: sql::time(sql::column(row, at + 6)?)?,
        }),
    };
    Ok(Stored { live, chain })
}

impl Store {
    /// What is stored of each customer's balance; of whom there is nothing is
    /// left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn balances(
        &self,
        program: ProgramId,
        customers: &[&Arc<Customer>],
    ) -> Result<HashMap<String, Stored>> {
        let backend = self.reads.get_database_backend();
        let (wanted, lists) = wanted(backend, customers);
        let text = format!(
            "SELECT {columns}, {id} FROM {from} \
             LEFT JOIN wallet_balances AS b ON b.program_id = $1 AND b.customer_id = {id} \
             LEFT JOIN chain_balances AS s ON s.wallet_address = {wallet} AND s.currency = {currency}",
            columns = columns(),
            id = wanted.id,
            from = wanted.from,
            wallet = wanted.wallet,
            currency = wanted.currency,
        );
        let mut values: Vec<Value> = vec![program.0.into()];
        values.extend(lists);
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok((sql::column(row, WIDTH)?, stored(row, 0)?))).collect()
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
        readings.sort_by_key(|(wallet, currency, _)| (wallet.as_str(), currency.as_str()));
        readings.dedup_by_key(|(wallet, currency, _)| (wallet.as_str(), currency.as_str()));
        for (wallet, currency, balance) in readings {
            rows.push(ActiveModel {
                wallet_address: Set(wallet.clone()),
                currency: Set(currency.as_str().to_owned()),
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
        let kept = Entity::insert_many(rows).on_conflict(keep);
        kept.exec_without_returning(&self.db).await.map_err(sql::failed)?;
        Ok(())
    }
}

/// How the customers of a statement are called in it.
struct Wanted {
    from: &'static str,
    id: &'static str,
    wallet: &'static str,
    currency: &'static str,
}

/// Customers with their wallets as parameters, from the second on, that stay
/// the same in number.
fn wanted(backend: DbBackend, customers: &[&Arc<Customer>]) -> (Wanted, Vec<Value>) {
    // Nothing is stored of a wallet that is empty.
    let ids = customers.iter().map(|customer| customer.id.clone());
    let wallets =
        customers.iter().map(|customer| customer.wallet_address.clone().unwrap_or_default());
    let currencies =
        customers.iter().map(|customer| customer.currency.map_or("", Currency::as_str).to_owned());
    if backend == DbBackend::Postgres {
        let names = Wanted {
            from: "unnest($2::text[], $3::text[], $4::text[]) AS w (id, wallet, currency)",
            id: "w.id",
            wallet: "w.wallet",
            currency: "w.currency",
        };
        return (names, vec![sql::array(ids), sql::array(wallets), sql::array(currencies)]);
    }
    let names = Wanted {
        from: "json_each($2) AS w",
        id: "(w.value ->> 0)",
        wallet: "(w.value ->> 1)",
        currency: "(w.value ->> 2)",
    };
    let rows: Vec<[String; 3]> = ids
        .zip(wallets)
        .zip(currencies)
        .map(|((id, wallet), currency)| [id, wallet, currency])
        .collect();
    // Texts only: this cannot fail.
    (names, vec![serde_json::to_string(&rows).unwrap_or_default().into()])
}
