//! `client create`, `client add`, `client list` and `client revoke`.

use std::io::BufRead as _;

use super::arguments::ClientCommand;
use super::lookup::program_named;
use super::output::out;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::clients::{self, KeyPair};
use crate::store::{ClientSummary, Store};

pub(super) async fn run(command: ClientCommand, store: &Store) -> Result<()> {
    match command {
        ClientCommand::Create { program, name, scope } => {
            let program = program_named(store, &program).await?;
            let scopes = scope.into_iter().collect();
            let new = clients::create(store, program.id, name, scopes).await?;
            // As a shell or an environment file takes them.
            out(&format!("API_KEY={}\nAPI_SECRET={}\n", new.api_key, new.api_secret))?;
        }
        ClientCommand::Add { program, api_key, name, scope } => {
            let program = program_named(store, &program).await?;
            let pair = KeyPair::new(&api_key, &secret()?);
            let scopes = scope.into_iter().collect();
            let id = clients::add(store, program.id, name, scopes, &pair).await?;
            out(&format!("{id}\n"))?;
        }
        ClientCommand::List { program } => {
            let program = match program {
                Some(name) => Some(program_named(store, &name).await?.id),
                None => None,
            };
            for client in store.clients(program).await? {
                out(&format!("{}\n", line(&client)))?;
            }
        }
        ClientCommand::Revoke { id } => {
            if !store.revoke_client(&id, Timestamp::now()).await? {
                let hint =
                    format!("there is no client {id} to revoke; see: card-gateway client list");
                return Err(Error::new(Kind::NotFound, hint));
            }
            out(&format!("revoked {id}\n"))?;
        }
    }
    Ok(())
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

fn line(client: &ClientSummary) -> String {
    let state = client.revoked_at.map_or("valid".to_owned(), |at| format!("revoked {at}"));
    let ClientSummary { id, program, label, scopes, created_at, .. } = client;
    format!("{id}  {program}  {scopes}  {created_at}  {state}  {label}").trim_end().into()
}
