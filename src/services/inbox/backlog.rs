//! Stored events that were not applied, taken up again: when an import brings
//! their customer, or when the operator asks for it.

use std::collections::BTreeMap;
use std::time::Instant;

use super::delivery::Incoming;
use super::processor::{self, Applied};
use crate::domain::change::ChangedCustomers;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::{EventFilter, InboxEvent, Store, WriteTx};

/// Events that are taken up again together, where a customer has come.
const CHUNK: u64 = 500;
/// Events that are read at once for a replay, and those that it takes up in one transaction.
const PAGE: u64 = 500;
const FEW: usize = 25;

/// Applies the events that wait for customers with these names, which this
/// transaction has stored. Returns the customers that they change; the caller records that.
///
/// # Errors
/// If the store fails.
pub async fn apply_waiting(tx: &WriteTx, names: Vec<String>) -> Result<ChangedCustomers> {
    let mut changed = ChangedCustomers::default();
    let mut after = None;
    loop {
        let events = tx.events_waiting_for(names.clone(), after.as_ref(), CHUNK).await?;
        // Events that go on waiting must not hide later ones.
        let Some(last) = events.last() else { return Ok(changed) };
        after = Some((last.received_at, last.event_id.clone()));
        let changes = apply_again(tx, events).await?.changes;
        changed.extend(changes.into_iter().map(|change| (change.customer, change.kind)));
    }
}

/// Takes up events of a program again, in one transaction: those that are in the inbox, were
/// not applied, do not conflict with one that was, and have not lost their bodies. Returns
/// these as they are afterwards.
///
/// # Errors
/// If the store fails.
pub async fn replay(
    store: &Store,
    program: ProgramId,
    ids: Vec<String>,
) -> Result<Vec<InboxEvent>> {
    let tx = store.write_backlog(program).await?;
    let mut events = tx.events(ids).await?;
    let is_done = [InboxState::Applied, InboxState::Conflicting];
    events.retain(|event| !is_done.contains(&event.state) && !event.body.is_empty());
    if events.is_empty() {
        tx.roll_back().await;
        return Ok(Vec::new());
    }
    events.sort_by(|a, b| (a.received_at, &a.event_id).cmp(&(b.received_at, &b.event_id)));
    let Applied { events, changes } = apply_again(&tx, events).await?;
    if !changes.is_empty() {
        tx.record_changes(changes).await?;
    }
    tx.commit().await?;
    Ok(events)
}

/// How a replay went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Events that were taken up again.
    pub events: u64,
    /// Those of them that are applied now.
    pub applied: u64,
}

/// Takes up all events again that have failed or wait, of a program or of all: the customer
/// or the card may be there by now. It takes its time, and leaves as much to others. `progress`
/// hears of each step that is kept.
///
/// # Errors
/// If the store fails; what was taken up before stays so.
pub async fn replay_all(
    store: &Store,
    program: Option<ProgramId>,
    progress: impl Fn(Replayed),
) -> Result<Replayed> {
    let mut replayed = Replayed::default();
    for state in [InboxState::Failed, InboxState::Waiting, InboxState::Ambiguous] {
        let filter = EventFilter { program, state: Some(state), ..EventFilter::default() };
        let mut after = None;
        loop {
            let events = store.events_in(&filter, after.take(), PAGE).await?;
            let Some((last_program, last)) = events.last() else { break };
            after = Some((last.received_at, last.event_id.clone(), *last_program));
            let mut of_program: BTreeMap<ProgramId, Vec<String>> = BTreeMap::new();
            for (program, event) in events {
                of_program.entry(program).or_default().push(event.event_id);
            }
            for (program, ids) in of_program {
                for ids in ids.chunks(FEW) {
                    let began = Instant::now();
                    let events = replay(store, program, ids.to_vec()).await?;
                    let applied = events.iter().filter(|of| of.state == InboxState::Applied);
                    replayed.applied += applied.count() as u64;
                    replayed.events += events.len() as u64;
                    progress(replayed);
                    tokio::time::sleep(began.elapsed()).await;
                }
            }
        }
    }
    Ok(replayed)
}

async fn apply_again(tx: &WriteTx, events: Vec<InboxEvent>) -> Result<Applied> {
    let events = events.into_iter().map(Incoming::stored).collect();
    let applied = processor::apply_all(tx, events).await?;
    let done = applied.events.iter().filter(|event| event.state != InboxState::Waiting);
    let done: Vec<String> = done.map(|event| event.event_id.clone()).collect();
    if !done.is_empty() {
        tx.remove_waiting_names(done).await?;
    }
    Ok(applied)
}
