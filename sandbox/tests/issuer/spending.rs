//! What customers spend: events, balances, and the three shapes of the lists.

use card_gateway_sandbox::issuer::{Card, Merchant, Purchase};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::Tester;

/// An issuer with a receiver of all its events, and a customer with 1,000.00.
fn stage() -> (Tester, Receiver, String) {
    let (tester, receiver) = (Tester::with(100), Receiver::start());
    let who = tester.spender();
    tester.issuer.act(|program| {
        program.set_ledger(&who, 100_000).expect("a wallet");
        program.subscribe(&receiver.url, &["*"]);
    });
    (tester, receiver, who)
}

#[track_caller]
fn wait(tester: &Tester) {
    assert!(tester.issuer.wait_for_deliveries(std::time::Duration::from_secs(10)));
}

/// Ledger and held amount, in minor units.
fn wallet(tester: &Tester, who: &str) -> (i64, i64) {
    tester.issuer.act(|program| {
        let wallet =
            program.customer(who).and_then(|found| found.wallet.clone()).expect("a wallet");
        (wallet.ledger, wallet.held)
    })
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_purchase_in_another_currency_is_held_settled_and_refunded() {
    let (tester, receiver, who) = stage();
    let held = wallet(&tester, &who).1;
    let key =
        tester.issuer.act(|program| program.authorize(&who, Purchase::foreign(2_000, "SEK", 500)));
    let key = key.expect("authorized");
    wait(&tester);
    let event = receiver.last("transaction.authorized");
    let mut expected = [
        "yativo_card_id",
        "card_id",
        "transaction_id",
        "blockchain_tx_hash",
        "type",
        "amount",
        "amount_minor",
        "currency",
        "billing_amount",
        "billing_amount_minor",
        "billing_currency",
        "fx_rate",
        "merchant",
        "merchant_category",
        "merchant_city",
        "merchant_country",
        "status",
        "timestamp",
    ];
    expected.sort_unstable();
    assert_eq!(names(&event), expected);
    assert_eq!(
        (&event["amount_minor"], &event["billing_amount_minor"]),
        (&json!(2_000), &json!(500))
    );
    assert_eq!((&event["currency"], &event["fx_rate"]), (&json!("SEK"), &json!(4.0)));
    assert_eq!((&event["type"], &event["status"]), (&json!("Payment"), &json!("Approved")));
    // The card's name in events is not the one of REST.
    let card = tester.issuer.act(|program| program.customer(&who).expect("there").cards[0].clone());
    assert_eq!(event["card_id"], card.token.as_str());
    assert_eq!(wallet(&tester, &who), (100_000, held + 500));
    let balance = receiver.last("customer.balance.updated");
    assert_eq!(balance["ledger_balance_minor"], 100_000);
    assert_eq!(balance["available_balance_minor"], 100_000 - held - 500);
    tester.issuer.act(|program| program.settle(key, Some(550))).expect("settled");
    assert_eq!(wallet(&tester, &who), (99_450, held));
    tester.issuer.act(|program| program.settle(key, None)).expect_err("not twice");
    tester.issuer.act(|program| program.refund(key, 1_100)).expect("refunded");
    assert_eq!(wallet(&tester, &who), (99_725, held));
    wait(&tester);
    let refund = receiver.last("transaction.refund.created");
    let mut expected = [
        "yativo_card_id",
        "card_id",
        "transaction_id",
        "amount",
        "amount_minor",
        "currency",
        "status",
        "timestamp",
    ];
    expected.sort_unstable();
    assert_eq!(names(&refund), expected);
    assert_eq!(refund["status"], "REFUNDED");
}

#[test]
fn a_purchase_is_reversed_or_declined() {
    let (tester, receiver, who) = stage();
    let before = wallet(&tester, &who);
    tester.issuer.act(|program| {
        let key = program.authorize(&who, Purchase::of(700)).expect("authorized");
        program.reverse(key).expect("reversed");
        program.reverse(key).expect_err("not twice");
        program.decline(&who, Purchase::of(900)).expect("declined");
    });
    assert_eq!(wallet(&tester, &who), before);
    wait(&tester);
    assert_eq!(receiver.last("transaction.reversed")["status"], "REVERSED");
    let declined = receiver.last("transaction.declined");
    assert!(declined.get("billing_amount").is_none());
    assert_eq!(declined["status"], "Declined");
}

#[test]
fn a_transaction_can_have_no_name_and_be_told_twice() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| {
        let key = program.authorize(&who, Purchase::of(700).nameless()).expect("authorized");
        program.authorize_again(key).expect("told again");
    });
    wait(&tester);
    let events = receiver.received();
    let told: Vec<_> =
        events.iter().filter(|event| event.kind == "transaction.authorized").collect();
    assert_eq!(told.len(), 2);
    assert_ne!(told[0].body["id"], told[1].body["id"]);
    assert!(told.iter().all(|event| event.body["data"]["transaction_id"].is_null()));
    // Of the merchant, only the name is known later.
    let merchants: Vec<_> =
        told.iter().map(|event| event.body["data"]["merchant_city"].clone()).collect();
    assert!(merchants.contains(&json!("Porto")) && merchants.contains(&Value::Null));
}

