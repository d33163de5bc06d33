//! `events list` with its filters, `events show`, and the exit status of `events send`.

use serde_json::{Value, json};

use super::{errors, printed};
use crate::support::issuer::{ACME, balance, event, from_now};
use crate::support::{Database, Gateway, Line, on_both};

/// The identifiers of the events that a list has.
fn listed(database: &Database, arguments: &[&str]) -> Vec<String> {
    let arguments = [&["events", "list", "--json"], arguments].concat();
    let text = database.succeed(&arguments, "");
    let id = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        event["id"].as_str().expect("a text").to_owned()
    };
    text.lines().map(id).collect()
}

/// A gateway with two customers, and four events: two of the first, one of the second, one
/// that waits for a third.
fn world(database: &Database) -> Gateway {
    database.program_with("acme", &[Line::new(1), Line::new(2)]);
    let gateway = database.serve_with(&[ACME]);
    for (id, customer) in
        [("evt_1", "usr_1"), ("evt_2", "usr_2"), ("evt_3", "usr_1"), ("evt_4", "usr_3")]
    {
        gateway.take(&balance(id, customer, "2.00", "0.00", &from_now(0)));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    gateway
}

on_both! {
    fn events_are_listed_by_customer_state_time_and_number(database) {
        let _gateway = world(&database);
        assert_eq!(listed(&database, &[]), ["evt_1", "evt_2", "evt_3", "evt_4"]);
        assert_eq!(listed(&database, &["--limit", "2"]), ["evt_3", "evt_4"], "the newest, oldest first");
        assert_eq!(listed(&database, &["--limit", "9"]).len(), 4);
        assert_eq!(listed(&database, &["--state", "applied", "--limit", "1"]), ["evt_3"]);
        assert_eq!(listed(&database, &["--state", "waiting"]), ["evt_4"]);
        assert_eq!(listed(&database, &["--waiting"]), ["evt_4"]);
        let of = |name: &str| listed(&database, &["--customer", name]);
        for name in ["usr_1", "customer1@example.com", "CUSTOMER1@example.com", Line::new(1).id()] {
            assert_eq!(of(name), ["evt_1", "evt_3"], "{name}");
        }
        assert_eq!(of("usr_2"), ["evt_2"]);
        assert_eq!(of("usr_3"), ["evt_4"], "events also wait for customers who are not there");
        assert!(of("usr_4").is_empty());
        assert_eq!(listed(&database, &["--customer", "usr_1", "--limit", "1", "--program", "acme"]), ["evt_3"]);
        assert_eq!(listed(&database, &["--since", "1h"]).len(), 4);
        database.execute("UPDATE inbox_events SET received_at = received_at - 7200000 WHERE event_id IN ('evt_1', 'evt_2')");
        assert_eq!(listed(&database, &["--since", "1h"]), ["evt_3", "evt_4"]);
        assert_eq!(listed(&database, &["--since", "3h", "--customer", "usr_1"]), ["evt_1", "evt_3"]);
        for wrong in [&["--limit", "0"][..], &["--since", "soon"], &["--state", "lost"], &["--customer", ""],
            &["--state", "failed", "--waiting"]] {
            let output = database.run(&[&["events", "list"], wrong].concat(), "");
            assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        }
    }

    fn one_event_is_shown_and_its_body_only_when_asked_for(database) {
        let gateway = world(&database);
        let text = database.succeed(&["events", "show", "evt_4"], "");
        for part in ["id        evt_4", "program   acme", "type      customer.balance.updated", "state     waiting", "--body prints it"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains("usr_3"), "{text}");
        let body = database.succeed(&["events", "show", "evt_4", "--body"], "");
        assert!(body.contains("\"external_customer_id\":\"usr_3\""), "{body}");
        let json: Value = serde_json::from_str(&database.succeed(&["events", "show", "evt_1", "--json"], "")).expect("JSON");
        assert_eq!((&json["id"], &json["state"], json.get("body")), (&json!("evt_1"), &json!("applied"), None));
        assert!(json["body_bytes"].as_u64() > Some(100), "{json}");
        let json: Value = serde_json::from_str(&database.succeed(&["events", "show", "evt_1", "--json", "--body"], "")).expect("JSON");
        let body: Value = serde_json::from_str(json["body"].as_str().expect("a text")).expect("JSON");
        assert_eq!(body["data"]["external_customer_id"], "usr_1");
        let data = json!({ "external_customer_id": "usr_1", "ledger_balance": "1.00", "available_balance": "2.00", "pending_balance": "0.00" });
        assert_eq!(gateway.take(&event("evt_5", "customer.balance.updated", &from_now(0), &data)), "failed");
        let failed = database.succeed(&["events", "show", "evt_5"], "");
        assert!(failed.contains("reason    ledger_balance is not"), "{failed}");
        let missing = database.run(&["events", "show", "evt_9"], "");
        assert_eq!(missing.status.code(), Some(1));
        assert!(errors(&missing).contains("there is no event evt_9 in "), "{}", errors(&missing));
        // The same identifier in two programs.
        database.succeed(&["program", "create", "--name", "other"], "");
        database.execute("INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, moment) \
            SELECT id, 'evt_1', 'card.created', '{}', 1, 'kept', 1 FROM programs WHERE name = 'other'");
        assert_eq!(database.succeed(&["events", "show", "evt_1", "--json"], "").lines().count(), 2);
        let one = database.succeed(&["events", "show", "evt_1", "--program", "other"], "");
        assert!(one.contains("program   other") && !one.contains("acme"), "{one}");
    }

    fn sending_an_event_that_fails_ends_with_1(database) {
        let gateway = world(&database);
        let send = |more: &[&str]| {
            let arguments = [&["events", "send", "--program", "acme", "--url", &gateway.host], more].concat();
            let output = database.program(&arguments).env(ACME.0, ACME.1).output().expect("it runs");
            (output.status.code(), printed(&output), errors(&output))
        };
        let (status, text, _) = send(&["--customer", "usr_1"]);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("\"state\":\"applied\""), "{text}");
        let (status, text, _) = send(&["--customer", "usr_77"]);
        assert_eq!((status, text.contains("\"state\":\"waiting\"")), (Some(0), true), "{text}");
        let wrong = r#"{"ledger_balance":"1.00","available_balance":"2.00","pending_balance":"0.00"}"#;
        let (status, text, said) = send(&["--customer", "usr_1", "--data", wrong, "--id", "evt_mine"]);
        assert_eq!((status, text.contains("\"state\":\"failed\"")), (Some(1), true), "{text}");
        assert!(said.contains("the event has failed; why: card-gateway events show evt_mine"), "{said}");
        let (status, _, said) = send(&["--customer", "usr_1", "--type", "card.creatd"]);
        assert_eq!(status, Some(0), "{said}");
        assert!(said.contains("card.creatd is not a type of the contract; sending it anyway (did you mean card.created?)"), "{said}");
    }
}
