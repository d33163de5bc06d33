//! A card-issuer program: the tenant that every other row belongs to.

use sea_orm::entity::prelude::*;

/// One program.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programs")]
pub struct Model {
    /// Made by the database.
    #[sea_orm(primary_key)]
    pub id: i32,
    /// `[a-z0-9-]`, unique.
    pub name: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// The number of the last of its changes that was removed because of its age; 0: none was.
    pub changes_removed_to: i64,
}

/// What belongs to a program.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Its customers.
    #[sea_orm(has_many = "super::card_customer::Entity")]
    Customers,
    /// Its tokens.
    #[sea_orm(has_many = "super::api_token::Entity")]
    Tokens,
    /// The events that it received.
    #[sea_orm(has_many = "super::inbox_event::Entity")]
    Events,
}

impl Related<super::card_customer::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Customers.def()
    }
}

impl Related<super::api_token::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tokens.def()
    }
}

impl Related<super::inbox_event::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Events.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
