//! Names in lower case, in migrations that add them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, Statement};

/// Puts a column in lower case into another one, where it has more than ASCII. The databases
/// know the lower case of ASCII alone: these rows, which are few, are read and written one by
/// one. A table's key is the program and another column.
pub(crate) async fn lower_beyond_ascii(
    db: &impl ConnectionTrait,
    (table, id): (&str, &str),
    (name, lower): (&str, &str),
) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let other = if backend == DbBackend::Postgres {
        format!("octet_length({name}) <> length({name})")
    } else {
        format!("length(CAST({name} AS BLOB)) <> length({name})")
    };
    let all = format!("SELECT program_id, {id}, {name} FROM {table} WHERE {other}");
    let set = format!("UPDATE {table} SET {lower} = $1 WHERE program_id = $2 AND {id} = $3");
    for row in db.query_all_raw(Statement::from_string(backend, all)).await? {
        let (program, id): (i32, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let text: String = row.try_get_by_index(2)?;
        let values = [text.to_lowercase().into(), program.into(), id.into()];
        db.execute_raw(Statement::from_sql_and_values(backend, &set, values)).await?;
    }
    Ok(())
}
