//! When a card was imported: an import's statement about a card is newer than
//! the events before it, and older than those after it.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMN: &str = "imported_at";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = column::long(COLUMN);
        manager.alter_table(Table::alter().table("cards").add_column(column).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("cards").drop_column(COLUMN).to_owned()).await
    }
}
