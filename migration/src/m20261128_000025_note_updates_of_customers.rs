//! When each customer was changed last, and lists in that order and by e-mail address. Of
//! customers of before it is not known: they get the time of this migration, so that a client
//! who asks for what has changed since an earlier time sees them all.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "customer_updates";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(TABLE)
                    .col(column::program("program_id"))
                    .col(column::key(manager, "customer_id").not_null())
                    .col(column::long("updated_at").not_null())
                    .primary_key(Index::create().col("program_id").col("customer_id"))
                    .foreign_key(&mut column::to_customer(TABLE))
                    .to_owned(),
            )
            .await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let all = format!(
            "INSERT INTO customer_updates (program_id, customer_id, updated_at) \
             SELECT program_id, id, {now} FROM card_customers WHERE gone_at IS NULL"
        );
        let by_update = "CREATE INDEX customer_updates_latest \
            ON customer_updates (program_id, updated_at, customer_id)";
        // It replaces the index by which addresses were looked up.
        let by_address = "CREATE INDEX card_customers_by_address \
            ON card_customers (program_id, email_key, id) WHERE gone_at IS NULL";
        let db = manager.get_connection();
        for statement in [&all, by_update, by_address, "DROP INDEX card_customers_by_email"] {
            db.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let by_email =
            "CREATE INDEX card_customers_by_email ON card_customers (program_id, email_key)";
        for statement in [by_email, "DROP INDEX card_customers_by_address"] {
            db.execute_unprepared(statement).await?;
        }
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}
