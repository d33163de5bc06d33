//! API tokens. Looking one up by its hash is the one finder that takes no
//! program: it is where the program comes from.

use card_gateway_entity::api_token::{ActiveModel, Column, Entity};
use card_gateway_entity::program;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use sea_orm::{QueryOrder as _, Set};

use super::database::Store;
use super::sql;
use crate::domain::principal::{Credential, Principal, ProgramId};
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A token to store.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// A `UUIDv7`.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// SHA-256 of the token's text.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A token as it was found by its hash.
#[derive(Clone, Debug)]
pub struct StoredToken {
    /// Its principal.
    pub principal: Principal,
    /// SHA-256 of the token's text.
    pub hash: Vec<u8>,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
}

/// A token as `token list` shows it.
#[derive(Clone, Debug)]
pub struct TokenSummary {
    /// What `token revoke` takes.
    pub id: String,
    /// The program's name.
    pub program: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl Store {
    /// Stores a token.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn create_token(&self, program: ProgramId, token: NewToken) -> Result<()> {
        let row = ActiveModel {
            id: Set(token.id),
            program_id: Set(program.0),
            label: Set(token.label),
            token_hash: Set(token.hash.to_vec()),
            scope: Set(token.scopes.to_string()),
            created_at: Set(token.created_at.millis()),
            expires_at: Set(token.expires_at.map(Timestamp::millis)),
            revoked_at: Set(None),
        };
        let write = self.begin("").await?;
        Entity::insert(row).exec_without_returning(&write).await.map_err(sql::failed)?;
        write.commit().await
    }

    /// The token with this hash, unless it was revoked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn token_by_hash(&self, hash: [u8; 32]) -> Result<Option<StoredToken>> {
        let row = Entity::find()
            .filter(Column::TokenHash.eq(hash.to_vec()))
            .filter(Column::RevokedAt.is_null())
            .one(&self.db)
            .await
            .map_err(sql::failed)?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(StoredToken {
            principal: Principal {
                program: ProgramId(row.program_id),
                credential: Credential::Token(row.id),
                scopes: sql::named("a scope", &row.scope)?,
            },
            hash: row.token_hash,
            expires_at: sql::maybe_time(row.expires_at)?,
        }))
    }

    /// Every token of a program, or of all (for the operator), oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn tokens(&self, program: Option<ProgramId>) -> Result<Vec<TokenSummary>> {
        let mut tokens = Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
        if let Some(program) = program {
            tokens = tokens.filter(Column::ProgramId.eq(program.0));
        }
        let rows = tokens.find_also_related(program::Entity).all(&self.db).await;
        rows.map_err(sql::failed)?
            .into_iter()
            .map(|(row, program)| {
                Ok(TokenSummary {
                    program: program.map(|program| program.name).unwrap_or_default(),
                    scopes: sql::named("a scope", &row.scope)?,
                    created_at: sql::time(row.created_at)?,
                    expires_at: sql::maybe_time(row.expires_at)?,
                    revoked_at: sql::maybe_time(row.revoked_at)?,
                    id: row.id,
                    label: row.label,
                })
            })
            .collect()
    }

    /// Revokes a token; returns whether there was one to revoke.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn revoke_token(&self, id: &str, now: Timestamp) -> Result<bool> {
        let write = self.begin("").await?;
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::val(now.millis()))
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedAt.is_null())
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await?;
        Ok(done.rows_affected > 0)
    }
}
