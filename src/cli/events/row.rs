//! One line of a list of events.

use serde::Serialize;

use crate::cli::list::Row;
use crate::domain::time::Timestamp;
use crate::store::InboxEvent;

#[derive(Serialize)]
pub(super) struct EventRow {
    pub(super) id: String,
    pub(super) program: String,
    #[serde(rename = "type")]
    pub(super) event_type: String,
    pub(super) state: &'static str,
    pub(super) reason: Option<String>,
    pub(super) customer_id: Option<String>,
    pub(super) received_at: Timestamp,
    pub(super) happened_at: Timestamp,
    pub(super) delivery_id: Option<String>,
}

impl EventRow {
    pub(super) fn of(program: &str, event: InboxEvent) -> Self {
        Self {
            id: event.event_id,
            program: program.to_owned(),
            event_type: event.event_type,
            state: event.state.into(),
            reason: event.reason,
            customer_id: event.customer_id,
            received_at: event.received_at,
            happened_at: event.moment,
            delivery_id: event.delivery_id,
        }
    }
}

impl Row for EventRow {
    const NAME: &'static str = "events";
    const HEADINGS: &'static [&'static str] =
        &["RECEIVED", "STATE", "ID", "TYPE", "CUSTOMER", "REASON"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.received_at.to_string(),
            format!("{:<11}", self.state),
            self.id.clone(),
            self.event_type.clone(),
            self.customer_id.clone().unwrap_or_else(|| "-".to_owned()),
            self.reason.clone().unwrap_or_default(),
        ]
    }
}
