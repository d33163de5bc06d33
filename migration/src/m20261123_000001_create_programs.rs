//! Programs: the tenants.

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
        let mut id = ColumnDef::new("id");
        id.integer().not_null().auto_increment().primary_key();
        manager
            .create_table(
                Table::create()
                    .table("programs")
                    .col(id)
                    .col(column::key(manager, "name").not_null().unique_key())
                    .col(column::long("created_at").not_null())
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("programs").to_owned()).await
    }
}
