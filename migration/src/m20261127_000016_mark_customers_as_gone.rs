//! Customers who are gone at the issuer: their rows stay for a while, but are on no list and
//! in no total. The counts depend on it; a later migration makes their triggers, with all
//! columns that they depend on.

use sea_orm_migration::prelude::*;

use crate::{column, customer_counts};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMN: &str = "gone_at";

/// The indexes of the lists: a row of a customer who is gone is never read and passed over.
const LISTS: [(&str, &str); 3] = [
    ("card_customers_newest", "program_id, created_at, id"),
    ("card_customers_by_status", "program_id, flow_status, created_at, id"),
    ("card_customers_by_stage", "program_id, COALESCE(stage, flow_status), created_at, id"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        customer_counts::remove_triggers(db).await?;
        let added =
            Table::alter().table("card_customers").add_column(column::long(COLUMN)).to_owned();
        manager.alter_table(added).await?;
        let removal = "CREATE INDEX card_customers_gone ON card_customers (program_id, gone_at) \
            WHERE gone_at IS NOT NULL";
        db.execute_unprepared(removal).await?;
        index_lists(db, " WHERE gone_at IS NULL").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        // Without the mark they would be back.
        db.execute_unprepared("DELETE FROM card_customers WHERE gone_at IS NOT NULL").await?;
        customer_counts::remove_triggers(db).await?;
        index_lists(db, "").await?;
        db.execute_unprepared("DROP INDEX card_customers_gone").await?;
        let dropped = Table::alter().table("card_customers").drop_column(COLUMN).to_owned();
        manager.alter_table(dropped).await
    }
}

async fn index_lists(db: &impl ConnectionTrait, condition: &str) -> Result<(), DbErr> {
    for (name, columns) in LISTS {
        db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        let create = format!("CREATE INDEX {name} ON card_customers ({columns}){condition}");
        db.execute_unprepared(&create).await?;
    }
    Ok(())
}
