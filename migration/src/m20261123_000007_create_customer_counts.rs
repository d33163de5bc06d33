//! Counts of customers. A later migration, which adds the last column that they depend
//! on, makes the triggers that keep them: see [`crate::customer_counts`].

use sea_orm_migration::prelude::*;

use crate::column;

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
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("customer_counts").to_owned()).await
    }
}
