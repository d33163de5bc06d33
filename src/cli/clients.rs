//! `client create`, `client add`, `client list` and `client revoke`.

use std::io::BufRead as _;

use serde::Serialize;

use super::arguments::ClientCommand;
use super::list::{List, Row};
use super::lookup::{maybe_program, program_named};
use super::output::{out, say};
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::clients::{self, KeyPair};
use crate::store::{ClientSummary, Store};

pub(super) async fn run(command: ClientCommand, store: &Store) -> Result<()> {
    match command {
        ClientCommand::Create { program, name, scope } => {
            let program = program_named(store, &program).await?;
            let scopes: Scopes = scope.into_iter().collect();
            let new = clients::create(store, program.id, name, scopes).await?;
            let name = program.name;
            say(&format!(
                "created a client of {name} with the scopes {scopes}; its secret cannot be shown again"
            ));
            // As a shell or an environment file takes them.
            out(&format!("API_KEY={}\nAPI_SECRET={}\n", new.api_key, new.api_secret))
        }
        ClientCommand::Add { program, api_key, name, scope } => {
            let program = program_named(store, &program).await?;
            let pair = KeyPair::new(&api_key, &secret()?);
            let scopes: Scopes = scope.into_iter().collect();
            let id = clients::add(store, program.id, name, scopes, &pair).await?;
            say(&format!("registered a client of {} with the scopes {scopes}", program.name));
            out(&format!("{id}\n"))
        }
        ClientCommand::List { program, json } => {
            let program = maybe_program(store, program.as_deref()).await?;
            let clients = store.clients(program).await?.into_iter();
            let rows: Vec<ClientRow> = clients.map(ClientRow::from).collect();
            List::new(json).all(&rows)
        }
        ClientCommand::Revoke { id } => {
            if !store.revoke_client(&id, Timestamp::now()).await? {
                let message = format!(
                    "there is no client {id} to revoke in {}; see: card-gateway client list",
                    store.place()
                );
                return Err(Error::new(Kind::NotFound, message));
            }
            out(&format!("revoked {id}\n"))
        }
    }
}

/// The first line of standard input. A secret is never an argument: other users of the
/// machine can see those.
fn secret() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| {
        Error::new(Kind::Invalid, "the secret cannot be read from standard input").because(error)
    })?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[derive(Serialize)]
struct ClientRow {
    id: String,
    program: String,
    label: String,
    scopes: Vec<String>,
    state: &'static str,
    created_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl From<ClientSummary> for ClientRow {
    fn from(client: ClientSummary) -> Self {
        let ClientSummary { id, program, label, scopes, created_at, revoked_at } = client;
        let state = if revoked_at.is_some() { "revoked" } else { "valid" };
        let scopes = scopes.to_string().split(',').map(str::to_owned).collect();
        Self { id, program, label, scopes, state, created_at, revoked_at }
    }
}

impl Row for ClientRow {
    const NAME: &'static str = "clients";
    const HEADINGS: &'static [&'static str] =
        &["ID", "PROGRAM", "SCOPES", "CREATED", "STATE", "LABEL"];

    fn cells(&self) -> Vec<String> {
        let state = self.revoked_at.map_or("valid".to_owned(), |at| format!("revoked {at}"));
        vec![
            self.id.clone(),
            self.program.clone(),
            self.scopes.join(","),
            self.created_at.to_string(),
            state,
            self.label.clone(),
        ]
    }
}
