//! Webhook subscriptions and deliveries as the issuer describes them.

use super::members::{Members, list};
use crate::domain::time::Timestamp;

/// A webhook subscription. The signing secret that the answer can hold is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The issuer's name for it.
    pub webhook_id: String,
    /// Where events are sent.
    pub url: Option<String>,
    /// The types of events that are sent; `*` for all.
    pub events: Vec<String>,
    /// Whether events are sent at all: the issuer switches a subscription off
    /// after 100 failed deliveries in a row.
    pub enabled: Option<bool>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// The sending of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The issuer's name for the delivery, which is not the event's.
    pub delivery_id: String,
    /// The event's type.
    pub event_type: Option<String>,
    /// `success`, `failed`, or a new word, in lower case.
    pub status: Option<String>,
    /// How often it was tried.
    pub attempt_count: Option<u32>,
    /// The HTTP status of the last try's response.
    pub last_response_code: Option<u16>,
    /// When it succeeded.
    pub delivered_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// The event's body as it was sent, JSON. Not in lists.
    pub payload: Option<String>,
    /// Each try. Not in lists.
    pub attempts: Vec<DeliveryAttempt>,
}

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveriesPage {
    /// The deliveries that have a name, newest first.
    pub deliveries: Vec<Delivery>,
    /// How many items the page has, with those that have no name.
    pub items: u64,
}

/// One try of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// The HTTP status of the response.
    pub response_code: Option<u16>,
    /// When it was.
    pub at: Option<Timestamp>,
}

/// Reads a list of subscriptions; none if there is no list.
pub(crate) fn read_subscriptions(json: &str) -> Option<Vec<Subscription>> {
    let all = items(json, &["webhooks", "subscriptions", "items"])?;
    Some(all.into_iter().filter_map(subscription).collect())
}

/// Reads a page of deliveries; none if there is no list.
pub(crate) fn read_deliveries(json: &str) -> Option<DeliveriesPage> {
    let all = items(json, &["deliveries", "items"])?;
    let items = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Some(DeliveriesPage { deliveries: all.into_iter().filter_map(delivery).collect(), items })
}

/// Reads one delivery, also one that is wrapped once more.
pub(crate) fn read_delivery(json: &str) -> Option<Delivery> {
    let inner = Members::read(json)?.raw(&["delivery"]);
    delivery(inner.unwrap_or(json))
}

fn items<'a>(json: &'a str, names: &[&str]) -> Option<Vec<&'a str>> {
    list(json).or_else(|| Members::read(json)?.list(names))
}

fn subscription(json: &str) -> Option<Subscription> {
    let members = Members::read(json)?;
    let all = members.boolean(&["receive_all_events"]) == Some(true);
    let events = members.texts(&["events"]).unwrap_or_default();
    // A state is also written as a word.
    let word = || match members.text(&["status"])?.to_lowercase().as_str() {
        "active" | "enabled" => Some(true),
        "inactive" | "disabled" => Some(false),
        _ => None,
    };
    Some(Subscription {
        webhook_id: members.text(&["webhook_id", "_id", "id"])?,
        url: members.text(&["url", "webhook_url"]),
        events: if all && events.is_empty() { vec!["*".to_owned()] } else { events },
        enabled: members.boolean(&["enabled", "is_active", "active"]).or_else(word),
        created_at: members.time(&["created_at", "createdAt"]),
    })
}

fn delivery(json: &str) -> Option<Delivery> {
    let members = Members::read(json)?;
    let payload = members.raw(&["payload", "body"]).and_then(|raw| match raw.as_bytes().first() {
        // The body as a text, as long as it is.
        Some(b'"') => serde_json::from_str(raw).ok(),
        Some(b'{') => Some(raw.to_owned()),
        _ => None,
    });
    let attempts = members.list(&["attempts"]).unwrap_or_default();
    Some(Delivery {
        delivery_id: members.text(&["delivery_id", "_id", "id"])?,
        event_type: members.text(&["event_type", "eventType"]),
        status: members.text(&["status"]).map(|word| word.to_lowercase()),
        attempt_count: members.whole(&["attempt_count"]),
        last_response_code: members.whole(&["last_response_code"]),
        delivered_at: members.time(&["delivered_at"]),
        created_at: members.time(&["created_at", "createdAt"]),
        payload,
        attempts: attempts.into_iter().filter_map(attempt).collect(),
    })
}

fn attempt(json: &str) -> Option<DeliveryAttempt> {
    let members = Members::read(json)?;
    Some(DeliveryAttempt {
        response_code: members.whole(&["response_code", "status_code", "last_response_code"]),
        at: members.time(&["attempted_at", "at", "created_at", "timestamp"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_are_read_in_both_forms_without_their_secret() {
        for json in [
            r#"{"webhooks":[{"webhook_id":"w1","url":"https://a.example/x","events":["*"],"enabled":false,"secret":"whsec_x"}]}"#,
            r#"[{"_id":"w1","webhook_url":"https://a.example/x","receive_all_events":true,"status":"disabled"}]"#,
        ] {
            let found = read_subscriptions(json).expect("a list");
            assert_eq!(found.len(), 1, "{json}");
            assert_eq!(found[0].webhook_id, "w1");
            assert_eq!(found[0].url.as_deref(), Some("https://a.example/x"));
            assert_eq!(found[0].events, ["*"]);
            assert_eq!(found[0].enabled, Some(false));
            assert!(!format!("{found:?}").contains("whsec_x"));
        }
        assert_eq!(read_subscriptions(r#"{"webhooks":7}"#), None);
    }

    #[test]
    fn deliveries_are_read_with_their_payload() {
        let json = r#"{"deliveries":[{"delivery_id":"d1","event_type":"card.created","status":"FAILED",
            "attempt_count":7,"last_response_code":503,"delivered_at":null,"created_at":"2026-05-12T14:00:00Z"},
            {"event_type":"nameless"}]}"#;
        let page = read_deliveries(json).expect("a list");
        let found = page.deliveries;
        assert_eq!((found.len(), page.items), (1, 2));
        assert_eq!(found[0].status.as_deref(), Some("failed"));
        assert_eq!((found[0].attempt_count, found[0].last_response_code), (Some(7), Some(503)));
        let event = r#"{"id":"evt_1","data":{"amount":1.10}}"#;
        let as_text = serde_json::to_string(event).expect("JSON");
        for payload in [event, as_text.as_str()] {
            let json = format!(
                r#"{{"delivery":{{"delivery_id":"d1","payload":{payload},"attempts":[{{"response_code":"503","attempted_at":"2026-05-12T14:00:00Z"}},7]}}}}"#
            );
            let found = read_delivery(&json).expect("a delivery");
            assert_eq!(found.payload.as_deref(), Some(event), "to the letter");
            assert_eq!(found.attempts.len(), 1);
            assert_eq!(found.attempts[0].response_code, Some(503));
        }
        assert_eq!(read_delivery(r#"{"payload":{}}"#), None);
    }
}
