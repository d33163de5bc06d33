//! A failed delivery of the issuer that was fetched, so that it is not fetched again.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One failed delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "recovered_deliveries")]
pub struct Model {
    /// The program.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The issuer's name for the delivery.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery_id: String,
    /// Whether there is nothing left to fetch: its event is in the inbox, or the issuer
    /// no longer has the delivery.
    pub done: bool,
    /// How often it was fetched.
    pub tries: i64,
    /// When it was fetched last; Unix milliseconds.
    pub tried_at: i64,
}

/// Whose it is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The program.
    #[sea_orm(
        belongs_to = "super::program::Entity",
        from = "Column::ProgramId",
        to = "super::program::Column::Id"
    )]
    Program,
}

impl Related<super::program::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Program.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
