//! What statements share: errors, parameters of many values, columns.

use std::str::FromStr;
use std::sync::LazyLock;

use sea_orm::IdenStatic as _;
use sea_orm::sea_query::{ArrayType, Expr, Value};
use sea_orm::sqlx::{self, Postgres, Row as _, Sqlite};
use sea_orm::{ColumnTrait, ColumnType, ConnAcquireErr, DbBackend, DbErr, EntityTrait};
use sea_orm::{Iterable as _, QueryResult, RuntimeErr, SqlxError};

use crate::domain::money::Minor;
use crate::domain::time::Timestamp;
use crate::error::{Error, Noted, Result};
use crate::outage::Outage;

/// The outages of the database. One for the process, as its log is one.
pub(super) static OUTAGE: LazyLock<Outage> = LazyLock::new(|| Outage::of("database"));

/// What a statement fails with at a standby. What has failed is noted there, and the request is
/// repeated at the primary.
const GIVEN_UP: &str = "the request is read at the primary";

/// The error of a statement at a standby, whose request is repeated at the primary.
pub(super) fn given_up() -> DbErr {
    DbErr::Custom(GIVEN_UP.to_owned())
}

/// A database error as unavailable, timed out, or internal. One that says that the database
/// is unavailable is noted as its outage.
pub(super) fn failed(error: DbErr) -> Error {
    let away = |error: DbErr| {
        OUTAGE.failed(&error.to_string());
        Error::unavailable(Noted::around(error))
    };
    let Some(sqlx) = sqlx_error(&error) else {
        return match error {
            // We have closed the pool: the process stops.
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Error::unavailable(error),
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => away(error),
            DbErr::Custom(what) if what == GIVEN_UP => Error::unavailable(Noted::MARK),
            _ => Error::internal(error),
        };
    };
    match sqlx {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        // Cut off in the middle of a message.
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::WorkerCrashed => away(error),
        SqlxError::PoolClosed => Error::unavailable(error),
        SqlxError::Database(of) => match of.code().as_deref() {
            // query_canceled, by the statement time-out.
            Some("57014") => Error::timeout().because(error),
            // Rolled back in favour of another transaction: it can be tried again.
            Some(code) if code.len() == 5 && code.starts_with("40") => Error::unavailable(error),
            Some(code) if is_away(code) => away(error),
            // insufficient_privilege: no statement of ours is at fault.
            Some("42501") => {
                OUTAGE.failed(&error.to_string());
                Error::internal(Noted::around(error))
            }
            _ => Error::internal(error),
        },
        _ => Error::internal(error),
    }
}

/// Whether an error code of a database says that it is unavailable for now.
fn is_away(code: &str) -> bool {
    if let Some(primary) = sqlite_primary(code) {
        // BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL.
        return matches!(primary, 5 | 6 | 7 | 8 | 10 | 13 | 14 | 15);
    }
    // PostgreSQL's classes: connection, transaction rolled back (a deadlock),
    // resources (a full disk), operator intervention, the system around it.
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "40" | "53" | "57" | "58")
        // Waited too long for a lock; idle for too long; read-only.
        || matches!(code, "55P03" | "25P03" | "25006")
}

/// The kind of a SQLite error: its codes are numbers, PostgreSQL's have five
/// letters or digits.
pub(super) fn sqlite_primary(code: &str) -> Option<u32> {
    (code.len() < 5).then(|| code.parse::<u32>().ok()).flatten().map(|code| code & 0xff)
}

pub(super) fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(sqlx))
        | DbErr::Exec(RuntimeErr::SqlxError(sqlx))
        | DbErr::Query(RuntimeErr::SqlxError(sqlx)) => Some(sqlx),
        _ => None,
    }
}

fn code(error: &DbErr) -> Option<String> {
    let SqlxError::Database(of) = sqlx_error(error)? else { return None };
    of.code().map(std::borrow::Cow::into_owned)
}

