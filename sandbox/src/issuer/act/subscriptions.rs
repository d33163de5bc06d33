//! The endpoints that receive events.

use crate::issuer::state::{Program, Subscription, idents};

impl Program {
    /// Subscribes an address to events of these types, or to all with `*`.
    /// Returns the subscription with its secret.
    pub fn subscribe(&mut self, url: &str, events: &[&str]) -> Subscription {
        let subscription = Subscription {
            id: idents::prefixed(&mut self.rng, "wh"),
            url: url.to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            description: None,
            secret: idents::prefixed(&mut self.rng, "whsec"),
            enabled: true,
            failures: 0,
            created_at: self.now,
        };
        self.subscriptions.push(subscription.clone());
        subscription
    }
}
