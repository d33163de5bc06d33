//! Tokens that clients have fetched for their key pairs. A token is valid for as long as
//! its client: each look-up reads both.

use card_gateway_entity::api_client;
use card_gateway_entity::client_token::{ActiveModel, Column, Entity};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, Set};

use super::clients::principal;
use super::database::Store;
use super::sql;
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A token to store.
#[derive(Clone, Debug)]
pub struct NewClientToken {
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// The client.
    pub client_id: String,
    /// When the client has last shown its key pair.
    pub authenticated_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A token as it was found by its hash.
#[derive(Clone, Debug)]
pub struct StoredClientToken {
    /// The principal of its client.
    pub principal: Principal,
    /// SHA-256 of the token's text.
    pub hash: Vec<u8>,
    /// The client.
    pub client_id: String,
    /// When the client has last shown its key pair.
    pub authenticated_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Store {
    /// Stores a token.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_client_token(&self, token: NewClientToken) -> Result<()> {
        let row = ActiveModel {
            token_hash: Set(token.hash.to_vec()),
            client_id: Set(token.client_id),
            authenticated_at: Set(token.authenticated_at.millis()),
            expires_at: Set(token.expires_at.millis()),
        };
        let write = self.begin("").await?;
        Entity::insert(row).exec_without_returning(&write).await.map_err(sql::failed)?;
        write.commit().await
    }

    /// The token with this hash, unless its client was revoked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn client_token_by_hash(&self, hash: [u8; 32]) -> Result<Option<StoredClientToken>> {
        let found = Entity::find_by_id(hash.to_vec())
            .find_also_related(api_client::Entity)
            .filter(api_client::Column::RevokedAt.is_null())
            .one(&self.db)
            .await
            .map_err(sql::failed)?;
        let Some((row, Some(client))) = found else { return Ok(None) };
        Ok(Some(StoredClientToken {
            principal: principal(&client)?,
            hash: row.token_hash,
            client_id: row.client_id,
            authenticated_at: sql::time(row.authenticated_at)?,
            expires_at: sql::time(row.expires_at)?,
        }))
    }

    /// Removes the tokens that have expired.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_expired_client_tokens(&self, now: Timestamp) -> Result<()> {
        let expired = Column::ExpiresAt.lte(now.millis());
        // Most of the time there is none, and no transaction is needed.
        let one = Entity::find().filter(expired.clone()).one(&self.db).await;
        if one.map_err(sql::failed)?.is_none() {
            return Ok(());
        }
        let write = self.begin("").await?;
        let removed = Entity::delete_many().filter(expired).exec(&write).await;
        removed.map_err(sql::failed)?;
        write.commit().await
    }
}
