//! `token create`, `token list` and `token revoke`.

use super::arguments::TokenCommand;
use super::lookup::program_named;
use super::output::out;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::token;
use crate::store::{Store, TokenSummary};

pub(super) async fn run(command: TokenCommand, store: &Store) -> Result<()> {
    match command {
        TokenCommand::Create { program, name, scope, expires_in } => {
            let program = program_named(store, &program).await?;
            let scopes = scope.into_iter().collect();
            let text = token::issue(store, program.id, name, scopes, expires_in).await?;
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

fn line(token: &TokenSummary, now: Timestamp) -> String {
    let state = match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked {at}"),
        (None, Some(at)) if at <= now => format!("expired {at}"),
        (None, Some(at)) => format!("until {at}"),
        (None, None) => "valid".to_owned(),
    };
    let TokenSummary { id, program, label, scopes, created_at, .. } = token;
    format!("{id}  {program}  {scopes}  {created_at}  {state}  {label}").trim_end().into()
}
