//! Whom a page of the issuer's list has shown in the present pass.

use sea_orm::entity::prelude::*;
use serde::Serialize;

/// One page that was read and stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, DeriveEntityModel)]
#[sea_orm(table_name = "sync_pages")]
pub struct Model {
    /// The program whose list it is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub program_id: i32,
    /// The sweep over the pages, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sweep: i64,
    /// The page's number, from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub page: i64,
    /// The identifiers of its customers, 24 digits each, one behind the other.
    pub customer_ids: String,
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
