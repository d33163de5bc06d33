//! A payment card of a customer. Card numbers exist nowhere in this system.

use sea_orm::entity::prelude::*;

/// One card.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cards")]
pub struct Model {
    /// The program that the card belongs to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// A UUID in lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub card_id: String,
    /// The customer who holds it.
    pub customer_id: String,
    /// The last four digits of the number.
    pub last_four: String,
    /// `virtual` or `physical`.
    pub card_type: String,
    /// The contract's name; a stolen card is `voided`.
    pub status: String,
    /// Whether the card was reported stolen.
    pub is_stolen: bool,
    /// Unix milliseconds; null: never activated.
    pub activated_at: Option<i64>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The moment whose state of the card was imported last; Unix milliseconds;
    /// null where all that is known comes from events.
    pub imported_at: Option<i64>,
}

/// Cards are joined by hand where needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
