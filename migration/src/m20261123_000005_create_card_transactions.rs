//! Card transactions, newest first within a customer, by status or not.

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
                    .table("card_transactions")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "transaction_id").not_null())
                    .col(column::key(manager, "customer_id").not_null())
                    .col(column::key(manager, "card_id"))
                    .col(column::key(manager, "transaction_type").not_null())
                    .col(column::long("amount_minor").not_null())
                    .col(column::key(manager, "currency").not_null())
                    .col(column::key(manager, "status").not_null())
                    .col(ColumnDef::new("merchant").text())
                    .col(ColumnDef::new("merchant_category").text())
                    .col(ColumnDef::new("merchant_city").text())
                    .col(ColumnDef::new("merchant_country").text())
                    .col(column::long("authorized_at"))
                    .col(column::long("settled_at"))
                    .col(column::long("created_at").not_null())
                    .primary_key(Index::create().col("program_id").col("transaction_id"))
                    .foreign_key(&mut column::to_customer("card_transactions"))
                    .to_owned(),
            )
            .await?;
        for (name, status) in
            [("card_transactions_newest", None), ("card_transactions_by_status", Some("status"))]
        {
            let mut index = Index::create();
            index.name(name).table("card_transactions").col("program_id").col("customer_id");
            if let Some(status) = status {
                index.col(status);
            }
            manager.create_index(index.col("created_at").col("transaction_id").to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("card_transactions").to_owned()).await
    }
}
