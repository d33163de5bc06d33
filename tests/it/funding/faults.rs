//! Answers that are lost: nothing is paid twice, and the caller learns the truth by the key.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Currency, Fault, FaultRule};
use serde_json::json;

use super::world::{FUND_ROUTE, SWAP, WITHDRAW, World, learn, post};
use crate::support::issuer::{event, from_now, within};
use crate::support::{Database, on_both};

fn after(fault: Fault) -> Fault {
    Fault::AfterDone(Box::new(fault))
}

/// Each fault, and whether the money moves in spite of it.
fn faults() -> Vec<(&'static str, Fault, bool)> {
    let long = Duration::from_mins(1);
    vec![
        ("time-out before", Fault::Slow(long), false),
        ("time-out after the money moved", after(Fault::Slow(long)), true),
        ("reset before", Fault::Reset, false),
        ("reset after the money moved", Fault::lost_answer(), true),
        ("500 before", Fault::Status(500), false),
        ("500 after the money moved", after(Fault::Status(500)), true),
        ("a page for people after the money moved", after(Fault::Html(502)), true),
        ("half an answer", Fault::CutJson, true),
        ("a connection that ends", Fault::CutConnection, true),
    ]
}

/// A lost answer leaves the payment unknown, and the key tells what has become of it.
fn survive(database: Database) {
    let world = World::new(database);
    let who = world.customer();
    for (number, (name, fault, is_made)) in (1..).zip(faults()) {
        // One gateway each: the circuit breaker must not hide the next fault.
        let gateway = world.serve();
        let (key, cents) = (format!("key-{number}"), 1_000 + number);
        world.issuer.add_fault(FaultRule::on(FUND_ROUTE, fault).once());
        let lost = world.fund(&gateway, Some(&key), &who, cents);
        assert_eq!(lost.status, 504, "{name}: {lost:?}");
        let said = lost.json();
        assert_eq!(said["error"], "timeout", "{name}");
        let message = said["message"].as_str().expect("a sentence");
        for word in ["may have been made", "/transfers", "same idempotency key"] {
            assert!(message.contains(word), "{name}: {message}");
        }
        assert_eq!(world.payments(cents).len(), usize::from(is_made), "{name}");
        let early = world.fund(&gateway, Some(&key), &who, cents);
        assert!(matches!(early.status, 200 | 409), "{name}: {early:?}");
        if early.status == 409 {
            assert_ne!(early.header("retry-after"), "", "{name}: {early:?}");
        }
        let known = world.learn(&gateway, &key, &who, cents);
        assert_eq!(known.status, 200, "{name}: {known:?}");
        let payments = world.payments(cents);
        assert_eq!(payments.len(), 1, "{name}: {payments:?}");
        let data = known.json()["data"].take();
        assert_eq!(data["transfer_id"], payments[0].id, "{name}");
        assert_eq!(world.fund(&gateway, Some(&key), &who, cents).text, known.text, "{name}");
        let minor = json!(cents);
        let listed: Vec<_> =
            world.list(&[]).into_iter().filter(|one| one["amount_minor"] == minor).collect();
        let states: Vec<_> = listed.iter().map(|one| one["state"].clone()).collect();
        let expected: &[&str] = if is_made { &["succeeded"] } else { &["never_sent", "succeeded"] };
        assert_eq!(states, expected, "{name}: {listed:?}");
        println!("{name}: 1 payment, {states:?}");
    }
    assert!(world.list(&["--unknown"]).is_empty());
}

