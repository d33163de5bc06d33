//! Cards; counting those of a customer that are not void needs the index alone.

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
        manager
            .create_table(
                Table::create()
                    .table("cards")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "card_id").not_null())
                    .col(column::key(manager, "customer_id").not_null())
                    .col(column::key(manager, "last_four").not_null())
                    .col(column::key(manager, "card_type").not_null())
                    .col(column::key(manager, "status").not_null())
                    .col(ColumnDef::new("is_stolen").boolean().not_null())
                    .col(column::long("activated_at"))
                    .col(column::long("created_at").not_null())
                    .primary_key(Index::create().col("program_id").col("card_id"))
                    .foreign_key(&mut column::to_customer("cards"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("cards_by_customer")
                    .table("cards")
                    .col("program_id")
                    .col("customer_id")
                    .col("status")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("cards").to_owned()).await
    }
}
