//! The gateway's database schema, the same on SQLite and PostgreSQL.
//!
//! Portable on purpose: no native enums, no JSON operators, no time types.

pub use m20261128_000026_filter_customers::email_domain;
pub use sea_orm_migration::prelude::{MigrationTrait, MigratorTrait};

pub mod balance_sums;
mod column;
pub mod customer_counts;
mod lower_case;
mod m20261123_000001_create_programs;
mod m20261123_000002_create_api_tokens;
mod m20261123_000003_create_card_customers;
mod m20261123_000004_create_cards;
mod m20261123_000005_create_card_transactions;
mod m20261123_000006_create_wallet_balances;
mod m20261123_000007_create_customer_counts;
mod m20261124_000008_create_chain_balances;
mod m20261124_000009_create_inbox;
mod m20261127_000010_index_changes_by_program;
mod m20261127_000011_add_imported_at_to_cards;
mod m20261127_000012_read_version_2_of_events;
mod m20261127_000013_keep_the_issuers_statuses;
mod m20261127_000014_synchronise_with_the_issuer;
mod m20261127_000015_tell_changes_of_the_chain;
mod m20261127_000016_mark_customers_as_gone;
mod m20261127_000017_sum_balances;
mod m20261127_000018_create_api_clients;
mod m20261127_000019_recover_failed_deliveries;
mod m20261127_000020_keep_payments;
mod m20261127_000021_state_the_cards_count;
mod m20261128_000025_note_updates_of_customers;
mod m20261128_000026_filter_customers;
mod m20261128_000027_filter_transactions;
mod m20261128_000028_note_who_resolved_payments;
mod m20261128_000029_keep_the_kinds_of_changes;

/// Every migration, oldest first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_create_programs::Migration),
            Box::new(m20261123_000002_create_api_tokens::Migration),
            Box::new(m20261123_000003_create_card_customers::Migration),
            Box::new(m20261123_000004_create_cards::Migration),
            Box::new(m20261123_000005_create_card_transactions::Migration),
            Box::new(m20261123_000006_create_wallet_balances::Migration),
            Box::new(m20261123_000007_create_customer_counts::Migration),
            Box::new(m20261124_000008_create_chain_balances::Migration),
            Box::new(m20261124_000009_create_inbox::Migration),
            Box::new(m20261127_000010_index_changes_by_program::Migration),
            Box::new(m20261127_000011_add_imported_at_to_cards::Migration),
            Box::new(m20261127_000012_read_version_2_of_events::Migration),
            Box::new(m20261127_000013_keep_the_issuers_statuses::Migration),
            Box::new(m20261127_000014_synchronise_with_the_issuer::Migration),
            Box::new(m20261127_000015_tell_changes_of_the_chain::Migration),
            Box::new(m20261127_000016_mark_customers_as_gone::Migration),
            Box::new(m20261127_000017_sum_balances::Migration),
            Box::new(m20261127_000018_create_api_clients::Migration),
            Box::new(m20261127_000019_recover_failed_deliveries::Migration),
            Box::new(m20261127_000020_keep_payments::Migration),
            Box::new(m20261127_000021_state_the_cards_count::Migration),
            Box::new(m20261128_000025_note_updates_of_customers::Migration),
            Box::new(m20261128_000026_filter_customers::Migration),
            Box::new(m20261128_000027_filter_transactions::Migration),
            Box::new(m20261128_000028_note_who_resolved_payments::Migration),
            Box::new(m20261128_000029_keep_the_kinds_of_changes::Migration),
        ]
    }
}
