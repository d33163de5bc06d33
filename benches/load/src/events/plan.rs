//! The events: no two of them are the same, and each follows from its number.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::signer::Signer;
use super::{SECRET, customers};
use crate::failure::Result;
use crate::http::Request;
use crate::text::{Decimal, Time};

/// Events that a run can have: none is long enough for more.
const MOST: i64 = 20_000_000;

/// All runs of milliseconds, one an event, fit into it.
const DAY: i64 = 86_400_000;

/// Odd and large: multiples of it look random.
const SCATTER: i64 = 7_046_029_254_386_353_131;

/// One part of a measurement.
#[derive(Clone, Copy)]
pub(crate) enum Phase {
    WarmUp,
    /// As many as can be.
    Flood,
    /// So many a second.
    Pace,
}

impl Phase {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::WarmUp => "warming up",
            Self::Flood => "as many as can be",
            Self::Pace => "at a steady pace",
        }
    }
}

/// What is sent in a run, dealt out to its connections: event 0 to the first,
/// event 1 to the second, and so on. So what happens to a customer comes in
/// order, and the moments of neighbours are close.
pub(crate) struct Plan {
    signer: Signer,
    path: String,
    customers: i64,
    connections: i64,
    /// Of the run's first event.
    number: i64,
    /// Number 0, in Unix milliseconds.
    beginning: i64,
}

impl Plan {
    /// Runs of one program have different numbers: no two events are the same.
    pub(crate) fn new(
        program: &str,
        run: i64,
        customers: i64,
        connections: u32,
    ) -> Result<Arc<Self>> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Arc::new(Self {
            signer: Signer::new(SECRET, now.as_secs())?,
            path: format!("/webhooks/yativo/{program}"),
            customers,
            connections: connections.into(),
            number: run * MOST,
            beginning: i64::try_from(now.as_millis())? - DAY,
        }))
    }

    pub(crate) fn connections(&self) -> i64 {
        self.connections
    }

    /// An event of the run, signed.
    pub(crate) fn request(&self, event: i64) -> Request {
        let body = self.body(event);
        Request::post_with(&self.path, &self.signer.lines(&body), &body)
    }

    fn body(&self, event: i64) -> String {
        let (connection, step) = (event % self.connections, event / self.connections);
        // Nine of ten are about transactions, two about each.
        let (event_type, data) = if step % 10 == 9 {
            ("customer.balance.updated", self.balance(connection, step / 10, event))
        } else {
            self.transaction(connection, step - step / 10, event)
        };
        let number = self.number + event;
        let body = json!({
            "id": format!("evt_{}_{number:012x}", self.beginning + number),
            "type": event_type,
            "created_at": self.time(event),
            "data": data,
        });
        body.to_string()
    }

    fn balance(&self, connection: i64, turn: i64, event: i64) -> Value {
        let (available, pending) = (9_000 + turn % 1_000, 1_000);
        json!({
            "customer_id": self.customer(connection, turn),
            "currency": "EUR",
            "ledger_balance": Decimal(available + pending),
            "available_balance": Decimal(available),
            "pending_balance": Decimal(pending),
            "updated_at": self.time(event),
        })
    }

    /// `place` counts a connection's events that are about transactions.
    fn transaction(&self, connection: i64, place: i64, event: i64) -> (&'static str, Value) {
        let turn = place / 2;
        // Where the first of the two has its place among all.
        let first = (turn * 2 + turn * 2 / 9) * self.connections + connection;
        let settled = first != event;
        let event_type = if settled { "transaction.settled" } else { "transaction.authorized" };
        let data = json!({
            "customer_id": self.customer(connection, turn),
            "transaction_id": self.transaction_id(first),
            "amount": Decimal(200 + turn % 3_000),
            "currency": "EUR",
            "type": "purchase",
            "merchant": "Corner Bakery",
            "merchant_category": "5462",
            "merchant_city": "Berlin",
            "merchant_country": "DE",
            "authorized_at": self.time(first),
            "settled_at": settled.then(|| self.time(event)),
        });
        (event_type, data)
    }

    /// All over the place, as the issuer's are: an index has it harder with those.
    fn transaction_id(&self, first: i64) -> String {
        let number = self.number + first;
        format!("txn_{:016x}{number:016x}", number.wrapping_mul(SCATTER))
    }

    /// The customers of a connection take turns.
    fn customer(&self, connection: i64, turn: i64) -> String {
        let own = (self.customers - connection - 1) / self.connections + 1;
        customers::id(1 + connection + turn % own * self.connections)
    }

    fn time(&self, event: i64) -> Time {
        Time(self.beginning + self.number + event)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn what_is_authorized_is_settled_next_and_nothing_comes_twice() {
        let plan = Plan::new("bench", Phase::Pace as i64, 1_000, 64).expect("a plan");
        let (mut ids, mut times) = (HashSet::new(), HashSet::new());
        let (mut open, mut kinds) = (HashMap::new(), HashMap::new());
        for event in 0..64 * 200 {
            let body = plan.body(event);
            assert!((280..500).contains(&body.len()), "{} bytes", body.len());
            let body: Value = serde_json::from_str(&body).expect("JSON");
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            assert!(ids.insert(text(&body["id"])) && times.insert(text(&body["created_at"])));
            let (kind, data) = (text(&body["type"]), &body["data"]);
            let customer = text(&data["customer_id"]);
            let number = i64::from_str_radix(&customer[8..], 16).expect("digits");
            assert!((1..=1_000).contains(&number) && (number - 1) % 64 == event % 64);
            if kind != "customer.balance.updated" {
                let of = (text(&data["transaction_id"]), customer, text(&data["authorized_at"]));
                match open.remove(&(event % 64)) {
                    None => {
                        assert_eq!(
                            (&*kind, &data["settled_at"]),
                            ("transaction.authorized", &Value::Null)
                        );
                        assert_eq!(of.2, text(&body["created_at"]));
                        open.insert(event % 64, of);
                    }
                    Some(before) => {
                        assert_eq!((&*kind, of), ("transaction.settled", before));
                        assert_eq!(data["settled_at"], body["created_at"]);
                    }
                }
            }
            *kinds.entry(kind).or_insert(0) += 1;
        }
        assert_eq!(kinds["customer.balance.updated"], 64 * 20);
        assert_eq!(kinds["transaction.authorized"], kinds["transaction.settled"]);
    }
}