/// Whether another process holds SQLite's write lock.
pub(super) fn is_busy(error: &DbErr) -> bool {
    code(error).and_then(|code| sqlite_primary(&code)) == Some(5)
}

/// Whether a right is missing at PostgreSQL.
pub(super) fn is_forbidden(error: &DbErr) -> bool {
    code(error).is_some_and(|code| code == "42501")
}

/// Whether the connection may only read.
pub(super) fn is_read_only(error: &DbErr) -> bool {
    code(error).is_some_and(|code| code == "25006" || sqlite_primary(&code) == Some(8))
}

/// Whether an error says that the connection is lost, whatever the statement was.
pub(super) fn is_lost(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(SqlxError::Io(_) | SqlxError::Protocol(_) | SqlxError::WorkerCrashed) => true,
        // PostgreSQL: shut down by its administrator, or after a crash.
        Some(SqlxError::Database(of)) => matches!(of.code().as_deref(), Some("57P01" | "57P02")),
        _ => false,
    }
}

/// A database as traces name it.
pub(super) fn system(backend: DbBackend) -> &'static str {
    if backend == DbBackend::Postgres { "postgresql" } else { "sqlite" }
}

/// The number of rows that parameter `$parameter` allows, behind `LIMIT`.
///
/// SQLite looks at the value of a parameter that stands alone there, and so prepares the
/// statement anew each time one is bound: a seventh of the time of a page of customers.
pub(super) fn limit(backend: DbBackend, parameter: usize) -> String {
    if backend == DbBackend::Postgres {
        format!("LIMIT ${parameter}")
    } else {
        format!("LIMIT ${parameter} + 0")
    }
}

/// `column` is one of the texts of parameter `$parameter`, a [`list`]. The
/// text of the statement is the same however many there are, so that it is
/// prepared once.
pub(super) fn one_of(backend: DbBackend, column: &str, parameter: usize) -> String {
    if backend == DbBackend::Postgres {
        format!("{column} = ANY(${parameter}::text[])")
    } else {
        format!("{column} IN (SELECT value FROM json_each(${parameter}))")
    }
}

/// Joins the rows of a table to each row so far, or nulls if there are none. On
/// PostgreSQL in a way that makes the planner look each one up. `table` has an
/// alias.
pub(super) fn each(backend: DbBackend, table: &str, columns: &str, on: &str) -> String {
    if backend == DbBackend::Postgres {
        let alias = table.rsplit(' ').next().unwrap_or(table);
        format!(
            " LEFT JOIN LATERAL (SELECT {columns} FROM {table} WHERE {on} OFFSET 0) AS {alias} ON TRUE"
        )
    } else {
        format!(" LEFT JOIN {table} ON {on}")
    }
}

/// As [`each`], without the rows for which there is none.
pub(super) fn each_that_is(backend: DbBackend, table: &str, columns: &str, on: &str) -> String {
    if backend == DbBackend::Postgres {
        let alias = table.rsplit(' ').next().unwrap_or(table);
        format!(
            " CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE {on} OFFSET 0) AS {alias}"
        )
    } else {
        // In this order, which SQLite keeps.
        format!(" CROSS JOIN {table} ON {on}")
    }
}

/// Texts as the one parameter that [`one_of`] compares with.
pub(super) fn list(backend: DbBackend, texts: Vec<String>) -> Value {
    if backend == DbBackend::Postgres {
        let texts = texts.into_iter().map(|text| Value::String(Some(text))).collect();
        return Value::Array(ArrayType::String, Some(Box::new(texts)));
    }
    serde_json::Value::from(texts).to_string().into()
}

/// The rows `r` of parameter `$parameter`, which is a [`json`] list of objects.
/// Columns have PostgreSQL's types.
pub(super) fn rows(backend: DbBackend, parameter: usize, columns: &[(&str, &str)]) -> String {
    let postgres = backend == DbBackend::Postgres;
    let column = |(name, of): &(&str, &str)| {
        if postgres { format!("{name} {of}") } else { format!("value ->> '{name}' AS {name}") }
    };
    let columns: Vec<String> = columns.iter().map(column).collect();
    let columns = columns.join(", ");
    if postgres {
        format!("json_to_recordset(${parameter}::json) AS r({columns})")
    } else {
        format!("(SELECT {columns} FROM json_each(${parameter})) AS r")
    }
}

