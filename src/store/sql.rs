//! What the statements share: errors, lists of keys, positions in a list.

use sea_orm::sea_query::{ArrayType, Value};
use sea_orm::sqlx::{self, Postgres, Row as _, Sqlite};
use sea_orm::{DbBackend, DbErr, QueryResult, RuntimeErr, SqlxError};

use crate::domain::money::Minor;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};

/// Sorts a database error into "away for now", "took too long" and "our fault".
pub(super) fn failed(error: DbErr) -> Error {
    let sqlx = match &error {
        DbErr::Conn(RuntimeErr::SqlxError(sqlx))
        | DbErr::Exec(RuntimeErr::SqlxError(sqlx))
        | DbErr::Query(RuntimeErr::SqlxError(sqlx)) => sqlx.as_ref(),
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => return Error::unavailable(error),
        _ => return Error::internal(error),
    };
    match sqlx {
        SqlxError::Io(_)
        | SqlxError::Tls(_)
        // Cut off in the middle of a message.
        | SqlxError::Protocol(_)
        | SqlxError::PoolTimedOut
        | SqlxError::PoolClosed
        | SqlxError::WorkerCrashed => Error::unavailable(error),
        SqlxError::Database(of) => match of.code().as_deref() {
            // PostgreSQL: query_canceled, by the statement time-out.
            Some("57014") => Error::timeout().because(error),
            // PostgreSQL: shut down or starting; too many connections. SQLite: busy.
            Some("57P01" | "57P02" | "57P03" | "53300" | "5" | "517") => Error::unavailable(error),
            _ => Error::internal(error),
        },
        _ => Error::internal(error),
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

/// Joins what a table has for each row so far, or nulls where it has nothing.
/// On PostgreSQL in a way that leaves the planner no choice but to look each
/// one up. `table` has an alias.
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

/// What both databases can read out of a column.
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

/// A stored value that our own migrations and checks should have kept out.
fn corrupt(what: &'static str) -> Error {
    Error::internal(format!("the database holds a value of {what} that cannot be"))
}

/// A stored text as the value that it names.
pub(super) fn named<T>(what: &'static str, value: Option<T>) -> Result<T> {
    value.ok_or_else(|| corrupt(what))
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
