//! Webhooks: signatures, effects of events, duplicates, and any order.

use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::chain::{sandbox, wallets};
use crate::support::gateway::client;
use crate::support::issuer::{
    ACME, OLD_SECRET, SECRET, balance, event, from_now, seconds, signature, signed, transaction,
    within,
};
use crate::support::{Answer, Database, Gateway, Line, on_both};

const MINE: &str = "usr_1";

/// A program, headers and a body.
type Unsigned<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [u8]);

/// A gateway with the webhook secret of `acme`, with customers, and a token.
fn open(database: &Database, customers: u32) -> (Gateway, String) {
    let lines: Vec<Line> = (1..=customers).map(Line::new).collect();
    let token = database.program_with("acme", &lines);
    (database.serve_with(&[ACME]), token)
}

/// Sends a body with given headers.
fn post(gateway: &Gateway, program: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let url = format!("{}/webhooks/yativo/{program}", gateway.host);
    let mut request = gateway.client().post(url).body(body.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    gateway.send(request)
}

on_both! {
    fn an_event_is_applied_once(database) {
        let (gateway, token) = open(&database, 1);
        assert_eq!(gateway.balance_of(&token, MINE), json!([null, null, null, null]));
        let first = balance("evt_1", MINE, "101.15", "19.25", &from_now(-2_000));
        assert_eq!(gateway.take(&first), "applied");
        assert_eq!(gateway.balance_of(&token, MINE), json!(["120.40", "101.15", "19.25", "REALTIME"]));
        let funded = |id: &str| event(id, "customer.funded", &from_now(-1_000), &json!({
            "email": "CUSTOMER1@example.com", "amount": 10, "currency": "EUR", "transfer_id": "trf_1" }));
        let second = funded("evt_2");
        assert_eq!(gateway.take(&second), "applied");
        let expected = json!(["130.40", "111.15", "19.25", "REALTIME"]);
        assert_eq!(gateway.balance_of(&token, MINE), expected);
        // The same one again; the same body under a new signature; the same
        // transfer reported twice.
        for again in [second, first] {
            let answer = gateway.deliver(&again);
            assert_eq!((answer.status, &answer.json()["data"]["duplicate"]), (200, &json!(true)), "{}", answer.text);
        }
        assert_eq!(gateway.take(&funded("evt_3")), "applied");
        assert_eq!(gateway.balance_of(&token, MINE), expected);
        // REST shows the same.
        let rest = gateway.get(&token, "/v1/card-issuer/customers/usr_1").json()["data"].take();
        assert_eq!((&rest["ledger_balance"], &rest["balance_freshness"]), (&json!(130.4), &json!("realtime")));
    }

    fn every_invalid_signature_gets_the_same_answer(database) {
        let (gateway, token) = open(&database, 1);
        database.succeed(&["program", "create", "--name", "quiet"], "");
        let body = balance("evt_1", MINE, "1.00", "0.00", &from_now(0));
        let body = body.as_bytes();
        let now = seconds().to_string();
        let good = signature(SECRET, &now, body);
        let at = |age: i64| { let at = (seconds() - age).to_string(); (signature(SECRET, &at, body), at) };
        let ((old, old_at), (early, early_at)) = (at(302), at(-302));
        let anew = serde_json::to_vec_pretty(&serde_json::from_slice::<Value>(body).expect("JSON")).expect("JSON");
        let marked = [b"\xef\xbb\xbf", body].concat();
        let upper = format!("sha256={}", good["sha256=".len()..].to_uppercase());
        let (signed, stamped) = ("x-yativo-signature", "x-yativo-timestamp");
        let fair: &[(&str, &str)] = &[(signed, &good), (stamped, &now)];
        let unsigned: [Unsigned<'_>; 15] = [
            ("unknown", fair, body),
            ("quiet", fair, body),
            ("ACME", fair, body),
            ("acme", &[], body),
            ("acme", &[(signed, &good)], body),
            ("acme", &[(stamped, &now)], body),
            ("acme", &[(signed, &good), (signed, &good), (stamped, &now)], body),
            ("acme", &[(signed, &good), (stamped, &now), (stamped, &now)], body),
            ("acme", &[(signed, &upper), (stamped, &now)], body),
            ("acme", &[(signed, &good["sha256=".len()..]), (stamped, &now)], body),
            ("acme", &[(signed, &good.replace("256", "512")), (stamped, &now)], body),
            ("acme", &[(signed, &old), (stamped, &old_at)], body),
            ("acme", &[(signed, &early), (stamped, &early_at)], body),
            ("acme", fair, &anew),
            ("acme", fair, &marked),
        ];
        for (program, headers, body) in unsigned {
            let answer = post(&gateway, program, headers, body);
            assert_eq!(answer.status, 401, "{program} {headers:?}");
            let expected = "{\"success\":false,\"error\":\"unauthorized\",\"message\":\"The signature is missing or wrong\"}";
            assert_eq!(answer.text, expected);
            assert!(answer.headers.get("www-authenticate").is_none());
        }
        assert_eq!(gateway.balance_of(&token, MINE), json!([null, null, null, null]));
        assert_eq!(database.succeed(&["events", "list"], ""), "");
        assert_eq!(gateway.send(gateway.client().post(format!("{}/webhooks/yativo/%FF", gateway.host)).header(signed, &good).header(stamped, &now).body(body.to_vec())).status, 401);
        // Within the tolerance; with the old secret; with a signed byte order mark.
        for (at, secret, body) in [(295, SECRET, body), (-295, OLD_SECRET, body), (0, SECRET, &marked)] {
            let at = (seconds() - at).to_string();
            let answer = post(&gateway, "acme", &[(signed, &signature(secret, &at, body)), (stamped, &at)], body);
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        assert_eq!(gateway.balance_of(&token, MINE), json!(["1.00", "1.00", "0.00", "REALTIME"]));
        let answer = gateway.get(&token, "/webhooks/yativo/acme");
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }

    fn a_body_has_room_for_256_kib(database) {
        let (gateway, _) = open(&database, 1);
        let of_size = |id: &str, size: usize| {
            let bare = event(id, "voucher.created", &from_now(0), &json!({ "note": "" }));
            bare.replace("\"note\":\"\"", &format!("\"note\":\"{}\"", "x".repeat(size - bare.len())))
        };
        assert_eq!(gateway.take(&of_size("evt_1", 256 * 1024)), "kept");
        for size in [256 * 1024 + 1, 300 * 1024] {
            let answer = gateway.deliver(&of_size("evt_2", size));
            assert_eq!((answer.status, &answer.json()["error"]), (413, &json!("payload_too_large")));
        }
    }

    fn unique_identifiers_go_before_shared_ones(database) {
        let (gateway, token) = open(&database, 1);
        gateway.take(&balance("evt_0", MINE, "50.00", "0.00", &from_now(-60_000)));
        // A new customer with the e-mail address and external id of an earlier one.
        let data = |more: &Value| {
            let mut data = json!({ "external_customer_id": MINE, "email": "customer1@example.com", "ledger_balance": "1.00", "available_balance": "1.00" });
            data.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
            data
        };
        let new = format!("{:024x}", 2);
        for (id, more) in [("evt_1", json!({ "customer_id": new })), ("evt_2", json!({ "yativo_card_id": "yativo_card_customer_2" }))] {
            assert_eq!(gateway.take(&event(id, "customer.balance.updated", &from_now(0), &data(&more))), "waiting");
        }
        assert_eq!(gateway.balance_of(&token, MINE)[0], "50.00");
        database.import("acme", &[Line::new(2).with("email", "customer1@example.com").with("external_customer_id", MINE)]);
        assert_eq!(gateway.balance_of(&token, &new)[0], "1.00");
        assert_eq!(gateway.balance_of(&token, &format!("{:024x}", 1))[0], "50.00");
    }

    fn imports_and_events_lead_to_the_same_state(database) {
        let (gateway, token) = open(&database, 1);
        // An authorization before the first balance, and a frozen card.
        gateway.take(&transaction("evt_1", "authorized", MINE, "txn_1", "5.00", &from_now(-60_000)));
        let line = Line::new(1).cards(&["active"]);
        let card = line.0["cards"][0]["card_id"].as_str().expect("a card").to_owned();
        let data = json!({ "external_customer_id": MINE, "card_id": card, "last_four": "0000", "card_type": "virtual" });
        gateway.take(&event("evt_2", "card.frozen", &from_now(-50_000), &data));
        let balance = json!({ "ledger_minor": 1_000, "available_minor": 1_000, "pending_minor": 0, "updated_at": from_now(-120_000) });
        database.import("acme", &[line.clone().with("balance", balance)]);
        assert_eq!(gateway.balance_of(&token, MINE), json!(["10.00", "5.00", "5.00", "REALTIME"]));
        let cards = gateway.query(&token, "{ cardCustomer(identifier: \"usr_1\") { cards { status } } }").data();
        // The card is as the import has it, which is newer than the event.
        assert_eq!(cards["cardCustomer"]["cards"][0]["status"], "ACTIVE");
        // A newer balance of an import absorbs the hold, though what is shown is newer still.
        gateway.take(&transaction("evt_3", "authorized", MINE, "txn_2", "1.00", &from_now(-1_000)));
        let balance = json!({ "ledger_minor": 900, "available_minor": 400, "pending_minor": 500, "updated_at": from_now(-30_000) });
        database.import("acme", &[line.clone().with("balance", balance)]);
        assert_eq!(gateway.balance_of(&token, MINE), json!(["9.00", "3.00", "6.00", "REALTIME"]));
        gateway.take(&transaction("evt_4", "settled", MINE, "txn_1", "5.00", &from_now(0)));
        assert_eq!(gateway.balance_of(&token, MINE), json!(["4.00", "3.00", "1.00", "REALTIME"]));
        // An older one is late.
        let balance = json!({ "ledger_minor": 1, "available_minor": 1, "pending_minor": 0, "updated_at": from_now(-600_000) });
        database.import("acme", &[line.with("balance", balance)]);
        assert_eq!(gateway.balance_of(&token, MINE), json!(["4.00", "3.00", "1.00", "REALTIME"]));
    }

    fn an_import_after_a_card_event_corrects_the_card(database) {
        let line = Line::new(1).cards(&["active"]);
        let card = line.0["cards"][0]["card_id"].as_str().expect("a card").to_owned();
        let token = database.program_with("acme", std::slice::from_ref(&line));
        let gateway = database.serve_with(&[ACME]);
        let send = |id: &str, change: &str, at: i64| {
            let data = json!({ "external_customer_id": MINE, "card_id": card });
            assert_eq!(gateway.take(&event(id, &format!("card.{change}"), &from_now(at), &data)), "applied");
        };
        let status = || gateway.query(&token, "{ cardCustomer(identifier: \"usr_1\") { cards { status } } }")
            .data()["cardCustomer"]["cards"][0]["status"].take();
        // An event from before the import is late; one from after it is applied.
        send("evt_1", "frozen", -60_000);
        assert_eq!(status(), "ACTIVE");
        send("evt_2", "frozen", 0);
        assert_eq!(status(), "FROZEN");
        // The event that ended it was lost: the issuer's present state mends that.
        database.import("acme", std::slice::from_ref(&line));
        assert_eq!(status(), "ACTIVE");
        // A later event overrides the import, in any order of arrival.
        send("evt_3", "deactivated", 60_000);
        assert_eq!(status(), "BLOCKED");
        database.import("acme", std::slice::from_ref(&line));
        assert_eq!(status(), "BLOCKED");
    }

    fn an_import_that_confirms_a_card_is_newer_than_a_late_event(database) {
        let line = Line::new(1).cards(&["active"]);
        let card = line.0["cards"][0]["card_id"].as_str().expect("a card").to_owned();
        let token = database.program_with("acme", std::slice::from_ref(&line));
        let gateway = database.serve_with(&[ACME]);
        let data = json!({ "external_customer_id": MINE, "card_id": card });
        let late = event("evt_1", "card.frozen", &from_now(0), &data);
        // The same values, but with a later time.
        std::thread::sleep(Duration::from_millis(5));
        database.import("acme", std::slice::from_ref(&line));
        assert_eq!(gateway.take(&late), "applied");
        let cards = gateway.query(&token, "{ cardCustomer(identifier: \"usr_1\") { cards { status } } }").data();
        assert_eq!(cards["cardCustomer"]["cards"][0]["status"], "ACTIVE");
    }

    fn a_balance_in_the_future_is_refused_by_imports_and_can_be_corrected(database) {
        let (gateway, token) = open(&database, 1);
        let line = |cents: i64, at: &str| Line::new(1).with("balance",
            json!({ "ledger_minor": cents, "available_minor": cents, "pending_minor": 0, "updated_at": at }));
        let input = format!("{}\n{}\n", Line::new(2).0, line(100, "2062-01-01T00:00:00Z").0);
        let output = database.run(&["import", "--program", "acme", "-"], &input);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert!(errors.contains('2') && errors.contains("balance.updated_at is in the future"), "{errors}");
        assert_eq!(gateway.balance_of(&token, MINE), json!([null, null, null, null]));
        // As older versions imported it.
        let plant = || {
            database.import("acme", &[line(100, &from_now(0))]);
            database.execute("UPDATE wallet_balances SET updated_at = 2903299200000, base_at = 2903299200000");
            assert_eq!(gateway.balance_of(&token, MINE)[0], "1.00");
        };
        plant();
        assert_eq!(gateway.take(&balance("evt_1", MINE, "2.00", "0.00", &from_now(0))), "applied");
        assert_eq!(gateway.balance_of(&token, MINE)[0], "2.00");
        plant();
        database.import("acme", &[line(300, &from_now(0))]);
        assert_eq!(gateway.balance_of(&token, MINE)[0], "3.00");
    }

    fn a_balance_that_does_not_add_up_fails(database) {
        let (gateway, token) = open(&database, 1);
        let data = json!({ "external_customer_id": MINE, "ledger_balance": "100.00", "available_balance": "90.00", "pending_balance": "25.00" });
        assert_eq!(gateway.take(&event("evt_1", "customer.balance.updated", &from_now(0), &data)), "failed");
        assert_eq!(gateway.balance_of(&token, MINE), json!([null, null, null, null]));
        let failed = database.succeed(&["events", "list", "--failed"], "");
        assert!(failed.contains("ledger_balance is not available_balance + pending_balance"), "{failed}");
    }

    fn no_waiting_event_hides_another(database) {
        let (gateway, token) = open(&database, 1);
        let shared = "customer2@example.com";
        // Of another unknown customer with the same address.
        let other = json!({ "customer_id": format!("{:024x}", 9), "email": shared, "amount": 1 });
        for at in 0..500 {
            assert_eq!(gateway.take(&event(&format!("evt_{at}"), "customer.funded", &from_now(0), &other)), "waiting");
        }
        let data = json!({ "email": shared, "ledger_balance": 7, "available_balance": 7 });
        assert_eq!(gateway.take(&event("evt_mine", "customer.balance.updated", &from_now(0), &data)), "waiting");
        database.import("acme", &[Line::new(2)]);
        assert_eq!(gateway.balance_of(&token, "usr_2")[0], "7.00");
        assert_eq!(database.succeed(&["events", "list", "--waiting"], "").lines().count(), 500);
    }

    fn an_empty_identifier_is_no_identifier(database) {
        let (gateway, token) = open(&database, 1);
        let empty = [json!(""), json!("  "), json!(0), json!("0"), Value::Null];
        for (at, nothing) in empty.iter().enumerate() {
            let amount = format!("{}.00", at + 1);
            let data = json!({ "customer_id": nothing, "yativo_card_id": nothing, "external_customer_id": nothing,
                "email": "customer1@example.com", "ledger_balance": amount, "available_balance": amount });
            assert_eq!(gateway.take(&event(&format!("evt_{at}"), "customer.balance.updated", &from_now(0), &data)), "applied", "{nothing}");
            assert_eq!(gateway.balance_of(&token, MINE)[0], json!(amount));
            let data = json!({ "customer_id": nothing, "ledger_balance": 1, "available_balance": 1 });
            assert_eq!(gateway.take(&event(&format!("evt_nobody_{at}"), "customer.balance.updated", &from_now(0), &data)), "failed");
        }
    }

    fn events_of_two_programs_with_one_identifier_are_both_listed(database) {
        for name in ["acme", "theirs"] {
            database.succeed(&["program", "create", "--name", name], "");
        }
        // The last event of a page of 500, and the first of the next one.
        let columns = "(program_id, event_id, event_type, body, received_at, state, moment)";
        let insert = |program: &str, from: u32| format!("INSERT INTO inbox_events {columns} \
            WITH RECURSIVE n(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i < 1500) \
            SELECT p.id, 'evt_' || n.i, 'customer.funded', '', 1700000000000, 'failed', 1700000000000 \
            FROM n, programs AS p WHERE p.name = '{program}'");
        database.execute(&insert("acme", 1001));
        database.execute(&insert("theirs", 1500));
        for filter in [&["events", "list"][..], &["events", "list", "--failed"]] {
            assert_eq!(database.succeed(filter, "").lines().count(), 501);
        }
        assert_eq!(database.succeed(&["events", "list", "--program", "theirs"], "").lines().count(), 1);
    }

    fn events_in_the_future_fail(database) {
        let (gateway, token) = open(&database, 1);
        assert_eq!(gateway.take(&balance("evt_1", MINE, "9.00", "0.00", "2099-01-01T00:00:00Z")), "failed");
        assert_eq!(gateway.take(&balance("evt_2", MINE, "1.00", "0.00", &from_now(0))), "applied");
        assert_eq!(gateway.balance_of(&token, MINE)[0], "1.00");
        assert!(database.succeed(&["events", "list", "--failed"], "").contains("its time is in the future"));
    }

    fn types_without_an_effect_are_stored(database) {
        let (gateway, _) = open(&database, 1);
        for (at, event_type) in ["master_wallet.deposit", "voucher.created", "customer"].iter().enumerate() {
            assert_eq!(gateway.take(&event(&format!("evt_{at}"), event_type, &from_now(0), &json!({}))), "kept");
        }
        let listed = database.succeed(&["events", "list", "--program", "acme"], "");
        assert_eq!(listed.lines().filter(|line| line.contains("  kept ")).count(), 3, "{listed}");
        assert_eq!(database.succeed(&["events", "list", "--failed"], ""), "");
    }

    fn late_events_do_not_overwrite_newer_ones(database) {
        let (gateway, token) = open(&database, 1);
        let ago = |minutes: i64| from_now(-minutes * 60_000);
        let late = 27 * 60 + 36;
        gateway.take(&balance("evt_new", MINE, "80.00", "5.00", &ago(10)));
        gateway.take(&transaction("evt_hold", "authorized", MINE, "txn_1", "5.00", &ago(5)));
        let now = json!(["85.00", "75.00", "10.00", "REALTIME"]);
        assert_eq!(gateway.balance_of(&token, MINE), now);
        // Signed now, as the contract has it, but of long ago.
        gateway.take(&balance("evt_old", MINE, "1.00", "1.00", &ago(late)));
        gateway.take(&transaction("evt_paid", "settled", MINE, "txn_0", "7.00", &ago(late)));
        gateway.take(&event("evt_funds", "customer.funded", &ago(late), &json!({ "external_customer_id": MINE, "amount": "9.00" })));
        assert_eq!(gateway.balance_of(&token, MINE), now);
        let query = "{ cardCustomer(identifier: \"usr_1\") { transactions { nodes { transactionId status amount } } } }";
        let listed = gateway.query(&token, query).data()["cardCustomer"]["transactions"]["nodes"].take();
        assert_eq!(listed, json!([{ "transactionId": "txn_1", "status": "AUTHORIZED", "amount": "5.00" },
            { "transactionId": "txn_0", "status": "SETTLED", "amount": "7.00" }]));
    }

    fn events_wait_for_their_customer(database) {
        let (gateway, token) = open(&database, 1);
        let other = "usr_2";
        assert_eq!(gateway.take(&transaction("evt_2", "authorized", other, "txn_1", "5.00", &from_now(-1_000))), "waiting");
        let data = json!({ "yativo_card_id": "yativo_card_customer_2", "ledger_balance": 50, "available_balance": 50, "updated_at": from_now(-2_000) });
        assert_eq!(gateway.take(&event("evt_1", "customer.balance.updated", &from_now(-2_000), &data)), "waiting");
        let data = json!({ "email": "Customer2@Example.com", "amount": 1 });
        assert_eq!(gateway.take(&event("evt_3", "customer.funded", &from_now(-500), &data)), "waiting");
        assert_eq!(database.succeed(&["events", "list", "--waiting"], "").lines().count(), 3);
        // Another customer is imported first, then the one that the event waits for.
        database.import("acme", &[Line::new(3)]);
        assert_eq!(database.succeed(&["events", "list", "--waiting"], "").lines().count(), 3);
        database.import("acme", &[Line::new(2)]);
        assert_eq!(database.succeed(&["events", "list", "--waiting"], ""), "");
        assert_eq!(gateway.balance_of(&token, other), json!(["51.00", "46.00", "5.00", "REALTIME"]));
        assert_eq!(gateway.balance_of(&token, MINE), json!([null, null, null, null]));
    }

    fn failed_events_are_stored_and_can_be_replayed(database) {
        let (gateway, token) = open(&database, 2);
        let data = json!({ "external_customer_id": MINE, "currency": "GBP", "ledger_balance": 5, "available_balance": 5 });
        assert_eq!(gateway.take(&event("evt_pounds", "customer.balance.updated", &from_now(0), &data)), "failed");
        assert_eq!(gateway.take(&event("evt_odd", "customer.funded", &from_now(0), &json!({ "email": "a@b.c" }))), "failed");
        assert_eq!(gateway.take("not JSON at all"), "failed");
        gateway.take(&transaction("evt_mine", "authorized", MINE, "txn_1", "5.00", &from_now(0)));
        assert_eq!(gateway.take(&transaction("evt_theirs", "settled", "usr_2", "txn_1", "5.00", &from_now(0))), "failed");
        let failed = database.succeed(&["events", "list", "--failed"], "");
        for reason in [
            "evt_pounds  customer.balance.updated  000000000000000000000001  currency is not the wallet's",
            "evt_odd  customer.funded  -  amount is missing",
            "the body is not JSON",
            "evt_theirs  transaction.settled  000000000000000000000002  what it is about belongs to another customer",
        ] {
            assert!(failed.contains(reason), "{reason} is not in\n{failed}");
        }
        assert_eq!(failed.lines().count(), 4, "{failed}");
        // Each is counted and logged, once.
        let metrics = gateway.get("", "/metrics").text;
        assert!(metrics.contains("webhook_events_total{state=\"failed\"} 4"), "{metrics}");
        let logged = gateway.wait_for_log(|line| (line["event_id"] == "evt_odd").then(|| line.clone()));
        assert_eq!((&logged["level"], &logged["program"], &logged["reason"]), (&json!("WARN"), &json!("acme"), &json!("amount is missing")));
        assert_eq!(gateway.log_text().matches("an event cannot be applied").count(), 4);
        // One kind of them can be mended: the customer has a pound wallet after all.
        let said = database.succeed(&["events", "replay", "evt_pounds"], "");
        assert!(said.contains("failed") && said.contains("currency"), "{said}");
        database.import("acme", &[Line::new(1).with("currency", "GBP")]);
        let said = database.succeed(&["events", "replay", "--all", "--program", "acme"], "");
        assert_eq!(said, "replayed 4 events, 1 of them are applied now");
        assert_eq!(gateway.balance_of(&token, MINE)[0], "5.00");
        assert_eq!(database.succeed(&["events", "list", "--failed"], "").lines().count(), 3);
        // An applied event is not applied again, and an unknown one is an error.
        for id in ["evt_pounds", "evt_nothing"] {
            let output = database.run(&["events", "replay", id], "");
            assert_eq!(output.status.code(), Some(1));
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(&format!("there is no event {id} to replay")), "{said}");
        }
        for wrong in [&["events", "replay"][..], &["events", "replay", "evt_1", "--all"]] {
            assert_eq!(database.run(wrong, "").status.code(), Some(2));
        }
    }

    fn one_event_sent_eight_times_at_once_to_two_replicas_is_applied_once(database) {
        let (one, token) = open(&database, 1);
        let other = database.serve_with(&[ACME]);
        one.take(&balance("evt_0", MINE, "10.00", "0.00", &from_now(-60_000)));
        for round in 0..5 {
            let data = json!({ "external_customer_id": MINE, "amount": "1.00" });
            let body = event(&format!("evt_f{round}"), "customer.funded", &from_now(-1_000), &data);
            let barrier = Barrier::new(4);
            let new: usize = std::thread::scope(|scope| {
                let senders: Vec<_> = [&one, &other, &one, &other].into_iter().map(|gateway| {
                    let (barrier, body) = (&barrier, &body);
                    scope.spawn(move || {
                        let client = client();
                        barrier.wait();
                        (0..2).filter(|_| {
                            let answer = gateway.send(signed(&client, &gateway.host, "acme", body));
                            assert_eq!(answer.status, 200, "{}", answer.text);
                            answer.json()["data"]["duplicate"] == false
                        }).count()
                    })
                }).collect();
                senders.into_iter().map(|sender| sender.join().expect("no panic")).sum()
            });
            assert_eq!(new, 1, "in round {round}");
        }
        assert_eq!(other.balance_of(&token, MINE), json!(["15.00", "15.00", "0.00", "REALTIME"]));
        assert_eq!(database.succeed(&["events", "list"], "").lines().count(), 6);
    }

    fn any_order_leads_to_the_same_state(database) {
        // Each customer has the same history, which comes in in another order.
        let customers = 12;
        let (gateway, token) = open(&database, customers);
        let start = -600_000;
        let mut seen: Vec<Value> = Vec::new();
        for number in 1..=customers {
            let me = format!("usr_{number}");
            let id = |at: usize| format!("evt_{number}_{at}");
            let name = |of: &str| format!("txn_{of}_{number}");
            // To the second, so that all customers' times are the same.
            let base = seconds() * 1_000 / 1_000_000 * 1_000_000;
            let at = |second: i64| {
                let moment = chrono::DateTime::from_timestamp_millis(base + start + second * 1_000);
                moment.expect("a moment").to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            };
            let card = |at_: usize, change: &str, second: i64| event(&id(at_), &format!("card.{change}"), &at(second),
                &json!({ "external_customer_id": me, "card_id": format!("00000000-0000-4000-8000-{number:012}"), "last_four": "4242", "card_type": "physical" }));
            let mut history = vec![
                balance(&id(0), &me, "100.00", "0.00", &at(0)),
                transaction(&id(1), "authorized", &me, &name("a"), "10.00", &at(1)),
                transaction(&id(2), "authorized", &me, &name("b"), "20.00", &at(2)),
                transaction(&id(3), "settled", &me, &name("a"), "12.00", &at(3)),
                balance(&id(4), &me, "68.00", "20.00", &at(4)),
                transaction(&id(5), "reversed", &me, &name("b"), "5.00", &at(5)),
                transaction(&id(6), "authorized", &me, &name("c"), "7.00", &at(6)),
                event(&id(7), "customer.funded", &at(7), &json!({ "external_customer_id": me, "amount": "50.00", "transfer_id": name("t") })),
                transaction(&id(8), "refund.created", &me, &name("d"), "3.00", &at(8)),
                card(9, "created", 1), card(10, "activated", 2), card(11, "frozen", 3),
            ];
            history.extend_from_within(3..6);
            fastrand::Rng::with_seed(u64::from(number)).shuffle(&mut history);
            if number == 1 {
                history.sort_by_key(|body| serde_json::from_str::<Value>(body).expect("JSON")["created_at"].to_string());
            }
            for body in &history {
                assert_eq!(gateway.deliver(body).status, 200);
            }
            let query = format!("{{ cardCustomer(identifier: \"{me}\") {{ ledgerBalance availableBalance pendingBalance balanceUpdatedAt
                cardsCount cards {{ lastFour cardType status activatedAt createdAt }}
                transactions {{ totalCount nodes {{ amount status type merchant authorizedAt settledAt createdAt }} }} }} }}");
            seen.push(gateway.query(&token, &query).data());
        }
        let first = &seen[0]["cardCustomer"];
        assert_eq!([&first["ledgerBalance"], &first["availableBalance"], &first["pendingBalance"]], ["141.00", "119.00", "22.00"]);
        assert_eq!(first["transactions"]["totalCount"], 4);
        assert_eq!(first["cards"][0]["status"], "FROZEN");
        for (other, number) in seen.iter().zip(1..) {
            assert_eq!(other, &seen[0], "the {number}th order");
        }
    }

    fn cards_follow_their_events(database) {
        let (gateway, token) = open(&database, 1);
        let card = "AFEB85FE-02f8-48da-b61e-84ad02704167";
        let query = "{ cardCustomer(identifier: \"usr_1\") { cardsCount cards { cardId lastFour cardType status isFrozen isLost isStolen isBlocked isVoid activatedAt createdAt } } }";
        let flags = ["isFrozen", "isLost", "isStolen", "isBlocked", "isVoid"];
        for (second, (change, status, set)) in [
            ("created", "ACTIVE", &[][..]),
            ("activated", "ACTIVE", &[]),
            ("frozen", "FROZEN", &["isFrozen"]),
            ("unfrozen", "ACTIVE", &[]),
            ("deactivated", "BLOCKED", &["isBlocked"]),
            ("lost", "LOST", &["isLost"]),
            ("cancelled", "VOIDED", &["isVoid"]),
            ("activated", "VOIDED", &["isVoid"]),
            ("stolen", "VOIDED", &["isStolen", "isVoid"]),
            ("unfrozen", "VOIDED", &["isStolen", "isVoid"]),
        ].iter().enumerate() {
            let at = from_now(i64::try_from(second).expect("small") * 1_000 - 60_000);
            let data = json!({ "email": "customer1@example.com", "card_id": card, "last_four": "4242", "card_type": "virtual" });
            assert_eq!(gateway.take(&event(&format!("evt_{second}"), &format!("card.{change}"), &at, &data)), "applied");
            let seen = gateway.query(&token, query).data()["cardCustomer"].take();
            let seen_card = &seen["cards"][0];
            assert_eq!((&seen_card["cardId"], &seen_card["status"]), (&json!(card.to_lowercase()), &json!(status)), "{change}");
            let on: Vec<&str> = flags.into_iter().filter(|flag| seen_card[*flag] == true).collect();
            assert_eq!(on, *set, "{change}");
            assert_eq!(seen["cardsCount"], u8::from(!set.contains(&"isVoid")), "{change}");
        }
    }

    fn programs_do_not_share_events(database) {
        let (gateway, token) = open(&database, 1);
        let theirs = database.program_with("theirs", &[Line::new(1)]);
        gateway.take(&balance("evt_1", MINE, "7.00", "0.00", &from_now(0)));
        assert_eq!(gateway.balance_of(&token, MINE)[0], "7.00");
        assert_eq!(gateway.balance_of(&theirs, MINE), json!([null, null, null, null]));
        let mine = database.succeed(&["events", "list", "--program", "acme"], "");
        assert_eq!((mine.lines().count(), database.succeed(&["events", "list", "--program", "theirs"], "").as_str()), (1, ""));
    }

    fn after_two_hours_without_events_the_chain_is_read_again(database) {
        let sandbox = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_on(&[&sandbox], &[ACME]);
        assert_eq!(gateway.balance_of(&token, MINE)[3], "ON_CHAIN");
        // A balance that is almost two hours old: soon it is older.
        let young = 4_000;
        gateway.take(&balance("evt_1", MINE, "20.00", "3.00", &from_now(young - 2 * 60 * 60 * 1_000)));
        assert_eq!(gateway.balance_of(&token, MINE), json!(["23.00", "20.00", "3.00", "REALTIME"]));
        assert!(within(Duration::from_secs(15), || gateway.balance_of(&token, MINE)[3] == "ON_CHAIN"));
        assert_eq!(gateway.balance_of(&token, MINE), json!(["1.00", "1.00", null, "ON_CHAIN"]));
        // A purchase is news: it makes the balance live again.
        gateway.take(&transaction("evt_2", "authorized", MINE, "txn_1", "1.50", &from_now(0)));
        assert_eq!(gateway.balance_of(&token, MINE), json!(["23.00", "18.50", "4.50", "REALTIME"]));
    }

    fn sample_events_of_every_type_can_be_sent(database) {
        let (gateway, _) = open(&database, 1);
        let send = |arguments: &[&str], secret: &str| {
            let mut command = database.program(&["events", "send", "--program", "acme", "--url", &gateway.host]);
            command.args(arguments).env("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", secret);
            let output = command.output().expect("it runs");
            (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        for (event_type, state) in [("customer.balance.updated", "applied"), ("customer.funded", "applied"), ("customer.funding.failed", "applied"),
            ("card.stolen", "ambiguous"), ("transaction.refund.created", "applied"), ("master_wallet.swap", "kept"), ("voucher.created", "kept")] {
            let (code, out, errors) = send(&["--type", event_type, "--customer", MINE], SECRET);
            assert_eq!(code, Some(0), "{errors}");
            assert!(out.contains(&format!("\"state\":\"{state}\"")), "{event_type}: {out}");
        }
        let (_, out, _) = send(&["--customer", MINE, "--id", "evt_mine"], SECRET);
        assert!(out.contains("\"duplicate\":false") && out.contains("evt_mine"), "{out}");
        let (_, out, _) = send(&["--customer", MINE, "--id", "evt_mine"], SECRET);
        assert!(out.contains("\"duplicate\":false") && out.contains("conflicting"), "{out}");
        for (arguments, secret, code, said) in [
            (&["--customer", MINE][..], "wrong", 1, "answered 401"),
            (&["--customer", MINE], "", 2, "must be one or two secrets"),
            (&[], SECRET, 2, "--customer is missing"),
            (&["--customer", MINE, "--data", "[]"], SECRET, 2, "--data must be a JSON object"),
            (&["--customer", MINE, "--at", "now"], SECRET, 2, "--at must be"),
            (&["--customer", MINE, "--url", "http://127.0.0.1:1"], SECRET, 2, "cannot be used multiple times"),
        ] {
            let (status, _, errors) = send(arguments, secret);
            assert_eq!(status, Some(code), "{arguments:?}: {errors}");
            assert!(errors.contains(said), "{errors}");
        }
        let output = database.run(&["events", "send", "--program", "acme", "--customer", MINE], "");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && errors.contains("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME"), "{errors}");
    }
}

#[test]
fn an_unavailable_database_is_503_and_the_event_is_sent_again() {
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME, ("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "1s")]);
    gateway.take(&balance("evt_0", MINE, "10.00", "0.00", &from_now(-60_000)));
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.cut();
    let data = json!({ "external_customer_id": MINE, "amount": "1.00" });
    let body = event("evt_1", "customer.funded", &from_now(0), &data);
    for _ in 0..2 {
        let answer = gateway.deliver(&body);
        assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{}", answer.text);
        assert_eq!(answer.json()["error"], "unavailable");
        assert!(!answer.text.contains("onnect"), "{}", answer.text);
    }
    wire.mend();
    assert!(within(Duration::from_secs(5), || gateway.deliver(&body).status == 200));
    assert_eq!(gateway.deliver(&body).json()["data"]["duplicate"], true);
    assert_eq!(gateway.balance_of(&token, MINE)[0], "11.00");
}
