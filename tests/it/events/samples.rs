//! `events send`: a sample of each type is one that the gateway understands.

use card_gateway::domain::ledger::event::TYPES;
use serde_json::{Value, json};

use crate::support::issuer::ACME;
use crate::support::{Database, Gateway, Line, on_both};

/// Sends a sample about the first customer. Returns the event's state.
fn send(database: &Database, gateway: &Gateway, event_type: &str, data: &str) -> String {
    let arguments = ["events", "send", "--program", "acme", "--customer", "usr_1"];
    let mut command = database.program(&arguments);
    command.args(["--type", event_type, "--url", &gateway.host, "--data", data]);
    let output = command.env(ACME.0, ACME.1).output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    answer["data"]["state"].as_str().expect("a text").to_owned()
}

on_both! {
    fn a_sample_of_every_type_can_be_sent(database) {
        let line = Line::new(1).cards(&["active"]);
        let card = line.0["cards"][0]["card_id"].as_str().expect("a card").to_owned();
        let token = database.program_with("acme", &[line]);
        let gateway = database.serve_with(&[ACME]);
        let send = |event_type: &str, data: &str| send(&database, &gateway, event_type, data);
        for event_type in TYPES {
            let state = send(event_type, "{}");
            let expected = match *event_type {
                // Nobody knows the card that the token means.
                "card.created" => "ambiguous",
                "card.withdrawal.initiated" | "card.withdrawal.failed" | "physical.card.pin.changed" => "kept",
                other if other.starts_with("master_wallet.") => "kept",
                _ => "applied",
            };
            assert_eq!(state, expected, "{event_type}");
        }
        // What is given counts, and the rest fits.
        let balance = "customer.balance.updated";
        assert_eq!(send(balance, r#"{"balance_source":"reconciliation","pending_balance":null,"ledger_balance":"70.00"}"#), "applied");
        assert_eq!(gateway.balance_of(&token, "usr_1"), json!(["70.00", "70.00", null, "ON_CHAIN"]));
        assert_eq!(send(balance, r#"{"ledger_balance":80}"#), "applied");
        assert_eq!(gateway.balance_of(&token, "usr_1"), json!(["80.00", "80.00", "0.00", "REALTIME"]));
        let foreign = r#"{"amount":20.00,"currency":"USD","billing_amount":"18.50","billing_currency":"EUR"}"#;
        assert_eq!(send("transaction.authorized", foreign), "applied");
        assert_eq!(gateway.balance_of(&token, "usr_1"), json!(["80.00", "61.50", "18.50", "REALTIME"]));
        assert_eq!(send("card.frozen", &json!({ "card_id": card }).to_string()), "applied");
        assert_eq!(database.succeed(&["events", "list", "--failed"], ""), "");
    }
}
