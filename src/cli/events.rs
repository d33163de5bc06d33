//! `events list`, `events replay`, `events recover` and `events send`.

use fastrand::Rng;
use url::Url;

use super::arguments::EventCommand;
use super::lookup::program_named;
use super::output::out;
use crate::app;
use crate::config::Config;
use crate::domain::identifier::Identifier;
use crate::domain::ledger::event::{InboxState, TYPES};
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::inbox;
use crate::services::recovery::Extent;
use crate::store::{InboxEvent, Store};
use crate::webhooks::{Members, Sample, Sender, names};

/// Number of events of one read.
const PAGE: u64 = 500;

pub(super) async fn run(command: EventCommand, config: &Config) -> Result<()> {
    match command {
        EventCommand::List { program, failed, waiting, ambiguous, conflicting } => {
            let store = app::open(config).await?;
            let program = maybe_program(&store, program).await?;
            let states = [
                (failed, InboxState::Failed),
                (waiting, InboxState::Waiting),
                (ambiguous, InboxState::Ambiguous),
                (conflicting, InboxState::Conflicting),
            ];
            let state = states.into_iter().find(|(wanted, _)| *wanted).map(|(_, state)| state);
            each(&store, program, state, async |_, event| out(&format!("{}\n", line(&event)))).await
        }
        EventCommand::Replay { id, all, program } => {
            let store = app::open(config).await?;
            let program = maybe_program(&store, program).await?;
            debug_assert!(all || id.is_some(), "clap wants one or the other");
            if let Some(id) = id {
                replay_one(&store, program, &id).await
            } else {
                replay_all(&store, program).await
            }
        }
        EventCommand::Recover { program, since } => {
            let store = app::open(config).await?;
            let program = program_named(&store, &program).await?;
            let name = program.name.clone();
            let millis = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
            let since = Timestamp::now().plus_millis(millis.saturating_neg());
            let extent = Extent { since, tries: None, limit: None };
            let summary = app::recover(config, &store, program, &extent).await?;
            store.close().await;
            out(&format!("{name}: {summary}\n"))
        }
        EventCommand::Send { program, event_type, customer, url, id, at, data } => {
            let sample = sample(event_type, customer.as_deref(), at.as_deref(), data.as_deref())?;
            send(config, &program, url, &Sample { id, ..sample }).await
        }
    }
}

async fn maybe_program(store: &Store, name: Option<String>) -> Result<Option<ProgramId>> {
    Ok(match name {
        Some(name) => Some(program_named(store, &name).await?.id),
        None => None,
    })
}

/// Calls a function with each event, oldest first.
async fn each(
    store: &Store,
    program: Option<ProgramId>,
    state: Option<InboxState>,
    mut with: impl AsyncFnMut(ProgramId, InboxEvent) -> Result<()>,
) -> Result<()> {
    let mut after = None;
    loop {
        let events = store.events_in(program, state, after.take(), PAGE).await?;
        let whole = events.len() as u64 == PAGE;
        for (program, event) in events {
            after = Some((event.received_at, event.event_id.clone(), program));
            with(program, event).await?;
        }
        if !whole {
            return Ok(());
        }
    }
}

fn line(event: &InboxEvent) -> String {
    let InboxEvent { event_id, event_type, received_at, state, reason, customer_id, .. } = event;
    let customer = customer_id.as_deref().unwrap_or("-");
    let reason = reason.as_deref().unwrap_or_default();
    let state = state.as_ref();
    format!("{received_at}  {state:<11}  {event_id}  {event_type}  {customer}  {reason}")
        .trim_end()
        .to_owned()
}

async fn replay_one(store: &Store, program: Option<ProgramId>, id: &str) -> Result<()> {
    let programs = match program {
        Some(program) => vec![program],
        None => store.programs_of_event(id).await?,
    };
    let mut replayed = false;
    for program in programs {
        if let Some(event) = inbox::replay(store, program, id).await? {
            out(&format!("{}\n", line(&event)))?;
            replayed = true;
        }
    }
    if replayed {
        return Ok(());
    }
    let hint = format!("there is no event {id} to replay; see: card-gateway events list --failed");
    Err(Error::new(Kind::NotFound, hint))
}

/// Failed events, and those that wait: the customer or the card may be there by now.
async fn replay_all(store: &Store, program: Option<ProgramId>) -> Result<()> {
    let (mut replayed, mut applied) = (0_u64, 0_u64);
    for state in [InboxState::Failed, InboxState::Waiting, InboxState::Ambiguous] {
        each(store, program, Some(state), async |program, event| {
            if let Some(event) = inbox::replay(store, program, &event.event_id).await? {
                replayed += 1;
                applied += u64::from(event.state == InboxState::Applied);
            }
            Ok(())
        })
        .await?;
    }
    out(&format!("replayed {replayed} events, {applied} of them are applied now\n"))
}

fn sample(
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
        eprintln!("card-gateway: {event_type} is not a type of the contract; sending it anyway");
    }
    Ok(Sample { id: None, event_type, at, data })
}

async fn send(config: &Config, program: &str, url: Option<Url>, event: &Sample) -> Result<()> {
    let Some(secret) = config.webhooks.secrets.get(program).and_then(|secrets| secrets.first())
    else {
        let variable = program.to_uppercase().replace('-', "_");
        let hint = format!(
            "there is no webhook secret of {program}; set CARD_GATEWAY__WEBHOOKS__SECRETS__{variable}"
        );
        return Err(Error::new(Kind::Invalid, hint));
    };
    let url = match url {
        Some(url) => url,
        None => format!("http://{}", config.server.listen).parse().map_err(Error::internal)?,
    };
    let sender = Sender::new(&url, program, secret.expose().as_bytes())?;
    let body = event.body(&mut Rng::new());
    let sent = sender.send(&event.event_type, body.clone()).await?;
    eprintln!("{body}");
    if sent.status == 200 {
        return out(&format!("{}\n", sent.text));
    }
    let what = format!("the gateway answered {}: {}", sent.status, sent.text);
    Err(Error::new(Kind::Unavailable, what))
}
