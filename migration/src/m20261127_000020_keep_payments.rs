//! The payments that clients have ordered from the issuer.

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
        manager.create_table(payments(manager)).await?;
        // An idempotency key belongs to one payment of its client at a time.
        let one_each = index("payments_by_key", &["credential", "key_hash"]).unique().to_owned();
        manager.create_index(one_each).await?;
        for (name, columns) in INDEXES {
            manager.create_index(index(name, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("payments").to_owned()).await
    }
}

/// How payments are listed and found, each within its program.
const INDEXES: &[(&str, &[&str])] = &[
    ("payments_of_customer", &["customer_id", "created_at", "id"]),
    ("payments_by_issuer_id", &["issuer_id"]),
    ("payments_by_check_time", &["check_at"]),
];

fn index(name: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table("payments").col("program_id");
    for column in columns {
        index.col(*column);
    }
    index
}

fn payments(manager: &SchemaManager) -> TableCreateStatement {
    let key = |name: &'static str| column::key(manager, name);
    Table::create()
        .table("payments")
        .col(column::program("program_id"))
        .col(key("id").not_null())
        .col(key("credential").not_null())
        .col(key("key_hash"))
        .col(key("request_hash").not_null())
        .col(key("kind").not_null())
        .col(key("customer_id"))
        .col(key("yativo_card_id"))
        .col(column::long("amount_minor").not_null())
        .col(key("currency").not_null())
        .col(key("to_currency"))
        .col(key("source_chain"))
        .col(key("pricing_mode"))
        .col(key("state").not_null())
        .col(key("issuer_id"))
        .col(key("issuer_status"))
        .col(key("issuer_code"))
        .col(ColumnDef::new("note").text())
        .col(ColumnDef::new("answer_status").integer())
        .col(ColumnDef::new("answer_body").text())
        .col(column::long("created_at").not_null())
        .col(column::long("sent_at"))
        .col(column::long("ended_at"))
        .col(column::long("check_at"))
        .primary_key(Index::create().col("program_id").col("id"))
        .foreign_key(
            ForeignKey::create()
                .from("payments", "program_id")
                .to("programs", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
