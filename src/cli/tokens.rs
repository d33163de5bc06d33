//! `token create`, `token list` and `token revoke`.

use serde::Serialize;

use super::arguments::TokenCommand;
use super::list::{List, Row};
use super::lookup::{maybe_program, program_named};
use super::output::{out, say};
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::token;
use crate::store::{Store, TokenSummary};

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

pub(super) async fn run(command: TokenCommand, store: &Store) -> Result<()> {
    match command {
        TokenCommand::Create { program, name, scope, expires_in } => {
            let program = program_named(store, &program).await?;
            let scopes: Scopes = scope.into_iter().collect();
            let text = token::issue(store, program.id, name, scopes, expires_in).await?;
            let end = match expires_in {
                Some(time) if time.as_secs().is_multiple_of(DAY) => {
                    format!("for {} days", time.as_secs() / DAY)
                }
                Some(time) => format!("for {}", humantime::format_duration(time)),
                None => "without an end".to_owned(),
            };
            let name = program.name;
            say(&format!(
                "created a token of {name} with the scopes {scopes}, valid {end}; it cannot be shown again"
            ));
            out(&format!("{text}\n"))
        }
        TokenCommand::List { program, json } => {
            let program = maybe_program(store, program.as_deref()).await?;
            let tokens = store.tokens(program).await?.into_iter();
            let now = Timestamp::now();
            let rows: Vec<TokenRow> = tokens.map(|token| TokenRow::of(token, now)).collect();
            List::new(json).all(&rows)
        }
        TokenCommand::Revoke { id } => {
            if !store.revoke_token(&id, Timestamp::now()).await? {
                let message = format!(
                    "there is no token {id} to revoke in {}; see: card-gateway token list",
                    store.place()
                );
                return Err(Error::new(Kind::NotFound, message));
            }
            out(&format!("revoked {id}\n"))
        }
    }
}

#[derive(Serialize)]
struct TokenRow {
    id: String,
    program: String,
    label: String,
    scopes: Vec<String>,
    state: &'static str,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl TokenRow {
    fn of(token: TokenSummary, now: Timestamp) -> Self {
        let TokenSummary { id, program, label, scopes, created_at, expires_at, revoked_at } = token;
        let state = match (revoked_at, expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(at)) if at <= now => "expired",
            (None, _) => "valid",
        };
        let scopes = scopes.to_string().split(',').map(str::to_owned).collect();
        Self { id, program, label, scopes, state, created_at, expires_at, revoked_at }
    }

    fn state_text(&self) -> String {
        match (self.state, self.revoked_at, self.expires_at) {
            ("valid", _, Some(at)) => format!("until {at}"),
            (state, Some(at), _) | (state, None, Some(at)) => format!("{state} {at}"),
            (state, None, None) => state.to_owned(),
        }
    }
}

impl Row for TokenRow {
    const NAME: &'static str = "tokens";
    const HEADINGS: &'static [&'static str] =
        &["ID", "PROGRAM", "SCOPES", "CREATED", "STATE", "LABEL"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.program.clone(),
            self.scopes.join(","),
            self.created_at.to_string(),
            self.state_text(),
            self.label.clone(),
        ]
    }
}
