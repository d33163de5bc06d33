//! A client with a key pair. Neither the key nor the secret is stored.

use sea_orm::entity::prelude::*;

/// One client.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_clients")]
pub struct Model {
    /// `UUIDv7`, shown by `client list` and taken by `client revoke`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The program that the client belongs to.
    pub program_id: i32,
    /// What its owner calls it; may be empty.
    pub label: String,
    /// SHA-256 of the key; unique among the clients that are not revoked.
    pub key_hash: Vec<u8>,
    /// Argon2id of the secret, in the PHC string format.
    pub secret_hash: String,
    /// The names of its scopes, separated by commas.
    pub scopes: String,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds; null: not revoked.
    pub revoked_at: Option<i64>,
}

/// Whose the client is, and its tokens.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The program.
    #[sea_orm(
        belongs_to = "super::program::Entity",
        from = "Column::ProgramId",
        to = "super::program::Column::Id"
    )]
    Program,
    /// The tokens.
    #[sea_orm(has_many = "super::client_token::Entity")]
    Tokens,
}

impl Related<super::program::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Program.def()
    }
}

impl Related<super::client_token::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Tokens.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
