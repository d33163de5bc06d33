//! Transfers, withdrawals, and the master wallet.

use std::time::Duration;

use card_gateway_sandbox::issuer::{
    Currency, Funding, IssuerOptions, Program, ProgramSpec, SenderOptions,
};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::Tester;

const FUND: &str = "/v1/card-issuer/fund-customer";
const WITHDRAW: &str = "/v1/card-issuer/withdraw-from-card";

/// An issuer whose transfers take a minute, and a customer with 1,000.00.
fn stage() -> (Tester, Receiver, String) {
    let spec = ProgramSpec { transfer_time: Duration::from_mins(1), ..ProgramSpec::named("demo") };
    let sender = SenderOptions { concurrency: 1, ..SenderOptions::default() };
    let options = IssuerOptions { programs: vec![spec], sender, ..IssuerOptions::default() };
    let (tester, receiver) = (Tester::start(options, 100), Receiver::start());
    let who = tester.spender();
    tester.issuer.act(|program| {
        program.set_ledger(&who, 100_000).expect("a wallet");
        program.subscribe(&receiver.url, &["*"]);
    });
    (tester, receiver, who)
}

#[track_caller]
fn wait(tester: &Tester) {
    assert!(tester.issuer.wait_for_deliveries(Duration::from_secs(10)));
}

fn ledger(tester: &Tester, who: &str) -> i64 {
    let of = |program: &mut Program| program.customer(who).and_then(|found| found.wallet.clone());
    tester.issuer.act(of).expect("a wallet").ledger
}

fn currency(tester: &Tester, who: &str) -> Currency {
    tester
        .issuer
        .act(|program| program.customer(who).and_then(|found| found.currency))
        .expect("one")
}

#[test]
fn a_transfer_is_pending_and_then_arrives() {
    let (tester, receiver, who) = stage();
    let body = json!({ "yativo_card_id": who, "amount": 100, "source_chain": "SOL" });
    let answer = tester.post(FUND, &body);
    assert_eq!(
        answer.members(),
        [
            "transfer_id",
            "status",
            "source",
            "destination",
            "pricing_mode",
            "estimated_amount",
            "estimated_time"
        ]
    );
    assert!(
        answer.text.contains(r#""source":{"chain":"SOL","amount":100.00000000}"#),
        "{}",
        answer.text
    );
    let estimated = answer.data()["estimated_amount"].as_str().expect("a text");
    assert_eq!(estimated.split('.').nth(1).map(str::len), Some(6));
    let id = answer.data()["transfer_id"].as_str().expect("a name").to_owned();
    let path = format!("/v1/card-issuer/transfers/{id}");
    let pending = tester.get(&path);
    assert_eq!(pending.data()["status"], "pending");
    assert!(
        pending.data()["completed_at"].is_null()
            && pending.data()["destination"]["amount"].is_null()
    );
    assert_eq!(ledger(&tester, &who), 100_000);
    let next = tester.issuer.act(|program| program.advance_transfer(&id)).expect("the transfer");
    assert_eq!(next, "hop1_processing");
    tester.issuer.advance(Duration::from_mins(1));
    let done = tester.get(&path);
    assert_eq!(done.data()["status"], "completed");
    assert_eq!(
        done.data()["completed_at"].as_str().map(str::len),
        Some("2026-04-20T08:00:00Z".len())
    );
    let got = Currency::Usd.exchange(9_950, currency(&tester, &who));
    assert_eq!(ledger(&tester, &who), 100_000 + got);
    wait(&tester);
    assert_eq!(
        receiver.kinds(),
        ["customer.funded", "master_wallet.customer_funded", "customer.balance.updated"]
    );
    let funded = receiver.last("customer.funded");
    assert!(funded.get("yativo_card_id").is_none());
    assert_eq!((&funded["amount_minor"], &funded["transfer_id"]), (&json!(got), &json!(id)));
    let remaining = &receiver.last("master_wallet.customer_funded")["remaining_balance_minor"];
    assert_eq!(remaining, &json!(25_000_000 - 10_000));
    for path in ["transfers", "funding-history", &format!("customers/{who}/transfers")] {
        let list = tester.get(&format!("/v1/card-issuer/{path}?status=completed&limit=5"));
        assert_eq!(list.data()["transfers"][0]["transfer_id"], id.as_str(), "{path}");
        assert_eq!(list.data()["total"], 1);
    }
    let none = tester.get("/v1/card-issuer/transfers?chain=XDC");
    assert_eq!(none.data()["total"], 0);
}

#[test]
fn a_transfer_fails_and_the_master_wallet_gets_its_money_back() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| {
        let transfer = program.fund(&who, Funding::of(5_000)).expect("a transfer");
        assert_eq!(program.master.usd, 25_000_000 - 5_000);
        program.fail_transfer(&transfer.id).expect("the transfer");
        assert_eq!(program.master.usd, 25_000_000);
    });
    tester.issuer.advance(Duration::from_mins(2));
    assert_eq!(ledger(&tester, &who), 100_000);
    wait(&tester);
    assert_eq!(receiver.kinds(), ["customer.funding.failed"]);
    let event = receiver.last("customer.funding.failed");
    assert!(event.get("transfer_id").is_none() && event.get("reason").is_none());
}

