//! What the chain said of wallets the last time that it was read, and how far
//! the reconciliation has come.
//!
//! The chain is public and knows no programs: balances belong to wallets here.

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
                    .table("chain_balances")
                    .col(column::key(manager, "wallet_address").not_null())
                    .col(column::key(manager, "currency").not_null())
                    .col(column::long("ledger_minor").not_null())
                    .col(column::long("block_number").not_null())
                    .col(column::long("block_time").not_null())
                    .primary_key(Index::create().col("wallet_address").col("currency"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("reconciliation")
                    .col(column::program("id").primary_key())
                    .col(column::program("program_id"))
                    .col(column::key(manager, "customer_id").not_null())
                    .col(column::long("began_at").not_null())
                    .col(column::long("ended_at"))
                    .to_owned(),
            )
            .await?;
        let first = Query::insert()
            .into_table("reconciliation")
            .columns(["id", "program_id", "customer_id", "began_at", "ended_at"])
            .values_panic([1.into(), 0.into(), "".into(), 0_i64.into(), 0_i64.into()])
            .to_owned();
        manager.execute(first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("reconciliation").to_owned()).await?;
        manager.drop_table(Table::drop().table("chain_balances").to_owned()).await
    }
}
