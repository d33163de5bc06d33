//! Card transactions: the row, the same part of many customers' lists, the
//! upsert.

use std::collections::HashMap;
use std::fmt::Write as _;

use card_gateway_entity::card_transaction::{Column, Entity, Model};
use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QueryResult, QuerySelect as _, QueryTrait as _, Statement};

use super::database::Store;
use super::db_tx::{DbTx, FRESH_PLANS};
use super::sql;
use super::upsert::{Rule, one_of_each, upsert};
use super::write_tx::WriteTx;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::domain::transaction::{Billing, Transaction, TransactionStatus};
use crate::error::Result;

/// The first column that [`transaction`] reads.
pub(super) const FIRST: usize = Column::TransactionId as usize;

/// The transaction of a row whose columns begin at `start`.
pub(super) fn transaction(row: &QueryResult, start: usize) -> Result<Transaction> {
    let at = |column: Column| start + column as usize - FIRST;
    let kind = sql::column(row, at(Column::TransactionType))?;
    let status = sql::column(row, at(Column::Status))?;
    Ok(Transaction {
        transaction_id: sql::column(row, at(Column::TransactionId))?,
        customer_id: sql::column(row, at(Column::CustomerId))?,
        card_id: sql::column(row, at(Column::CardId))?,
        transaction_type: sql::named("a transaction type", kind)?,
        amount: sql::money(sql::column(row, at(Column::AmountMinor))?)?,
        currency: sql::column(row, at(Column::Currency))?,
        billing: billing(row, at(Column::BillingAmountMinor), at(Column::BillingCurrency))?,
        fx_rate: sql::column(row, at(Column::FxRate))?,
        status: sql::named("a transaction status", status)?,
        merchant: sql::column(row, at(Column::Merchant))?,
        merchant_category: sql::column(row, at(Column::MerchantCategory))?,
        merchant_city: sql::column(row, at(Column::MerchantCity))?,
        merchant_country: sql::column(row, at(Column::MerchantCountry))?,
        authorized_at: sql::maybe_time(sql::column(row, at(Column::AuthorizedAt))?)?,
        settled_at: sql::maybe_time(sql::column(row, at(Column::SettledAt))?)?,
        created_at: sql::time(sql::column(row, at(Column::CreatedAt))?)?,
    })
}

/// What a transaction costs the wallet, by the positions of its columns.
fn billing(row: &QueryResult, amount: usize, currency: usize) -> Result<Option<Billing>> {
    let amount: Option<i64> = sql::column(row, amount)?;
    let currency: Option<&str> = sql::column(row, currency)?;
    let billing = |(amount, currency)| {
        let currency = sql::named("a currency", currency)?;
        Ok(Billing { amount: sql::money(amount)?, currency })
    };
    amount.zip(currency).map(billing).transpose()
}

fn row(program: ProgramId, of: Transaction) -> Model {
    Model {
        program_id: program.0,
        transaction_id: of.transaction_id,
        customer_id: of.customer_id,
        card_id: of.card_id,
        transaction_type: of.transaction_type.as_ref().to_owned(),
        amount_minor: of.amount.get(),
        currency: of.currency,
        billing_amount_minor: of.billing.map(|billing| billing.amount.get()),
        billing_currency: of.billing.map(|billing| billing.currency.as_ref().to_owned()),
        fx_rate: of.fx_rate,
        status: of.status.as_ref().to_owned(),
        merchant: of.merchant,
        merchant_category: of.merchant_category,
        merchant_city: of.merchant_city,
        merchant_country: of.merchant_country,
        authorized_at: of.authorized_at.map(Timestamp::millis),
        settled_at: of.settled_at.map(Timestamp::millis),
        created_at: of.created_at.millis(),
    }
}

/// Inserts or replaces transactions; imports and events alike replace all.
async fn put(tx: &DbTx, program: ProgramId, all: Vec<Transaction>) -> Result<()> {
    let rows = all.into_iter().map(|of| row(program, of));
    let rows = one_of_each(rows, |row| &row.transaction_id, |_, _| true);
    upsert::<Entity>(tx, &rows, Rule::default(), Column::CustomerId).await.map(drop)
}

