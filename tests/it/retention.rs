//! What the inbox keeps: bodies of applied events go, then their identifiers; what is still
//! needed stays, so that later events have the same effect.

use std::sync::LazyLock;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::issuer::{ACME, balance, event, transaction, within};
use crate::support::{Database, Gateway, Line, on_both};

/// Two customers with the same history. That of the first one is stored long ago.
const BOTH: [u32; 2] = [1, 2];
const DAY: i64 = 24 * 60 * 60 * 1_000;

fn customer(number: u32) -> String {
    format!("usr_{number}")
}

/// The same time whenever it is asked for.
fn days_ago(days: i64) -> String {
    static NOW: LazyLock<chrono::DateTime<chrono::Utc>> = LazyLock::new(chrono::Utc::now);
    let moment = *NOW - chrono::Duration::milliseconds(days * DAY);
    moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Everything that is shown of a customer, without names and exact times.
fn shown(gateway: &Gateway, token: &str, number: u32) -> Value {
    let query = format!(
        "{{ cardCustomer(identifier: \"usr_{number}\") {{ ledgerBalance availableBalance pendingBalance
            balanceFreshness cards {{ lastFour status }}
            transactions {{ totalCount nodes {{ amount currency billingAmount billingCurrency status type merchant }} }} }} }}"
    );
    gateway.query(token, &query).data()["cardCustomer"].take()
}

/// A purchase in dollars that costs the wallet euros.
fn foreign(
    id: &str,
    stage: &str,
    number: u32,
    amount: &str,
    billing: Option<&str>,
    at: &str,
) -> String {
    let mut data = json!({ "external_customer_id": customer(number), "transaction_id": format!("txn_f_{number}"),
        "amount": amount, "currency": "USD", "timestamp": at });
    if let Some(billing) = billing {
        data["billing_amount"] = json!(billing);
        data["billing_currency"] = json!("EUR");
    }
    event(id, &format!("transaction.{stage}"), at, &data)
}

/// The history of a customer: each event's name, whether its body may go, and the body.
fn history(number: u32) -> Vec<(&'static str, bool, String)> {
    let me = customer(number);
    let id = |name: &str| format!("evt_{name}_{number}");
    let of = |name: &str| format!("txn_{name}_{number}");
    let purchase = |name: &str, stage: &str, of_: &str, amount: &str, days: i64| {
        transaction(&id(name), stage, &me, &of(of_), amount, &days_ago(days))
    };
    let funded = |name: &str, amount: &str, days: i64| {
        let data = json!({ "external_customer_id": me, "amount": amount, "transfer_id": format!("{name}_{number}") });
        event(&id(name), "customer.funded", &days_ago(days), &data)
    };
    let frozen = |name: &str, card: &str| {
        let data = json!({ "external_customer_id": me, "card_id": card, "last_four": "4242", "card_type": "virtual" });
        event(&id(name), "card.frozen", &days_ago(98), &data)
    };
    let card = format!("00000000-0000-4000-8000-{number:012}");
    vec![
        ("first", true, balance(&id("first"), &me, "100.00", "0.00", &days_ago(100))),
        ("open", false, purchase("open", "authorized", "open", "20.00", 99)),
        ("parts", false, purchase("parts", "authorized", "parts", "30.00", 99)),
        ("less", false, purchase("less", "reversed", "parts", "10.00", 98)),
        ("closed", true, purchase("closed", "authorized", "closed", "10.00", 99)),
        ("paid", true, purchase("paid", "settled", "closed", "10.00", 98)),
        (
            "abroad",
            false,
            foreign(&id("abroad"), "authorized", number, "20.00", Some("18.50"), &days_ago(99)),
        ),
        (
            "abroad_paid",
            false,
            foreign(&id("abroad_paid"), "settled", number, "20.00", Some("18.50"), &days_ago(98)),
        ),
        ("gift", true, funded("gift", "5.00", 98)),
        ("card", false, frozen("card", &card)),
        ("newest", true, balance(&id("newest"), &me, "46.50", "40.00", &days_ago(97))),
        // What has happened since the newest balance.
        ("since", false, funded("since", "7.00", 96)),
        ("hold", false, purchase("hold", "authorized", "hold", "3.00", 98)),
        ("held", false, purchase("held", "settled", "hold", "3.00", 95)),
        ("voucher", true, event(&id("voucher"), "voucher.created", &days_ago(98), &json!({}))),
        // Nobody has looked at these yet.
        (
            "failed",
            false,
            event(
                &id("failed"),
                "customer.funded",
                &days_ago(98),
                &json!({ "external_customer_id": me }),
            ),
        ),
        (
            "waiting",
            false,
            event(
                &id("waiting"),
                "customer.funded",
                &days_ago(98),
                &json!({ "email": "nobody@example.com", "amount": 1 }),
            ),
        ),
        (
            "ambiguous",
            false,
            event(
                &id("ambiguous"),
                "card.frozen",
                &days_ago(98),
                &json!({ "external_customer_id": me, "card_id": "tok_1" }),
            ),
        ),
        (
            "conflict",
            false,
            event(
                &id("gift"),
                "customer.funded",
                &days_ago(98),
                &json!({ "external_customer_id": me, "amount": 9 }),
            ),
        ),
    ]
}

