//! What the live notifications say of a customer's wallet.

use sea_orm::entity::prelude::*;

/// One live balance; `ledger_minor = available_minor + pending_minor`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wallet_balances")]
pub struct Model {
    /// The program that the customer belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The customer whose wallet it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
    /// All that the wallet holds, in minor units.
    pub ledger_minor: i64,
    /// What can be spent, in minor units.
    pub available_minor: i64,
    /// What is held for authorizations, in minor units.
    pub pending_minor: i64,
    /// When that was true; Unix milliseconds.
    pub updated_at: i64,
    /// As the last balance event said: what has moved since is not in it.
    pub base_ledger_minor: i64,
    /// What could be spent then.
    pub base_available_minor: i64,
    /// What was held then.
    pub base_pending_minor: i64,
    /// When the balance event was true; Unix milliseconds.
    pub base_at: i64,
    /// The event; empty where the balance was imported.
    pub base_event: String,
}

/// Balances are joined by hand where needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
