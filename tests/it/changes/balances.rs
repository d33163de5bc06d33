//! Subscriptions to customers and balances that go on after a cursor of the list of changes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{open, spendable};
use crate::support::changes::Follower;
use crate::support::issuer::{event, from_now};
use crate::support::watcher::{Events, Received, Socket};
use crate::support::{Gateway, Line, on_both};

const PATIENCE: Duration = Duration::from_secs(10);

fn one(after: &str) -> String {
    format!(
        "subscription {{ cardCustomerBalance(identifier: \"usr_1\"{after}) {{ externalCustomerId availableBalance }} }}"
    )
}

fn all(arguments: &str) -> String {
    format!(
        "subscription {{ cardCustomersChanged{arguments} {{ externalCustomerId availableBalance }} }}"
    )
}

fn argument(cursor: &str) -> String {
    format!("after: \"{cursor}\"")
}

/// The customer and the balance of a message.
fn shown(data: &Value) -> String {
    let of = data.as_object().and_then(|data| data.values().next()).expect("a root field");
    let balance = of["availableBalance"].as_str().unwrap_or("null");
    format!("{} {balance}", of["externalCustomerId"].as_str().unwrap_or("-"))
}

fn next(socket: &mut Socket, count: usize) -> Vec<String> {
    (0..count).map(|_| shown(&socket.next("a"))).collect()
}

fn cursor(gateway: &Gateway, token: &str) -> String {
    Follower::caught_up(gateway, token).cursor.expect("there is always one")
}

