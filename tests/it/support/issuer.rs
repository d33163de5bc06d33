//! The issuer: signs and sends events as the contract says.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Answer, Gateway};

pub(crate) const SECRET: &str = "whsec_of_acme";
pub(crate) const OLD_SECRET: &str = "whsec_of_acme_before";
/// The setting with the webhook secret of the program `acme`.
pub(crate) const ACME: (&str, &str) =
    ("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", "whsec_of_acme,whsec_of_acme_before");

pub(crate) fn signature(secret: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={}", hex.concat())
}

/// Unix seconds.
pub(crate) fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(now.as_secs()).expect("not yet")
}

/// The time some milliseconds from now, in RFC 3339.
pub(crate) fn from_now(millis: i64) -> String {
    let moment = chrono::Utc::now() + chrono::Duration::milliseconds(millis);
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// An event's body.
pub(crate) fn event(id: &str, event_type: &str, created_at: &str, data: &Value) -> String {
    json!({ "id": id, "type": event_type, "created_at": created_at, "data": data }).to_string()
}

/// A balance event about a customer, by any identifier.
pub(crate) fn balance(
    id: &str,
    customer: &str,
    available: &str,
    pending: &str,
    at: &str,
) -> String {
    let cents = |text: &str| text.replace('.', "").parse::<i64>().expect("two decimals");
    let ledger = cents(available) + cents(pending);
    let ledger = format!("{}.{:02}", ledger / 100, ledger % 100);
    let data = json!({ "external_customer_id": customer, "currency": "EUR", "ledger_balance": ledger,
        "available_balance": available, "pending_balance": pending, "updated_at": at });
    event(id, "customer.balance.updated", at, &data)
}

/// An event about a transaction, at a moment.
pub(crate) fn transaction(
    id: &str,
    stage: &str,
    customer: &str,
    name: &str,
    amount: &str,
    at: &str,
) -> String {
    let mut data = json!({ "external_customer_id": customer, "transaction_id": name,
        "amount": amount, "currency": "EUR", "type": "purchase", "merchant": "Corner Bakery" });
    match stage {
        "authorized" => data["authorized_at"] = json!(at),
        "settled" => data["settled_at"] = json!(at),
        _ => {}
    }
    event(id, &format!("transaction.{stage}"), at, &data)
}

/// A request with a body that is signed now.
pub(crate) fn signed(client: &Client, host: &str, program: &str, body: &str) -> RequestBuilder {
    let timestamp = seconds().to_string();
    let signature = signature(SECRET, &timestamp, body.as_bytes());
    let url = format!("{host}/webhooks/yativo/{program}");
    let request = client.post(url).header("content-type", "application/json");
    let request = request.header("x-yativo-timestamp", timestamp);
    request.header("x-yativo-signature", signature).body(body.to_owned())
}

impl Gateway {
    /// Sends an event of the program `acme`, signed now.
    pub(crate) fn deliver(&self, body: &str) -> Answer {
        self.send(signed(self.client(), &self.host, "acme", body))
    }

    /// Sends an event that must be accepted; returns its state.
    pub(crate) fn take(&self, body: &str) -> String {
        let answer = self.deliver(body);
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mut json = answer.json();
        assert_eq!(json["success"], true);
        assert_eq!(json["data"]["duplicate"], false, "{}", answer.text);
        json["data"]["state"].take().as_str().expect("a text").to_owned()
    }

    /// The balance of a customer: ledger, available, pending and freshness.
    pub(crate) fn balance_of(&self, token: &str, customer: &str) -> Value {
        let query = format!(
            "{{ cardCustomer(identifier: \"{customer}\") {{ ledgerBalance availableBalance pendingBalance balanceFreshness }} }}"
        );
        let node = self.query(token, &query).data()["cardCustomer"].take();
        json!([
            node["ledgerBalance"],
            node["availableBalance"],
            node["pendingBalance"],
            node["balanceFreshness"]
        ])
    }
}

/// Tries something again and again until it is so, or a time is over.
pub(crate) fn within(time: Duration, mut so: impl FnMut() -> bool) -> bool {
    let end = std::time::Instant::now() + time;
    while std::time::Instant::now() < end {
        if so() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    so()
}
