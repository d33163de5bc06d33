//! What lists of customers are filtered by: whether a customer has a card, and names without
//! case. The counts depend on the former, so that their triggers are made anew here.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::lower_case::lower_beyond_ascii;
use crate::{column, customer_counts};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// The names by which customers are searched, each with the column of its lower case.
const NAMES: [(&str, &str); 2] =
    [("external_customer_id", "external_key"), ("yativo_card_id", "yativo_key")];

/// A customer has a card that is not void, or the issuer says so. As the store keeps it.
const HAS_CARDS: &str = "CASE WHEN stated_cards_count IS NOT NULL THEN stated_cards_count > 0 \
    ELSE EXISTS (SELECT 1 FROM cards AS k WHERE k.program_id = card_customers.program_id \
      AND k.customer_id = card_customers.id AND k.status <> 'voided') END";

/// The domain of the e-mail address of a customer, in SQL.
pub fn email_domain(backend: DbBackend, row: &str) -> String {
    let place = if backend == DbBackend::Postgres { "strpos" } else { "instr" };
    format!("substr({row}email_key, {place}({row}email_key, '@') + 1)")
}

fn indexes(backend: DbBackend) -> Vec<(&'static str, String)> {
    // An index names the columns of its table without an alias.
    let facet = customer_counts::facet("card_customers").replace("card_customers.", "");
    vec![
        ("card_customers_by_facet", format!("{facet}, created_at, id")),
        ("card_customers_by_domain", format!("({})", email_domain(backend, ""))),
        ("card_customers_by_external_key", "external_key".to_owned()),
        ("card_customers_by_yativo_key", "yativo_key".to_owned()),
    ]
}

/// The roots of the trees, so that facets are found without reading the trees.
const ROOTS: &str = "CREATE INDEX customer_counts_roots \
    ON customer_counts (program_id, flow_status) WHERE level = 0";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        column::ATOMIC
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let (db, backend) = (manager.get_connection(), manager.get_database_backend());
        customer_counts::remove_triggers(db).await?;
        let mut has_cards = ColumnDef::new("has_cards");
        has_cards.boolean();
        for column in
            [has_cards, column::key(manager, "external_key"), column::key(manager, "yativo_key")]
        {
            let added = Table::alter().table("card_customers").add_column(column).to_owned();
            manager.alter_table(added).await?;
        }
        let fill = format!(
            "UPDATE card_customers SET has_cards = {HAS_CARDS}, \
             external_key = lower(external_customer_id), yativo_key = lower(yativo_card_id)"
        );
        db.execute_unprepared(&fill).await?;
        for (name, key) in NAMES {
            lower_beyond_ascii(db, ("card_customers", "id"), (name, key)).await?;
        }
        for (name, columns) in indexes(backend) {
            let create = format!(
                "CREATE INDEX {name} ON card_customers (program_id, {columns}) \
                 WHERE gone_at IS NULL"
            );
            db.execute_unprepared(&create).await?;
        }
        db.execute_unprepared(ROOTS).await?;
        customer_counts::rebuild(db).await?;
        for trigger in customer_counts::triggers(backend) {
            db.execute_unprepared(&trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        customer_counts::remove_triggers(db).await?;
        db.execute_unprepared("DROP INDEX customer_counts_roots").await?;
        for (name, _) in indexes(manager.get_database_backend()) {
            db.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for column in ["yativo_key", "external_key", "has_cards"] {
            let dropped = Table::alter().table("card_customers").drop_column(column).to_owned();
            manager.alter_table(dropped).await?;
        }
        Ok(())
    }
}
