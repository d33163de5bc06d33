//! The issuer's statuses beyond the seven stages: each with the nearest stage, and the
//! step and next action that the issuer states. Lists by stage hold them too, so that the
//! triggers of before, which count by status alone, are removed. A later migration makes
//! them anew: see [`crate::customer_counts`].

use sea_orm_migration::prelude::*;

use crate::{column, customer_counts};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// For lists by stage, which most statuses are themselves.
const INDEX: &str = "CREATE INDEX card_customers_by_stage \
    ON card_customers (program_id, COALESCE(stage, flow_status), created_at, id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove_triggers(manager).await?;
        let mut step = ColumnDef::new("step");
        step.integer();
        let mut next_action = ColumnDef::new("next_action");
        next_action.text();
        for column in [column::key(manager, "stage"), step, next_action] {
            let added = Table::alter().table("card_customers").add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        let db = manager.get_connection();
        db.execute_unprepared(INDEX).await?;
        db.execute_unprepared(&customer_counts::index_of_too_large()).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        remove_triggers(manager).await?;
        for statement in [
            // Only the seven stages are known before.
            "UPDATE card_customers SET flow_status = stage WHERE stage IS NOT NULL",
            "DROP INDEX card_customers_by_stage",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        for name in ["next_action", "step", "stage"] {
            let dropped = Table::alter().table("card_customers").drop_column(name).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}

async fn remove_triggers(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    customer_counts::remove_triggers(db).await?;
    db.execute_unprepared("DROP INDEX IF EXISTS customer_counts_too_large").await.map(drop)
}
