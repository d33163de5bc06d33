//! `events replay`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use super::row::EventRow;
use crate::cli::interrupt;
use crate::cli::list::List;
use crate::cli::lookup::maybe_program;
use crate::cli::output::out;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::error::{Error, Kind, Result};
use crate::services::inbox;
use crate::store::{EventFilter, Store};

/// Number of events of one read.
const PAGE: u64 = 500;

/// Takes up one event again, or all that were not applied.
pub(super) async fn run(
    store: &Store,
    id: Option<&str>,
    program: Option<&str>,
) -> Result<ExitCode> {
    let program = maybe_program(store, program).await?;
    if let Some(id) = id {
        return one(store, program, id).await;
    }
    let replayed = AtomicU64::new(0);
    let kept = || {
        let replayed = replayed.load(Ordering::Relaxed);
        format!("{replayed} events were replayed, which is kept; run it again for the others")
    };
    interrupt::or(Box::pin(all(store, program, &replayed)), kept).await
}

async fn one(store: &Store, program: Option<ProgramId>, id: &str) -> Result<ExitCode> {
    let programs = store.programs().await?;
    let mut rows = Vec::new();
    for (program, _) in store.events_with_id(program, id).await? {
        if let Some(event) = inbox::replay(store, program, id).await? {
            let name = programs.iter().find(|of| of.id == program);
            rows.push(EventRow::of(name.map_or("-", |of| of.name.as_str()), event));
        }
    }
    if rows.is_empty() {
        let message = format!(
            "there is no event {id} to replay in {}; see: card-gateway events list --failed",
            store.place()
        );
        return Err(Error::new(Kind::NotFound, message));
    }
    List::new(false).all(&rows)?;
    Ok(ExitCode::SUCCESS)
}

/// Failed events, and those that wait: the customer or the card may be there by now.
async fn all(store: &Store, program: Option<ProgramId>, replayed: &AtomicU64) -> Result<ExitCode> {
    let mut applied = 0_u64;
    for state in [InboxState::Failed, InboxState::Waiting, InboxState::Ambiguous] {
        let filter = EventFilter { program, state: Some(state), ..EventFilter::default() };
        let mut after = None;
        loop {
            let events = store.events_in(&filter, after.take(), PAGE).await?;
            let is_whole = events.len() as u64 == PAGE;
            for (program, event) in events {
                after = Some((event.received_at, event.event_id.clone(), program));
                if let Some(event) = inbox::replay(store, program, &event.event_id).await? {
                    replayed.fetch_add(1, Ordering::Relaxed);
                    applied += u64::from(event.state == InboxState::Applied);
                }
            }
            if !is_whole {
                break;
            }
        }
    }
    let replayed = replayed.load(Ordering::Relaxed);
    out(&format!("replayed {replayed} events, {applied} of them are applied now\n"))?;
    Ok(ExitCode::SUCCESS)
}
