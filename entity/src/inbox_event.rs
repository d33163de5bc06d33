//! A live notification of the issuer, as it came.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One notification. Nothing of it is lost once it is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_events")]
pub struct Model {
    /// The program that it was sent to.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The issuer's name for it, out of the signed body.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: String,
    /// What it tells, by the contract's name.
    pub event_type: String,
    /// The body as it came; empty once it is no longer needed.
    pub body: String,
    /// The issuer's name for the delivery that brought it.
    pub delivery_id: Option<String>,
    /// Unix milliseconds.
    pub received_at: i64,
    /// `applied`, `waiting`, `ambiguous`, `failed`, `conflicting` or `kept`.
    pub state: String,
    /// Why it is not applied.
    pub reason: Option<String>,
    /// The customer whom it is about, once known.
    pub customer_id: Option<String>,
    /// What it is about besides: a transaction, a movement of money, the customer's cards.
    pub subject: Option<String>,
    /// When it happened; Unix milliseconds.
    pub moment: i64,
}

/// What an event belongs to. The customer may not exist yet.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The program.
    #[sea_orm(
        belongs_to = "super::program::Entity",
        from = "Column::ProgramId",
        to = "super::program::Column::Id"
    )]
    Program,
    /// The names that its customer may have, while it waits.
    #[sea_orm(has_many = "super::inbox_name::Entity")]
    Names,
}

impl Related<super::program::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Program.def()
    }
}

impl Related<super::inbox_name::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Names.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
