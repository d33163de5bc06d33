//! What the issuer's API said last of a customer, and when it is asked again.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One customer whom the issuer's API has shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "issuer_customers")]
pub struct Model {
    /// The program that the customer belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The customer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
    /// A hash of the customer's item in the issuer's list.
    pub item_hash: i64,
    /// When the details were read last; Unix milliseconds; null: never.
    pub details_at: Option<i64>,
    /// Since when the details are known to be out of date, or are asked for; Unix
    /// milliseconds; null: they are not.
    pub wanted_at: Option<i64>,
    /// When the details are read again because of their age; Unix milliseconds.
    pub due_at: i64,
}

/// Whom it is about.
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
