//! A payment card of a customer. Card numbers exist nowhere in this system.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "cards")]
pub struct Model {
    /// The program that the card belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The moment whose state of the card was imported last; Unix milliseconds;
    /// null where all that is known comes from events.
    pub imported_at: Option<i64>,
    /// The status that was imported last; null where none was.
    pub imported_status: Option<String>,
    /// Whether that import said that the card was stolen.
    pub imported_stolen: Option<bool>,
    /// When the card was first used, as that import said; Unix milliseconds.
    pub imported_activated_at: Option<i64>,
    /// A UUID in lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub card_id: String,
    /// The customer who holds it.
    pub customer_id: String,
    /// The card network's token, by which events name the card; null: not known.
    pub network_token: Option<String>,
    /// The last four digits of the number.
    pub last_four: String,
    /// `virtual` or `physical`.
    pub card_type: String,
    /// The contract's name; a stolen card is `voided`.
    pub status: String,
    /// Whether the card was reported stolen.
    pub is_stolen: bool,
    /// Whether the card's PIN is set; null: not known.
    pub pin_set: Option<bool>,
    /// Unix milliseconds; null: never activated.
    pub activated_at: Option<i64>,
    /// Unix milliseconds.
    pub created_at: i64,
}

/// Whose the card is.
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
