//! An event that is being applied.

use std::sync::Arc;

use super::decode::Content;
use super::delivery::Incoming;
use crate::domain::ledger::event::{Event, InboxState};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::store::InboxEvent;

/// An event that is being applied.
pub(super) struct Item {
    pub(super) stored: InboxEvent,
    /// What happened, if it can have an effect.
    pub(super) event: Option<Arc<Event>>,
    /// The currency of its customer's wallet.
    pub(super) currency: Option<Currency>,
}

impl Item {
    /// As its body says, whatever its state was.
    pub(super) fn of(Incoming { event: mut stored, content }: Incoming) -> Self {
        let (state, reason, event) = match &*content {
            // It would be the newest until then.
            Content::Event(event) if event.occurred_at.is_future(Timestamp::now()) => {
                (InboxState::Failed, Some("its time is in the future".to_owned()), None)
            }
            Content::Event(event) => {
                stored.moment = event.occurred_at;
                (InboxState::Applied, None, Some(Arc::clone(event)))
            }
            Content::Kept => (InboxState::Kept, None, None),
            Content::Wrong(what) => (InboxState::Failed, Some(what.clone()), None),
        };
        stored.state = state;
        stored.reason = reason;
        Self { stored, event, currency: None }
    }

    /// Marks the event as one that cannot be applied, for this reason.
    pub(super) fn fail(&mut self, reason: &str) {
        self.stored.state = InboxState::Failed;
        self.stored.reason = Some(reason.to_owned());
    }
}
