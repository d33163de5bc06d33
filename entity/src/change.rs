//! Something about a customer that has changed, for those who watch.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One change. The numbers are given out in the order of commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "changes")]
pub struct Model {
    /// Made by the database, never twice.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The program that the customer belongs to.
    pub program_id: i32,
    /// The customer.
    pub customer_id: String,
    /// Unix milliseconds.
    pub changed_at: i64,
    /// The live balance after it, in minor units, if there is one.
    pub ledger_minor: Option<i64>,
    /// What could be spent after it.
    pub available_minor: Option<i64>,
    /// What was held after it.
    pub pending_minor: Option<i64>,
    /// The live balance's moment; Unix milliseconds.
    pub updated_at: Option<i64>,
    /// Whether nothing has changed but what the chain says of the wallet.
    pub only_chain: bool,
    /// What has changed: `created`, `gone`, `transaction`, `card`, `balance` or `updated`.
    pub kind: String,
}

/// Who has changed.
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
