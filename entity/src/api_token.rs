//! A bearer token of a program. The token itself is never stored.

use sea_orm::entity::prelude::*;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_tokens")]
pub struct Model {
    /// `UUIDv7`, shown by `token list` and taken by `token revoke`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The program that the token speaks for.
    pub program_id: i32,
    /// What its owner calls it; may be empty.
    pub label: String,
    /// SHA-256 of the whole token text.
    pub token_hash: Vec<u8>,
    /// The names of its scopes, separated by commas.
    pub scope: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; null: never expires.
    pub expires_at: Option<i64>,
    /// Unix milliseconds; null: not revoked.
    pub revoked_at: Option<i64>,
}

/// Whose the token is.
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
