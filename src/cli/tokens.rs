//! `token create`, `token list` and `token revoke`.

use std::time::Duration;

use super::{TokenCommand, out, program_named};
use crate::domain::principal::{ProgramId, Scope};
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::token;
use crate::store::{NewToken, Store, TokenSummary};

pub(super) async fn run(command: TokenCommand, store: &Store) -> Result<()> {
    match command {
        TokenCommand::Create { program, name, scope, expires_in } => {
            let program = program_named(store, &program).await?;
            let text = create(store, program.id, name, scope.into(), expires_in).await?;
            out(&format!("{text}\n"))?;
        }
        TokenCommand::List { program } => {
            let program = match program {
                Some(name) => Some(program_named(store, &name).await?.id),
                None => None,
            };
            for token in store.tokens(program).await? {
                out(&format!("{}\n", line(&token, Timestamp::now())))?;
            }
        }
        TokenCommand::Revoke { id } => {
            if !store.revoke_token(&id, Timestamp::now()).await? {
                let hint =
                    format!("there is no token {id} to revoke; see: card-gateway token list");
                return Err(Error::new(Kind::NotFound, hint));
            }
            out(&format!("revoked {id}\n"))?;
        }
    }
    Ok(())
}

/// Makes a token and returns its text, which cannot be shown again.
pub(crate) async fn create(
    store: &Store,
    program: ProgramId,
    label: String,
    scope: Scope,
    expires_in: Option<Duration>,
) -> Result<String> {
    let text = token::generate();
    let created_at = Timestamp::now();
    let millis = |life: Duration| i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
    let new = NewToken {
        id: uuid::Uuid::now_v7().to_string(),
        label,
        hash: token::hash(&text),
        scope,
        created_at,
        expires_at: expires_in.map(|life| created_at.plus_millis(millis(life))),
    };
    store.create_token(program, new).await?;
    Ok(text)
}

fn line(token: &TokenSummary, now: Timestamp) -> String {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "valid".to_owned(),
    };
    let TokenSummary { id, program, label, scope, created_at, .. } = token;
    format!("{id}  {program}  {}  {created_at}  {state}  {label}", scope.as_str()).trim_end().into()
}
