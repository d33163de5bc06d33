//! A token that a client has fetched for its key pair. The token itself is never stored.

use sea_orm::entity::prelude::*;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "client_tokens")]
pub struct Model {
    /// SHA-256 of the whole token text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub token_hash: Vec<u8>,
    /// The client.
    pub client_id: String,
    /// When the client has last shown its key pair, in Unix milliseconds: a token that is
    /// renewed for a token keeps the time of the first one.
    pub authenticated_at: i64,
    /// Unix milliseconds.
    pub expires_at: i64,
}

/// Whose the token is.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The client.
    #[sea_orm(
        belongs_to = "super::api_client::Entity",
        from = "Column::ClientId",
        to = "super::api_client::Column::Id"
    )]
    Client,
}

impl Related<super::api_client::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Client.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
