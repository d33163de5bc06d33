//! Clients with a key pair. Looking one up by its key is one of the finders that take no
//! program: it is where the program comes from.

use card_gateway_entity::api_client::{ActiveModel, Column, Entity, Model};
use card_gateway_entity::{client_token, program};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use sea_orm::{QueryOrder as _, Set, SqlErr};

use super::database::Store;
use super::sql;
use crate::domain::principal::{Credential, Principal, ProgramId};
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};

/// A client to store.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// A `UUIDv7`.
    pub id: String,
    /// What its owner calls it.
    pub label: String,
    /// SHA-256 of its key.
    pub key_hash: [u8; 32],
    /// Argon2id of its secret, in the PHC string format.
    pub secret_hash: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A client as it was found by its key.
#[derive(Clone, Debug)]
pub struct StoredClient {
    /// Its identifier.
    pub id: String,
    /// Its principal.
    pub principal: Principal,
    /// SHA-256 of its key.
    pub key_hash: Vec<u8>,
    /// Argon2id of its secret, in the PHC string format.
    pub secret_hash: String,
}

/// A client as `client list` shows it.
#[derive(Clone, Debug)]
pub struct ClientSummary {
    /// What `client revoke` takes.
    pub id: String,
    /// The program's name.
    pub program: String,
    /// What its owner calls it.
    pub label: String,
    /// What it may do.
    pub scopes: Scopes,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

/// The principal of a client.
pub(super) fn principal(row: &Model) -> Result<Principal> {
    Ok(Principal {
        program: ProgramId(row.program_id),
        credential: Credential::Client(row.id.clone()),
        scopes: sql::named("a scope", &row.scopes)?,
    })
}

impl Store {
    /// Stores a client.
    ///
    /// # Errors
    /// [`Kind::Conflict`] if another client has this key.
    pub async fn create_client(&self, program: ProgramId, client: NewClient) -> Result<()> {
        let row = ActiveModel {
            id: Set(client.id),
            program_id: Set(program.0),
            label: Set(client.label),
            key_hash: Set(client.key_hash.to_vec()),
            secret_hash: Set(client.secret_hash),
            scopes: Set(client.scopes.to_string()),
            created_at: Set(client.created_at.millis()),
            revoked_at: Set(None),
        };
        let write = self.begin("").await?;
        match Entity::insert(row).exec_without_returning(&write).await {
            Ok(_) => write.commit().await,
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                let message = "a client with this key exists already; \
                    see: card-gateway client list";
                Err(Error::new(Kind::Conflict, message))
            }
            Err(error) => Err(sql::failed(error)),
        }
    }

    /// The client whose key has this hash, unless it was revoked.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn client_by_key(&self, hash: [u8; 32]) -> Result<Option<StoredClient>> {
        let row = Entity::find()
            .filter(Column::KeyHash.eq(hash.to_vec()))
            .filter(Column::RevokedAt.is_null())
            .one(&self.db)
            .await
            .map_err(sql::failed)?;
        let Some(row) = row else { return Ok(None) };
        let principal = principal(&row)?;
        let Model { id, key_hash, secret_hash, .. } = row;
        Ok(Some(StoredClient { id, principal, key_hash, secret_hash }))
    }

    /// Every client of a program, or of all (for the operator), oldest first.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn clients(&self, program: Option<ProgramId>) -> Result<Vec<ClientSummary>> {
        let mut clients = Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id);
        if let Some(program) = program {
            clients = clients.filter(Column::ProgramId.eq(program.0));
        }
        let rows = clients.find_also_related(program::Entity).all(&self.db).await;
        rows.map_err(sql::failed)?
            .into_iter()
            .map(|(row, program)| {
                Ok(ClientSummary {
                    program: program.map(|program| program.name).unwrap_or_default(),
                    scopes: sql::named("a scope", &row.scopes)?,
                    created_at: sql::time(row.created_at)?,
                    revoked_at: sql::maybe_time(row.revoked_at)?,
                    id: row.id,
                    label: row.label,
                })
            })
            .collect()
    }

    /// Revokes a client and removes its tokens; returns whether there was one to revoke.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn revoke_client(&self, id: &str, now: Timestamp) -> Result<bool> {
        let write = self.begin("").await?;
        let done = Entity::update_many()
            .col_expr(Column::RevokedAt, Expr::val(now.millis()))
            .filter(Column::Id.eq(id))
            .filter(Column::RevokedAt.is_null())
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        client_token::Entity::delete_many()
            .filter(client_token::Column::ClientId.eq(id))
            .exec(&write)
            .await
            .map_err(sql::failed)?;
        write.commit().await?;
        Ok(done.rows_affected > 0)
    }
}
