//! Live notifications: the inbox in which each is kept before it is
//! acknowledged, the balance that the newest balance event told, and what has
//! changed, for those who watch.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// What stands beside the shown balance from now on.
const BASE: [&str; 4] =
    ["base_ledger_minor", "base_available_minor", "base_pending_minor", "base_at"];

/// Small ones: most events are applied, and few of them are about nothing.
const INDEXES: [&str; 6] = [
    "CREATE INDEX inbox_by_subject ON inbox_events (program_id, subject) WHERE subject IS NOT NULL",
    "CREATE INDEX inbox_by_moment ON inbox_events (program_id, customer_id, moment) \
     WHERE customer_id IS NOT NULL",
    "CREATE INDEX inbox_by_arrival ON inbox_events (received_at, event_id)",
    "CREATE INDEX inbox_waiting ON inbox_events (received_at, event_id) WHERE state = 'waiting'",
    "CREATE INDEX inbox_failed ON inbox_events (received_at, event_id) WHERE state = 'failed'",
    "CREATE INDEX inbox_names_by_event ON inbox_names (program_id, event_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(inbox(manager)).await?;
        manager
            .create_table(
                Table::create()
                    .table("inbox_names")
                    .col(column::program("program_id"))
                    .col(column::key(manager, "name").not_null())
                    .col(column::key(manager, "event_id").not_null())
                    .primary_key(Index::create().col("program_id").col("name").col("event_id"))
                    .to_owned(),
            )
            .await?;
        manager.create_table(changes(manager)).await?;
        manager
            .create_index(
                Index::create()
                    .name("changes_by_customer")
                    .table("changes")
                    .col("program_id")
                    .col("customer_id")
                    .col("seq")
                    .to_owned(),
            )
            .await?;
        let connection = manager.get_connection();
        for index in INDEXES {
            connection.execute_unprepared(index).await?;
        }
        // What is there was told by imports, and nothing has moved since.
        for column in BASE {
            let mut added = column::long(column);
            added.not_null().default(0);
            let table = Table::alter().table("wallet_balances").add_column(added).to_owned();
            manager.alter_table(table).await?;
        }
        let mut event = column::key(manager, "base_event");
        event.not_null().default("");
        let table = Table::alter().table("wallet_balances").add_column(event).to_owned();
        manager.alter_table(table).await?;
        let told = "UPDATE wallet_balances SET base_ledger_minor = ledger_minor, \
            base_available_minor = available_minor, base_pending_minor = pending_minor, \
            base_at = updated_at";
        connection.execute_unprepared(told).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in BASE.iter().chain(&["base_event"]) {
            let table = Table::alter().table("wallet_balances").drop_column(*column).to_owned();
            manager.alter_table(table).await?;
        }
        for table in ["changes", "inbox_names", "inbox_events"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn inbox(manager: &SchemaManager) -> TableCreateStatement {
    Table::create()
        .table("inbox_events")
        .col(column::program("program_id"))
        .col(column::key(manager, "event_id").not_null())
        .col(column::key(manager, "event_type").not_null())
        .col(ColumnDef::new("body").text().not_null())
        .col(column::long("received_at").not_null())
        .col(column::key(manager, "state").not_null())
        .col(ColumnDef::new("reason").text())
        .col(column::key(manager, "customer_id"))
        .col(column::key(manager, "subject"))
        .col(column::long("moment").not_null())
        .primary_key(Index::create().col("program_id").col("event_id"))
        .foreign_key(
            ForeignKey::create()
                .from("inbox_events", "program_id")
                .to("programs", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn changes(manager: &SchemaManager) -> TableCreateStatement {
    // A number that is never given out again, also after rows are removed.
    let mut seq = column::long("seq");
    seq.auto_increment().primary_key();
    Table::create()
        .table("changes")
        .col(seq)
        .col(column::program("program_id"))
        .col(column::key(manager, "customer_id").not_null())
        .col(column::long("changed_at").not_null())
        .col(column::long("ledger_minor"))
        .col(column::long("available_minor"))
        .col(column::long("pending_minor"))
        .col(column::long("updated_at"))
        .to_owned()
}
