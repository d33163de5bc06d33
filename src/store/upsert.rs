//! The one way in which rows are inserted or replaced in bulk, by imports and
//! by events alike.
//!
//! The SQL is written by hand, in the form that is fastest on each database. On
//! PostgreSQL all rows are one JSON parameter: the text is the same for any
//! number of rows, and is planned once. SQLite prepares a statement in no time
//! and takes three times as long to read JSON, so that each value is a
//! parameter. The columns are those of the entity.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use sea_orm::sea_query::Value;
use sea_orm::{ColumnTrait, ConnectionTrait as _, DbBackend, EntityTrait, IdenStatic as _};
use sea_orm::{Iterable as _, ModelTrait as _, PrimaryKeyToColumn as _, Statement};
use serde::Serialize;

use super::db_tx::DbTx;
use super::sql;
use crate::error::Result;

/// Rows of one statement: well under what SQLite takes as parameters.
const CHUNK: usize = 1_000;

/// Who states what is to be stored. Each table says which statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An import states how things were at one moment.
    Import,
    /// Events were merged with what is stored already: their result replaces it.
    Events,
}

/// When a row replaces the one that has its key.
#[derive(Clone, Default)]
pub(super) struct Rule {
    /// What must hold; empty: nothing.
    condition: String,
    /// The parameters that the condition has.
    values: Vec<Value>,
    /// Columns that stay as they are where the new row has a null.
    kept: Vec<&'static str>,
}

impl Rule {
    /// If the condition holds. It knows the stored row by the table's name and
    /// the new one as `excluded`. `?` stands for a value.
    pub(super) const fn when(condition: String, values: Vec<Value>) -> Self {
        Self { condition, values, kept: Vec::new() }
    }

    /// With columns that stay as they are where the new row has a null.
    pub(super) fn keeping(mut self, columns: &[impl ColumnTrait]) -> Self {
        self.kept = columns.iter().map(sea_orm::IdenStatic::as_str).collect();
        self
    }
}

/// Inserts rows, or replaces those with the same key where the rule says so.
/// Returns the column `returned` of each row that is not as it was.
pub(super) async fn upsert<E>(
    tx: &DbTx,
    rows: &[E::Model],
    rule: Rule,
    returned: E::Column,
) -> Result<Vec<String>>
where
    E: EntityTrait,
    E::Model: Serialize + Sync,
{
    let mut changed = Vec::new();
    for chunk in rows.chunks(CHUNK) {
        let statement = statement::<E>(tx.get_database_backend(), chunk, &rule, returned)?;
        let rows = tx.query_all_raw(statement).await.map_err(sql::failed)?;
        for row in &rows {
            changed.push(sql::column(row, 0)?);
        }
    }
    Ok(changed)
}

fn statement<E>(
    backend: DbBackend,
    rows: &[E::Model],
    rule: &Rule,
    returned: E::Column,
) -> Result<Statement>
where
    E: EntityTrait,
    E::Model: Serialize,
{
    let columns = sql::columns_of::<E>();
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let key = key_of::<E>();
    let set = names.iter().filter(|name| !key.contains(name));
    let table = E::default().table_name().to_owned();
    let new = |name: &&str| {
        if rule.kept.contains(name) {
            format!("{name} = COALESCE(excluded.{name}, {table}.{name})")
        } else {
            format!("{name} = excluded.{name}")
        }
    };
    let set: Vec<String> = set.map(new).collect();
    let (names, key, set) = (names.join(", "), key.join(", "), set.join(", "));
    let mut condition = rule.condition.clone();
    let (from, mut values) = if backend == DbBackend::Postgres {
        for parameter in 2..2 + rule.values.len() {
            condition = condition.replacen('?', &format!("${parameter}"), 1);
        }
        let from = format!("SELECT {names} FROM {}", sql::rows(backend, 1, &columns));
        (from, vec![sql::json(rows)?])
    } else {
        let row = format!("({})", vec!["?"; columns.len()].join(", "));
        let from = format!("VALUES {}", vec![row.as_str(); rows.len()].join(", "));
        let values = rows.iter().flat_map(|row| E::Column::iter().map(|column| row.get(column)));
        (from, values.collect())
    };
    values.extend(rule.values.iter().cloned());
    let replace = match (set.as_str(), condition.as_str()) {
        ("", _) => "NOTHING".to_owned(),
        (_, "") => format!("UPDATE SET {set}"),
        _ => format!("UPDATE SET {set} WHERE {condition}"),
    };
    let text = format!(
        "INSERT INTO {table} ({names}) {from} ON CONFLICT ({key}) DO {replace} RETURNING {returned}",
        returned = returned.as_str(),
    );
    Ok(Statement::from_sql_and_values(backend, text, values))
}

/// Whether the new row differs from the stored one, columns of `except` apart. A null in
/// a column of `kept` is no difference.
pub(super) fn differs<E: EntityTrait>(except: &[E::Column], kept: &[E::Column]) -> String {
    let table = E::default().table_name().to_owned();
    let mut ignored = key_of::<E>();
    ignored.extend(except.iter().map(sea_orm::IdenStatic::as_str));
    let compared = sql::columns_of::<E>().into_iter().filter(|(name, _)| !ignored.contains(name));
    let kept: Vec<&str> = kept.iter().map(sea_orm::IdenStatic::as_str).collect();
    let compared = compared.map(|(name, _)| {
        if kept.contains(&name) {
            format!("COALESCE(excluded.{name}, {table}.{name}) IS DISTINCT FROM {table}.{name}")
        } else {
            format!("{table}.{name} IS DISTINCT FROM excluded.{name}")
        }
    });
    format!("({})", compared.collect::<Vec<_>>().join(" OR "))
}

/// A statement may touch a row only once. Where a batch names one twice,
/// `replaces` decides, as if the two had come one after the other. The rows are
/// returned in the order of their keys: writers that lock the same rows in the
/// same order do not deadlock.
pub(super) fn one_of_each<R>(
    rows: impl IntoIterator<Item = R>,
    key: impl Fn(&R) -> &str,
    replaces: impl Fn(&R, &R) -> bool,
) -> Vec<R> {
    let mut kept: BTreeMap<String, R> = BTreeMap::new();
    for row in rows {
        match kept.entry(key(&row).to_owned()) {
            Entry::Vacant(place) => {
                place.insert(row);
            }
            Entry::Occupied(mut place) => {
                if replaces(&row, place.get()) {
                    place.insert(row);
                }
            }
        }
    }
    kept.into_values().collect()
}

fn key_of<E: EntityTrait>() -> Vec<&'static str> {
    E::PrimaryKey::iter().map(|part| part.into_column().as_str()).collect()
}
