//! Sums of the balances of a program's customers, and lists of all cards and transactions of
//! a program: see [`crate::balance_sums`]. Whether the issuer has approved a program is kept.

use sea_orm_migration::prelude::*;

use crate::{balance_sums, column};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// For the lists of a program, and for look-ups of a card by its token.
const INDEXES: [(&str, &str); 5] = [
    ("card_transactions_of_program", "card_transactions (program_id, created_at, transaction_id)"),
    (
        "card_transactions_of_program_by_status",
        "card_transactions (program_id, status, created_at, transaction_id)",
    ),
    ("cards_of_program", "cards (program_id, created_at, card_id)"),
    ("cards_of_program_by_status", "cards (program_id, status, created_at, card_id)"),
    ("cards_by_token", "cards (program_id, network_token) WHERE network_token IS NOT NULL"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (name, on) in INDEXES {
            db.execute_unprepared(&format!("CREATE INDEX {name} ON {on}")).await?;
        }
        let status = column::key(manager, "program_status");
        let added = Table::alter().table("sync_state").add_column(status).to_owned();
        manager.alter_table(added).await?;
        manager.create_table(sums(manager)).await?;
        db.execute_unprepared(&balance_sums::index_of_empty()).await?;
        balance_sums::rebuild(db).await?;
        for trigger in balance_sums::triggers(manager.get_database_backend()) {
            db.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for statement in balance_sums::remove_triggers(manager.get_database_backend()) {
            db.execute_unprepared(&statement).await?;
        }
        manager.drop_table(Table::drop().table("balance_sums").to_owned()).await?;
        let status = Table::alter().table("sync_state").drop_column("program_status").to_owned();
        manager.alter_table(status).await?;
        for (name, _) in INDEXES {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        Ok(())
    }
}

fn sums(manager: &SchemaManager) -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("balance_sums")
        .col(column::program("program_id"))
        .col(ColumnDef::new("level").integer().not_null())
        .col(column::long("start").not_null())
        .col(column::key(manager, "currency").not_null())
        .primary_key(Index::create().col("program_id").col("level").col("start").col("currency"));
    for sum in balance_sums::SUMS {
        table.col(column::long(sum).not_null());
    }
    table
}
