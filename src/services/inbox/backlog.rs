//! Stored events that were not applied, taken up again: when an import brings
//! their customer, or when the operator asks for it.

use super::delivery::Incoming;
use super::processor;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::{InboxEvent, Store, WriteTx};

/// Events that are taken up again in one transaction.
const CHUNK: u64 = 500;

/// Applies the events that wait for customers with these names, which this
/// transaction has stored.
///
/// # Errors
/// If the store fails.
pub async fn apply_waiting(tx: &WriteTx, names: Vec<String>) -> Result<()> {
    let mut after = None;
    loop {
        let events = tx.events_waiting_for(names.clone(), after.as_ref(), CHUNK).await?;
        // Events that go on waiting must not hide later ones.
        let Some(last) = events.last() else { return Ok(()) };
        after = Some((last.received_at, last.event_id.clone()));
        apply_again(tx, events).await?;
    }
}

/// Brings what an import has written in line with the applied events.
///
/// # Errors
/// If the store fails.
pub async fn reconcile(tx: &WriteTx, customers: &[String]) -> Result<()> {
    if tx.has_events_with_subject().await? {
        processor::reconcile(tx, customers).await?;
    }
    Ok(())
}

/// Takes up one event again that is in the inbox; none if it is not there, has been
/// applied, conflicts with one that was, or has lost its body.
///
/// # Errors
/// If the store fails.
pub async fn replay(store: &Store, program: ProgramId, id: &str) -> Result<Option<InboxEvent>> {
    let tx = store.write(program).await?;
    let mut events = tx.events(vec![id.to_owned()]).await?;
    let is_done = [InboxState::Applied, InboxState::Conflicting];
    events.retain(|event| !is_done.contains(&event.state) && !event.body.is_empty());
    if events.is_empty() {
        tx.roll_back().await;
        return Ok(None);
    }
    let applied = apply_again(&tx, events).await?;
    tx.commit().await?;
    Ok(applied.into_iter().next())
}

async fn apply_again(tx: &WriteTx, events: Vec<InboxEvent>) -> Result<Vec<InboxEvent>> {
    let events = events.into_iter().map(Incoming::stored).collect();
    let applied = processor::apply_all(tx, events).await?;
    let done = applied.iter().filter(|event| event.state != InboxState::Waiting);
    let done: Vec<String> = done.map(|event| event.event_id.clone()).collect();
    if !done.is_empty() {
        tx.remove_waiting_names(done).await?;
    }
    Ok(applied)
}