on_both! {
    fn a_watched_customer_goes_on_with_each_missed_balance(database) {
        let (gateway, token) = open(&database, 2);
        spendable(&gateway, 1, 1, 1);
        let begin = cursor(&gateway, &token);
        for id in 2..=5 {
            spendable(&gateway, id, id % 2 + 1, id);
        }
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &one(&format!(", {}", argument(&begin))));
        assert_eq!(next(&mut socket, 2), ["usr_1 2.00", "usr_1 4.00"], "each, and not the present state");
        spendable(&gateway, 6, 2, 6);
        spendable(&gateway, 7, 1, 7);
        assert_eq!(next(&mut socket, 1), ["usr_1 7.00"]);
        assert_eq!(socket.receive_within(Duration::from_millis(500)), Received::Nothing);
        // Without a cursor, the present state comes first.
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &one(""));
        assert_eq!(next(&mut socket, 1), ["usr_1 7.00"]);
        // Who has missed nothing gets nothing until something happens.
        let now = cursor(&gateway, &token);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &one(&format!(", {}", argument(&now))));
        assert_eq!(socket.receive_within(Duration::from_millis(500)), Received::Nothing);
        spendable(&gateway, 8, 1, 8);
        assert_eq!(next(&mut socket, 1), ["usr_1 8.00"]);
    }

    fn all_watched_customers_go_on_with_each_missed_change(database) {
        let lines = [Line::new(1), Line::new(2).with("flow_status", "card_created")];
        let token = database.program_with("acme", &lines);
        let gateway = database.serve_with(&[crate::support::issuer::ACME]);
        let begin = cursor(&gateway, &token);
        for id in 1..=4 {
            spendable(&gateway, id, id % 2 + 1, id);
        }
        let after = argument(&begin);
        for (arguments, missed, live) in [
            (format!("({after})"), &["usr_2 1.00", "usr_1 2.00", "usr_2 3.00", "usr_1 4.00"][..], &["usr_2 5.00", "usr_1 6.00"][..]),
            (format!("({after}, status: ACTIVE)"), &["usr_1 2.00", "usr_1 4.00", "usr_1 6.00"][..], &["usr_1 8.00"][..]),
            (format!("(status: CARD_CREATED, {after})"), &["usr_2 1.00", "usr_2 3.00", "usr_2 5.00", "usr_2 7.00"][..], &["usr_2 9.00"][..]),
        ] {
            let mut socket = Socket::connect(&gateway, &token);
            socket.subscribe("a", &all(&arguments));
            assert_eq!(next(&mut socket, missed.len()), missed, "{arguments}");
            let sent: u32 = Follower::new(&gateway, &token).rest().len().try_into().expect("few");
            for id in sent - 1..=sent {
                spendable(&gateway, id, id % 2 + 1, id);
            }
            assert_eq!(next(&mut socket, live.len()), live, "{arguments}");
            assert_eq!(socket.receive_within(Duration::from_millis(500)), Received::Nothing);
        }
    }

    fn their_events_have_an_id_from_which_the_next_connection_goes_on(database) {
        let (gateway, token) = open(&database, 2);
        spendable(&gateway, 1, 1, 1);
        // The present state has one, too.
        let events = Events::open(&gateway, &token, &one(""));
        let first = events.event_within(PATIENCE).expect("an event");
        assert_eq!(shown(&first.data["data"]), "usr_1 1.00");
        let place = first.id.expect("it has one");
        assert_eq!(place, cursor(&gateway, &token), "of all that it includes");
        spendable(&gateway, 2, 1, 2);
        let second = events.event_within(PATIENCE).expect("an event");
        assert_eq!((shown(&second.data["data"]).as_str(), second.id.as_deref()), ("usr_1 2.00", Some(cursor(&gateway, &token).as_str())));
        drop(events);
        spendable(&gateway, 3, 2, 3);
        spendable(&gateway, 4, 1, 4);
        for (last, expected) in [(place, &["usr_1 2.00", "usr_1 4.00"][..]), (second.id.expect("it has one"), &["usr_1 4.00"][..])] {
            let events = Events::open_with(&gateway, &token, &one(""), &[("last-event-id", &last)]);
            for expected in expected {
                assert_eq!(shown(&events.next()), *expected);
            }
            assert!(events.nothing());
            let events = Events::open_with(&gateway, &token, &all(""), &[("last-event-id", &last)]);
            let mut seen = Vec::new();
            while seen.len() <= expected.len() {
                let event = events.event_within(PATIENCE).expect("an event");
                assert!(event.id.is_some(), "{event:?}");
                seen.push(shown(&event.data["data"]));
            }
            assert_eq!(seen.iter().filter(|of| of.starts_with("usr_1")).collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
            assert!(seen.contains(&"usr_2 3.00".to_owned()) && events.nothing());
        }
    }

    fn changes_without_a_balance_go_on_as_well(database) {
        let (gateway, token) = open(&database, 1);
        let begin = cursor(&gateway, &token);
        let name = "issuerFlowStatus email";
        for round in 1..=3 {
            database.import("acme", &[Line::new(1).with("email", format!("m{round}@example.com"))]);
        }
        let mut socket = Socket::connect(&gateway, &token);
        let query = format!("subscription {{ cardCustomerBalance(identifier: \"usr_1\", {}) {{ {name} }} }}", argument(&begin));
        socket.subscribe("a", &query);
        // Each change, with the customer as it is now.
        for _ in 0..3 {
            let email = socket.next("a")["cardCustomerBalance"]["email"].take();
            assert_eq!(email, json!("m3@example.com"));
        }
    }

    fn a_customer_who_is_gone_ends_them(database) {
        let (gateway, token) = open(&database, 2);
        let begin = cursor(&gateway, &token);
        spendable(&gateway, 1, 1, 1);
        spendable(&gateway, 2, 2, 2);
        let code = |query: &str, first: &[&str]| {
            let mut socket = Socket::connect(&gateway, &token);
            socket.subscribe("a", query);
            assert_eq!(next(&mut socket, first.len()), first);
            let Received::Message(message) = socket.receive() else { panic!("nothing came") };
            let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
            errors[0]["extensions"]["code"].clone()
        };
        database.execute("UPDATE card_customers SET gone_at = 1 WHERE external_customer_id = 'usr_2'");
        assert_eq!(code(&all(&format!("({})", argument(&begin))), &["usr_1 1.00"]), "CHANGES_MISSED");
        database.execute("UPDATE card_customers SET gone_at = 1 WHERE external_customer_id = 'usr_1'");
        assert_eq!(code(&one(&format!(", {}", argument(&begin))), &[]), "NOT_FOUND");
        // An event for a customer who is gone waits.
        let data = json!({ "external_customer_id": "usr_1", "amount": "1.00", "transfer_id": "t" });
        assert_eq!(gateway.take(&event("evt_9", "customer.funded", &from_now(0), &data)), "waiting");
    }
}