#[test]
fn a_balance_is_live_for_two_hours_and_then_what_the_chain_says() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| program.authorize(&who, Purchase::of(700))).expect("authorized");
    let path = format!("/v1/card-issuer/customers/{who}");
    let live = tester.get(&path);
    assert_eq!(live.data()["balance_freshness"], "realtime");
    assert!(live.data()["pending_balance_minor"].as_i64() >= Some(700));
    assert!(live.data()["balance_updated_at"].is_string());
    tester.issuer.advance(std::time::Duration::from_hours(2));
    let old = tester.get(&path);
    assert_eq!(old.data()["balance_freshness"], "on_chain");
    assert_eq!(old.data()["available_balance"], old.data()["ledger_balance"]);
    assert!(old.data()["pending_balance"].is_null() && old.data()["balance_updated_at"].is_null());
    tester.issuer.act(|program| program.reconcile(&who)).expect("a wallet");
    wait(&tester);
    let event = receiver.last("customer.balance.updated");
    assert_eq!(event["balance_source"], "reconciliation");
    assert_eq!(event["available_balance_minor"], event["ledger_balance_minor"]);
    assert!(event["pending_balance"].is_null() && event["pending_balance_minor"].is_null());
}

#[test]
fn a_live_balance_names_its_source_in_each_documented_way() {
    let (tester, receiver, who) = stage();
    tester
        .issuer
        .act(|program| (0..3).for_each(|_| program.set_ledger(&who, 5).expect("a wallet")));
    wait(&tester);
    let events = receiver.received();
    let mut sources: Vec<_> = events
        .iter()
        .map(|event| event.body["data"].get("balance_source").map(ToString::to_string))
        .collect();
    sources.sort();
    assert_eq!(sources, [None, Some("\"live\"".to_owned()), Some("null".to_owned())]);
}

#[test]
fn every_event_has_a_time_of_its_own() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| {
        for _ in 0..20 {
            program.authorize(&who, Purchase::of(1)).expect("authorized");
        }
    });
    wait(&tester);
    let times = receiver.received().into_iter().map(|event| event.body["created_at"].to_string());
    assert_eq!(times.collect::<std::collections::BTreeSet<_>>().len(), 40);
}

#[test]
fn a_deposit_is_told_twice() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| program.deposit(&who, 2_500)).expect("a wallet");
    wait(&tester);
    assert_eq!(receiver.kinds().len(), 2);
    let event = receiver.last("wallet.deposit.confirmed");
    assert_eq!(
        (&event["amount_minor"], &event["new_balance_minor"]),
        (&json!(2_500), &json!(102_500))
    );
    assert_eq!(receiver.last("customer.balance.updated")["ledger_balance_minor"], 102_500);
}

