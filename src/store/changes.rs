//! Changes of customers in the order of commits, for subscriptions.

use std::time::Duration;

use card_gateway_entity::change::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::{ColumnTrait, ConnectionTrait as _, DbBackend, EntityTrait as _, Statement};
use sea_orm::{QueryFilter as _, QuerySelect as _, RuntimeErr};
use serde::Serialize;

use super::database::Store;
use super::notices::CHANNEL;
use super::pooler::Pooler;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::money::Minor;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};

/// Changes that are removed in one transaction, and the pause for other writers.
const CHUNK: i64 = 1_000;
const PAUSE: Duration = Duration::from_millis(20);

/// A customer has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number: later changes of the same program have greater ones.
    pub seq: i64,
    /// The customer's program.
    pub program: ProgramId,
    /// The customer.
    pub customer: String,
    /// The issuer's balance after it, if there is one.
    pub balance: Option<WalletBalance>,
    /// Whether nothing has changed but what the chain says of the wallet.
    pub only_chain: bool,
}

/// One change as a statement's parameter has it.
#[derive(Serialize)]
struct Row {
    at: usize,
    customer_id: String,
    ledger_minor: Option<i64>,
    available_minor: Option<i64>,
    pending_minor: Option<i64>,
    updated_at: Option<i64>,
}

/// The columns of a [`Row`], with PostgreSQL's types.
const ROW: [(&str, &str); 6] = [
    ("at", "bigint"),
    ("customer_id", "text"),
    ("ledger_minor", "bigint"),
    ("available_minor", "bigint"),
    ("pending_minor", "bigint"),
    ("updated_at", "bigint"),
];

/// Both statements insert any number of rows with one text, and the database
/// numbers them.
pub(super) const INSERT: &str = "INSERT INTO changes (program_id, changed_at, customer_id, \
    ledger_minor, available_minor, pending_minor, updated_at, only_chain)";
/// The columns of the issuer's balance `b`: only a live one knows what is held.
pub(super) const BALANCE: &str = "b.ledger_minor, b.available_minor, \
    CASE WHEN b.source = 'live' THEN b.pending_minor END, b.updated_at";

impl WriteTx {
    /// Records that customers have changed, in this order, each with the live
    /// balance after the change. Subscribers see them after the commit.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_changes(
        &self,
        changes: Vec<(String, Option<WalletBalance>)>,
    ) -> Result<()> {
        let row = |(at, (customer_id, balance)): (usize, (String, Option<WalletBalance>))| Row {
            at,
            customer_id,
            ledger_minor: balance.map(|balance| balance.ledger.get()),
            available_minor: balance.map(|balance| balance.available.get()),
            pending_minor: balance.and_then(|balance| balance.pending).map(Minor::get),
            updated_at: balance.map(|balance| balance.updated_at.millis()),
        };
        let customers = changes.iter().map(|(customer, _)| customer.clone()).collect();
        self.note_updates(customers).await?;
        let rows: Vec<Row> = changes.into_iter().enumerate().map(row).collect();
        let text = format!(
            "{INSERT} SELECT $1, $2, customer_id, ledger_minor, available_minor, pending_minor, \
             updated_at, FALSE FROM {} ORDER BY r.at",
            sql::rows(self.backend(), 3, &ROW)
        );
        self.execute(text, [Timestamp::now().millis().into(), sql::json(&rows)?]).await?;
        self.write.notify();
        Ok(())
    }

    /// As [`WriteTx::record_changes`] of customers who are stored, each once, with the issuer's
    /// balances that are stored.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_changes_of(&self, customers: Vec<String>) -> Result<()> {
        self.note_updates(customers.clone()).await?;
        let backend = self.backend();
        let from = if backend == DbBackend::Postgres {
            "unnest($3::text[]) AS k(id)"
        } else {
            "(SELECT value AS id FROM json_each($3)) AS k"
        };
        let mine = "b.program_id = $1 AND b.customer_id = k.id";
        let balance = sql::each(backend, "wallet_balances AS b", "b.*", mine);
        let text = format!("{INSERT} SELECT $1, $2, k.id, {BALANCE}, FALSE FROM {from}{balance}");
        let customers = sql::list(backend, customers);
        self.execute(text, [Timestamp::now().millis().into(), customers]).await?;
        self.write.notify();
        Ok(())
    }
}

