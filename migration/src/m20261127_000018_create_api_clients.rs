//! Clients with a key pair, and the tokens that they fetch for it.

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
        manager.create_table(clients(manager)).await?;
        // A key that was revoked can be registered again, with another secret.
        let by_key = Index::create()
            .name("api_clients_by_key")
            .table("api_clients")
            .col("key_hash")
            .unique()
            .cond_where(Expr::col("revoked_at").is_null())
            .to_owned();
        manager.create_index(by_key).await?;
        manager.create_table(tokens(manager)).await?;
        for column in ["client_id", "expires_at"] {
            let index = Index::create()
                .name(format!("client_tokens_by_{column}"))
                .table("client_tokens")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["client_tokens", "api_clients"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn clients(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("api_clients")
        .col(column::key(manager, "id").not_null().primary_key())
        .col(column::program("program_id"))
        .col(ColumnDef::new("label").text().not_null())
        .col(ColumnDef::new("key_hash").binary_len(32).not_null())
        .col(column::key(manager, "secret_hash").not_null())
        .col(column::key(manager, "scopes").not_null())
        .col(column::long("created_at").not_null())
        .col(column::long("revoked_at"))
        .foreign_key(
            ForeignKey::create()
                .from("api_clients", "program_id")
                .to("programs", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn tokens(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("client_tokens")
        .col(ColumnDef::new("token_hash").binary_len(32).not_null().primary_key())
        .col(column::key(manager, "client_id").not_null())
        .col(column::long("authenticated_at").not_null())
        .col(column::long("expires_at").not_null())
        .foreign_key(
            ForeignKey::create()
                .from("client_tokens", "client_id")
                .to("api_clients", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