#[test]
fn transactions_are_listed_in_three_shapes() {
    let (tester, _receiver, who) = stage();
    let card = tester.issuer.act(|program| {
        let merchant = Merchant { name: Some("Only a name".into()), ..Merchant::default() };
        program.decline(&who, Purchase::of(900).at(merchant)).expect("declined");
        let key =
            program.authorize(&who, Purchase::foreign(2_000, "SEK", 500)).expect("authorized");
        program.settle(key, None).expect("settled");
        let card: &Card = &program.customer(&who).expect("there").cards[0];
        card.clone()
    });
    let issuer = tester.get(&format!("/v1/card-issuer/customers/{who}/card-transactions"));
    assert_eq!(
        issuer.members(),
        ["customer_id", "currency", "transactions", "total", "page", "limit"]
    );
    assert_eq!(issuer.data()["customer_id"], who.as_str());
    let first = &issuer.data()["transactions"][0];
    assert_eq!((&first["status"], &first["currency"]), (&json!("settled"), &json!("SEK")));
    assert_eq!(first["type"], "purchase");
    assert!(first.get("card_id").is_none() && first.get("billing_amount").is_none());
    let declined =
        tester.get(&format!("/v1/card-issuer/customers/{who}/card-transactions?status=declined"));
    assert!(declined.data()["transactions"][0]["merchant_city"].is_null());
    let all = tester.get(&format!("/v1/card-issuer/card-transactions?customer_id={who}&limit=1"));
    assert_eq!(all.data()["transactions"][0]["card_id"], card.token.as_str());
    assert_eq!(all.data()["transactions"][0]["yativo_card_id"], who.as_str());
    assert_eq!(all.data()["total"], issuer.data()["total"]);
    let path = format!("/v1/yativo-card/customers/{who}");
    let own = tester.get(&format!("{path}/transactions?status=completed&limit=1"));
    assert_eq!(own.members(), ["transactions", "total"]);
    let first = &own.data()["transactions"][0];
    let mut expected = [
        "kind",
        "transaction_type",
        "merchant_name",
        "merchant_city",
        "merchant_country",
        "merchant_country_code",
        "mcc_code",
        "amount",
        "currency",
        "status",
        "transaction_date",
    ];
    expected.sort_unstable();
    assert_eq!(names(first), expected);
    assert_eq!(
        (&first["merchant_country"], &first["merchant_country_code"]),
        (&json!("Portugal"), &json!("PT"))
    );
    let beyond = tester.get(&format!("{path}/transactions?offset=1000"));
    assert_eq!(beyond.data()["transactions"], json!([]));
    let never = tester.get(&format!("{path}/transactions?from_date=2999-01-01"));
    assert_eq!(never.data()["total"], 0);
    let bad = tester.get(&format!("{path}/transactions?from_date=yesterday"));
    assert_eq!(bad.code(), (400, "VALIDATION_ERROR"));
    let of_card = tester.get(&format!("{path}/cards/{}/transactions", card.id));
    let first = &of_card.data()["transactions"][0];
    assert_eq!(first["card_token"], card.token.as_str());
    assert_eq!(
        (&first["billing_amount"], &first["transaction_amount"]),
        (&json!(5.0), &json!(20.0))
    );
    assert_eq!((&first["status"], &first["is_pending"]), (&json!("approved"), &json!(false)));
    assert!(first["cleared_at"].is_string());
}

#[test]
fn a_transaction_can_be_disputed() {
    let (tester, _receiver, who) = stage();
    let id = tester.issuer.act(|program| {
        program.authorize(&who, Purchase::of(700)).expect("authorized");
        program.transactions().last().and_then(|last| last.id.clone()).expect("a name")
    });
    let path = format!("/v1/yativo-card/customers/{who}/transactions");
    let body = json!({ "reason_code": "duplicate", "description": "charged twice" });
    let answer = tester.post(&format!("{path}/{id}/dispute"), &body);
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.members(),
        ["dispute_id", "transaction_id", "status", "reason_code", "filed_at"]
    );
    let disputed = tester.get(&format!("{path}?status=disputed"));
    assert_eq!(disputed.data()["total"], 1);
    assert_eq!(tester.post(&format!("{path}/nothing/dispute"), &body).code(), (404, "NOT_FOUND"));
    let missing = tester.post(&format!("{path}/{id}/dispute"), &json!({}));
    assert_eq!(missing.code(), (400, "VALIDATION_ERROR"));
    let reasons = tester.get(&format!("/v1/yativo-card/{who}/transactions/dispute-reasons"));
    assert!(reasons.data()["reasons"].as_array().is_some_and(|reasons| reasons.len() > 3));
}
