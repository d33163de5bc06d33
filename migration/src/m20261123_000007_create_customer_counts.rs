//! Counts of customers, kept by triggers: see [`crate::customer_counts`].

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::{column, customer_counts};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut is_split = ColumnDef::new("is_split");
        manager
            .create_table(
                Table::create()
                    .table("customer_counts")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "flow_status").not_null())
                    .col(ColumnDef::new("level").integer().not_null())
                    .col(column::long("start").not_null())
                    .col(column::long("total").not_null())
                    .col(is_split.boolean().not_null())
                    .primary_key(
                        Index::create()
                            .col("program_id")
                            .col("flow_status")
                            .col("level")
                            .col("start"),
                    )
                    .to_owned(),
            )
            .await?;
        let db = manager.get_connection();
        // Nearly always empty: how a trigger sees at once that nothing is to be split.
        db.execute_unprepared(&format!(
            "CREATE INDEX customer_counts_too_large ON customer_counts (level) \
             WHERE is_split = FALSE AND total > {} AND level < {}",
            customer_counts::SPLIT_ABOVE,
            customer_counts::LAST_LEVEL
        ))
        .await?;
        customer_counts::rebuild(db).await?;
        for trigger in customer_counts::triggers(manager.get_database_backend()) {
            db.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for event in ["insert", "delete", "update", "truncate"] {
            let name = format!("count_customers_on_{event}");
            if manager.get_database_backend() == DbBackend::Postgres {
                // Its trigger goes with it.
                db.execute_unprepared(&format!("DROP FUNCTION {name} CASCADE")).await?;
            } else {
                db.execute_unprepared(&format!("DROP TRIGGER IF EXISTS {name}")).await?;
            }
        }
        manager.drop_table(Table::drop().table("customer_counts").to_owned()).await
    }
}
