//! What the issuer's events say of a customer's wallet.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One balance. A live one: `ledger_minor = available_minor + pending_minor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "wallet_balances")]
pub struct Model {
    /// The program that the customer belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The customer whose wallet it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
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
    /// Where the balance comes from: `live` or `reconciliation`. Read from the chain,
    /// what is held is unknown: `pending_minor` is 0 then.
    pub source: String,
    /// All that the wallet holds, in minor units.
    pub ledger_minor: i64,
    /// What can be spent, in minor units.
    pub available_minor: i64,
    /// What is held for authorizations, in minor units.
    pub pending_minor: i64,
    /// When that was true; Unix milliseconds.
    pub updated_at: i64,
}

/// Whose the balance is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The customer.
    #[sea_orm(
        belongs_to = "super::card_customer::Entity",
        from = "(Column::ProgramId, Column::CustomerId)",
        to = "(super::card_customer::Column::ProgramId, super::card_customer::Column::Id)"
    )]
    Customer,
}

impl Related<super::card_customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customer.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
