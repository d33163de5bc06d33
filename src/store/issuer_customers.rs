//! What the issuer's API said last of each customer, and whose details are to be read.

use std::collections::HashMap;

use card_gateway_entity::card_customer;
use card_gateway_entity::issuer_customer::{Column, Entity, Model, Relation};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait as _, EntityTrait as _};
use sea_orm::{DbErr, JoinType, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use sea_orm::{RelationTrait as _, Select};

use super::database::Store;
use super::sql;
use super::upsert::{Rule, one_of_each, upsert};
use super::write_tx::WriteTx;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// What the issuer's API said last of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerRecord {
    /// The customer.
    pub customer_id: String,
    /// A hash of the customer's item in the list.
    pub item_hash: i64,
    /// When the details were read last.
    pub details_at: Option<Timestamp>,
    /// Since when the details are wanted: known to be out of date, or asked for.
    pub wanted_at: Option<Timestamp>,
    /// When they are read again because of their age.
    pub due_at: Timestamp,
}

/// A customer whose details are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCustomer {
    /// The customer.
    pub id: String,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: String,
}

/// How many of a program's customers there are in each state of their details.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DetailCounts {
    /// Their details are read, and nothing says that they are out of date.
    pub read: u64,
    /// Their details are read, and wanted again.
    pub waiting: u64,
    /// Their details have never been read.
    pub never_read: u64,
}

fn record(row: Model) -> Result<IssuerRecord> {
    Ok(IssuerRecord {
        customer_id: row.customer_id,
        item_hash: row.item_hash,
        details_at: sql::maybe_time(row.details_at)?,
        wanted_at: sql::maybe_time(row.wanted_at)?,
        due_at: sql::time(row.due_at)?,
    })
}

fn row(program: ProgramId, record: IssuerRecord) -> Model {
    Model {
        program_id: program.0,
        customer_id: record.customer_id,
        item_hash: record.item_hash,
        details_at: record.details_at.map(Timestamp::millis),
        wanted_at: record.wanted_at.map(Timestamp::millis),
        due_at: record.due_at.millis(),
    }
}

/// Customers with the names by which the issuer is asked for them.
fn named(program: ProgramId) -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::CustomerId)
        .column(card_customer::Column::YativoCardId)
        .join(JoinType::InnerJoin, Relation::Customer.def())
        .filter(Column::ProgramId.eq(program.0))
}

/// Those whose details are wanted, who have waited longest first.
fn wanted(program: ProgramId) -> Select<Entity> {
    named(program).filter(Column::WantedAt.is_not_null()).order_by_asc(Column::WantedAt)
}

/// Those whose details are too old at `now`, the oldest first.
fn due(program: ProgramId, now: Timestamp) -> Select<Entity> {
    named(program).filter(Column::DueAt.lte(now.millis())).order_by_asc(Column::DueAt)
}

fn named_rows(rows: Result<Vec<(String, String)>, DbErr>) -> Result<Vec<DueCustomer>> {
    let customer = |(id, yativo_card_id)| DueCustomer { id, yativo_card_id };
    Ok(rows.map_err(sql::failed)?.into_iter().map(customer).collect())
}

