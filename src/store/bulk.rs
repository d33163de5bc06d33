//! Many rows of a program at once: an upsert that knows how most of them go in.
//!
//! The rows of an import are nearly all new, or nearly all known. PostgreSQL takes new ones
//! by COPY in half the time of an INSERT with ON CONFLICT, which looks for each row's key
//! first, reads the rows from JSON, and writes them one by one. So the keys that are stored
//! are looked up in one statement: rows with these are upserted, all others are copied. The
//! transaction is the program's only writer, so that no key can come in between.

use std::collections::HashSet;

use sea_orm::sea_query::Value;
use sea_orm::{ConnectionTrait as _, DbBackend, EntityTrait, IdenStatic as _, Iterable as _};
use sea_orm::{ModelTrait as _, Statement};
use serde::Serialize;

use super::sql;
use super::upsert::{Rule, upsert};
use super::write_tx::WriteTx;
use crate::error::{Error, Result};

/// Fewer rows than this are not worth a look-up of their keys.
const MANY: usize = 200;

/// What became of rows.
#[derive(Default)]
pub(super) struct Written {
    /// The column that was asked for, of each row that is not as it was.
    pub(super) changed: Vec<String>,
    /// The keys of the rows that may have been stored before.
    pub(super) known: Vec<String>,
}

/// As [`upsert`], of rows whose key is their program and `key`.
pub(super) async fn upsert_many<E>(
    tx: &WriteTx,
    rows: Vec<E::Model>,
    key: E::Column,
    rule: Rule,
    returned: E::Column,
) -> Result<Written>
where
    E: EntityTrait,
    E::Model: Serialize + Sync,
{
    let keys: Vec<String> = rows.iter().filter_map(|row| text(row.get(key))).collect();
    if tx.backend() != DbBackend::Postgres || rows.len() < MANY {
        let changed = upsert::<E>(&tx.write, &rows, rule, returned).await?;
        return Ok(Written { changed, known: keys });
    }
    let stored = stored_keys::<E>(tx, keys, key).await?;
    let is_stored = |row: &E::Model| text(row.get(key)).is_some_and(|key| stored.contains(&key));
    let (known, new): (Vec<E::Model>, Vec<E::Model>) = rows.into_iter().partition(is_stored);
    let mut changed = upsert::<E>(&tx.write, &known, rule, returned).await?;
    if !new.is_empty() {
        copy::<E>(tx, &new).await?;
        changed.extend(new.iter().filter_map(|row| text(row.get(returned))));
    }
    Ok(Written { changed, known: stored.into_iter().collect() })
}

/// Those of the keys of the program's rows that are stored. Each is looked up, by the table's key:
/// PostgreSQL, which may believe that the program has no rows yet, would read all of them by another index. So
/// it is not to know which program it is (`OFFSET 0`).
pub(super) async fn stored_keys<E: EntityTrait>(
    tx: &WriteTx,
    keys: Vec<String>,
    key: E::Column,
) -> Result<HashSet<String>> {
    let backend = tx.backend();
    let (key, table) = (key.as_str(), E::default().table_name().to_owned());
    let statement = if backend == DbBackend::Postgres {
        format!(
            "SELECT k.key FROM (SELECT $1::integer AS program, u.key FROM unnest($2::text[]) AS u(key) \
               OFFSET 0) AS k \
             CROSS JOIN LATERAL (SELECT 1 FROM {table} AS t \
               WHERE t.program_id = k.program AND t.{key} = k.key OFFSET 0) AS t"
        )
    } else {
        format!(
            "SELECT t.{key} FROM {table} AS t WHERE t.program_id = $1 AND {}",
            sql::one_of(backend, &format!("t.{key}"), 2)
        )
    };
    let values = [tx.program.0.into(), sql::list(backend, keys)];
    let statement = Statement::from_sql_and_values(backend, statement, values);
    let rows = tx.write.query_all_raw(statement).await.map_err(sql::failed)?;
    rows.iter().map(|row| sql::column(row, 0)).collect()
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => text,
        _ => None,
    }
}

/// Inserts rows whose keys are new.
async fn copy<E: EntityTrait>(tx: &WriteTx, rows: &[E::Model]) -> Result<()> {
    let columns: Vec<&str> = E::Column::iter().map(|column| column.as_str()).collect();
    let statement =
        format!("COPY {} ({}) FROM STDIN", E::default().table_name(), columns.join(", "));
    let mut data = String::new();
    for row in rows {
        for (at, column) in E::Column::iter().enumerate() {
            if at > 0 {
                data.push('\t');
            }
            field(&mut data, row.get(column))?;
        }
        data.push('\n');
    }
    tx.write.copy_in(&statement, &data).await.map_err(sql::failed)
}

/// Writes a value in the text format of COPY.
fn field(data: &mut String, value: Value) -> Result<()> {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = match value {
        Value::Bool(Some(value)) => data.write_str(if value { "t" } else { "f" }),
        Value::Int(Some(value)) => write!(data, "{value}"),
        Value::BigInt(Some(value)) => write!(data, "{value}"),
        Value::String(Some(text)) => {
            escaped(data, &text);
            Ok(())
        }
        Value::Bool(None) | Value::Int(None) | Value::BigInt(None) | Value::String(None) => {
            data.write_str("\\N")
        }
        _ => return Err(Error::internal("a column of a type that is not copied")),
    };
    Ok(())
}

fn escaped(data: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '\\' => data.push_str("\\\\"),
            '\n' => data.push_str("\\n"),
            '\r' => data.push_str("\\r"),
            '\t' => data.push_str("\\t"),
            other => data.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_copy_reads_them() {
        let mut data = String::new();
        for value in [
            Value::Bool(Some(true)),
            Value::BigInt(Some(-5)),
            Value::String(None),
            Value::String(Some(String::new())),
            Value::String(Some("\\N a\tb\r\n\\. ü".to_owned())),
        ] {
            field(&mut data, value).expect("a type that is copied");
            data.push('|');
        }
        assert_eq!(data, "t|-5|\\N||\\\\N a\\tb\\r\\n\\\\. ü|");
        assert!(field(&mut data, Value::Double(Some(1.0))).is_err());
    }
}
