//! What all migrations share: column types, and that each is whole or not at all.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Each migration is one transaction, on SQLite too: one that fails half-way,
/// or meets another process, leaves nothing behind.
pub(crate) const ATOMIC: Option<bool> = Some(true);

/// Text that sorts by its bytes on both databases. PostgreSQL would otherwise
/// use the cluster's locale, and pages would break differently there.
pub(crate) fn key(manager: &SchemaManager, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A number of 64 bits: a time in Unix milliseconds, or money in minor units.
pub(crate) fn long(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.big_integer();
    column
}

/// The program that a row belongs to; every table's key begins with it.
pub(crate) fn program(name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.integer().not_null();
    column
}

/// Ties `(program, customer)` of a table to its customer, and goes with it.
pub(crate) fn to_customer(table: impl IntoIden) -> ForeignKeyCreateStatement {
    let mut key = ForeignKey::create();
    key.from_tbl(table.into_iden())
        .from_col("program_id")
        .from_col("customer_id")
        .to_tbl("card_customers")
        .to_col("program_id")
        .to_col("id")
        .on_delete(ForeignKeyAction::Cascade);
    key
}
