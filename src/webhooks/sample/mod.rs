//! Test events in the form of version 2 of the issuer's contract, with plausible
//! contents.

mod contents;
mod members;
mod purchase;

use fastrand::Rng;
use serde::Serialize;

pub use self::members::Members;
use crate::domain::identifier::Identifier;
use crate::domain::time::Timestamp;

/// A test event.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The event's identifier; none for a new one.
    pub id: Option<String>,
    /// One of [`crate::domain::ledger::event::TYPES`], or a new one.
    pub event_type: String,
    /// When it happened.
    pub at: Timestamp,
    /// Members of `data` with given values.
    pub data: Members,
}

/// The body of a webhook.
#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    event_type: &'a str,
    created_at: String,
    data: &'a Members,
}

impl Sample {
    /// The event's body. Members of `data` that are not given are random.
    pub fn body(&self, rng: &mut Rng) -> String {
        let id = self.id.clone().unwrap_or_else(|| {
            let hex: String = (0..12).map(|_| rng.digit(16)).collect();
            format!("evt_{}_{hex}", self.at.millis())
        });
        let mut data = contents::of(&self.event_type, self.at, &self.data, rng);
        data.replace(&self.data);
        let created_at = self.at.to_string();
        let envelope = Envelope { id: &id, event_type: &self.event_type, created_at, data: &data };
        serde_json::to_string(&envelope).unwrap_or_else(|_| unreachable!("it is texts and JSON"))
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::domain::ledger::event::TYPES;
    use crate::domain::money::{Minor, decimals};

    fn data(event_type: &str, given: &str, seed: u64) -> (Value, Members) {
        let at = Timestamp::parse("2026-05-12T14:00:00Z").expect("a moment");
        let given = serde_json::from_str(given).expect("an object");
        let sample = Sample { id: None, event_type: event_type.to_owned(), at, data: given };
        let body = sample.body(&mut Rng::with_seed(seed));
        let value: Value = serde_json::from_str(&body).expect("JSON");
        let members = serde_json::from_str(&value["data"].to_string()).expect("an object");
        (value["data"].clone(), members)
    }

    fn money(data: &Members, name: &str, currency: &str) -> Option<i64> {
        data.money(name, decimals(currency)).map(Minor::get)
    }

    #[test]
    fn both_forms_of_an_amount_agree_in_every_type() {
        for (seed, event_type) in (0..).zip(TYPES.iter().cycle().take(TYPES.len() * 20)) {
            let (value, members) = data(event_type, r#"{"customer_id":"c"}"#, seed);
            for (name, minor) in value.as_object().expect("an object") {
                let Some(major) = name.strip_suffix("_minor") else { continue };
                let of = if major == "billing_amount" { "billing_currency" } else { "currency" };
                let places = decimals(value[of].as_str().unwrap_or("EUR"));
                let number = value[major].to_string();
                let read = Minor::parse(&number, places).map(Minor::get);
                assert_eq!(read, minor.as_i64(), "{event_type} {major}: {value}");
            }
            let balances = ["ledger_balance", "available_balance", "pending_balance"];
            if let [Some(ledger), Some(available), pending] =
                balances.map(|name| money(&members, name, "EUR"))
            {
                assert_eq!(ledger, available + pending.unwrap_or(0), "{value}");
            }
        }
    }

    #[test]
    fn some_purchases_are_in_a_foreign_currency_at_a_rate_that_fits() {
        let mut foreign = 0;
        for seed in 0..300 {
            let (value, members) = data("transaction.authorized", "{}", seed);
            let currency = value["currency"].as_str().expect("a text");
            let billing = money(&members, "billing_amount", "EUR").expect("an amount");
            let amount = money(&members, "amount", currency).expect("an amount");
            if currency == "EUR" {
                assert_eq!((amount, value["fx_rate"].to_string().as_str()), (billing, "1"));
                continue;
            }
            foreign += 1;
            let rate = members.money("fx_rate", 6).expect("a rate").get();
            // The amount again, in millionths of the currency's minor unit.
            let scale = 10_i128.pow(decimals(currency));
            let again = i128::from(rate) * i128::from(billing) * scale / 100;
            let off = (again - i128::from(amount) * 1_000_000).abs();
            assert!(off < 500_000, "{value}");
        }
        assert!((60..140).contains(&foreign), "{foreign}");
    }

    #[test]
    fn what_is_given_replaces_what_is_random_and_the_rest_fits() {
        let balance = "customer.balance.updated";
        let purchase = "transaction.authorized";
        let null = Value::Null;
        for (event_type, given, expected) in [
            (
                balance,
                r#"{"ledger_balance":"80.00"}"#,
                vec![("available_balance", "80"), ("pending_balance", "null")],
            ),
            (
                balance,
                r#"{"available_balance":7.5,"pending_balance":2.5}"#,
                vec![("ledger_balance", "10"), ("pending_balance", "2.5")],
            ),
            (
                balance,
                r#"{"ledger_balance":"80.00","available_balance":"70.00","pending_balance":"10.00"}"#,
                vec![("ledger_balance", r#""80.00""#), ("ledger_balance_minor", "null")],
            ),
            (
                purchase,
                r#"{"amount":"12.50"}"#,
                vec![
                    ("billing_amount", "12.5"),
                    ("currency", r#""EUR""#),
                    ("amount_minor", "null"),
                ],
            ),
            (
                purchase,
                r#"{"amount_minor":500,"currency":"JPY"}"#,
                vec![("billing_amount", "500"), ("billing_currency", r#""JPY""#)],
            ),
            (
                purchase,
                r#"{"amount":20.00,"currency":"USD","billing_amount":18.50,"billing_currency":"EUR"}"#,
                vec![("fx_rate", "1.081081"), ("billing_amount_minor", "null")],
            ),
            (
                purchase,
                r#"{"amount":10.81,"currency":"USD","billing_currency":"EUR"}"#,
                vec![("billing_amount", "10.0"), ("fx_rate", "1.081")],
            ),
        ] {
            let (value, _) = data(event_type, given, 7);
            for (name, text) in expected {
                let found = value.get(name).unwrap_or(&null).to_string();
                let same = found == text
                    || found
                        .parse::<f64>()
                        .ok()
                        .zip(text.parse().ok())
                        .is_some_and(|(a, b): (f64, f64)| a.to_bits() == b.to_bits());
                assert!(same, "{given} {name}: {value}");
            }
        }
        let reconciliation = r#"{"balance_source":"reconciliation","pending_balance":null}"#;
        let (value, _) = data(balance, reconciliation, 7);
        assert_eq!(value["ledger_balance"], value["available_balance"]);
        assert_eq!((&value["pending_balance"], &value["pending_balance_minor"]), (&null, &null));
    }

    #[test]
    fn a_customer_has_one_card_token() {
        let token = |event_type: &str, customer: &str, seed: u64| {
            let given = format!(r#"{{"email":"{customer}"}}"#);
            data(event_type, &given, seed).0["card_id"].as_str().expect("a text").to_owned()
        };
        let first = token("card.frozen", "a@x.org", 1);
        assert!(first.len() == 9 && first.bytes().all(|digit| digit.is_ascii_digit()), "{first}");
        assert_eq!(first, token("transaction.settled", "a@x.org", 2));
        assert_ne!(first, token("card.frozen", "b@x.org", 1));
        assert_ne!(first, token("card.created", "a@x.org", 1));
    }
}
