//! Events of the world, as webhooks tell them.

use std::sync::Arc;

use crate::issuer::time::Time;

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// `evt_…`: the same in each delivery.
    pub id: String,
    /// `customer.funded`, ….
    pub kind: &'static str,
    /// When it happened.
    pub created_at: Time,
    /// The exact body that is posted.
    pub body: Arc<str>,
}
