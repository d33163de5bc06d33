//! The issuer's list says how many cards a customer has; which ones, only the customer's own
//! page. Until that is read, the stated number counts.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMN: &str = "stated_cards_count";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let added =
            Table::alter().table("card_customers").add_column(column::long(COLUMN)).to_owned();
        manager.alter_table(added).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dropped = Table::alter().table("card_customers").drop_column(COLUMN).to_owned();
        manager.alter_table(dropped).await
    }
}
