//! The transactions of many customers at once: the same part of each one's list.

use std::collections::HashMap;
use std::fmt::Write as _;

use card_gateway_entity::card_transaction::{Entity, Model};
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait as _, Statement};

use super::{Store, sql};
use crate::domain::page::{Slice, Window};
use crate::domain::principal::ProgramId;
use crate::domain::transaction::{Transaction, TransactionStatus};
use crate::error::Result;

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
            part_of_each(self.db.get_database_backend(), program, customers, status, window);
        let rows = Entity::find().from_raw_sql(statement).all(&*self.reads).await;
        let mut found: HashMap<String, Vec<Transaction>> = HashMap::new();
        for row in rows.map_err(sql::failed)? {
            let transaction = transaction(row)?;
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
        let backend = self.db.get_database_backend();
        let mut values = vec![program.0.into(), sql::list(backend, customers)];
        let mut text = format!(
            "SELECT t.customer_id, COUNT(*) FROM card_transactions AS t \
             WHERE t.program_id = $1 AND {}",
            sql::one_of(backend, "t.customer_id", 2)
        );
        if let Some(status) = status {
            values.push(status.as_ref().into());
            text.push_str(" AND t.status = $3");
        }
        text.push_str(" GROUP BY t.customer_id");
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok((sql::column(row, 0)?, sql::column(row, 1)?))).collect()
    }
}

/// One statement that walks the list's index once a customer and stops after
/// the page. The two databases spell "for each of these" differently.
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
             ORDER BY t.created_at DESC, t.transaction_id DESC LIMIT $3 OFFSET $4"
        )
    };
    let text = if postgres {
        format!(
            "SELECT part.* FROM unnest($1::text[]) AS wanted(id) CROSS JOIN LATERAL ({}) AS part",
            part("t.*", "wanted.id")
        )
    } else {
        format!(
            "SELECT card_transactions.* FROM json_each($1) AS wanted \
             CROSS JOIN card_transactions ON card_transactions.rowid IN ({})",
            part("t.rowid", "wanted.value")
        )
    };
    Statement::from_sql_and_values(backend, text, values)
}

pub(super) fn transaction(row: Model) -> Result<Transaction> {
    Ok(Transaction {
        transaction_id: row.transaction_id,
        customer_id: row.customer_id,
        card_id: row.card_id,
        transaction_type: sql::named("a transaction type", &row.transaction_type)?,
        amount: sql::money(row.amount_minor)?,
        currency: row.currency,
        status: sql::named("a transaction status", &row.status)?,
        merchant: row.merchant,
        merchant_category: row.merchant_category,
        merchant_city: row.merchant_city,
        merchant_country: row.merchant_country,
        authorized_at: sql::maybe_time(row.authorized_at)?,
        settled_at: sql::maybe_time(row.settled_at)?,
        created_at: sql::time(row.created_at)?,
    })
}
