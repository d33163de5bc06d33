//! Test events in the issuer's form, with plausible contents.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::domain::identifier::Identifier;
use crate::domain::time::Timestamp;

/// Merchants: name, category, city, country.
const MERCHANTS: &[[&str; 4]] = &[
    ["Corner Bakery", "5462", "Berlin", "DE"],
    ["Metro Lisboa", "4111", "Lisbon", "PT"],
    ["Café Central", "5812", "Vienna", "AT"],
    ["Book Nook", "5942", "Dublin", "IE"],
    ["Green Pharmacy", "5912", "Paris", "FR"],
];

/// A test event.
#[derive(Clone, Debug)]
pub struct Sample {
    /// One of [`crate::domain::ledger::event::TYPES`], or a new one.
    pub event_type: String,
    /// When it happened.
    pub at: Timestamp,
    /// Members of `data` with given values.
    pub data: Map<String, Value>,
}

impl Sample {
    /// The event's body, with a new identifier. Other members of `data` are random.
    pub fn body(&self, rng: &mut Rng) -> Value {
        let hex = |rng: &mut Rng, digits: usize| -> String {
            (0..digits).map(|_| rng.digit(16)).collect()
        };
        let mut data = self.random_data(rng);
        data.extend(self.data.clone());
        json!({
            "id": format!("evt_{}_{}", self.at.millis(), hex(rng, 12)),
            "type": self.event_type,
            "created_at": self.at.to_string(),
            "data": data,
        })
    }

    fn random_data(&self, rng: &mut Rng) -> Map<String, Value> {
        let at = self.at.to_string();
        let amount = cents(rng.i64(150..9_000));
        let id = uuid::Builder::from_random_bytes(rng.u128(..).to_le_bytes()).into_uuid();
        let data = match self.event_type.split('.').next() {
            Some("transaction") => {
                let [name, category, city, country] = MERCHANTS[rng.usize(..MERCHANTS.len())];
                let refund = self.event_type == "transaction.refund.created";
                let settled = self.event_type == "transaction.settled";
                json!({
                    "transaction_id": format!("txn_{}", id.simple()), "amount": amount, "currency": "EUR",
                    "type": if refund { "refund" } else { "purchase" },
                    "merchant": name, "merchant_category": category, "merchant_city": city,
                    "merchant_country": country, "authorized_at": at,
                    "settled_at": if settled { Value::from(at.as_str()) } else { Value::Null },
                })
            }
            Some("card") => {
                let status = match self.event_type.as_str() {
                    "card.frozen" => "frozen",
                    "card.lost" => "lost",
                    "card.deactivated" => "blocked",
                    "card.voided" | "card.stolen" | "card.cancelled" => "voided",
                    _ => "active",
                };
                let last_four = format!("{:04}", rng.u16(..10_000));
                json!({ "card_id": id, "last_four": last_four, "card_type": "virtual", "status": status })
            }
            Some("customer") if self.event_type == "customer.balance.updated" => {
                let (available, pending) = (rng.i64(1_000..400_000), rng.i64(0..9_000));
                json!({
                    "currency": "EUR", "ledger_balance": cents(available + pending),
                    "available_balance": cents(available), "pending_balance": cents(pending),
                    "updated_at": at,
                })
            }
            Some("customer") => {
                let failed = self.event_type == "customer.funding.failed";
                let reason = if failed { json!("insufficient_funds") } else { Value::Null };
                let transfer = format!("trf_{}", id.simple());
                json!({ "amount": amount, "currency": "EUR", "transfer_id": transfer, "reason": reason })
            }
            _ => json!({ "amount": amount, "currency": "EUR" }),
        };
        match data {
            Value::Object(data) => data,
            _ => Map::new(),
        }
    }
}

/// The member of `data` for an identifier of a customer, by the identifier's form.
pub fn names(customer: &Identifier) -> (&'static str, &str) {
    let text = customer.as_str();
    let member = if customer.as_customer_id().is_some() {
        "customer_id"
    } else if text.contains('@') {
        "email"
    } else if text.starts_with("yativo_card_") {
        "yativo_card_id"
    } else {
        "external_customer_id"
    };
    (member, text)
}

/// Minor units as a decimal, in the issuer's form.
fn cents(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}
