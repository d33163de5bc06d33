//! Tells new events from those that are in the inbox already.
//!
//! The issuer delivers an event again until it is acknowledged, always with the same
//! body. Under the identifier of an event that has failed, another body corrects it.
//! Under that of any other event it is a conflict: it is stored beside the first one for
//! an operator to look at, and is not applied.

use std::collections::HashMap;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::delivery::{Incoming, Receipt};
use crate::domain::ledger::event::InboxState;
use crate::error::Result;
use crate::store::{InboxEvent, WriteTx};

/// Members of older envelopes that differ from one delivery to the next.
const OF_DELIVERY: [&str; 2] = ["attempt", "webhookId"];

/// What is to be done with events.
#[derive(Default)]
pub(super) struct Sorted {
    /// New ones, and corrections of failed ones.
    pub(super) to_apply: Vec<Incoming>,
    /// Those that are stored beside another one.
    pub(super) conflicting: Vec<InboxEvent>,
    /// A receipt of each event, in their order. States of those that are to be
    /// applied are not known yet.
    pub(super) receipts: Vec<Receipt>,
}

/// Sorts events, which have different identifiers.
pub(super) async fn sort(tx: &WriteTx, events: Vec<Incoming>) -> Result<Sorted> {
    let ids: Vec<String> = events.iter().map(|of| of.event.event_id.clone()).collect();
    let known = tx.known_events(ids).await?;
    // The bodies of those alone: most events are new.
    let mut stored: HashMap<String, InboxEvent> = HashMap::new();
    let mut conflicts = HashMap::new();
    if !known.is_empty() {
        let found = tx.events(known.keys().cloned().collect()).await?;
        stored.extend(found.into_iter().map(|event| (event.event_id.clone(), event)));
        let names = events.iter().filter(|of| known.contains_key(&of.event.event_id));
        conflicts = tx.known_events(names.map(|of| conflict_id(&of.event)).collect()).await?;
    }
    let mut sorted = Sorted::default();
    for mut incoming in events {
        let id = incoming.event.event_id.clone();
        let Some(first) = stored.get(&id) else {
            let state = incoming.event.state;
            sorted.receipts.push(Receipt { id, duplicate: false, state });
            sorted.to_apply.push(incoming);
            continue;
        };
        if is_same(&first.body, &incoming.event.body) {
            sorted.receipts.push(Receipt { id, duplicate: true, state: first.state });
        } else if first.state == InboxState::Failed {
            sorted.receipts.push(Receipt { id, duplicate: false, state: first.state });
            sorted.to_apply.push(incoming);
        } else {
            let id = conflict_id(&incoming.event);
            let duplicate = conflicts.contains_key(&id);
            let state = InboxState::Conflicting;
            sorted.receipts.push(Receipt { id: id.clone(), duplicate, state });
            if !duplicate {
                let what = format!("the event {} is stored with another body", first.event_id);
                incoming.event.event_id = id;
                incoming.event.state = state;
                incoming.event.reason = Some(what);
                sorted.conflicting.push(incoming.event);
            }
        }
    }
    Ok(sorted)
}

/// The identifier of an event that is stored beside the first one with its identifier.
fn conflict_id(event: &InboxEvent) -> String {
    let hash = const_hex::encode(Sha256::digest(content(&event.body).to_string().as_bytes()));
    format!("{}#{}", event.event_id, &hash[..12])
}

/// Whether two bodies say the same. A body that was dropped cannot be compared.
fn is_same(stored: &str, new: &str) -> bool {
    stored.is_empty() || stored == new || content(stored) == content(new)
}

/// What a body says, without what belongs to its delivery.
fn content(body: &str) -> Value {
    let text = body.strip_prefix('\u{feff}').unwrap_or(body);
    let mut content = serde_json::from_str(text).unwrap_or_else(|_| Value::from(body));
    if let Value::Object(members) = &mut content {
        members.retain(|name, _| !OF_DELIVERY.contains(&name.as_str()));
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_compared_by_what_they_say() {
        let first = r#"{"id":"evt_1","data":{"amount":1.50},"attempt":1}"#;
        for same in [
            first,
            r#"{ "data": {"amount": 1.5}, "id": "evt_1" }"#,
            r#"{"id":"evt_1","data":{"amount":1.50},"attempt":2,"webhookId":"w"}"#,
        ] {
            assert!(is_same(first, same), "{same}");
        }
        for other in [r#"{"id":"evt_1","data":{"amount":1.51}}"#, "", "[]", "not JSON"] {
            assert!(!is_same(first, other), "{other}");
        }
        assert!(is_same("", first), "a dropped body");
    }
}
