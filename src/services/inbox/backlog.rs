//! Events that were kept and not applied, taken up again: when an import
//! brings their customer, or when the operator asks for it.

use super::processor;
use crate::domain::identifier::email_key;
use crate::domain::ledger::event::InboxState;
use crate::domain::principal::ProgramId;
use crate::error::Result;
use crate::store::{InboxEvent, Record, Store, WriteTx};

/// Events that are taken up again in one transaction.
const AGAIN: i64 = 500;

/// Every name by which an event may have called these customers.
pub fn names_of(records: &[Record]) -> Vec<String> {
    let names = records.iter().flat_map(|Record { customer, .. }| {
        let names = [Some(customer.id.clone()), Some(customer.yativo_card_id.clone())];
        let more = [customer.external_customer_id.clone(), Some(email_key(&customer.email))];
        names.into_iter().chain(more).flatten()
    });
    names.collect()
}

/// Applies what has waited for customers of these names, who have arrived in
/// this tx.
///
/// # Errors
/// If the store fails.
pub async fn apply_waiting(tx: &WriteTx, names: Vec<String>) -> Result<()> {
    let mut after = None;
    loop {
        let events = tx.events_waiting_for(names.clone(), after.as_ref(), AGAIN).await?;
        // Those that go on waiting must not hide the ones behind them.
        let Some(last) = events.last() else { return Ok(()) };
        after = Some((last.received_at, last.event_id.clone()));
        again(tx, events).await?;
    }
}

/// Brings what an import has written in line with what events have told.
///
/// # Errors
/// If the store fails.
pub async fn reconcile(tx: &WriteTx, customers: &[String], cards: &[String]) -> Result<()> {
    if tx.anything_applied().await? {
        processor::reconcile(tx, customers, cards).await?;
    }
    Ok(())
}

/// Takes up one event again that is in the inbox; none if it is not there, or
/// has been applied.
///
/// # Errors
/// If the store fails.
pub async fn replay(store: &Store, program: ProgramId, id: &str) -> Result<Option<InboxEvent>> {
    let tx = store.write(program).await?;
    let mut events = tx.events(vec![id.to_owned()]).await?;
    events.retain(|event| event.state != InboxState::Applied);
    if events.is_empty() {
        tx.roll_back().await;
        return Ok(None);
    }
    let applied = again(&tx, events).await?;
    tx.commit().await?;
    Ok(applied.into_iter().next())
}

async fn again(tx: &WriteTx, events: Vec<InboxEvent>) -> Result<Vec<InboxEvent>> {
    if events.is_empty() {
        return Ok(events);
    }
    let applied = processor::apply_all(tx, events).await?;
    let done = applied.iter().filter(|event| event.state != InboxState::Waiting);
    let done: Vec<String> = done.map(|event| event.event_id.clone()).collect();
    if !done.is_empty() {
        tx.wait_no_more(done).await?;
    }
    Ok(applied)
}
