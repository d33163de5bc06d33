//! `events send`.

use std::process::ExitCode;

use fastrand::Rng;
use serde_json::Value;
use url::Url;

use crate::cli::output::{out, say};
use crate::config::Config;
use crate::domain::identifier::Identifier;
use crate::domain::ledger::event::{InboxState, TYPES};
use crate::domain::nearest::nearest;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::webhooks::{Members, Sample, Sender, names};

/// The event that the arguments describe.
pub(super) fn sample(
    id: Option<String>,
    event_type: String,
    customer: Option<&str>,
    at: Option<&str>,
    data: Option<&str>,
) -> Result<Sample> {
    let invalid = |what: String| Error::new(Kind::Invalid, what);
    let at = match at {
        Some(text) => Timestamp::parse(text)
            .ok_or_else(|| invalid("--at must be an RFC 3339 time".to_owned()))?,
        None => Timestamp::now(),
    };
    let is_given = data.is_some();
    let mut data: Members = match data {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| invalid(format!("--data must be a JSON object: {error}")))?,
        None => Members::default(),
    };
    if let Some(customer) = customer {
        let customer = Identifier::parse(customer);
        let customer = customer.map_err(|what| invalid(format!("--customer {what}")))?;
        let (member, name) = names(&customer);
        data.set(member, name);
    } else if !event_type.starts_with("master_wallet.") && !is_given {
        return Err(invalid(format!("--customer is missing: {event_type} is about a customer")));
    }
    if !TYPES.contains(&event_type.as_str()) {
        let near = nearest(&event_type, TYPES.iter().copied());
        let hint = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        say(&format!(
            "card-gateway: {event_type} is not a type of the contract; sending it anyway{hint}"
        ));
    }
    Ok(Sample { id, event_type, at, data })
}

/// Sends the event, and says what became of it. Fails if it has failed.
pub(super) async fn run(
    config: &Config,
    program: &str,
    url: Option<Url>,
    event: &Sample,
) -> Result<ExitCode> {
    let secrets = &config.webhooks.secrets;
    let Some(secret) = secrets.get(program).and_then(|secrets| secrets.first()) else {
        let variable = program.to_uppercase().replace('-', "_");
        let near = nearest(program, secrets.keys().map(String::as_str));
        let hint = near.map(|near| format!(" (did you mean {near}?)")).unwrap_or_default();
        let message = format!(
            "there is no webhook secret of {program}{hint}; set CARD_GATEWAY__WEBHOOKS__SECRETS__{variable}"
        );
        return Err(Error::new(Kind::Invalid, message));
    };
    let url = match url {
        Some(url) => url,
        None => format!("http://{}", config.server.listen).parse().map_err(Error::internal)?,
    };
    let sender = Sender::new(&url, program, secret.expose().as_bytes())?;
    let body = event.body(&mut Rng::new());
    let sent = sender.send(&event.event_type, body.clone()).await?;
    say(&body);
    if sent.status != 200 {
        let what = format!("the gateway answered {}: {}", sent.status, sent.text);
        return Err(Error::new(Kind::Unavailable, what));
    }
    out(&format!("{}\n", sent.text))?;
    let answer: Value = serde_json::from_str(&sent.text).unwrap_or_default();
    let data = &answer["data"];
    if data["state"] != InboxState::Failed.as_ref() {
        return Ok(ExitCode::SUCCESS);
    }
    let id = data["id"].as_str().unwrap_or_default();
    say(&format!("card-gateway: the event has failed; why: card-gateway events show {id}"));
    Ok(ExitCode::FAILURE)
}
