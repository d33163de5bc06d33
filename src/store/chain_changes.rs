//! Customers whose wallet holds something else, by the chain, than the last time.

use card_gateway_entity::chain_balance::Model;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde::Serialize;

use super::changes::{BALANCE, INSERT};
use super::customers::PRESENT;
use super::db_tx::DbTx;
use super::{sql, write_tx};
use crate::domain::change::ChangeKind;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// What the chain says of one wallet, as a statement's parameter has it.
#[derive(Serialize)]
struct Row<'a> {
    wallet: &'a str,
    currency: &'a str,
    ledger: i64,
    block: i64,
}

/// The columns of a [`Row`], with PostgreSQL's types.
const ROW: [(&str, &str); 4] =
    [("wallet", "text"), ("currency", "text"), ("ledger", "bigint"), ("block", "bigint")];

/// The customers `c` of whose wallets the readings `r` say something. SQLite keeps the order
/// of a CROSS JOIN: each wallet is looked up.
fn touched(backend: DbBackend, parameter: usize, joined: &str) -> String {
    format!(
        "{} {joined} CROSS JOIN card_customers AS c \
         LEFT JOIN wallet_balances AS b ON b.program_id = c.program_id AND b.customer_id = c.id \
         WHERE c.wallet_address = r.wallet AND c.currency = r.currency",
        sql::rows(backend, parameter, &ROW)
    )
}

/// Those of whose wallets they say something new.
fn changed(backend: DbBackend, parameter: usize) -> String {
    let stored = "LEFT JOIN chain_balances AS s \
        ON s.wallet_address = r.wallet AND s.currency = r.currency";
    format!(
        "{} AND {PRESENT} AND (s.ledger_minor IS NULL OR (s.ledger_minor <> r.ledger AND s.block_number <= r.block))",
        touched(backend, parameter, stored)
    )
}

/// Records a change for each customer, of whatever program, about whose wallet these
/// readings say something new. To be called before they are stored, in the same
/// transaction. If they say nothing new, nothing is written.
///
/// From here on, until the commit, no other transaction writes for the programs of these
/// wallets: the sums of their balances depend on both.
pub(super) async fn record(write: &DbTx, readings: &[Model]) -> Result<()> {
    let rows = readings.iter().map(|of| Row {
        wallet: &of.wallet_address,
        currency: &of.currency,
        ledger: of.ledger_minor,
        block: of.block_number,
    });
    let rows = sql::json(&rows.collect::<Vec<_>>())?;
    let backend = write.get_database_backend();
    let programs = format!(
        "SELECT DISTINCT c.program_id FROM {} ORDER BY c.program_id",
        touched(backend, 1, "")
    );
    let programs = Statement::from_sql_and_values(backend, programs, [rows.clone()]);
    let programs = write.query_all_raw(programs).await.map_err(sql::failed)?;
    if programs.is_empty() {
        return Ok(());
    }
    if backend == DbBackend::Postgres {
        // A program's changes are numbered in the order of commits. Locks that are taken in
        // one order do not deadlock.
        for program in &programs {
            let lock = write_tx::lock(ProgramId(sql::column(program, 0)?));
            write.execute_unprepared(&lock).await.map_err(sql::failed)?;
        }
    }
    let insert = format!(
        "{INSERT} SELECT c.program_id, $1, c.id, '{kind}', {BALANCE}, TRUE FROM {}",
        changed(backend, 2),
        kind = ChangeKind::Balance.as_ref(),
    );
    let values = [Timestamp::now().millis().into(), rows];
    let insert = Statement::from_sql_and_values(backend, insert, values);
    let inserted = write.execute_raw(insert).await.map_err(sql::failed)?;
    if inserted.rows_affected() > 0 {
        write.notify();
    }
    Ok(())
}
