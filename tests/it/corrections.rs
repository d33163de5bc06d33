//! Another body under an identifier that is in the inbox: a correction or a conflict.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::support::gateway::client;
use crate::support::issuer::{ACME, balance, event, from_now, signed};
use crate::support::{Database, Gateway, Line, on_both};

const MINE: &str = "usr_1";

/// A gateway over one customer with two cards and a balance of 10.00, and a token.
fn open(database: &Database) -> (Gateway, String) {
    let token = database.program_with("acme", &[Line::new(1).cards(&["active", "active"])]);
    let gateway = database.serve_with(&[ACME]);
    gateway.take(&balance("evt_0", MINE, "10.00", "0.00", &from_now(-60_000)));
    (gateway, token)
}

fn funded(id: &str, data: &Value) -> String {
    let mut all = json!({ "external_customer_id": MINE });
    all.as_object_mut().expect("an object").extend(data.as_object().expect("an object").clone());
    event(id, "customer.funded", "2026-05-12T14:00:00.000Z", &all)
}

/// Sends a body that must be accepted: its receipt's identifier, state, and whether it is a
/// duplicate.
fn receipt(gateway: &Gateway, body: &str) -> (String, String, bool) {
    let answer = gateway.deliver(body);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let data = answer.json()["data"].take();
    let text = |member: &str| data[member].as_str().expect("a text").to_owned();
    (text("id"), text("state"), data["duplicate"] == true)
}

fn list(database: &Database, filter: &str) -> Vec<String> {
    database.succeed(&["events", "list", filter], "").lines().map(str::to_owned).collect()
}

