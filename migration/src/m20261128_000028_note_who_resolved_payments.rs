//! A payment of which nothing can be found out by itself is settled by an operator: by whom.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMN: &str = "resolved_by";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let who = ColumnDef::new(COLUMN).text().take();
        let added = Table::alter().table("payments").add_column(who).to_owned();
        manager.alter_table(added).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let dropped = Table::alter().table("payments").drop_column(COLUMN).to_owned();
        manager.alter_table(dropped).await
    }
}
