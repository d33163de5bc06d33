//! How far each program's synchronisation with the issuer has come, and what the
//! issuer said last of each customer.

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
        manager.create_table(state(manager)).await?;
        manager.create_table(pages(manager)).await?;
        manager.create_table(customers(manager)).await?;
        for (name, column) in INDEXES {
            let index = Index::create()
                .name(name)
                .table("issuer_customers")
                .col("program_id")
                .col(column)
                .to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["issuer_customers", "sync_pages", "sync_state"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// In which order details are read again.
const INDEXES: [(&str, &str); 2] =
    [("issuer_customers_by_wish", "wanted_at"), ("issuer_customers_by_due_time", "due_at")];

fn to_program(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .from(table, "program_id")
        .to("programs", "id")
        .on_delete(ForeignKeyAction::Cascade)
        .to_owned()
}

fn state(manager: &SchemaManager) -> TableCreateStatement {
    let count = |name: &'static str| {
        let mut column = column::long(name);
        column.not_null().default(0);
        column
    };
    Table::create()
        .table("sync_state")
        .col(column::program("program_id").primary_key())
        .col(column::key(manager, "holder").not_null())
        .col(count("lease_until"))
        .col(column::long("completed_at"))
        .col(column::long("started_at"))
        .col(count("sweep"))
        .col(count("next_page"))
        .col(column::long("total"))
        .col(ColumnDef::new("steady").boolean().not_null().default(true))
        .col(count("unreadable"))
        .col(count("calls"))
        .col(count("added"))
        .col(count("changed"))
        .foreign_key(&mut to_program("sync_state"))
        .to_owned()
}

fn pages(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("sync_pages")
        .col(column::program("program_id"))
        .col(column::long("sweep").not_null())
        .col(column::long("page").not_null())
        .col(column::key(manager, "customer_ids").not_null())
        .primary_key(Index::create().col("program_id").col("sweep").col("page"))
        .foreign_key(&mut to_program("sync_pages"))
        .to_owned()
}

fn customers(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("issuer_customers")
        .col(column::program("program_id"))
        .col(column::key(manager, "customer_id").not_null())
        .col(column::long("item_hash").not_null())
        .col(column::long("details_at"))
        .col(column::long("wanted_at"))
        .col(column::long("due_at").not_null())
        .primary_key(Index::create().col("program_id").col("customer_id"))
        .foreign_key(&mut column::to_customer("issuer_customers"))
        .to_owned()
}
