//! `updatedAt`: it grows with every change of what is shown of a customer, and with nothing else.

use serde_json::{Value, json};

use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::{ACME, balance, event, from_now};
use crate::support::{Database, Gateway, Line, on_both, transaction};

fn updated_at(gateway: &Gateway, token: &str, number: u32) -> String {
    let query = format!("{{ cardCustomer(identifier: \"usr_{number}\") {{ updatedAt }} }}");
    let at = gateway.query(token, &query).data()["cardCustomer"]["updatedAt"].take();
    at.as_str().expect("a time").to_owned()
}

/// The customers of the list, those who were changed last first.
fn latest(gateway: &Gateway, token: &str) -> Vec<Value> {
    let query = "{ cardCustomers(orderBy: UPDATED_AT_DESC) { nodes { externalCustomerId } } }";
    let nodes = gateway.query(token, query).data()["cardCustomers"]["nodes"].take();
    let nodes = nodes.as_array().expect("a list").clone();
    nodes.into_iter().map(|mut node| node["externalCustomerId"].take()).collect()
}

/// Whether something changes the time of customer 1, and of no other one.
fn changes(gateway: &Gateway, token: &str, change: impl FnOnce()) -> bool {
    let (before, other) = (updated_at(gateway, token, 1), updated_at(gateway, token, 2));
    std::thread::sleep(std::time::Duration::from_millis(3));
    change();
    assert_eq!(updated_at(gateway, token, 2), other);
    let after = updated_at(gateway, token, 1);
    assert!(after >= before, "{before} {after}");
    if after > before {
        assert_eq!(latest(gateway, token)[0], json!("usr_1"));
    }
    after > before
}

fn gateway(database: &Database) -> (Gateway, String) {
    let lines = [Line::new(1).cards(&["active"]).balance(100, 0), Line::new(2)];
    let token = database.program_with("acme", &lines);
    (database.serve_with(&[ACME]), token)
}

on_both! {
    fn an_import_that_changes_a_customer_changes_it(database) {
        let (gateway, token) = gateway(&database);
        let import = |line: Line| changes(&gateway, &token, || database.import("acme", &[line, Line::new(2)]));
        let line = || Line::new(1).cards(&["active"]).balance(100, 0);
        assert!(!import(line()), "nothing is new");
        assert!(import(line().with("email", "other@example.com")));
        assert!(!import(line().with("email", "other@example.com")));
        assert!(import(line().with("email", "other@example.com").cards(&["frozen"])));
        assert!(import(line().with("email", "other@example.com").cards(&["frozen"]).balance(101, 0)));
    }

    fn an_event_that_changes_a_customer_changes_it(database) {
        let (gateway, token) = gateway(&database);
        let sent = |body: String| changes(&gateway, &token, || assert_eq!(gateway.deliver(&body).status, 200));
        let money = balance("evt_1", "usr_1", "10.00", "0.00", &from_now(-60_000));
        assert!(sent(money.clone()));
        assert!(!sent(money), "a duplicate");
        assert!(!sent(balance("evt_2", "usr_1", "9.00", "0.00", &from_now(-90_000))), "an older balance");
        let purchase = json!({ "external_customer_id": "usr_1", "transaction_id": "txn_1", "amount": "2.00", "currency": "EUR", "billing_amount": "2.00", "billing_currency": "EUR", "merchant": { "name": "Shop" } });
        assert!(sent(event("evt_3", "transaction.authorized", &from_now(-30_000), &purchase)));
        let card = json!({ "external_customer_id": "usr_1", "card_id": "tok_1" });
        assert!(sent(event("evt_4", "card.frozen", &from_now(1_000), &card)));
        assert!(!sent(event("evt_5", "voucher.created", &from_now(-10_000), &json!({ "external_customer_id": "usr_1" }))));
        assert!(changes(&gateway, &token, || database.put_transactions("acme", vec![transaction(Line::new(1).id(), 1, 100)])));
    }

    fn what_is_read_from_the_chain_does_not_change_it(database) {
        let chain = sandbox(1);
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_on(&[&chain], &[]);
        let before = updated_at(&gateway, &token, 1);
        gateway.balance_of(&token, "usr_1");
        assert_eq!(updated_at(&gateway, &token, 1), before);
    }
}
