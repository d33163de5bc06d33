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
}

/// Programs are joined by hand where needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
