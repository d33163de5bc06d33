//! Live balances: the row, reads for many customers at once, the upsert.

use std::collections::HashMap;
use std::sync::LazyLock;

use card_gateway_entity::wallet_balance::{Column, Entity, Model};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _};
use sea_orm::{QueryFilter as _, QueryResult, QueryTrait as _, Statement};

use super::bulk::upsert_many;
use super::database::Store;
use super::sql;
use super::upsert::{Rule, Source, differs, one_of_each};
use super::write_tx::WriteTx;
use crate::domain::balance::{BalanceSource, WalletBalance};
use crate::domain::ledger::wallet::Wallet;
use crate::domain::money::Minor;
use crate::domain::principal::ProgramId;
use crate::domain::time::{CLOCK_TOLERANCE_MILLIS, Timestamp};
use crate::error::Result;

/// The first column that [`current`] reads.
const FIRST: usize = Column::Source as usize;

/// The columns of a balance `b`.
pub(super) static COLUMNS: LazyLock<String> =
    LazyLock::new(|| sql::select_list::<Entity>("b", FIRST));

/// Joins the issuer's balance of each customer `c` of program `$1`, if there is one.
pub(super) fn joined(backend: DbBackend) -> String {
    let mine = "b.program_id = $1 AND b.customer_id = c.id";
    sql::each(backend, "wallet_balances AS b", &COLUMNS, mine)
}

/// How many columns [`current`] reads.
pub(super) fn width() -> usize {
    sql::width::<Entity>(FIRST)
}

/// The balance of a row whose columns begin at `start`.
fn current(row: &QueryResult, start: usize) -> Result<WalletBalance> {
    let at = |column: Column| start + column as usize - FIRST;
    let columns =
        [Column::LedgerMinor, Column::AvailableMinor, Column::PendingMinor, Column::UpdatedAt];
    balance(row, at(Column::Source), columns.map(at))
}

/// A balance by the positions of its columns: ledger, available, pending, and its time.
fn balance(row: &QueryResult, source: usize, columns: [usize; 4]) -> Result<WalletBalance> {
    let source: BalanceSource = sql::named("a balance source", sql::column(row, source)?)?;
    let [ledger, available, pending, updated_at] = columns;
    let money = |at| sql::money(sql::column(row, at)?);
    Ok(WalletBalance {
        ledger: money(ledger)?,
        available: money(available)?,
        pending: source.knows_holds().then(|| money(pending)).transpose()?,
        source,
        updated_at: sql::time(sql::column(row, updated_at)?)?,
    })
}

/// As [`current`]; none where nothing was joined.
pub(super) fn joined_balance(row: &QueryResult, start: usize) -> Result<Option<WalletBalance>> {
    let source: Option<&str> = sql::column(row, start)?;
    source.map(|_| current(row, start)).transpose()
}

/// The wallet of a row with all columns.
fn wallet(row: &QueryResult) -> Result<Wallet> {
    let base = [
        Column::BaseLedgerMinor,
        Column::BaseAvailableMinor,
        Column::BasePendingMinor,
        Column::BaseAt,
    ];
    Ok(Wallet {
        snapshot: balance(row, Column::Source as usize, base.map(|column| column as usize))?,
        snapshot_event: sql::column(row, Column::BaseEvent as usize)?,
        current: current(row, FIRST)?,
    })
}

/// Unknown is not 0: the source says which it is.
fn minor_or_0(pending: Option<Minor>) -> i64 {
    pending.map_or(0, Minor::get)
}

fn row(program: ProgramId, customer_id: String, wallet: Wallet) -> Model {
    let Wallet { snapshot, snapshot_event, current } = wallet;
    Model {
        program_id: program.0,
        customer_id,
        base_ledger_minor: snapshot.ledger.get(),
        base_available_minor: snapshot.available.get(),
        base_pending_minor: minor_or_0(snapshot.pending),
        base_at: snapshot.updated_at.millis(),
        base_event: snapshot_event,
        source: snapshot.source.as_ref().to_owned(),
        ledger_minor: current.ledger.get(),
        available_minor: current.available.get(),
        pending_minor: minor_or_0(current.pending),
        updated_at: current.updated_at.millis(),
    }
}

impl Store {
    /// The issuer's balance of each customer that has one.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wallet_balances(
        &self,
        program: ProgramId,
        customers: Vec<String>,
    ) -> Result<HashMap<String, WalletBalance>> {
        // By hand, as every page may ask it: one text, read by position.
        let backend = self.reads.get_database_backend();
        let text = format!(
            "SELECT b.customer_id, {columns} FROM wallet_balances AS b \
             WHERE b.program_id = $1 AND {wanted}",
            columns = *COLUMNS,
            wanted = sql::one_of(backend, "b.customer_id", 2)
        );
        let values = [program.0.into(), sql::list(backend, customers)];
        let statement = Statement::from_sql_and_values(backend, text, values);
        let rows = self.reads.query_all_raw(statement).await.map_err(sql::failed)?;
        rows.iter().map(|row| Ok((sql::column(row, 0)?, current(row, 1)?))).collect()
    }
}

impl WriteTx {
    /// The wallet of each customer that has a balance.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn wallets(&self, customers: Vec<String>) -> Result<HashMap<String, Wallet>> {
        let wallets = Entity::find()
            .filter(Column::ProgramId.eq(self.program.0))
            .filter(sql::is_one_of(self.backend(), Column::CustomerId, customers));
        let rows = self.write.query_all(&wallets.into_query()).await.map_err(sql::failed)?;
        let of = |row| Ok((sql::column(row, Column::CustomerId as usize)?, wallet(row)?));
        rows.iter().map(of).collect()
    }

    /// Inserts or replaces wallets, by the customers' identifiers. An import
    /// replaces no newer balance, unless that one's time is in the future: it
    /// would be the newest until then. Returns the customers whose wallet is
    /// not as it was.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn put_wallets(
        &self,
        wallets: Vec<(String, Wallet)>,
        source: Source,
    ) -> Result<Vec<String>> {
        let rows = wallets.into_iter().map(|(id, wallet)| row(self.program, id, wallet));
        let replaces =
            |row: &Model, old: &Model| source == Source::Events || row.base_at >= old.base_at;
        let rows = one_of_each(rows, |row| &row.customer_id, replaces);
        let rule = match source {
            Source::Events => Rule::default(),
            Source::Import => {
                let latest = Timestamp::now().plus_millis(CLOCK_TOLERANCE_MILLIS).millis();
                let condition = format!(
                    "(excluded.base_at >= wallet_balances.base_at \
                     OR wallet_balances.base_at > ?) AND {}",
                    differs::<Entity>(&[], &[])
                );
                Rule::when(condition, vec![latest.into()])
            }
        };
        let key = Column::CustomerId;
        Ok(upsert_many::<Entity>(self, rows, key, rule, key).await?.changed)
    }
}
