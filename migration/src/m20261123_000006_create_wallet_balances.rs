//! Live wallet balances, one a customer.

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
                    .table("wallet_balances")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "customer_id").not_null())
                    .col(column::long("ledger_minor").not_null())
                    .col(column::long("available_minor").not_null())
                    .col(column::long("pending_minor").not_null())
                    .col(column::long("updated_at").not_null())
                    .primary_key(Index::create().col("program_id").col("customer_id"))
                    .foreign_key(&mut column::to_customer("wallet_balances"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("wallet_balances").to_owned()).await
    }
}