on_both! {
    fn another_body_corrects_a_failed_event(database) {
        let (gateway, token) = open(&database);
        let at = from_now(-1_000);
        let body = |amount: &Value| event("evt_1", "customer.funded", &at, &json!({ "external_customer_id": MINE, "amount": amount }));
        let first = body(&json!("much"));
        assert_eq!(receipt(&gateway, &first), ("evt_1".into(), "failed".into(), false));
        assert_eq!(receipt(&gateway, &first), ("evt_1".into(), "failed".into(), true));
        // The first correction is wrong as well.
        assert_eq!(receipt(&gateway, &body(&json!("1.005"))), ("evt_1".into(), "failed".into(), false));
        let failed = list(&database, "--failed");
        assert!(failed.len() == 1 && failed[0].contains("amount"), "{failed:?}");
        assert_eq!(gateway.balance_of(&token, MINE)[0], "10.00");
        let second = body(&json!("5.00"));
        assert_eq!(receipt(&gateway, &second), ("evt_1".into(), "applied".into(), false));
        assert_eq!(gateway.balance_of(&token, MINE)[0], "15.00");
        assert_eq!(receipt(&gateway, &second), ("evt_1".into(), "applied".into(), true));
        assert_eq!(gateway.balance_of(&token, MINE)[0], "15.00");
        assert_eq!((list(&database, "--failed").len(), list(&database, "--program=acme").len()), (0, 2));
        // What it has corrected comes late: it is another body now.
        let (id, state, _) = receipt(&gateway, &first);
        assert!(id.starts_with("evt_1#") && state == "conflicting", "{id} {state}");
        assert_eq!(gateway.balance_of(&token, MINE)[0], "15.00");
    }

    fn a_correction_may_wait_for_its_customer(database) {
        let (gateway, token) = open(&database);
        let at = from_now(-1_000);
        let body = |amount: &str| event("evt_1", "customer.balance.updated", &at, &json!({ "external_customer_id": "usr_2", "ledger_balance": amount, "available_balance": "7.00" }));
        assert_eq!(gateway.take(&body("much")), "failed");
        assert_eq!(gateway.take(&body("7.00")), "waiting");
        database.import("acme", &[Line::new(2)]);
        assert_eq!(gateway.balance_of(&token, "usr_2")[0], "7.00");
    }

    fn another_body_conflicts_with_any_other_event(database) {
        let (gateway, token) = open(&database);
        let ambiguous = |at: &str| event("evt_ambiguous", "card.frozen", at, &json!({ "external_customer_id": MINE, "card_id": "tok_1" }));
        let kept = |note: &str| event("evt_kept", "voucher.created", "2026-05-12T14:00:00.000Z", &json!({ "note": note }));
        let other = |amount: &str| funded("evt_waiting", &json!({ "external_customer_id": "usr_9", "amount": amount }));
        let applied = |cents: &str| balance("evt_applied", MINE, cents, "0.00", "2026-05-12T14:00:00.000Z");
        let shown = |what: &str| gateway.query(&token, &format!("{{ cardCustomer(identifier: \"usr_1\") {{ {what} }} }}")).data();
        let before = [applied("1.00"), kept("a"), other("1.00"), ambiguous("2026-05-12T14:00:00.000Z")];
        let states = before.each_ref().map(|body| gateway.take(body));
        assert_eq!(states, ["applied", "kept", "waiting", "ambiguous"]);
        let everything = "ledgerBalance availableBalance cards { status } transactions { totalCount }";
        let (state, waiting) = (shown(everything), list(&database, "--waiting"));
        let mut conflicts = Vec::new();
        for (name, bodies) in [
            ("evt_applied", [applied("2.00"), applied("3.00")]),
            ("evt_kept", [kept("b"), kept("c")]),
            ("evt_waiting", [other("2.00"), other("3.00")]),
            ("evt_ambiguous", [ambiguous("2026-05-12T15:00:00.000Z"), ambiguous("2026-05-12T16:00:00.000Z")]),
        ] {
            for body in &bodies {
                let (id, state, duplicate) = receipt(&gateway, body);
                assert!(id.starts_with(&format!("{name}#")) && state == "conflicting" && !duplicate, "{id} {state}");
                // However often it is sent.
                for _ in 0..2 {
                    assert_eq!(receipt(&gateway, body), (id.clone(), "conflicting".into(), true));
                }
                conflicts.push((id, name));
            }
        }
        // The first ones are duplicates still, and nothing has changed.
        for (body, state) in before.iter().zip(states) {
            let (_, now, duplicate) = receipt(&gateway, body);
            assert_eq!((now, duplicate), (state, true));
        }
        let listed = list(&database, "--conflicting");
        assert_eq!(listed.len(), conflicts.len(), "{listed:#?}");
        for ((id, name), line) in conflicts.iter().zip(&listed) {
            assert!(line.contains(&format!("  conflicting  {id}  ")) && line.ends_with(&format!("the event {name} is stored with another body")), "{line}");
        }
        assert_eq!((shown(everything), list(&database, "--waiting")), (state.clone(), waiting));
        assert_eq!(list(&database, "--ambiguous").len(), 1);
        // They are never replayed.
        assert_eq!(database.succeed(&["events", "replay", "--all"], ""), "replayed 2 events, 0 of them are applied now");
        assert_eq!(database.run(&["events", "replay", &conflicts[0].0], "").status.code(), Some(1));
        database.import("acme", &[Line::new(9)]);
        assert_eq!(list(&database, "--waiting").len(), 0);
        assert_eq!((shown(everything), list(&database, "--conflicting")), (state, listed));
        let metrics = gateway.get("", "/metrics").text;
        assert!(metrics.contains("webhook_events_total{state=\"conflicting\"} 8"), "{metrics}");
        let warned = gateway.warnings().iter().filter(|line| line.contains("is stored with another body")).count();
        assert_eq!(warned, 8);
    }

    fn one_of_two_bodies_that_come_at_once_is_applied(database) {
        let (gateway, token) = open(&database);
        let (mut expected, at) = (1_000, from_now(-1_000));
        for round in 0..10 {
            let id = format!("evt_{}", round + 1);
            let body = |amount: &str| event(&id, "customer.funded", &at, &json!({ "external_customer_id": MINE, "amount": amount }));
            let bodies = [body("1.00"), body("2.00"), body("1.00"), body("2.00")];
            let barrier = Barrier::new(bodies.len());
            let receipts: Vec<Value> = std::thread::scope(|scope| {
                let senders = bodies.each_ref().map(|body| scope.spawn(|| {
                    let client = client();
                    barrier.wait();
                    let answer = gateway.send(signed(&client, &gateway.host, "acme", body));
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    answer.json()["data"].take()
                }));
                senders.into_iter().map(|sender| sender.join().expect("no panic")).collect()
            });
            // Both of one body have one state, and each was new once.
            let states = [&receipts[0]["state"], &receipts[1]["state"]];
            assert!(states == ["applied", "conflicting"] || states == ["conflicting", "applied"], "{receipts:?}");
            assert_eq!([&receipts[2]["state"], &receipts[3]["state"]], states);
            for pair in [[0, 2], [1, 3]] {
                assert_eq!(pair.iter().filter(|at| receipts[**at]["duplicate"] == false).count(), 1, "{receipts:?}");
            }
            expected += if states[0] == "applied" { 100 } else { 200 };
        }
        assert_eq!(gateway.balance_of(&token, MINE)[0], format!("{}.00", expected / 100));
        assert_eq!(list(&database, "--conflicting").len(), 10);
    }

    fn bodies_that_are_spelled_differently_are_the_same(database) {
        let (gateway, _) = open(&database);
        let body = |text: &str| text.replace("ID", "evt_1").replace("USER", MINE);
        let first = body(r#"{"id":"ID","type":"customer.funded","created_at":"2026-05-12T14:00:00.000Z","data":{"external_customer_id":"USER","amount":1.50,"note":"é"},"attempt":1}"#);
        assert_eq!(gateway.take(&first), "applied");
        for same in [
            r#"{"id":"ID","type":"customer.funded","created_at":"2026-05-12T14:00:00.000Z","data":{"external_customer_id":"USER","amount":1.50,"note":"é"},"attempt":2,"webhookId":"w_1"}"#,
            r#"  { "attempt" : 3, "data" : { "note" : "\u00e9", "amount" : 1.5, "external_customer_id" : "USER" },
                "created_at":"2026-05-12T14:00:00.000Z", "type":"customer.funded", "id":"ID" }  "#,
            "\u{feff}{\"id\":\"ID\",\"type\":\"customer.funded\",\"created_at\":\"2026-05-12T14:00:00.000Z\",\"data\":{\"external_customer_id\":\"USER\",\"amount\":15e-1,\"note\":\"é\"}}",
        ] {
            assert_eq!(receipt(&gateway, &body(same)), ("evt_1".into(), "applied".into(), true), "{same}");
        }
        // Two spellings of another body are one conflict.
        let other = first.replace("1.50", "2.50");
        let (id, state, duplicate) = receipt(&gateway, &other);
        assert_eq!((state.as_str(), duplicate), ("conflicting", false));
        let spelled = other.replace("2.50", "2.5").replace(',', " , ").replace("\"attempt\":1", "\"attempt\":7");
        assert_eq!(receipt(&gateway, &spelled), (id, "conflicting".into(), true));
    }
}
