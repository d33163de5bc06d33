//! An event on its way into the inbox. Its body is decoded once: here.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::decode::{Content, parse};
use crate::domain::ledger::event::InboxState;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{InboxEvent, Program};

/// An event with what its body says.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    /// As the inbox stores it.
    pub(super) event: InboxEvent,
    /// Its decoded body.
    pub(super) content: Arc<Content>,
}

impl Incoming {
    /// A body that was received now, by a delivery that may have a name.
    pub(super) fn received(
        body: String,
        delivery_id: Option<String>,
        received_at: Timestamp,
    ) -> Self {
        let decoded = parse(&body);
        let event = InboxEvent {
            event_id: decoded.id,
            event_type: decoded.event_type,
            body,
            delivery_id,
            received_at,
            state: InboxState::Kept,
            reason: None,
            customer_id: None,
            subject: None,
            moment: received_at,
        };
        Self { event, content: Arc::new(decoded.content) }
    }

    /// An event that was read from the inbox.
    pub(super) fn stored(event: InboxEvent) -> Self {
        let content = Arc::new(parse(&event.body).content);
        Self { event, content }
    }
}

/// What became of an event that is safe now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The event.
    pub id: String,
    /// Whether it was in the inbox already.
    pub duplicate: bool,
    /// Whether it was applied.
    pub state: InboxState,
}

/// The answer to the sender of an event.
pub(super) type Answer = Result<Receipt, Arc<Error>>;

/// An event on its way to the database, and where its sender waits.
pub(super) struct Delivery {
    pub(super) program: Arc<Program>,
    pub(super) incoming: Incoming,
    pub(super) answer: oneshot::Sender<Answer>,
}
