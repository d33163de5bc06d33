//! Lists of a whole program: the cards and the transactions of all its customers, newest
//! first. SQL by hand, as the lists of customers are.

use card_gateway_entity::{card, card_transaction};
use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, QueryResult, Statement};

use super::database::Store;
use super::gone_customers::holder_present;
use super::{cards, sql, transaction_rows};
use crate::domain::card::{Card, CardStatus, ListedCard};
use crate::domain::page::{MAX_SIZE, Window};
use crate::domain::principal::ProgramId;
use crate::domain::transaction::{ListedTransaction, Transaction, TransactionStatus};
use crate::error::Result;

/// A table with a list.
struct List {
    table: &'static str,
    /// The columns of a row `r`, as its reader takes them.
    columns: String,
    /// What tells rows of one moment apart.
    key: &'static str,
}

impl List {
    fn cards() -> Self {
        let columns = sql::select_list::<card::Entity>("r", cards::FIRST);
        Self { table: "cards", columns, key: "card_id" }
    }

    fn transactions() -> Self {
        let columns = sql::select_list::<card_transaction::Entity>("r", transaction_rows::FIRST);
        Self { table: "card_transactions", columns, key: "transaction_id" }
    }

    /// A page, each row with the customer's names in front. `$1` is the program, `$2` the
    /// size, `$3` the offset, and `$4` the status if there is one. A join need not keep the
    /// order.
    fn page(&self, backend: DbBackend, by_status: bool) -> String {
        let Self { table, columns, key } = self;
        let sort = format!("ORDER BY t.created_at DESC, t.{key} DESC");
        let rows = format!("SELECT t.* FROM {table} AS t WHERE {} {sort}", mine(by_status, 4));
        // PostgreSQL's planner is to know an upper bound, as in the lists of customers.
        let rows = if backend == DbBackend::Postgres {
            format!("SELECT t.* FROM ({rows} LIMIT {MAX_SIZE} OFFSET $3) AS t {sort} LIMIT $2")
        } else {
            format!("{rows} LIMIT $2 OFFSET $3")
        };
        let names = "c.yativo_card_id, c.external_customer_id";
        let customer = "c.program_id = $1 AND c.id = r.customer_id";
        let joined = sql::each(backend, "card_customers AS c", names, customer);
        format!("SELECT {names}, {columns} FROM ({rows}) AS r{joined}")
    }

    /// How many rows there are. `$2` is the status if there is one.
    fn count(&self, by_status: bool) -> String {
        format!("SELECT COUNT(*) FROM {} AS t WHERE {}", self.table, mine(by_status, 2))
    }
}

/// The rows of program `$1`, of the status `$status` if there is one, without those of
/// customers who are gone.
fn mine(by_status: bool, status: usize) -> String {
    let status = if by_status { format!(" AND t.status = ${status}") } else { String::new() };
    format!("t.program_id = $1{status} AND {}", holder_present("t"))
}

/// How many columns of a row are the customer's.
const NAMES: usize = 2;

impl Store {
    /// A page of the cards of all customers of a program, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn program_cards(
        &self,
        program: ProgramId,
        status: Option<CardStatus>,
        window: &Window,
    ) -> Result<Vec<ListedCard>> {
        let rows = self.page_of(&List::cards(), program, status.map(Into::into), window).await?;
        let listed = |row| {
            Ok(ListedCard {
                card: cards::card(row, NAMES)?,
                yativo_card_id: sql::column(row, 0)?,
                external_customer_id: sql::column(row, 1)?,
            })
        };
        let mut listed = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
        listed.sort_by(|a, b| Card::newest_first(&a.card, &b.card));
        Ok(listed)
    }

    /// How many cards the customers of a program have.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_program_cards(
        &self,
        program: ProgramId,
        status: Option<CardStatus>,
    ) -> Result<i64> {
        self.count_of(&List::cards(), program, status.map(Into::into)).await
    }

    /// A page of the transactions of all customers of a program, newest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn program_transactions(
        &self,
        program: ProgramId,
        status: Option<TransactionStatus>,
        window: &Window,
    ) -> Result<Vec<ListedTransaction>> {
        let list = List::transactions();
        let rows = self.page_of(&list, program, status.map(Into::into), window).await?;
        let listed = |row| {
            Ok(ListedTransaction {
                transaction: transaction_rows::transaction(row, NAMES)?,
                yativo_card_id: sql::column(row, 0)?,
            })
        };
        let mut listed = rows.iter().map(listed).collect::<Result<Vec<_>>>()?;
        listed.sort_by(|a, b| Transaction::newest_first(&a.transaction, &b.transaction));
        Ok(listed)
    }

    /// How many transactions the customers of a program have.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn count_program_transactions(
        &self,
        program: ProgramId,
        status: Option<TransactionStatus>,
    ) -> Result<i64> {
        self.count_of(&List::transactions(), program, status.map(Into::into)).await
    }

    async fn page_of(
        &self,
        list: &List,
        program: ProgramId,
        status: Option<&'static str>,
        window: &Window,
    ) -> Result<Vec<QueryResult>> {
        let backend = self.reads.get_database_backend();
        let mut values: Vec<Value> =
            vec![program.0.into(), window.size().into(), window.offset().into()];
        values.extend(status.map(Value::from));
        let text = list.page(backend, status.is_some());
        let statement = Statement::from_sql_and_values(backend, text, values);
        self.reads.query_all_raw(statement).await.map_err(sql::failed)
    }

    async fn count_of(
        &self,
        list: &List,
        program: ProgramId,
        status: Option<&'static str>,
    ) -> Result<i64> {
        let mut values: Vec<Value> = vec![program.0.into()];
        values.extend(status.map(Value::from));
        let text = list.count(status.is_some());
        let backend = self.reads.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, text, values);
        let row = self.reads.query_one_raw(statement).await.map_err(sql::failed)?;
        row.map_or(Ok(0), |row| sql::column(&row, 0))
    }
}
