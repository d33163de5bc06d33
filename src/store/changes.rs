//! Changes of customers in the order of commits: the row, and how changes are recorded and
//! followed as they come. What clients read of them later is beside it.

use card_gateway_entity::change::{Column, Entity};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryResult};
use sea_orm::{QueryFilter as _, QuerySelect as _, RuntimeErr, Statement};
use serde::Serialize;

use super::database::Store;
use super::notices::CHANNEL;
use super::pooler::Pooler;
use super::sql;
use super::write_tx::WriteTx;
use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::change::{Change, ChangedCustomers, NewChange};
use crate::domain::money::Minor;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Result};

/// One change as a statement's parameter has it.
#[derive(Serialize)]
struct Row {
    at: usize,
    customer_id: String,
    kind: &'static str,
    ledger_minor: Option<i64>,
    available_minor: Option<i64>,
    pending_minor: Option<i64>,
    updated_at: Option<i64>,
}

/// The columns of a [`Row`], with PostgreSQL's types.
const ROW: [(&str, &str); 7] = [
    ("at", "bigint"),
    ("customer_id", "text"),
    ("kind", "text"),
    ("ledger_minor", "bigint"),
    ("available_minor", "bigint"),
    ("pending_minor", "bigint"),
    ("updated_at", "bigint"),
];

/// All statements insert any number of rows with one text, and the database numbers them.
pub(super) const INSERT: &str = "INSERT INTO changes (program_id, changed_at, customer_id, kind, \
    ledger_minor, available_minor, pending_minor, updated_at, only_chain)";
/// The columns of the issuer's balance `b`: only a live one knows what is held.
pub(super) const BALANCE: &str = "b.ledger_minor, b.available_minor, \
    CASE WHEN b.source = 'live' THEN b.pending_minor END, b.updated_at";

/// The columns of a change `c`.
pub(super) fn columns() -> String {
    sql::select_list::<Entity>("c", 0)
}

/// The change of a row whose columns begin at `start`; none where nothing was joined.
pub(super) fn joined_change(row: &QueryResult, start: usize) -> Result<Option<Change>> {
    let at = |column: Column| start + column as usize;
    let Some(seq) = sql::column(row, at(Column::Seq))? else { return Ok(None) };
    let number = |column| sql::column::<Option<i64>>(row, at(column));
    let balance = match (
        number(Column::LedgerMinor)?,
        number(Column::AvailableMinor)?,
        number(Column::UpdatedAt)?,
    ) {
        (Some(ledger), Some(available), Some(updated_at)) => {
            let pending = number(Column::PendingMinor)?.map(sql::money).transpose()?;
            // Only a live balance knows what is held.
            let source =
                if pending.is_some() { BalanceSource::Live } else { BalanceSource::Reconciliation };
            Some(WalletBalance {
                ledger: sql::money(ledger)?,
                available: sql::money(available)?,
                pending,
                source,
                updated_at: sql::time(updated_at)?,
            })
        }
        _ => None,
    };
    Ok(Some(Change {
        seq,
        program: ProgramId(sql::column(row, at(Column::ProgramId))?),
        customer: sql::column(row, at(Column::CustomerId))?,
        at: sql::time(sql::column(row, at(Column::ChangedAt))?)?,
        kind: sql::named("a kind of change", sql::column(row, at(Column::Kind))?)?,
        balance,
        only_chain: sql::column(row, at(Column::OnlyChain))?,
    }))
}

impl WriteTx {
    /// Records changes of customers, in this order. Clients see them after the commit.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_changes(&self, changes: Vec<NewChange>) -> Result<()> {
        let row = |(at, NewChange { customer, kind, balance }): (usize, NewChange)| Row {
            at,
            customer_id: customer,
            kind: kind.into(),
            ledger_minor: balance.map(|balance| balance.ledger.get()),
            available_minor: balance.map(|balance| balance.available.get()),
            pending_minor: balance.and_then(|balance| balance.pending).map(Minor::get),
            updated_at: balance.map(|balance| balance.updated_at.millis()),
        };
        let customers = changes.iter().map(|change| change.customer.clone()).collect();
        self.note_updates(customers).await?;
        let rows: Vec<Row> = changes.into_iter().enumerate().map(row).collect();
        let text = format!(
            "{INSERT} SELECT $1, $2, customer_id, kind, ledger_minor, available_minor, \
             pending_minor, updated_at, FALSE FROM {} ORDER BY r.at",
            sql::rows(self.backend(), 3, &ROW)
        );
        self.execute(text, [self.at.millis().into(), sql::json(&rows)?]).await?;
        self.write.notify();
        Ok(())
    }

    /// As [`WriteTx::record_changes`] of customers who are stored, with the issuer's balances
    /// that are stored.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn record_changes_of(&self, changed: ChangedCustomers) -> Result<()> {
        #[derive(Serialize)]
        struct Row {
            id: String,
            kind: &'static str,
        }
        self.note_updates(changed.ids()).await?;
        let rows = changed.into_iter().map(|(id, kind)| Row { id, kind: kind.into() });
        let rows: Vec<Row> = rows.collect();
        let backend = self.backend();
        let from = sql::rows(backend, 3, &[("id", "text"), ("kind", "text")]);
        let mine = "b.program_id = $1 AND b.customer_id = r.id";
        let balance = sql::each(backend, "wallet_balances AS b", "b.*", mine);
        let text =
            format!("{INSERT} SELECT $1, $2, r.id, r.kind, {BALANCE}, FALSE FROM {from}{balance}");
        self.execute(text, [self.at.millis().into(), sql::json(&rows)?]).await?;
        self.write.notify();
        Ok(())
    }
}

impl Store {
    /// The number of each program's last change; a program without one is left out.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn last_changes(&self, programs: Vec<ProgramId>) -> Result<Vec<(ProgramId, i64)>> {
        #[derive(Serialize)]
        struct Row {
            program: i32,
        }
        let rows: Vec<Row> = programs.iter().map(|of| Row { program: of.0 }).collect();
        let backend = self.reads.get_database_backend();
        // By hand: the end of an index for each program. A grouped query reads all of it.
        let text = format!(
            "SELECT r.program, (SELECT MAX(c.seq) FROM changes AS c WHERE c.program_id = r.program) \
             FROM {}",
            sql::rows(backend, 1, &[("program", "integer")])
        );
        let statement = Statement::from_sql_and_values(backend, text, [sql::json(&rows)?]);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        let mut last = Vec::with_capacity(rows.len());
        for row in &rows {
            if let Some(seq) = sql::column(row, 1)? {
                last.push((ProgramId(sql::column(row, 0)?), seq));
            }
        }
        Ok(last)
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
        let columns = columns();
        // By hand, for one plan for any number of programs: each is read along an
        // index.
        let text = if backend == DbBackend::Postgres {
            format!(
                "SELECT {columns} FROM {rows} CROSS JOIN LATERAL (SELECT c.* FROM changes AS c \
                 WHERE c.program_id = r.program AND c.seq > r.seq ORDER BY c.seq LIMIT $2) AS c \
                 ORDER BY c.seq"
            )
        } else {
            format!(
                "SELECT {columns} FROM {rows} CROSS JOIN changes AS c ON c.seq IN (\
                 SELECT n.seq FROM changes AS n WHERE n.program_id = r.program AND n.seq > r.seq \
                 ORDER BY n.seq {limit}) ORDER BY c.seq",
                limit = sql::limit(backend, 2)
            )
        };
        let values = [sql::json(&positions)?, limit.into()];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().filter_map(|row| joined_change(row, 0).transpose()).collect()
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
