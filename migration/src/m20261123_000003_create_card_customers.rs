//! Card customers, with an index for each list and each identifier.

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
                    .table("card_customers")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "id").not_null())
                    .col(column::key(manager, "yativo_card_id").not_null())
                    .col(column::key(manager, "external_customer_id"))
                    .col(ColumnDef::new("email").text().not_null())
                    .col(column::key(manager, "email_key").not_null())
                    .col(column::key(manager, "flow_status").not_null())
                    .col(column::key(manager, "kyc_status"))
                    .col(column::key(manager, "currency"))
                    .col(ColumnDef::new("safe_deployed").boolean().not_null())
                    .col(column::key(manager, "wallet_address"))
                    .col(column::long("created_at").not_null())
                    .primary_key(Index::create().col("program_id").col("id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("card_customers", "program_id")
                            .to("programs", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, columns) in INDEXES {
            let mut index = Index::create();
            index.name(*name).table("card_customers").col("program_id");
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("card_customers").to_owned()).await
    }
}

/// Each begins with the program. The lists end in `id`, their tie-breaker; the
/// identifiers are not unique, because a customer who was onboarded anew keeps
/// the e-mail address and the program's own name for them.
const INDEXES: &[(&str, &[&str])] = &[
    ("card_customers_newest", &["created_at", "id"]),
    ("card_customers_by_status", &["flow_status", "created_at", "id"]),
    ("card_customers_by_yativo_card_id", &["yativo_card_id"]),
    ("card_customers_by_external_id", &["external_customer_id"]),
    ("card_customers_by_email", &["email_key"]),
];
