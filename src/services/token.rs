//! Issues the API tokens of operators.

use std::time::Duration;

use super::secret_text::{SecretKind, hash};
use crate::domain::principal::ProgramId;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::{NewToken, Store};

/// Issues a token and returns its text. Only the hash is stored, so that the text
/// cannot be shown again.
///
/// # Errors
/// If the database fails.
pub async fn issue(
    store: &Store,
    program: ProgramId,
    label: String,
    scopes: Scopes,
    expires_in: Option<Duration>,
) -> Result<String> {
    let text = SecretKind::Token.generate();
    let created_at = Timestamp::now();
    let millis = |life: Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    let new = NewToken {
        id: uuid::Uuid::now_v7().to_string(),
        label,
        hash: hash(&text),
        scopes,
        created_at,
        expires_at: expires_in.map(|life| created_at.plus_millis(millis(life))),
    };
    store.create_token(program, new).await?;
    Ok(text)
}
