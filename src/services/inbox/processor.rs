//! Applies many events in one transaction, so that an event is in the inbox if
//! and only if it has had its effect.

use std::collections::HashSet;

use super::batch::EventBatch;
use super::delivery::Incoming;
use super::item::Item;
use crate::domain::change::NewChange;
use crate::domain::customer::Customer;
use crate::domain::customer_names::{CustomerNames, names_meant_by};
use crate::domain::identifier::Identifier;
use crate::domain::ledger::event::{AggregateId, Event, Fact, InboxState};
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::issuer::read_money_event;
use crate::store::{InboxEvent, WriteTx};

/// What became of events.
pub(super) struct Applied {
    /// The events as they are stored.
    pub(super) events: Vec<InboxEvent>,
    /// The changes of customers, which the caller records with its own: one for each event that
    /// has changed something.
    pub(super) changes: Vec<NewChange>,
}

/// Applies events that have not been applied before, and stores them with their
/// state. Nothing lasts before the transaction is committed.
pub(super) async fn apply_all(tx: &WriteTx, events: Vec<Incoming>) -> Result<Applied> {
    let mut items: Vec<Item> = events.into_iter().map(Item::of).collect();
    let waiting = name_customers(tx, &mut items).await?;
    let mut batch = EventBatch::open(tx, &items).await?;
    for item in &mut items {
        batch.apply(item);
    }
    batch.set_card_states(&mut items);
    want_details(tx, &items).await?;
    follow_payments(tx, &items).await?;
    let events: Vec<InboxEvent> = items.into_iter().map(|item| item.stored).collect();
    tx.put_events(&events).await?;
    if !waiting.is_empty() {
        tx.put_waiting_names(waiting).await?;
    }
    let changes = batch.flush(tx).await?;
    Ok(Applied { events, changes })
}

/// Card events do not say which card they mean, nor all that has changed: the issuer is
/// asked for their customers, where it can be.
async fn want_details(tx: &WriteTx, items: &[Item]) -> Result<()> {
    let is_card =
        |item: &&Item| matches!(item.event.as_deref(), Some(Event { fact: Fact::Card(_), .. }));
    let customers = items.iter().filter(is_card).filter_map(|item| item.stored.customer_id.clone());
    let customers: HashSet<String> = customers.collect();
    if customers.is_empty() {
        return Ok(());
    }
    tx.want_details(customers.into_iter().collect(), Timestamp::now()).await
}

/// What events say of payments that clients have ordered: how far they have come. A funding that
/// failed is not named: then the issuer is asked for those of the customer.
async fn follow_payments(tx: &WriteTx, items: &[Item]) -> Result<()> {
    let mut changed = Vec::new();
    for item in items {
        let (event_type, body) = (item.stored.event_type.as_str(), &item.stored.body);
        let is_withdrawal = event_type.starts_with("card.withdrawal.");
        let is_failure = event_type == "customer.funding.failed";
        if !is_withdrawal && !is_failure && event_type != "customer.funded" {
            continue;
        }
        let Some(event) = read_money_event(body) else { continue };
        let status = event.status.or_else(|| is_failure.then(|| "failed".to_owned()));
        match (event.id, status) {
            (Some(id), Some(status)) => {
                changed.extend(tx.put_payment_status(&id, &status).await?);
            }
            (None, _) if is_failure => {
                if let Some(customer) = &item.stored.customer_id {
                    tx.check_payments_of(customer, Timestamp::now()).await?;
                }
            }
            _ => {}
        }
    }
    if changed.is_empty() { Ok(()) } else { tx.note_updates(changed).await }
}

/// Brings what an import has written in line with the applied events: a balance
/// is moved by what happened after it, and a card is what its events say. That is part of the
/// import's change. To be called only if the program has such events.
///
/// # Errors
/// If the store fails.
pub async fn reconcile(tx: &WriteTx, customers: &[String]) -> Result<()> {
    let mut subjects = tx.subjects_after_snapshot(customers.to_vec()).await?;
    subjects.extend(customers.iter().map(|id| AggregateId::Cards.key(id)));
    let events = tx.events_about(subjects).await?;
    if events.is_empty() {
        return Ok(());
    }
    let of = events.iter().filter_map(|stored| stored.customer_id.clone());
    let of: HashSet<String> = of.collect();
    let names = of.iter().filter_map(|id| Identifier::parse(id).ok()).collect::<Vec<_>>();
    let customers = tx.customers_named(&names).await?;
    let mut batch = EventBatch::reapply(tx, &customers, events).await?;
    batch.set_card_states(&mut []);
    batch.flush(tx).await.map(drop)
}

/// Whether an event can be about a customer that one of its names means. Another
/// customer may have the same address: the surer names must fit. The surest is the
/// issuer's own; `customer_id` need not be the `id` that we know.
fn fits(customer: &Customer, event: &Event) -> bool {
    match (&event.yativo_card_id, &event.customer_id) {
        (Some(name), _) => *name == customer.yativo_card_id,
        (None, Some(id)) => *id == customer.id,
        (None, None) => true,
    }
}

/// Finds the customers of the events. Returns the events whose customer is not
/// known yet, each with a name by which the customer may arrive.
async fn name_customers(tx: &WriteTx, items: &mut [Item]) -> Result<Vec<(String, String)>> {
    let events = || items.iter().filter_map(|item| item.event.as_ref());
    let names: HashSet<&Identifier> = events().flat_map(|event| &event.customer).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<Identifier> = names.into_iter().cloned().collect();
    let customers = tx.customers_named(&names).await?;
    let known = CustomerNames::new(&customers);
    let mut waiting = Vec::new();
    for Item { stored, event, currency } in items {
        let Some(event) = event else { continue };
        let named = event.customer.iter().filter_map(|name| known.find(name));
        let customer =
            named.map(|position| &customers[position]).find(|customer| fits(customer, event));
        stored.customer_id = customer.map(|customer| customer.id.clone());
        *currency = customer.and_then(|customer| customer.currency);
        if customer.is_none() {
            stored.state = InboxState::Waiting;
            stored.reason = Some("the customer is not known yet".to_owned());
            let names = event.customer.iter().flat_map(names_meant_by);
            waiting.extend(names.map(|name| (stored.event_id.clone(), name)));
        }
    }
    Ok(waiting)
}
