//! API tokens: found by the hash of the token.

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
                    .table("api_tokens")
                    .col(column::key(manager, "id").not_null().primary_key())
                    .col(column::program("program_id"))
                    .col(ColumnDef::new("label").text().not_null())
                    .col(ColumnDef::new("token_hash").binary_len(32).not_null().unique_key())
                    .col(column::key(manager, "scope").not_null())
                    .col(column::long("created_at").not_null())
                    .col(column::long("expires_at"))
                    .col(column::long("revoked_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("api_tokens", "program_id")
                            .to("programs", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("api_tokens_by_program")
                    .table("api_tokens")
                    .col("program_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("api_tokens").to_owned()).await
    }
}