on_both! {
    fn a_lost_answer_never_pays_twice(database) {
        survive(database);
    }

    fn without_a_key_the_caller_learns_where_to_look(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        world.issuer.add_fault(FaultRule::on(FUND_ROUTE, Fault::lost_answer()).once());
        let lost = world.fund(&gateway, None, &who, 1_234);
        assert_eq!(lost.status, 504, "{lost:?}");
        assert!(lost.text.contains("may have been made") && lost.text.contains("/transfers"), "{}", lost.text);
        assert!(!lost.text.contains("same idempotency key"), "{}", lost.text);
        let known = within(Duration::from_secs(20), || world.list(&["--unknown"]).is_empty());
        assert!(known, "{:?}", world.list(&[]));
        let listed = world.list(&[]);
        assert_eq!(listed[0]["state"], "succeeded", "{listed:?}");
        assert_eq!(listed[0]["issuer_id"], world.payments(1_234)[0].id);
    }

    fn what_was_not_sent_for_certain_can_be_sent_again_at_once(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        world.issuer.add_fault(FaultRule::on(FUND_ROUTE, Fault::TooManyCalls(1)).once());
        let refused = world.fund(&gateway, Some("k"), &who, 1_111);
        assert_eq!(refused.status, 429, "{refused:?}");
        assert_ne!(refused.header("retry-after"), "");
        assert_eq!(world.list(&[])[0]["state"], "never_sent");
        std::thread::sleep(Duration::from_millis(1_200));
        let paid = world.learn(&gateway, "k", &who, 1_111);
        assert_eq!(paid.status, 200, "{paid:?}");
        // No token, no payment.
        let nowhere = world.serve_with(&[("CARD_GATEWAY__ISSUER__BASE_URL", "http://127.0.0.1:9/api")]);
        let refused = world.fund(&nowhere, Some("k2"), &who, 1_112);
        assert_eq!((refused.status, refused.json()["error"].as_str()), (503, Some("unavailable")), "{refused:?}");
        assert!(refused.text.contains("nothing was paid"), "{}", refused.text);
        assert_eq!(world.fund(&gateway, Some("k2"), &who, 1_112).status, 200);
        assert_eq!((world.payments(1_111).len(), world.payments(1_112).len()), (1, 1));
    }

    fn two_payments_that_look_the_same_stay_unknown_if_one_is_missing(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let reset = |fault: Fault| world.issuer.add_fault(FaultRule::on(FUND_ROUTE, fault).once());
        reset(Fault::lost_answer());
        assert_eq!(world.fund(&gateway, Some("a"), &who, 2_000).status, 504);
        reset(Fault::Reset);
        assert_eq!(world.fund(&gateway, Some("b"), &who, 2_000).status, 504);
        // The first may be known before the second is ordered; then there is no doubt.
        std::thread::sleep(Duration::from_secs(3));
        let answers = ["a", "b"].map(|key| world.fund(&gateway, Some(key), &who, 2_000).status);
        assert!(answers == [409, 409] || answers[0] == 200, "{answers:?}");
        assert_eq!(world.payments(2_000).len(), 1, "{:?}", world.list(&[]));
    }

    fn events_tell_of_withdrawals_and_swaps_that_have_no_list(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        assert_eq!(world.fund(&gateway, None, &who, 50_000).status, 200);
        for (path, route, key) in [
            (WITHDRAW, "POST /v1/card-issuer/withdraw-from-card", "w"),
            (SWAP, "POST /v1/card-issuer/master-wallets/swap", "s"),
        ] {
            let body = if key == "w" {
                json!({ "id": who, "amount": 12.34 })
            } else {
                json!({ "from_token": "USDC", "to_token": "EUR", "amount": 43.21 })
            };
            let cents = if key == "w" { 1_234 } else { 4_321 };
            world.issuer.add_fault(FaultRule::on(route, Fault::lost_answer()).once());
            let lost = post(&gateway, &world.token, path, Some(key), &body);
            assert_eq!(lost.status, 504, "{lost:?}");
            std::thread::sleep(Duration::from_secs(6));
            let unknown = post(&gateway, &world.token, path, Some(key), &body);
            assert_eq!(unknown.status, 409, "no event has told of it: {unknown:?}");
            let id = world.payments(cents)[0].id.clone();
            let currency = world.issuer.act(|program| {
                program.customer(&who).and_then(|of| of.currency).map(Currency::code)
            });
            let (event_type, data) = if key == "w" {
                ("card.withdrawal.initiated", json!({ "withdrawal_id": id, "yativo_card_id": who,
                    "amount": 12.34, "amount_minor": 1_234, "currency": currency, "status": "initiated" }))
            } else {
                ("master_wallet.swap", json!({ "swap_id": id, "from_token": "USD", "to_token": "EUR",
                    "amount": 43.21, "expected_output": 39.5, "status": "submitted" }))
            };
            gateway.take(&event(&format!("evt_{key}"), event_type, &from_now(0), &data));
            let known = learn(&gateway, &world.token, path, key, &body);
            let member = if key == "w" { "withdrawal_id" } else { "swap_id" };
            assert_eq!((known.status, &known.json()["data"][member]), (200, &json!(id)), "{known:?}");
            assert_eq!(world.payments(cents).len(), 1);
        }
    }
}
