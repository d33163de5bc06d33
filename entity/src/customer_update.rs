//! When a customer was changed last.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// The time of one customer's last change. In a table of its own: the customer's row has many
/// indexes, and nearly every event changes this time alone. Customers who are gone have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "customer_updates")]
pub struct Model {
    /// The program that the customer belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The customer.
    #[sea_orm(primary_key, auto_increment = false)]
    pub customer_id: String,
    /// When anything changed that is shown of the customer, balances read from the chain
    /// apart; Unix milliseconds.
    pub updated_at: i64,
}

/// Whose the change is.
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
