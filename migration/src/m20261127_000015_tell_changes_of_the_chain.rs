//! Subscribers see what the chain says of a wallet: whose wallet it is has an index, and
//! such a change is marked. The last event of a program has an index, too.

use sea_orm_migration::prelude::*;

use crate::column;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const INDEXES: [(&str, &str); 2] = [
    (
        "card_customers_by_wallet",
        "card_customers (wallet_address) WHERE wallet_address IS NOT NULL",
    ),
    ("inbox_by_program", "inbox_events (program_id, received_at)"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut only_chain = ColumnDef::new("only_chain");
        only_chain.boolean().not_null().default(false);
        let table = Table::alter().table("changes").add_column(only_chain).to_owned();
        manager.alter_table(table).await?;
        for (name, on) in INDEXES {
            let create = format!("CREATE INDEX {name} ON {on}");
            manager.get_connection().execute_unprepared(&create).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, _) in INDEXES {
            let drop = format!("DROP INDEX {name}");
            manager.get_connection().execute_unprepared(&drop).await?;
        }
        let table = Table::alter().table("changes").drop_column("only_chain").to_owned();
        manager.alter_table(table).await
    }
}