/// Many rows as one parameter.
pub(super) fn json(rows: &(impl serde::Serialize + ?Sized)) -> Result<Value> {
    Ok(serde_json::to_string(rows).map_err(Error::internal)?.into())
}

/// A type that both databases can read from a column.
pub(super) trait Readable<'r>:
    sqlx::Decode<'r, Postgres> + sqlx::Type<Postgres> + sqlx::Decode<'r, Sqlite> + sqlx::Type<Sqlite>
{
}

impl<'r, T> Readable<'r> for T where
    T: sqlx::Decode<'r, Postgres>
        + sqlx::Type<Postgres>
        + sqlx::Decode<'r, Sqlite>
        + sqlx::Type<Sqlite>
{
}

/// A column by its position; texts can be borrowed from the row.
pub(super) fn column<'r, T: Readable<'r>>(row: &'r QueryResult, at: usize) -> Result<T> {
    let read = match (row.try_as_pg_row(), row.try_as_sqlite_row()) {
        (Some(row), _) => row.try_get(at),
        (_, Some(row)) => row.try_get(at),
        (None, None) => Err(SqlxError::ColumnIndexOutOfBounds { index: at, len: 0 }),
    };
    read.map_err(Error::internal)
}

/// A stored value that our own migrations and checks should have prevented.
fn corrupt(what: &'static str) -> Error {
    Error::internal(format!("the database holds a value of {what} that cannot be"))
}

/// A stored text as the value that it names.
pub(super) fn named<T: FromStr>(what: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|_| corrupt(what))
}

/// A stored time.
pub(super) fn time(millis: i64) -> Result<Timestamp> {
    Timestamp::from_millis(millis).ok_or_else(|| corrupt("a time"))
}

/// A stored time that may be absent.
pub(super) fn maybe_time(millis: Option<i64>) -> Result<Option<Timestamp>> {
    millis.map(time).transpose()
}

/// A stored amount.
pub(super) fn money(minor: i64) -> Result<Minor> {
    Minor::new(minor).ok_or_else(|| corrupt("an amount"))
}

/// The columns of a table, each with PostgreSQL's type.
pub(super) fn columns_of<E: EntityTrait>() -> Vec<(&'static str, &'static str)> {
    let of = |column: E::Column| match column.def().get_column_type() {
        ColumnType::Integer => "integer",
        ColumnType::BigInteger => "bigint",
        ColumnType::Boolean => "boolean",
        _ => "text",
    };
    E::Column::iter().map(|column| (column.as_str(), of(column))).collect()
}

/// The columns of the table `alias`, in the order of the entity, from its
/// column number `first` on. What most reads leave out comes first in the
/// entities. Columns are read by position where reads are many: to look each
/// up by name costs more than the row.
pub(super) fn select_list<E: EntityTrait>(alias: &str, first: usize) -> String {
    let names = E::Column::iter().skip(first).map(|column| format!("{alias}.{}", column.as_str()));
    names.collect::<Vec<_>>().join(", ")
}

/// How many columns [`select_list`] has.
pub(super) fn width<E: EntityTrait>(first: usize) -> usize {
    E::Column::iter().count() - first
}

/// As [`one_of`], for a query of an entity.
pub(super) fn is_one_of(backend: DbBackend, column: impl ColumnTrait, texts: Vec<String>) -> Expr {
    let template = if backend == DbBackend::Postgres {
        "$1 = ANY($2::text[])"
    } else {
        "? IN (SELECT value FROM json_each(?))"
    };
    Expr::cust_with_exprs(template, [column.into_expr(), Expr::val(list(backend, texts))])
}
