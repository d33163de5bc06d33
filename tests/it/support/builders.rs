//! Customers to import, by what matters in a test.

use serde_json::{Value, json};

/// A line of the import format.
#[derive(Clone, Debug)]
pub(crate) struct Line(pub(crate) Value);

impl Line {
    /// The `number`th customer: active, with a wallet, created `number` minutes into 2026.
    pub(crate) fn new(number: u32) -> Self {
        let id = format!("{number:024x}");
        Self(json!({
            "id": id,
            "yativo_card_id": format!("yativo_card_customer_{number}"),
            "external_customer_id": format!("usr_{number}"),
            "email": format!("customer{number}@example.com"),
            "flow_status": "active",
            "kyc_status": "approved",
            "currency": "EUR",
            "safe_deployed": true,
            "created_at": minute(number),
        }))
    }

    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().expect("a text")
    }

    /// With another value in a member.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.0[member] = value.into();
        self
    }

    /// With a live balance.
    pub(crate) fn balance(self, available: i64, pending: i64) -> Self {
        let updated_at = "2026-05-12T14:30:00.000Z";
        self.with(
            "balance",
            json!({ "ledger_minor": available + pending, "available_minor": available,
                    "pending_minor": pending, "updated_at": updated_at }),
        )
    }

    /// With cards in these states.
    pub(crate) fn cards(self, statuses: &[&str]) -> Self {
        let seed = u128::from_str_radix(self.id(), 16).expect("hexadecimal");
        let cards: Vec<Value> = statuses
            .iter()
            .zip(0_u32..)
            .map(|(status, at)| {
                let id = uuid::Uuid::from_u128(seed * 100 + u128::from(at));
                json!({ "card_id": id, "last_four": format!("{at:04}"), "card_type": "virtual",
                        "status": status, "activated_at": minute(at), "created_at": minute(at) })
            })
            .collect();
        self.with("cards", cards)
    }
}

/// The customers `1..=count`.
pub(crate) fn lines(count: u32) -> Vec<Line> {
    (1..=count).map(|number| Line::new(number).balance(i64::from(number), 5)).collect()
}

/// The time some minutes after the start of 2026.
pub(crate) fn minute(number: u32) -> String {
    let start = chrono::DateTime::parse_from_rfc3339("2026-01-01T00:00:00Z").expect("a moment");
    let moment = start.to_utc() + chrono::Duration::minutes(i64::from(number));
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
