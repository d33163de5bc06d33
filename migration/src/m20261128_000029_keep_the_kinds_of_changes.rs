//! Clients follow the changes of customers for days: each change has a kind, and each program
//! the number up to which its changes were removed. What kind the changes of before are is not
//! known: they count as updates, which can be anything.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const KIND: &str = "kind";
const REMOVED_TO: &str = "changes_removed_to";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut kind = column::key(manager, KIND);
        kind.not_null().default("updated");
        let added = Table::alter().table("changes").add_column(kind).to_owned();
        manager.alter_table(added).await?;
        // No client has a place among the changes of before.
        let mut removed_to = column::long(REMOVED_TO);
        removed_to.not_null().default(0);
        let added = Table::alter().table("programs").add_column(removed_to).to_owned();
        manager.alter_table(added).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [("programs", REMOVED_TO), ("changes", KIND)] {
            let dropped = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