#[test]
fn each_reason_not_to_fund_has_its_code() {
    let (tester, _receiver, who) = stage();
    let send = |change: &[(&str, Value)]| {
        let mut body = json!({ "yativo_card_id": who, "amount": 100, "source_chain": "SOL" });
        for (name, value) in change {
            body[*name] = value.clone();
        }
        tester.post(FUND, &body)
    };
    assert_eq!(send(&[("yativo_card_id", json!(null))]).code(), (400, "MISSING_IDENTIFIER"));
    assert_eq!(send(&[("email", json!("a@example.com"))]).code(), (400, "MISSING_IDENTIFIER"));
    assert_eq!(send(&[("yativo_card_id", json!("nobody"))]).code(), (404, "CUSTOMER_NOT_FOUND"));
    for amount in [json!(4.99), json!(-5), json!("x"), json!(null), json!(10.001)] {
        assert_eq!(send(&[("amount", amount)]).code(), (400, "VALIDATION_ERROR"));
    }
    assert_eq!(send(&[("source_chain", json!("BTC"))]).code(), (400, "VALIDATION_ERROR"));
    assert_eq!(send(&[("pricing_mode", json!("x"))]).code(), (400, "VALIDATION_ERROR"));
    let (mine, other) = if currency(&tester, &who) == Currency::Gbp {
        ("GBP", "EUR")
    } else {
        (currency(&tester, &who).code(), "GBP")
    };
    let wrong = send(&[("destination_token", json!(other))]);
    assert_eq!(wrong.code(), (400, "TOKEN_MISMATCH"));
    assert_eq!(
        (&wrong.body["required_token"], &wrong.body["requested_token"]),
        (&json!(mine), &json!(other))
    );
    assert_eq!(
        send(&[("destination_token", json!(mine)), ("pricing_mode", json!("receive_x"))]).status,
        200
    );
    assert_eq!(send(&[("amount", json!(60_000))]).code(), (400, "DAILY_LIMIT_EXCEEDED"));
    let without = tester.issuer.act(|program| {
        let found = program.customers().find(|customer| customer.wallet.is_none());
        found.expect("there is one").yativo_card_id.clone()
    });
    assert_eq!(send(&[("yativo_card_id", json!(without))]).code(), (400, "SAFE_NOT_DEPLOYED"));
    assert_eq!(tester.issuer.act(|program| program.payments().len()), 1);
}

#[test]
fn an_idempotency_key_counts_only_where_the_program_says_so() {
    let (tester, _receiver, who) = stage();
    let send = || {
        let body = json!({ "yativo_card_id": who, "amount": 10, "source_chain": "SOL" });
        let request =
            tester.request("POST", FUND).header("Idempotency-Key", "k").body(body.to_string());
        request.send().expect("an answer").text().expect("a text")
    };
    assert_ne!(send(), send());
    tester.issuer.act(|program| program.spec.honours_idempotency = true);
    assert_eq!(send(), send());
    assert_eq!(tester.issuer.act(|program| program.payments().len()), 3);
}

#[test]
fn a_withdrawal_freezes_the_card_until_it_settles() {
    let (tester, receiver, who) = stage();
    let answer = tester.post(WITHDRAW, &json!({ "id": who, "amount": 50.25 }));
    assert_eq!(
        answer.members(),
        [
            "withdrawal_id",
            "yativo_card_id",
            "amount",
            "amount_minor",
            "currency",
            "status",
            "message",
            "estimated_settlement_at"
        ]
    );
    assert_eq!(
        (&answer.data()["amount_minor"], &answer.data()["status"]),
        (&json!(5_025), &json!("initiated"))
    );
    let frozen = || {
        let page = tester.get(&format!("/v1/card-issuer/customers/{who}"));
        page.data()["cards"][0]["is_frozen"] == true
    };
    assert!(frozen());
    assert_eq!(ledger(&tester, &who), 100_000);
    tester.issuer.advance(Duration::from_mins(3));
    assert!(!frozen());
    assert_eq!(ledger(&tester, &who), 100_000 - 5_025);
    wait(&tester);
    assert_eq!(
        receiver.kinds(),
        [
            "card.withdrawal.initiated",
            "card.frozen",
            "card.withdrawal.settled",
            "master_wallet.withdrawal",
            "master_wallet.deposit",
            "customer.balance.updated",
            "card.unfrozen"
        ]
    );
    let settled = receiver.last("card.withdrawal.settled");
    assert_eq!((&settled["status"], &settled["amount_minor"]), (&json!("settled"), &json!(5_025)));
    assert!(settled["tx_hash"].is_string() && settled["settled_at"].is_string());
    let returned = receiver.last("master_wallet.deposit");
    assert_eq!(
        (&returned["withdrawal_id"], &returned["deposit_amount_minor"]),
        (&settled["withdrawal_id"], &json!(5_025))
    );
}