/// The identifiers of events without a body, of the first customer.
fn dropped(database: &Database) -> Vec<String> {
    database.texts("SELECT event_id FROM inbox_events WHERE body = '' ORDER BY event_id")
}

fn number_of_events(database: &Database) -> usize {
    database.texts("SELECT event_id FROM inbox_events").len()
}

/// Makes all events of the first customer older.
fn age(database: &Database, days: i64) {
    database.execute(&format!(
        "UPDATE inbox_events SET received_at = received_at - {} WHERE event_id LIKE '%\\_1%' ESCAPE '\\'",
        days * DAY
    ));
}

on_both! {
    fn bodies_that_are_not_needed_are_dropped_and_nothing_else_changes(database) {
        // Two cards each, so that a token does not say which one is meant.
        let lines = BOTH.map(|number| Line::new(number).cards(&["active", "active"]));
        let token = database.program_with("acme", &lines);
        let gateway = database.serve_with(&[ACME]);
        for number in BOTH {
            for (name, _, body) in history(number) {
                let state = gateway.take(&body);
                let expected = match name {
                    "voucher" => "kept",
                    "conflict" => "conflicting",
                    "failed" | "waiting" | "ambiguous" => name,
                    _ => "applied",
                };
                assert_eq!(state, expected, "{name}");
            }
        }
        let before = shown(&gateway, &token, 1);
        assert_eq!((&before["availableBalance"], &before["pendingBalance"]), (&json!("53.50"), &json!("37.00")));
        assert_eq!(shown(&gateway, &token, 2), before);
        drop(gateway);
        // One day less than the default: nothing goes.
        age(&database, 89);
        let gateway = database.serve_with(&[ACME]);
        std::thread::sleep(Duration::from_secs(7));
        assert_eq!(dropped(&database), [""; 0]);
        drop(gateway);
        age(&database, 2);
        let mut gone: Vec<String> = history(1).into_iter().filter(|(_, goes, _)| *goes).map(|(name, ..)| format!("evt_{name}_1")).collect();
        gone.sort();
        let all = number_of_events(&database);
        let gateway = database.serve_with(&[ACME]);
        assert!(within(Duration::from_secs(20), || dropped(&database) == gone), "{:#?} instead of {gone:#?}", dropped(&database));
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!((dropped(&database), number_of_events(&database)), (gone.clone(), all));
        // A late delivery is still a duplicate, also if the body cannot be compared.
        for (name, goes, body) in history(1) {
            let answer = gateway.deliver(&body).json();
            assert!(answer["data"]["duplicate"] == true || !goes && name == "conflict", "{name}: {answer}");
        }
        assert_eq!(number_of_events(&database), all);
        let replayed = database.run(&["events", "replay", "evt_voucher_1"], "");
        assert_eq!(replayed.status.code(), Some(1), "without a body, there is nothing to replay");
        assert_eq!(shown(&gateway, &token, 1), before);
        // Whatever comes later has the same effect for both.
        let later = |number: u32| {
            let (me, of) = (customer(number), |name: &str| format!("txn_{name}_{number}"));
            let id = |name: &str| format!("evt_{name}_{number}_later");
            vec![
                transaction(&id("open"), "settled", &me, &of("open"), "21.00", &days_ago(1)),
                transaction(&id("parts"), "settled", &me, &of("parts"), "20.00", &days_ago(1)),
                transaction(&id("closed"), "refund.created", &me, &of("closed"), "4.00", &days_ago(1)),
                foreign(&id("abroad"), "refund.created", number, "10.00", None, &days_ago(1)),
                transaction(&id("hold"), "refund.created", &me, &of("hold"), "1.00", &days_ago(1)),
                event(&id("card"), "card.unfrozen", &days_ago(1), &json!({ "external_customer_id": me, "card_id": format!("00000000-0000-4000-8000-{number:012}") })),
                // Older than what has just happened, and newer than the last one.
                balance(&id("between"), &me, "61.00", "37.00", &days_ago(2)),
            ]
        };
        for (one, other) in later(1).iter().zip(later(2)) {
            assert_eq!((gateway.take(one), gateway.take(&other)), ("applied".into(), "applied".into()));
            assert_eq!(shown(&gateway, &token, 1), shown(&gateway, &token, 2), "after {one}");
        }
        // What came back, with 3.00 more settled than was held: nothing less than zero is held.
        let now = shown(&gateway, &token, 1);
        assert_eq!((&now["availableBalance"], &now["pendingBalance"]), (&json!("71.25"), &json!("0.00")), "{now:#}");
        // An import with an older balance, with one between the two, and with a new one.
        for (cents, days) in [(1, 97), (2, 2), (9_000, 1), (9_100, 0)] {
            let balance = json!({ "ledger_minor": cents, "available_minor": cents, "pending_minor": 0, "updated_at": days_ago(days) });
            database.import("acme", &lines.clone().map(|line| line.with("balance", balance.clone())));
            assert_eq!(shown(&gateway, &token, 1), shown(&gateway, &token, 2), "{days} days ago");
        }
        drop(gateway);
        // Thirty days after the bodies, what has lost its body goes.
        age(&database, 28);
        let gateway = database.serve_with(&[ACME]);
        std::thread::sleep(Duration::from_secs(7));
        let stored = number_of_events(&database);
        assert!(gone.iter().all(|id| dropped(&database).contains(id)), "{:#?}", dropped(&database));
        drop(gateway);
        age(&database, 2);
        let gateway = database.serve_with(&[ACME]);
        assert!(within(Duration::from_secs(20), || !dropped(&database).iter().any(|id| gone.contains(id))), "{:#?}", dropped(&database));
        assert!(number_of_events(&database) < stored);
        for name in ["failed", "waiting", "ambiguous", "card"] {
            assert_eq!(database.texts(&format!("SELECT event_id FROM inbox_events WHERE event_id = 'evt_{name}_1' AND body <> ''")).len(), 1, "{name}");
        }
        assert_eq!(database.succeed(&["events", "list", "--conflicting"], "").lines().count(), 2);
        assert_eq!(shown(&gateway, &token, 1), shown(&gateway, &token, 2));
    }

    fn the_setting_says_how_long(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME]);
        for number in [1, 10] {
            gateway.take(&event(&format!("evt_{number}"), "voucher.created", &days_ago(0), &json!({})));
        }
        drop(gateway);
        // Both match; the second one is younger.
        age(&database, 3);
        database.execute(&format!("UPDATE inbox_events SET received_at = received_at + {} WHERE event_id = 'evt_10'", 2 * DAY));
        let gateway = database.serve_with(&[ACME, ("CARD_GATEWAY__WEBHOOKS__KEEP", "2d")]);
        assert!(within(Duration::from_secs(20), || dropped(&database) == ["evt_1"]), "{:?}", dropped(&database));
        drop(gateway);
        for wrong in ["0s", "soon", "-1d"] {
            let output = database.program(&["events", "list"]).env("CARD_GATEWAY__WEBHOOKS__KEEP", wrong).output().expect("it runs");
            assert!(!output.status.success(), "{wrong}");
        }
    }
}
