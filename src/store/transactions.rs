//! Card transactions: the same part of many customers' lists, the upsert.

use std::collections::HashMap;

use card_gateway_entity::card_transaction::{Column, Entity};
use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QueryTrait as _, Statement};

use super::customer_updates::note_updates;
use super::database::Store;
use super::db_tx::{DbTx, FRESH_PLANS};
use super::gone_customers::holder_present;
use super::sql;
use super::transaction_filters::{Source, conditions};
use super::transaction_rows::{COLUMNS, FIRST, row, sorting, transaction};
use super::upsert::{Rule, one_of_each, upsert};
use super::write_tx::WriteTx;
use crate::domain::page::{Slice, Window};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::domain::transaction_filter::TransactionFilter;
use crate::error::Result;

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
        filter: &TransactionFilter,
        window: &Window,
    ) -> Result<HashMap<String, Slice<Transaction>>> {
        let statement =
            part_of_each(self.reads.get_database_backend(), program, customers, filter, window);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut found: HashMap<String, Vec<Transaction>> = HashMap::new();
        for row in &rows {
            let transaction = transaction(row, 0)?;
            found.entry(transaction.customer_id.clone()).or_default().push(transaction);
        }
        Ok(found
            .into_iter()
            .map(|(customer, mut list)| {
                list.sort_by(Transaction::newest_first);
                if window.is_backward() {
                    list.reverse();
                }
                (customer, Slice::of(window, list))
            })
            .collect())
    }

    /// The transactions with these identifiers, in no order.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn transactions_by_id(
        &self,
        program: ProgramId,
        ids: Vec<String>,
    ) -> Result<Vec<Transaction>> {
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT {columns} FROM card_transactions AS t \
             WHERE t.program_id = $1 AND {wanted} AND {present}",
            columns = *COLUMNS,
            wanted = sql::one_of(backend, "t.transaction_id", 2),
            present = holder_present("t")
        );
        let values = [program.0.into(), sql::list(backend, ids)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| transaction(row, 0)).collect()
    }

    /// How many transactions each customer has; who has none is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_transactions(
        &self,
        program: ProgramId,
        customers: Vec<String>,
        filter: &TransactionFilter,
    ) -> Result<HashMap<String, i64>> {
        let backend = self.reads.get_database_backend();
        let mut values = vec![program.0.into(), sql::list(backend, customers)];
        let source = of_one_customer(filter);
        let text = format!(
            "SELECT t.customer_id, COUNT(*) FROM card_transactions AS t \
             WHERE t.program_id = $1 AND {wanted}{filter} GROUP BY t.customer_id",
            wanted = sql::one_of(backend, "t.customer_id", 2),
            filter = conditions(backend, filter, source, &mut values)
        );
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok((sql::column(row, 0)?, sql::column(row, 1)?))).collect()
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
        let customers = transactions.iter().map(|of| of.customer_id.clone()).collect();
        put(&write, program, transactions).await?;
        note_updates(&write, program, customers, Timestamp::now()).await?;
        write.commit().await
    }
}

/// The index of the list of one customer: that of the status, if there is one.
fn of_one_customer(filter: &TransactionFilter) -> Source {
    if filter.status().is_some() { Source::Status } else { Source::Order }
}

/// One statement that walks the list's index once a customer and stops after
/// the page. By hand: it needs LATERAL, which SQLite has not, so that the two
/// databases spell "for each of these" differently.
fn part_of_each(
    backend: DbBackend,
    program: ProgramId,
    customers: Vec<String>,
    filter: &TransactionFilter,
    window: &Window,
) -> Statement {
    let postgres = backend == DbBackend::Postgres;
    let mut values: Vec<Value> = vec![
        sql::list(backend, customers),
        program.0.into(),
        window.reads().into(),
        window.offset().into(),
    ];
    let source = of_one_customer(filter);
    let mut filter = conditions(backend, filter, source, &mut values);
    filter += &sorting().between(window, &mut values);
    let sort = sorting().sort(window.is_backward());
    let part = |columns: &str, customer: &str| {
        format!(
            "SELECT {columns} FROM card_transactions AS t \
             WHERE t.program_id = $2 AND t.customer_id = {customer}{filter} \
             {sort} {limit} OFFSET $4",
            limit = sql::limit(backend, 3)
        )
    };
    let text = if postgres {
        format!(
            "SELECT part.* FROM unnest($1::text[]) AS wanted(id) CROSS JOIN LATERAL ({}) AS part",
            part(&COLUMNS, "wanted.id")
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
