//! Events, and the deliveries that they become.

use std::sync::Arc;

use crate::issuer::json::{Json, object};
use crate::issuer::state::idents;
use crate::issuer::state::{Delivery, DeliveryState, Event, Program, Subscription};

/// How far a program's clock may be ahead of the world's, in milliseconds.
const AHEAD: i64 = 1_000;

impl Program {
    /// Tells all subscriptions that want to know. Any type and any data can be
    /// sent, so that a reader's manners can be tested.
    pub fn emit(&mut self, kind: &'static str, data: Json) {
        let id = idents::event(&mut self.rng, self.now);
        let body = object! { "id": &id, "type": kind, "created_at": self.now, "data": data };
        let event = Event { id, kind, created_at: self.now, body: body.text().into() };
        self.events_made += 1;
        self.deliver(&Arc::new(event));
        // What comes next is later, so that times tell the order. But the clock must
        // not run away from the world's where very much happens.
        if self.now.since(self.clock) < AHEAD {
            self.now = self.now.plus(1);
        }
    }

    /// Makes deliveries of an event. The same event can be delivered again.
    pub(crate) fn deliver(&mut self, event: &Arc<Event>) {
        let wants =
            |subscription: &&Subscription| subscription.enabled && subscription.wants(event.kind);
        let to: Vec<String> =
            self.subscriptions.iter().filter(wants).map(|to| to.id.clone()).collect();
        for webhook_id in to {
            self.outbox.push(self.deliveries.len());
            self.deliveries.push(Delivery {
                id: idents::prefixed(&mut self.rng, "dlv"),
                webhook_id,
                event: Arc::clone(event),
                state: DeliveryState::Pending,
                by_hand: false,
                attempts: Vec::new(),
                created_at: self.now,
                delivered_at: None,
            });
        }
    }
}
