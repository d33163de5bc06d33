//! What version 2 of the issuer's events says: card tokens, billing amounts, the source
//! of a balance, and the name of a delivery.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// The columns of each table.
fn columns(manager: &SchemaManager) -> Vec<(&'static str, ColumnDef)> {
    let mut source = column::key(manager, "source");
    // Until now, only live balances were stored.
    source.not_null().default("live");
    let boolean = |name: &'static str| {
        let mut column = ColumnDef::new(name);
        column.boolean();
        column
    };
    vec![
        ("cards", column::key(manager, "network_token")),
        ("cards", boolean("pin_set")),
        ("cards", column::key(manager, "imported_status")),
        ("cards", boolean("imported_stolen")),
        ("cards", column::long("imported_activated_at")),
        ("card_transactions", column::long("billing_amount_minor")),
        ("card_transactions", column::key(manager, "billing_currency")),
        ("card_transactions", column::key(manager, "fx_rate")),
        ("wallet_balances", source),
        ("inbox_events", column::key(manager, "delivery_id")),
    ]
}

const STATEMENTS: [&str; 4] = [
    // The state that was imported last, as far as it is known.
    "UPDATE cards SET imported_status = status, imported_stolen = is_stolen, \
     imported_activated_at = activated_at WHERE imported_at IS NOT NULL",
    // Which card an event means depends on all cards of its customer.
    "UPDATE inbox_events SET subject = 'cards:' || customer_id \
     WHERE subject LIKE 'card:%' AND customer_id IS NOT NULL",
    "CREATE INDEX inbox_ambiguous ON inbox_events (received_at, event_id) \
     WHERE state = 'ambiguous'",
    "CREATE INDEX inbox_conflicting ON inbox_events (received_at, event_id) \
     WHERE state = 'conflicting'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns(manager) {
            let added = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        for statement in STATEMENTS {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for index in ["inbox_conflicting", "inbox_ambiguous"] {
            connection.execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        // Both states are unknown before: such events wait for an operator.
        let waiting = "UPDATE inbox_events SET state = 'failed' \
            WHERE state IN ('ambiguous', 'conflicting')";
        connection.execute_unprepared(waiting).await?;
        for (table, column) in columns(manager).into_iter().rev() {
            let name = column.get_column_name();
            let dropped = Table::alter().table(table).drop_column(name).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
