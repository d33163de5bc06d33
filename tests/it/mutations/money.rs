//! Payments.

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::{done, mutate, refused};
use crate::issuer_routes::world::{World, token};
use crate::support::{Database, on_both};

const FUND: &str = "POST /v1/card-issuer/fund-customer";
const WITHDRAW: &str = "POST /v1/card-issuer/withdraw-from-card";
const PAID: &str = "clientMutationId cardFunding { id type status amount currency sourceChain pricingMode issuerId issuerCode customerId } cardCustomer { id availableBalance cards { status } }";

fn funding(name: &str, amount: &str, key: &str) -> Value {
    json!({ "identifier": name, "amount": amount, "sourceChain": "SOL", "idempotencyKey": key, "clientMutationId": "m" })
}

on_both! {
    fn a_customer_is_funded_once_per_key(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let input = funding(&holder.name, "12.50", "order-1");
        let first = done(&gateway, &token, "fundCardCustomer", &input, PAID);
        let paid = &first["cardFunding"];
        assert_eq!((&paid["type"], &paid["status"], &paid["amount"], &paid["currency"]), (&json!("FUNDING"), &json!("SUCCEEDED"), &json!("12.50"), &json!("USD")));
        assert_eq!((&paid["sourceChain"], &paid["pricingMode"], &first["clientMutationId"]), (&json!("SOL"), &json!("SEND_X"), &json!("m")));
        assert_eq!(paid["customerId"], first["cardCustomer"]["id"]);
        assert!(first["cardCustomer"]["availableBalance"].is_string(), "{first}");
        let again = done(&gateway, &token, "fundCardCustomer", &input, PAID);
        assert_eq!(again["cardFunding"], *paid);
        assert_eq!(world.issuer.take_calls().of(FUND), 1);
        let known = gateway.query(&token, &format!("{{ cardFunding(id: {}) {{ issuerId }} }}", paid["id"])).data();
        assert_eq!(known["cardFunding"]["issuerId"], paid["issuerId"]);
        let other = refused(&gateway, &token, "fundCardCustomer", &funding(&holder.name, "13", "order-1"));
        assert_eq!(other.0, "CONFLICT");
        assert_eq!(world.issuer.take_calls().of(FUND), 0);
    }

    fn money_is_taken_back_from_a_card(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        world.issuer.act(|program| program.set_ledger(&holder.name, 100_000)).expect("a wallet");
        let input = json!({ "identifier": holder.name, "amount": "5", "idempotencyKey": "back-1" });
        let payload = done(&gateway, &token, "withdrawFromCard", &input, PAID);
        let paid = &payload["cardFunding"];
        assert_eq!((&paid["type"], &paid["amount"], &paid["sourceChain"]), (&json!("WITHDRAWAL"), &json!("5.00"), &json!(null)));
        // The card is frozen while the issuer takes the money.
        assert_eq!(payload["cardCustomer"]["cards"][0]["status"], "FROZEN");
        done(&gateway, &token, "withdrawFromCard", &input, PAID);
        assert_eq!(world.issuer.take_calls().of(WITHDRAW), 1);
        let much = json!({ "identifier": holder.name, "amount": "999999", "idempotencyKey": "back-2" });
        let refusal = refused(&gateway, &token, "withdrawFromCard", &much);
        assert_eq!(refusal.0, "ISSUER_REJECTED", "{refusal:?}");
    }

    fn what_is_wrong_is_refused_before_money_moves(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let with = |field: &str, value: Value| {
            let mut input = funding(&holder.name, "10", "k");
            input[field] = value;
            input
        };
        for (input, code, issuer_code) in [
            (with("amount", json!("4.99")), "BAD_USER_INPUT", Value::Null),
            (with("amount", json!("-10")), "BAD_USER_INPUT", Value::Null),
            (with("idempotencyKey", json!("")), "BAD_USER_INPUT", Value::Null),
            (with("idempotencyKey", json!("a b")), "BAD_USER_INPUT", Value::Null),
            (with("identifier", json!("")), "BAD_USER_INPUT", Value::Null),
            (with("identifier", json!("nobody")), "NOT_FOUND", Value::Null),
        ] {
            let refusal = refused(&gateway, &token, "fundCardCustomer", &input);
            assert_eq!((refusal.0.as_str(), &refusal.1), (code, &issuer_code), "{input}: {refusal:?}");
        }
        assert_eq!(world.issuer.take_calls().of(FUND), 0);
    }

    fn another_programs_customer_and_key_are_unknown(database) {
        let world = World::synchronised(database);
        let gateway = world.serve();
        let (acme, globex) = (world.token("acme"), world.token("globex"));
        let (ours, theirs) = (world.holder("acme"), world.holder("globex"));
        let refusal = refused(&gateway, &acme, "fundCardCustomer", &funding(&theirs.name, "10", "k"));
        assert_eq!(refusal.0, "NOT_FOUND");
        let mine = done(&gateway, &acme, "fundCardCustomer", &funding(&ours.name, "10", "k"), PAID);
        let other = done(&gateway, &globex, "fundCardCustomer", &funding(&theirs.name, "10", "k"), PAID);
        assert_ne!(mine["cardFunding"]["id"], other["cardFunding"]["id"]);
        let query = format!("{{ cardFunding(id: {}) {{ id }} }}", mine["cardFunding"]["id"]);
        assert_eq!(gateway.query(&globex, &query).data(), json!({ "cardFunding": null }));
    }
}

#[test]
fn a_lost_answer_says_that_the_payment_may_have_been_made() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    world.issuer.add_fault(FaultRule::on(FUND, Fault::lost_answer()).once());
    let input = funding(&holder.name, "10", "order-1");
    let answer = mutate(&gateway, &token, "fundCardCustomer", &input, PAID);
    assert_eq!(answer.code(), "TIMEOUT", "{}", answer.text);
    assert!(answer.text.contains("the payment may have been made"), "{}", answer.text);
    let again = mutate(&gateway, &token, "fundCardCustomer", &input, PAID);
    assert!(matches!(again.code().as_str(), "CONFLICT" | ""), "{}", again.text);
    assert_eq!(world.issuer.take_calls().of(FUND), 1);
}

#[test]
fn without_a_connection_nothing_is_paid() {
    let database = Database::sqlite();
    database.program_with("acme", &[crate::support::Line::new(1).with("currency", "EUR")]);
    let gateway = database.serve();
    let token = token(&database, "acme", &["money"]);
    let refusal = refused(&gateway, &token, "fundCardCustomer", &funding("usr_1", "10", "k"));
    assert!(
        matches!(refusal.0.as_str(), "UPSTREAM_UNAVAILABLE" | "ISSUER_REJECTED"),
        "{refusal:?}"
    );
}
