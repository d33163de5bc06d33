//! What lists of transactions are filtered by: the card, and the merchant's name without case.

use sea_orm_migration::prelude::*;

use crate::column;
use crate::lower_case::lower_beyond_ascii;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: [(&str, &str); 2] = [
    ("card_transactions_by_card", "program_id, card_id, created_at, transaction_id"),
    ("card_transactions_by_merchant", "program_id, merchant_key"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let key = column::key(manager, "merchant_key");
        let added = Table::alter().table("card_transactions").add_column(key).to_owned();
        manager.alter_table(added).await?;
        let db = manager.get_connection();
        db.execute_unprepared("UPDATE card_transactions SET merchant_key = lower(merchant)")
            .await?;
        lower_beyond_ascii(
            db,
            ("card_transactions", "transaction_id"),
            ("merchant", "merchant_key"),
        )
        .await?;
        for (name, columns) in INDEXES {
            let create = format!("CREATE INDEX {name} ON card_transactions ({columns})");
            db.execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        let dropped =
            Table::alter().table("card_transactions").drop_column("merchant_key").to_owned();
        manager.alter_table(dropped).await
    }
}