impl WriteTx {
    /// The transactions with these identifiers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn transactions(&self, ids: Vec<String>) -> Result<Vec<Transaction>> {
        let transactions = Entity::find()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::TransactionId, ids));
        let rows = self.write.query_all(&transactions.into_query()).await.map_err(sql::failed)?;
        rows.iter().map(|row| transaction(row, FIRST)).collect()
    }

    /// Inserts or replaces transactions.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_transactions(&self, transactions: Vec<Transaction>) -> Result<()> {
        put(&self.write, self.program, transactions).await
    }
}

impl Store {
    /// The same part of each customer's transactions, newest first; who has
    /// none there is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn transactions(
        &self,
        program: ProgramId,
        customers: Vec<String>,
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<HashMap<String, Slice<Transaction>>> {
        let statement =
            part_of_each(self.reads.get_database_backend(), program, customers, status, window);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut found: HashMap<String, Vec<Transaction>> = HashMap::new();
        for row in &rows {
            let transaction = transaction(row, 0)?;
            found.entry(transaction.customer_id.clone()).or_default().push(transaction);
        }
        Ok(found
            .into_iter()
            .map(|(customer, mut list)| {
                list.sort_by(|a, b| {
                    (b.created_at, &b.transaction_id).cmp(&(a.created_at, &a.transaction_id))
                });
                (customer, Slice::from_one_more(list, window.size()))
            })
            .collect())
    }

    /// How many transactions each customer has; who has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_transactions(
        &self,
        program: ProgramId,
        customers: Vec<String>,
        status: Option<TransactionStatus>,
    ) -> Result<HashMap<String, i64>> {
        let backend = self.reads.get_database_backend();
        let mut totals = Entity::find()
            .select_only()
            .column(Column::CustomerId)
            .column_as(Column::TransactionId.count(), "total")
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::CustomerId, customers))
            .group_by(Column::CustomerId);
        if let Some(status) = status {
            totals = totals.filter(Column::Status.eq(status.as_ref()));
        }
        let totals = totals.into_tuple::<(String, i64)>().all(&*self.reads).await;
        Ok(totals.map_err(sql::failed)?.into_iter().collect())
    }

    /// Inserts or replaces transactions of known customers, all or none.
    ///
    /// # Errors
    /// If the database fails; nothing was changed then.
    pub async fn put_transactions(
        &self,
        program: ProgramId,
        transactions: Vec<Transaction>,
    ) -> Result<()> {
        let write = self.begin(FRESH_PLANS).await?;
        put(&write, program, transactions).await?;
        write.commit().await
    }
}

/// One statement that walks the list's index once a customer and stops after
/// the page. By hand: it needs LATERAL, which SQLite has not, so that the two
/// databases spell "for each of these" differently.
fn part_of_each(
    backend: DbBackend,
    program: ProgramId,
    customers: Vec<String>,
    status: Option<TransactionStatus>,
    window: &Window,
) -> Statement {
    let postgres = backend == DbBackend::Postgres;
    let mut values: Vec<Value> = vec![
        sql::list(backend, customers),
        program.0.into(),
        (window.size() + 1).into(),
        window.offset().into(),
    ];
    let mut filter = String::new();
    if let Some(status) = status {
        values.push(status.as_ref().into());
        filter.push_str(" AND t.status = $5");
    }
    if let Some(position) = window.after() {
        let next = values.len() + 1;
        values.push(position.created_at.millis().into());
        values.push(position.key.as_str().into());
        // Writing to a string cannot fail.
        let _ = write!(filter, " AND (t.created_at, t.transaction_id) < (${next}, ${})", next + 1);
    }
    let part = |columns: &str, customer: &str| {
        format!(
            "SELECT {columns} FROM card_transactions AS t \
             WHERE t.program_id = $2 AND t.customer_id = {customer}{filter} \
             ORDER BY t.created_at DESC, t.transaction_id DESC {limit} OFFSET $4",
            limit = sql::limit(backend, 3)
        )
    };
    let text = if postgres {
        format!(
            "SELECT part.* FROM unnest($1::text[]) AS wanted(id) CROSS JOIN LATERAL ({}) AS part",
            part(&sql::select_list::<Entity>("t", FIRST), "wanted.id")
        )
    } else {
        format!(
            "SELECT {columns} FROM json_each($1) AS wanted \
             CROSS JOIN card_transactions ON card_transactions.rowid IN ({part})",
            columns = sql::select_list::<Entity>("card_transactions", FIRST),
            part = part("t.rowid", "wanted.value")
        )
    };
    Statement::from_sql_and_values(backend, text, values)
}
