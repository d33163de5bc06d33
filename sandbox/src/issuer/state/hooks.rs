//! Webhook subscriptions and their deliveries.

use std::sync::Arc;

use super::event::Event;
use crate::issuer::time::Time;

/// Who wants to know of events.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// The name.
    pub id: String,
    /// Where events are posted.
    pub url: String,
    /// The types that are sent; `*` stands for all.
    pub events: Vec<String>,
    /// A sentence of the owner's.
    pub description: Option<String>,
    /// The secret that signs: `whsec_…`.
    pub secret: String,
    /// Whether events are sent.
    pub enabled: bool,
    /// Failed deliveries in a row.
    pub failures: u32,
    /// When it was made.
    pub created_at: Time,
}

impl Subscription {
    /// Whether it is for events of this type.
    pub fn wants(&self, kind: &str) -> bool {
        self.events.iter().any(|event| event == "*" || event == kind)
    }
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// There are attempts left.
    Pending,
    /// A 2xx came.
    Success,
    /// It failed for good.
    Failed,
}

impl DeliveryState {
    /// The member `status`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Success => "success",
            Self::Failed => "failed",
        }
    }
}

/// One attempt to deliver.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// When it was made.
    pub at: Time,
    /// The HTTP status that came, if any.
    pub code: Option<u16>,
    /// Why none came.
    pub error: Option<String>,
}

/// An event on its way to a subscription.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The name, in `X-Yativo-Delivery-Id`.
    pub id: String,
    /// The subscription's name.
    pub webhook_id: String,
    /// The event.
    pub event: Arc<Event>,
    /// How it stands.
    pub state: DeliveryState,
    /// Whether it is sent once more by hand: one attempt, also where the
    /// subscription is off.
    pub by_hand: bool,
    /// The attempts until now.
    pub attempts: Vec<Attempt>,
    /// When it was made.
    pub created_at: Time,
    /// When a 2xx came.
    pub delivered_at: Option<Time>,
}
