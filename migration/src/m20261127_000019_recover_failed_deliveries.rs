//! Which failed deliveries of the issuer were fetched, and what serving processes know
//! of each program's issuer.

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
        manager.create_table(deliveries(manager)).await?;
        let by_age = Index::create()
            .name("recovered_deliveries_by_age")
            .table("recovered_deliveries")
            .col("tried_at")
            .to_owned();
        manager.create_index(by_age).await?;
        manager.create_table(health(manager)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["issuer_health", "recovered_deliveries"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn to_program(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, "program_id")
        .to("programs", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn deliveries(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("recovered_deliveries")
        .col(column::program("program_id"))
        .col(column::key(manager, "delivery_id").not_null())
        .col(ColumnDef::new("done").boolean().not_null())
        .col(column::long("tries").not_null())
        .col(column::long("tried_at").not_null())
        .primary_key(Index::create().col("program_id").col("delivery_id"))
        .foreign_key(&mut to_program("recovered_deliveries"))
        .to_owned()
}

fn health(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("issuer_health")
        .col(column::program("program_id").primary_key())
        .col(column::long("calls_at"))
        .col(column::long("open_until"))
        .col(column::long("calls_left"))
        .col(column::long("window_ends_at"))
        .col(column::long("budget_left"))
        .col(column::long("failed_at"))
        .col(ColumnDef::new("failure").text())
        .col(column::long("deliveries_at"))
        .col(column::long("failed_in_a_row").not_null().default(0))
        .col(column::key(manager, "subscription"))
        .col(column::long("subscription_at"))
        .col(column::long("recovery_due_at").not_null().default(0))
        .col(column::long("recovering_until").not_null().default(0))
        .foreign_key(&mut to_program("issuer_health"))
        .to_owned()
}