#[test]
fn a_withdrawal_can_fail() {
    let (tester, receiver, who) = stage();
    tester.issuer.act(|program| {
        let withdrawal = program.withdraw(&who, 100).expect("a withdrawal");
        program.fail_withdrawal(&withdrawal.id).expect("the withdrawal");
        program.settle_withdrawal(&withdrawal.id).expect("too late, which changes nothing");
    });
    assert_eq!(ledger(&tester, &who), 100_000);
    wait(&tester);
    assert!(receiver.last("card.withdrawal.failed")["reason"].is_string());
}

#[test]
fn each_reason_not_to_withdraw_has_its_code() {
    let (tester, _receiver, who) = stage();
    let send =
        |id: &str, amount: Value| tester.post(WITHDRAW, &json!({ "id": id, "amount": amount }));
    assert_eq!(send("nobody", json!(1)).code(), (404, "CUSTOMER_NOT_FOUND"));
    assert_eq!(send(&who, json!(0)).code(), (400, "VALIDATION_ERROR"));
    assert_eq!(tester.post(WITHDRAW, &json!({ "amount": 1 })).code(), (400, "VALIDATION_ERROR"));
    let poor = send(&who, json!(5_000));
    assert_eq!(poor.code(), (400, "INSUFFICIENT_BALANCE"));
    assert!(
        poor.body["available_minor"].as_i64() <= Some(100_000) && poor.body["currency"].is_string()
    );
    let (email, several) = tester.issuer.act(|program| {
        let several =
            program.customers().find(|found| found.cards_count() > 1 && found.wallet.is_some());
        let several = several.expect("there is one");
        (several.email.clone(), several.yativo_card_id.clone())
    });
    tester.issuer.act(|program| program.set_ledger(&several, 1_000)).expect("a wallet");
    assert_eq!(send(&email, json!(1)).code(), (422, "MULTIPLE_CARDS"));
    assert_eq!(send(&several, json!(1)).status, 200);
    tester
        .issuer
        .act(|program| program.set_external_id(&several, Some("usr_same")))
        .expect("there");
    tester.issuer.act(|program| program.set_external_id(&who, Some("usr_same"))).expect("there");
    assert_eq!(send("usr_same", json!(1)).code(), (422, "AMBIGUOUS_CUSTOMER"));
}

#[test]
fn the_master_wallet_is_shown_swapped_and_paid_into() {
    let (tester, receiver, _) = stage();
    let wallets = tester.get("/v1/card-issuer/master-wallets");
    assert_eq!(wallets.data()["wallets"].as_object().map(serde_json::Map::len), Some(5));
    let body = json!({ "from_token": "USDC", "to_token": "EUR", "amount": 100 });
    let swap = |body: &Value| tester.post("/v1/card-issuer/master-wallets/swap", body);
    let outputs = [swap(&body), swap(&body)].map(|answer| {
        assert_eq!(
            answer.members(),
            [
                "swap_id",
                "status",
                "from_token",
                "to_token",
                "amount",
                "expected_output",
                "fee_amount",
                "estimated_time"
            ]
        );
        answer.data()["expected_output"].clone()
    });
    // A number on one page, a text on the other.
    assert!(outputs[0].is_number() && outputs[1].is_string());
    assert_eq!(outputs[1], "91.81");
    let master = tester.issuer.act(|program| program.master);
    assert_eq!((master.usd, master.eur), (25_000_000 - 20_000, 25_000_000 + 2 * 9_181));
    let huge = json!({ "from_token": "GBP", "to_token": "EUR", "amount": 10_000_000 });
    assert_eq!(swap(&huge).code(), (400, "INSUFFICIENT_BALANCE"));
    let same = json!({ "from_token": "EUR", "to_token": "EURe", "amount": 1 });
    assert_eq!(swap(&same).code(), (400, "VALIDATION_ERROR"));
    let deposit = tester.issuer.act(|program| program.master_deposit("XDC", 100_000));
    let list = tester.get("/v1/card-issuer/deposits?status=awaiting_manual&chain=XDC");
    let item = &list.data()["deposits"][0];
    assert_eq!((&item["id"], &item["can_fund"]), (&json!(deposit.id), &json!(true)));
    let path = format!("/v1/card-issuer/deposits/{}/fund", deposit.id);
    let funded = tester.post(&path, &json!({ "destination_token": "GBP" }));
    assert_eq!(funded.data()["funding_status"], "funded");
    assert_eq!(tester.post(&path, &json!({})).code(), (400, "DEPOSIT_NOT_FUNDABLE"));
    assert_eq!(tester.issuer.act(|program| program.master.gbp), 25_000_000 + 78_921);
    let addresses = tester.get("/v1/card-issuer/funding-addresses");
    assert_eq!(addresses.data()["addresses"].as_array().map(Vec::len), Some(2));
    wait(&tester);
    let kinds = receiver.kinds();
    assert_eq!(kinds.iter().filter(|kind| *kind == "master_wallet.swap").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "master_wallet.deposit").count(), 2);
    assert_eq!(receiver.last("master_wallet.deposit")["deposit_amount_minor"], 78_921);
}
