//! Registers clients, for the operator.

use super::key_pair::KeyPair;
use super::secrets::hash_of_secret;
use crate::domain::principal::ProgramId;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::secret_text::SecretKind;
use crate::store::{NewClient, Store};

/// A key pair that was just made. The secret cannot be shown again.
pub struct NewKeyPair {
    /// The client's identifier.
    pub id: String,
    /// The key.
    pub api_key: String,
    /// The secret.
    pub api_secret: String,
}

/// Registers a client with a new key pair.
///
/// # Errors
/// If the database fails.
pub async fn create(
    store: &Store,
    program: ProgramId,
    label: String,
    scopes: Scopes,
) -> Result<NewKeyPair> {
    let (api_key, api_secret) = (SecretKind::ApiKey.generate(), SecretKind::ApiSecret.generate());
    let pair = KeyPair::new(&api_key, &api_secret);
    let id = add(store, program, label, scopes, &pair).await?;
    Ok(NewKeyPair { id, api_key, api_secret })
}

/// Registers a client with the key pair that it has already; returns its identifier.
///
/// # Errors
/// `Invalid` if the pair cannot be one; `Conflict` if another client has the key.
pub async fn add(
    store: &Store,
    program: ProgramId,
    label: String,
    scopes: Scopes,
    pair: &KeyPair,
) -> Result<String> {
    if !pair.is_plausible() {
        let what = "the key and the secret must each be 8 to 512 printable ASCII characters, \
            without blanks";
        return Err(Error::new(Kind::Invalid, what));
    }
    let id = uuid::Uuid::now_v7().to_string();
    let new = NewClient {
        id: id.clone(),
        label,
        key_hash: pair.key_hash(),
        secret_hash: hash_of_secret(pair.secret())?,
        scopes,
        created_at: Timestamp::now(),
    };
    store.create_client(program, new).await?;
    Ok(id)
}
