//! Which change each writer makes: one for what has changed, and none for what has not.

use std::time::Duration;

use serde_json::json;

use super::{open, spendable};
use crate::support::chain::{sandbox, wallets};
use crate::support::changes::{Follower, shown};
use crate::support::issuer::{ACME, balance, event, from_now, transaction, within};
use crate::support::{Line, on_both};

on_both! {
    fn an_import_is_one_change_for_each_customer_that_it_changes(database) {
        let (gateway, token) = open(&database, 2);
        let mut follower = Follower::new(&gateway, &token);
        assert_eq!(follower.seen(), ["CREATED usr_1", "CREATED usr_2"]);
        let mut import = |line: Line| {
            database.import("acme", &[line, Line::new(2)]);
            follower.seen()
        };
        let line = || Line::new(1);
        let nothing: [&str; 0] = [];
        assert_eq!(import(line()), nothing, "nothing is new");
        let other = || line().with("email", "other@example.com");
        assert_eq!(import(other()), ["UPDATED usr_1"]);
        assert_eq!(import(other().cards(&["active"])), ["CARD usr_1"]);
        assert_eq!(import(other().cards(&["active"])), nothing);
        let rich = || other().cards(&["active"]).balance(500, 0);
        assert_eq!(import(rich()), ["BALANCE usr_1"]);
        assert_eq!(import(rich()), nothing);
        // Of several kinds, the first one in their order.
        assert_eq!(import(line().cards(&["frozen"]).balance(600, 0)), ["CARD usr_1"]);
        assert_eq!(import(other().cards(&["frozen"]).balance(700, 0)), ["BALANCE usr_1"]);
        assert_eq!(import(Line::new(3).cards(&["active"]).balance(1, 1)), ["CREATED usr_3"]);
    }

    fn an_import_of_many_is_one_change_for_each(database) {
        // So many that they are copied on PostgreSQL.
        let (gateway, token) = open(&database, 450);
        let mut follower = Follower::new(&gateway, &token);
        let seen = follower.seen();
        assert_eq!(seen.len(), 450);
        assert!(seen.iter().all(|change| change.starts_with("CREATED")), "{seen:?}");
        let mut lines: Vec<Line> = (201..=800).map(Line::new).collect();
        for line in lines.iter_mut().take(250).step_by(2) {
            *line = line.clone().balance(900, 0);
        }
        database.import("acme", &lines);
        let mut seen = follower.seen();
        let mut expected: Vec<String> = (201..=450).step_by(2).map(|number| format!("BALANCE usr_{number}")).collect();
        expected.extend((451..=800).map(|number| format!("CREATED usr_{number}")));
        seen.sort();
        expected.sort();
        assert_eq!(seen, expected);
        database.import("acme", &lines);
        assert_eq!(follower.rest(), [] as [serde_json::Value; 0]);
    }

    fn an_event_is_one_change_of_what_it_is_about(database) {
        let lines = [Line::new(1).cards(&["active"]), Line::new(2)];
        let token = database.program_with("acme", &lines);
        let gateway = database.serve_with(&[ACME]);
        let mut follower = Follower::caught_up(&gateway, &token);
        let mut sent = |body: String| {
            assert_eq!(gateway.deliver(&body).status, 200, "{body}");
            follower.seen()
        };
        let nothing: [&str; 0] = [];
        let at = from_now(-60_000);
        let money = balance("evt_1", "usr_1", "100.00", "0.00", &at);
        assert_eq!(sent(money.clone()), ["BALANCE usr_1"]);
        assert_eq!(sent(money), nothing, "a duplicate");
        let funded = json!({ "external_customer_id": "usr_1", "amount": "5.00", "transfer_id": "t1" });
        assert_eq!(sent(event("evt_2", "customer.funded", &from_now(-55_000), &funded)), ["BALANCE usr_1"]);
        // A hold changes the balance, too.
        let hold = transaction("evt_3", "authorized", "usr_1", "txn_1", "10.00", &from_now(-50_000));
        assert_eq!(sent(hold), ["TRANSACTION usr_1"]);
        let card = json!({ "external_customer_id": "usr_1", "card_id": uuid::Uuid::from_u128(100) });
        assert_eq!(sent(event("evt_4", "card.frozen", &from_now(0), &card)), ["CARD usr_1"]);
        assert_eq!(sent(event("evt_5", "card.frozen", &from_now(0), &card)), nothing, "it is frozen already");
        assert_eq!(sent(event("evt_6", "voucher.created", &at, &json!({}))), nothing);
        let wrong = json!({ "external_customer_id": "usr_2" });
        assert_eq!(sent(event("evt_7", "customer.funded", &at, &wrong)), nothing, "it fails");
        let older = balance("evt_8", "usr_1", "1.00", "0.00", &from_now(-90_000));
        assert_eq!(sent(older), nothing, "a newer balance is known");
        assert_eq!(sent(balance("evt_9", "usr_2", "2.00", "0.00", &at)), ["BALANCE usr_2"]);
    }

    fn events_that_waited_are_part_of_the_import_that_brings_their_customer(database) {
        let (gateway, token) = open(&database, 1);
        let mut follower = Follower::caught_up(&gateway, &token);
        let at = from_now(-60_000);
        assert_eq!(gateway.take(&balance("evt_1", "usr_2", "100.00", "0.00", &at)), "waiting");
        for number in 2..10 {
            let of = format!("txn_{number}");
            let hold = transaction(&format!("evt_{number}"), "authorized", "usr_2", &of, "1.00", &from_now(-50_000));
            assert_eq!(gateway.take(&hold), "waiting");
        }
        assert_eq!(follower.seen(), [] as [&str; 0]);
        database.import("acme", &[Line::new(1), Line::new(2)]);
        assert_eq!(follower.seen(), ["CREATED usr_2"]);
        assert_eq!(gateway.balance_of(&token, "usr_2"), json!(["100.00", "92.00", "8.00", "REALTIME"]));
        // Events that are taken up again by an operator are one change each.
        let failed = json!({ "email": "customer3@example.com", "amount": "5.00", "transfer_id": "t1" });
        assert_eq!(gateway.take(&event("evt_20", "customer.funded", &at, &failed)), "waiting");
        database.import("acme", &[Line::new(3).with("email", "typo@example.com").balance(100, 0)]);
        assert_eq!(follower.seen(), ["CREATED usr_3"]);
        database.execute("UPDATE card_customers SET email = 'customer3@example.com', email_key = 'customer3@example.com' WHERE external_customer_id = 'usr_3'");
        database.succeed(&["events", "replay", "--all"], "");
        assert_eq!(follower.seen(), ["BALANCE usr_3"]);
    }

    fn a_balance_that_is_stated_again_is_no_change_though_events_have_moved_it(database) {
        let line = || Line::new(1).balance(10_000, 0);
        let token = database.program_with("acme", &[line()]);
        let gateway = database.serve_with(&[ACME]);
        gateway.take(&transaction("evt_1", "authorized", "usr_1", "txn_1", "10.00", &from_now(-50_000)));
        let mut follower = Follower::caught_up(&gateway, &token);
        let of = |gateway: &crate::support::Gateway| {
            let query = "{ cardCustomer(identifier: \"usr_1\") { updatedAt ledgerBalance pendingBalance } }";
            gateway.query(&token, query).data()
        };
        let before = of(&gateway);
        assert_eq!(before["cardCustomer"]["pendingBalance"], "10.00");
        database.import("acme", &[line()]);
        assert_eq!(follower.seen(), [] as [&str; 0]);
        assert_eq!(of(&gateway), before);
        // Another balance is a change, and is moved as well.
        database.import("acme", &[Line::new(1).balance(20_000, 0)]);
        assert_eq!(follower.seen(), ["BALANCE usr_1"]);
        let after = of(&gateway);
        assert_eq!((&after["cardCustomer"]["ledgerBalance"], &after["cardCustomer"]["pendingBalance"]), (&json!("200.00"), &json!("10.00")));
    }

    fn what_the_chain_says_is_a_change_of_the_balance(database) {
        let chain = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_on(&[&chain], &[]);
        let mut follower = Follower::caught_up(&gateway, &token);
        gateway.balance_of(&token, "usr_1");
        let mut seen = Vec::new();
        assert!(within(Duration::from_secs(20), || {
            seen.extend(follower.seen());
            !seen.is_empty()
        }), "no change came");
        assert_eq!(seen, ["BALANCE usr_1"]);
    }

    fn the_customer_is_the_one_of_now(database) {
        let (gateway, token) = open(&database, 1);
        spendable(&gateway, 1, 1, 7);
        database.import("acme", &[Line::new(1).with("external_customer_id", "new_name")]);
        let query = "{ cardCustomerChanges { nodes { at kind customerId customer { externalCustomerId availableBalance updatedAt } } } }";
        let nodes = gateway.query(&token, query).data()["cardCustomerChanges"]["nodes"].take();
        let nodes = nodes.as_array().expect("a list").clone();
        let kinds: Vec<String> = nodes.iter().map(shown).collect();
        assert_eq!(kinds, ["CREATED new_name", "BALANCE new_name", "UPDATED new_name"]);
        for node in &nodes {
            assert_eq!((&node["customerId"], &node["customer"]["availableBalance"]), (&json!(Line::new(1).id()), &json!("7.00")));
        }
        let times: Vec<&str> = nodes.iter().map(|node| node["at"].as_str().expect("a time")).collect();
        assert!(times.is_sorted() && times[2] == nodes[2]["customer"]["updatedAt"], "{nodes:?}");
    }
}