impl Store {
    /// The customers of a program whom the issuer has shown, by identifier, at most
    /// `limit` of those behind `after`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn customers_of_issuer(
        &self,
        program: ProgramId,
        after: &str,
        limit: u64,
    ) -> Result<Vec<DueCustomer>> {
        let customers = named(program)
            .filter(Column::CustomerId.gt(after))
            .order_by_asc(Column::CustomerId)
            .limit(limit);
        named_rows(customers.into_tuple().all(&self.db).await)
    }

    /// Which of the customers are due at `now` and not wanted.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn due_customers(
        &self,
        program: ProgramId,
        customers: Vec<String>,
        now: Timestamp,
    ) -> Result<Vec<String>> {
        let backend = self.reads.get_database_backend();
        let due = Entity::find()
            .select_only()
            .column(Column::CustomerId)
            .filter(Column::ProgramId.eq(program.0))
            .filter(sql::is_one_of(backend, Column::CustomerId, customers))
            .filter(Column::WantedAt.is_null())
            .filter(Column::DueAt.lte(now.millis()));
        due.into_tuple().all(&*self.reads).await.map_err(sql::failed)
    }

    /// How many customers of a program there are in each state of their details. Reads
    /// all of them: for operators, not for requests.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn detail_counts(&self, program: ProgramId) -> Result<DetailCounts> {
        let is_set = |column: Column| column.is_not_null();
        let groups = Entity::find()
            .select_only()
            .expr(is_set(Column::DetailsAt))
            .expr(is_set(Column::WantedAt))
            .expr(Column::CustomerId.count())
            .filter(Column::ProgramId.eq(program.0))
            .group_by(is_set(Column::DetailsAt))
            .group_by(is_set(Column::WantedAt))
            .into_tuple::<(bool, bool, i64)>()
            .all(&self.db)
            .await
            .map_err(sql::failed)?;
        let mut counts = DetailCounts::default();
        for (is_read, is_wanted, count) in groups {
            let of = match (is_read, is_wanted) {
                (false, _) => &mut counts.never_read,
                (true, true) => &mut counts.waiting,
                (true, false) => &mut counts.read,
            };
            *of += count.unsigned_abs();
        }
        Ok(counts)
    }

    /// Whether the details of any customer of a program are to be read at `now`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn has_due_details(&self, program: ProgramId, now: Timestamp) -> Result<bool> {
        for one in [wanted(program), due(program, now)] {
            if one
                .limit(1)
                .into_tuple::<(String, String)>()
                .one(&self.db)
                .await
                .map_err(sql::failed)?
                .is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl WriteTx {
    /// The customers whose details are to be read next, at most `limit`: first those
    /// whose details are wanted, then those who are due at `now`. They are no longer
    /// wanted then, unless they are wanted again while they are read. Until they are read,
    /// they are due.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn claim_details(&self, now: Timestamp, limit: u64) -> Result<Vec<DueCustomer>> {
        let mut claimed = Vec::new();
        for some in [wanted(self.program), due(self.program, now)] {
            if claimed.is_empty() {
                claimed = named_rows(some.limit(limit).into_tuple().all(&self.write).await)?;
            }
        }
        if !claimed.is_empty() {
            let ids = claimed.iter().map(|customer| customer.id.clone()).collect();
            let claim = Entity::update_many()
                .col_expr(Column::WantedAt, Expr::val(None::<i64>))
                .col_expr(Column::DueAt, Expr::val(0_i64))
                .filter(Column::ProgramId.eq(self.program.0))
                .filter(sql::is_one_of(self.backend(), Column::CustomerId, ids));
            claim.exec(&self.write).await.map_err(sql::failed)?;
        }
        Ok(claimed)
    }
}

impl WriteTx {
    /// Makes the details of all customers due.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn make_details_due(&self) -> Result<()> {
        let due = Entity::update_many()
            .col_expr(Column::DueAt, Expr::val(0_i64))
            .filter(Column::ProgramId.eq(self.program.0));
        due.exec(&self.write).await.map(drop).map_err(sql::failed)
    }

    /// What the issuer said last of each of the customers whom it has shown.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn issuer_records(
        &self,
        customers: Vec<String>,
    ) -> Result<HashMap<String, IssuerRecord>> {
        let rows = Entity::find()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CustomerId, customers))
            .all(&self.write)
            .await
            .map_err(sql::failed)?;
        let of = |row: Model| Ok((row.customer_id.clone(), record(row)?));
        rows.into_iter().map(of).collect()
    }

    /// Inserts or replaces what the issuer said of customers.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_issuer_records(&self, records: Vec<IssuerRecord>) -> Result<()> {
        let rows = records.into_iter().map(|record| row(self.program, record));
        let rows = one_of_each(rows, |row| &row.customer_id, |_, _| true);
        let returned = Column::CustomerId;
        upsert::<Entity>(&self.write, &rows, Rule::default(), returned).await.map(drop)
    }

    /// Wants the details of those of the customers whom the issuer has shown, unless
    /// they are wanted already.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn want_details(&self, customers: Vec<String>, at: Timestamp) -> Result<()> {
        self.wish(customers, at, Condition::all()).await
    }

    /// As [`WriteTx::want_details`], for those alone who are due at `now`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn want_due_details(&self, customers: Vec<String>, now: Timestamp) -> Result<()> {
        self.wish(customers, now, Condition::all().add(Column::DueAt.lte(now.millis()))).await
    }

    async fn wish(&self, customers: Vec<String>, at: Timestamp, of: Condition) -> Result<()> {
        let wish = Entity::update_many()
            .col_expr(Column::WantedAt, Expr::val(at.millis()))
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CustomerId, customers))
            .filter(Column::WantedAt.is_null())
            .filter(of);
        wish.exec(&self.write).await.map(drop).map_err(sql::failed)
    }
}