impl Store {
    /// The number of each program's last change (for subscriptions);
    /// a program without one is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_changes(&self, programs: Vec<ProgramId>) -> Result<Vec<(ProgramId, i64)>> {
        let last = Entity::find()
            .select_only()
            .column(Column::ProgramId)
            .column_as(Column::Seq.max(), "seq")
            .filter(Column::ProgramId.is_in(programs.iter().map(|program| program.0)))
            .group_by(Column::ProgramId)
            .into_tuple::<(i32, i64)>()
            .all(&*self.reads)
            .await;
        let last = last.map_err(sql::failed)?.into_iter();
        Ok(last.map(|(program, seq)| (ProgramId(program), seq)).collect())
    }

    /// The number of a customer's last change; 0 if none is known.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_change_of(&self, program: ProgramId, customer: &str) -> Result<i64> {
        let last = Entity::find()
            .select_only()
            .column_as(Column::Seq.max(), "seq")
            .filter(Column::ProgramId.eq(program.0))
            .filter(Column::CustomerId.eq(customer))
            .into_tuple::<Option<i64>>()
            .one(&*self.reads)
            .await;
        Ok(last.map_err(sql::failed)?.flatten().unwrap_or(0))
    }

    /// The changes of each program after a number of its own, in order, at most
    /// `limit` of each (for subscriptions).
    ///
    /// # Errors
    /// If the database fails.
    pub async fn changes_after(
        &self,
        positions: &[(ProgramId, i64)],
        limit: u64,
    ) -> Result<Vec<Change>> {
        #[derive(Serialize)]
        struct Position {
            program: i32,
            seq: i64,
        }
        let position = |&(program, seq): &(ProgramId, i64)| Position { program: program.0, seq };
        let positions: Vec<Position> = positions.iter().map(position).collect();
        let backend = self.reads.get_database_backend();
        let rows = sql::rows(backend, 1, &[("program", "integer"), ("seq", "bigint")]);
        // By hand, for one plan for any number of programs: each is read along an
        // index.
        let text = if backend == DbBackend::Postgres {
            format!(
                "SELECT c.* FROM {rows} CROSS JOIN LATERAL (SELECT c.* FROM changes AS c \
                 WHERE c.program_id = r.program AND c.seq > r.seq ORDER BY c.seq LIMIT $2) AS c \
                 ORDER BY c.seq"
            )
        } else {
            format!(
                "SELECT changes.* FROM {rows} CROSS JOIN changes ON changes.seq IN (\
                 SELECT c.seq FROM changes AS c WHERE c.program_id = r.program AND c.seq > r.seq \
                 ORDER BY c.seq {limit}) ORDER BY changes.seq",
                limit = sql::limit(backend, 2)
            )
        };
        let values = [sql::json(&positions)?, limit.into()];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = Entity::find().from_raw_sql(statement).all(&*self.reads).await;
        rows.map_err(sql::failed)?.into_iter().map(change).collect()
    }

    /// Removes changes of all programs that are older than `before`.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_changes(&self, before: Timestamp) -> Result<()> {
        // By number, which has an index: times only grow with it.
        let old = Entity::find()
            .select_only()
            .column_as(Column::Seq.max(), "seq")
            .filter(Expr::col(Column::ChangedAt).lt(before.millis()))
            .into_tuple::<Option<i64>>()
            .one(&self.db)
            .await;
        let Some(Some(end)) = old.map_err(sql::failed)? else { return Ok(()) };
        let first = Entity::find().select_only().column_as(ColumnTrait::min(&Column::Seq), "seq");
        let first = first.into_tuple::<Option<i64>>().one(&self.db).await.map_err(sql::failed)?;
        let mut seq = first.flatten().unwrap_or(end);
        // In chunks, so that no writer waits for long.
        while seq <= end {
            seq += CHUNK;
            let chunk = Column::Seq.lte(std::cmp::min(seq, end));
            let write = self.begin_bulk("").await?;
            let removed = Entity::delete_many().filter(chunk).exec(&write).await;
            removed.map_err(sql::failed)?;
            write.commit().await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    /// Listens to the changes that other processes make; none on SQLite, and behind a pooler
    /// that has no sessions. It is a hint to look, and no more: while its connection is lost, hints are lost.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn listen(&self) -> Result<Option<ChangeListener>> {
        let postgres = self.db.get_database_backend() == DbBackend::Postgres;
        if !postgres || self.pooler == Pooler::Transaction {
            return Ok(None);
        }
        let failed = |error: sea_orm::SqlxError| {
            sql::failed(sea_orm::DbErr::Conn(RuntimeErr::SqlxError(error.into())))
        };
        // A connection of its own: it is kept for good, and the pool may be small.
        let options = self.db.get_postgres_connection_pool().connect_options();
        let pool = PgPoolOptions::new().max_connections(1);
        let pool = pool.connect_lazy_with(PgConnectOptions::clone(&options));
        let mut listener = PgListener::connect_with(&pool).await.map_err(failed)?;
        listener.listen(CHANNEL).await.map_err(failed)?;
        Ok(Some(ChangeListener(listener)))
    }
}

/// Listens to the changes that other processes make.
pub struct ChangeListener(PgListener);

impl ChangeListener {
    /// Returns when there may be something new to see.
    ///
    /// # Errors
    /// If the connection is lost and does not come back.
    pub async fn changed(&mut self) -> Result<()> {
        // Hints are lost while the connection is, so that its loss is a reason
        // to look as well.
        self.0.try_recv().await.map(drop).map_err(Error::unavailable)
    }
}

fn change(row: Model) -> Result<Change> {
    let balance = match (row.ledger_minor, row.available_minor, row.updated_at) {
        (Some(ledger), Some(available), Some(at)) => Some(WalletBalance {
            ledger: sql::money(ledger)?,
            available: sql::money(available)?,
            pending: row.pending_minor.map(sql::money).transpose()?,
            // Only a live balance knows what is held.
            source: match row.pending_minor {
                Some(_) => BalanceSource::Live,
                None => BalanceSource::Reconciliation,
            },
            updated_at: sql::time(at)?,
        }),
        _ => None,
    };
    Ok(Change {
        seq: row.seq,
        program: ProgramId(row.program_id),
        customer: row.customer_id,
        balance,
        only_chain: row.only_chain,
    })
}
