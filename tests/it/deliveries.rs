//! Operators see that webhooks stop: in `/readyz`, the metrics and the log.

use std::time::Duration;

use reqwest::blocking::RequestBuilder;
use serde_json::{Value, json};

use crate::support::issuer::{ACME, balance, event, from_now, seconds, signed, within};
use crate::support::{Database, Gateway, Line, on_both};

const MINE: &str = "usr_1";
/// A program with a secret that is not created yet.
const LATER: (&str, &str) = ("CARD_GATEWAY__WEBHOOKS__SECRETS__LATER", "whsec_later");

fn webhooks(gateway: &Gateway) -> Value {
    gateway.get("", "/readyz").json()["webhooks"].take()
}

fn failed(gateway: &Gateway) -> Value {
    webhooks(gateway)["acme"]["failed_in_a_row"].take()
}

fn good(id: &str) -> String {
    balance(id, MINE, "1.00", "0.00", &from_now(0))
}

fn to(gateway: &Gateway, program: &str) -> RequestBuilder {
    gateway.client().post(format!("{}/webhooks/yativo/{program}", gateway.host))
}

/// A request with headers, of which the signature is wrong.
fn wrong(gateway: &Gateway, program: &str) -> RequestBuilder {
    let signature = format!("sha256={}", "0".repeat(64));
    let request = to(gateway, program).header("x-yativo-signature", signature);
    request.header("x-yativo-timestamp", seconds().to_string()).body(good("evt_wrong"))
}

/// The numbers of failures that were warned of.
fn warned(gateway: &Gateway) -> Vec<i64> {
    let lines = gateway.warnings();
    let lines = lines.iter().filter(|line| line.contains("webhook deliveries fail"));
    let number =
        |line: &String| serde_json::from_str::<Value>(line).expect("JSON")["failed"].as_i64();
    lines.filter_map(number).collect()
}

on_both! {
    fn failures_in_a_row_and_the_last_good_event_are_reported(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME, LATER]);
        let nothing = json!({ "last_event_at": null, "failed_in_a_row": 0 });
        assert_eq!(webhooks(&gateway), json!({ "acme": nothing, "later": nothing }));
        gateway.take(&good("evt_1"));
        let last = webhooks(&gateway)["acme"]["last_event_at"].take();
        let at = chrono::DateTime::parse_from_rfc3339(last.as_str().expect("a time")).expect("RFC 3339");
        assert!((at.timestamp() - seconds()).abs() < 10, "{last}");
        // Each kind of failure counts.
        assert_eq!(gateway.send(wrong(&gateway, "acme")).status, 401);
        assert_eq!(failed(&gateway), 1);
        let large = event("evt_2", "voucher.created", &from_now(0), &json!({ "note": "x".repeat(300 * 1024) }));
        assert_eq!(gateway.deliver(&large).status, 413);
        assert_eq!(failed(&gateway), 2);
        let old = to(&gateway, "acme").header("x-yativo-signature", "sha256=0").header("x-yativo-timestamp", "1").body("{}");
        assert_eq!(gateway.send(old).status, 401);
        assert_eq!(failed(&gateway), 3);
        assert_eq!(webhooks(&gateway)["acme"]["last_event_at"], last);
        // Those of strangers do not, and names that they invent appear nowhere.
        for program in ["acme", "invented"] {
            assert_eq!(gateway.send(to(&gateway, program).body("{}")).status, 401);
            assert_eq!(gateway.send(to(&gateway, program).header("x-yativo-timestamp", "1").body("{}")).status, 401);
        }
        for _ in 0..12 {
            gateway.send(wrong(&gateway, "invented"));
        }
        assert_eq!(failed(&gateway), 3);
        let metrics = gateway.get("", "/metrics").text;
        for line in ["webhook_deliveries_failed_in_a_row{program=\"acme\"} 3", "webhook_deliveries_failed_in_a_row{program=\"later\"} 0", "webhook_last_event_timestamp_seconds{program=\"acme\"} "] {
            assert!(metrics.contains(line), "{line} is not in\n{metrics}");
        }
        assert!(!metrics.contains("webhook_last_event_timestamp_seconds{program=\"later\"}"), "{metrics}");
        assert!(!format!("{metrics}{}", webhooks(&gateway)).contains("invented"));
        assert_eq!(warned(&gateway), [0; 0]);
        // An event that fails, or that is known, is delivered well.
        assert_eq!(gateway.take("not JSON"), "failed");
        assert_eq!(failed(&gateway), 0);
        gateway.send(wrong(&gateway, "acme"));
        assert_eq!(gateway.deliver("not JSON").status, 200);
        assert_eq!(failed(&gateway), 0);
        assert_ne!(webhooks(&gateway)["acme"]["last_event_at"], last);
        // The last event is known after a restart; others' events are not mine.
        drop(gateway);
        database.succeed(&["program", "create", "--name", "later"], "");
        let gateway = database.serve_with(&[ACME, LATER]);
        let known = webhooks(&gateway);
        assert!(known["acme"]["last_event_at"].is_string(), "{known}");
        assert_eq!((&known["acme"]["failed_in_a_row"], &known["later"]), (&json!(0), &nothing));
    }

    fn the_log_warns_at_10_and_at_50(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME]);
        let fail = |count: usize| for _ in 0..count { gateway.send(wrong(&gateway, "acme")); };
        fail(9);
        gateway.take(&good("evt_1"));
        fail(9);
        assert_eq!(warned(&gateway), [0; 0]);
        fail(52);
        assert_eq!(failed(&gateway), 61);
        assert!(within(Duration::from_secs(5), || warned(&gateway) == [10, 50]), "{:?}", warned(&gateway));
        gateway.take(&good("evt_2"));
        fail(11);
        assert!(within(Duration::from_secs(5), || warned(&gateway) == [10, 50, 10]), "{:?}", warned(&gateway));
        let line = gateway.wait_for_log(|line| (line.get("failed")?.as_i64()? == 10).then(|| line.clone()));
        assert_eq!((&line["program"], &line["reason"]), (&json!("acme"), &json!("wrong_signature")));
        // The request log of unsigned requests warns of nothing.
        for _ in 0..20 {
            gateway.send(to(&gateway, "acme").body("{}"));
        }
        assert_eq!(failed(&gateway), 11);
    }
}

#[test]
fn a_delivery_without_an_answer_in_time_has_failed() {
    let Some(database) = Database::postgres() else { return };
    database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME, ("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "1s")]);
    gateway.take(&good("evt_1"));
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.cut();
    assert_eq!(gateway.deliver(&good("evt_2")).status, 503);
    assert_eq!(failed(&gateway), 1);
    wire.mend();
    assert!(within(Duration::from_secs(5), || gateway.deliver(&good("evt_2")).status == 200));
    assert_eq!(failed(&gateway), 0);
    wire.freeze();
    assert_eq!(gateway.deliver(&good("evt_3")).status, 503, "the time is over");
    assert_eq!(failed(&gateway), 1);
    // A sender that does not wait so long.
    let impatient = signed(gateway.client(), &gateway.host, "acme", &good("evt_4"));
    assert!(impatient.timeout(Duration::from_millis(500)).send().is_err());
    assert!(within(Duration::from_secs(5), || failed(&gateway) == 2));
    wire.mend();
    assert!(within(Duration::from_secs(15), || gateway.deliver(&good("evt_5")).status == 200));
    assert_eq!(failed(&gateway), 0);
}
