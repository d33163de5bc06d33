//! Cards of customers, their wallet, and limits.

use std::time::Duration;

use card_gateway_sandbox::issuer::{CardKind, Program};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::Tester;

/// A customer with one virtual card that works; the customer's path, the card.
fn stage() -> (Tester, Receiver, String, String) {
    let (tester, receiver) = (Tester::with(100), Receiver::start());
    let who = tester.spender();
    let card = tester.issuer.act(|program| {
        program.subscribe(&receiver.url, &["*"]);
        let customer = program.customer(&who).expect("the customer");
        assert_eq!(customer.cards[0].kind, CardKind::Virtual);
        customer.cards[0].id.to_string()
    });
    (tester, receiver, format!("/v1/yativo-card/customers/{who}"), card)
}

#[track_caller]
fn wait(tester: &Tester) {
    assert!(tester.issuer.wait_for_deliveries(Duration::from_secs(10)));
}

#[test]
fn a_card_is_frozen_and_works_again() {
    let (tester, receiver, path, card) = stage();
    let frozen = tester.post(&format!("{path}/cards/{card}/freeze"), &json!({}));
    assert_eq!(frozen.members(), ["yativo_card_id", "card_id", "is_frozen", "frozen_at"]);
    let cards = tester.get(&format!("{path}/cards"));
    assert_eq!(cards.members(), ["yativo_card_id", "cards", "total"]);
    let shown = &cards.data()["cards"][0];
    assert_eq!((&shown["status_name"], &shown["is_frozen"]), (&json!("Frozen"), &json!(true)));
    assert!(shown["holder_name"].is_null() && shown["last_four_digits"].is_string());
    let thawed = tester.post(&format!("{path}/cards/{card}/unfreeze"), &json!({}));
    assert_eq!(thawed.members(), ["yativo_card_id", "card_id", "is_frozen", "unfrozen_at"]);
    wait(&tester);
    assert_eq!(receiver.last("card.frozen")["status"], "Frozen");
    let event = receiver.last("card.unfrozen");
    assert_eq!(event["status"], "active");
    assert_ne!(event["card_id"], card.as_str());
}

#[test]
fn a_card_ends_in_each_documented_way() {
    let (tester, receiver, path, card) = stage();
    let send = |what: &str| tester.post(&format!("{path}/cards/{card}/{what}"), &json!({}));
    assert_eq!(send("lost").members(), ["yativo_card_id", "card_id", "is_lost", "reported_at"]);
    assert_eq!(send("lost").code(), (409, "CARD_ALREADY_LOST"));
    assert_eq!(send("freeze").code(), (422, "CARD_NOT_ACTIVE"));
    assert_eq!(send("stolen").members(), ["yativo_card_id", "card_id", "is_stolen", "reported_at"]);
    assert_eq!(send("stolen").code(), (409, "CARD_ALREADY_STOLEN"));
    // A stolen card is void already.
    assert_eq!(send("void").code(), (422, "CARD_ALREADY_VOIDED"));
    wait(&tester);
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds, ["card.lost", "card.stolen"]);
    let who = path.rsplit('/').next().expect("a name");
    let page = tester.get(&format!("/v1/card-issuer/customers/{who}"));
    assert_eq!(page.data()["cards_count"], 0);
    let shown = &page.data()["cards"][0];
    assert_eq!(
        (&shown["status"], &shown["is_void"], &shown["is_stolen"]),
        (&json!("voided"), &json!(true), &json!(true))
    );
}

#[test]
fn only_virtual_cards_can_be_voided() {
    let (tester, receiver, path, card) = stage();
    let who = path.rsplit('/').next().expect("a name").to_owned();
    let physical = tester.issuer.act(|program| program.create_card(&who, CardKind::Physical));
    let physical = physical.expect("the customer").id.to_string();
    let send = |card: &str| tester.post(&format!("{path}/cards/{card}/void"), &json!({}));
    assert_eq!(send(&physical).code(), (422, "VIRTUAL_CARD_ONLY"));
    assert_eq!(send(&card).members(), ["yativo_card_id", "card_id", "is_void", "voided_at"]);
    assert_eq!(send(&card).code(), (422, "CARD_ALREADY_VOIDED"));
    assert_eq!(send("nothing").code(), (404, "CARD_NOT_FOUND"));
    wait(&tester);
    let created = receiver.last("card.created");
    assert!(
        created["type"].is_null()
            && created["status"].is_null()
            && created.get("last_four").is_none()
    );
    // The new card can be looked up by its name.
    let found = tester.get(&format!("/v1/card-issuer/lookup-customer?card_id={physical}"));
    assert_eq!(found.data()["yativo_card_id"], who.as_str());
}

#[test]
fn what_happens_to_cards_elsewhere_is_told_by_events() {
    let (tester, receiver, path, card) = stage();
    let who = path.rsplit('/').next().expect("a name").to_owned();
    tester.issuer.act(|program: &mut Program| {
        program.activate(&who, &card).expect("the card");
        program.set_pin(&who, &card).expect("the card");
        program.deactivate(&who, &card).expect("the card");
        program.cancel(&who, &card).expect("the card");
    });
    wait(&tester);
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(
        kinds,
        ["card.activated", "card.cancelled", "card.deactivated", "physical.card.pin.changed"]
    );
    assert!(receiver.last("card.activated").get("status").is_none());
    let page = tester.get(&format!("/v1/card-issuer/customers/{who}"));
    assert_eq!(page.data()["pin_set"], true);
}

#[test]
fn all_cards_are_listed_with_filters() {
    let (tester, _receiver, path, card) = stage();
    let who = path.rsplit('/').next().expect("a name");
    let all = tester.get("/v1/yativo-card/customers/cards?limit=100");
    assert!(all.data()["total"].as_u64() > Some(50));
    let one = tester.get(&format!("/v1/yativo-card/customers/cards?customer_id={who}"));
    assert_eq!(
        (&one.data()["total"], &one.data()["cards"][0]["card_id"]),
        (&json!(1), &json!(card))
    );
    let frozen = tester.get("/v1/yativo-card/customers/cards?status=frozen&limit=100");
    assert!(frozen.data()["total"].as_u64() < all.data()["total"].as_u64());
}

#[test]
fn the_hosted_page_of_a_card_has_an_address_for_a_while() {
    let (tester, _receiver, path, card) = stage();
    let send = |body: &Value| tester.post(&format!("{path}/cards/{card}/view-token"), body);
    let answer = send(&json!({ "enabled_views": ["data"] }));
    assert_eq!(answer.data()["secure_view_url"], answer.data()["url"]);
    assert_eq!(answer.data()["enabled_views"], json!(["data"]));
    assert_ne!(send(&json!({})).data()["url"], answer.data()["url"]);
    assert_eq!(send(&json!({ "enabled_views": ["cvv"] })).code(), (400, "VALIDATION_ERROR"));
    assert_eq!(send(&json!({ "require_access_code": true })).code(), (400, "VALIDATION_ERROR"));
}

#[test]
fn the_wallet_has_an_address_and_limits() {
    let (tester, _receiver, path, _) = stage();
    let wallet = tester.get(&format!("{path}/wallet"));
    assert_eq!(wallet.data()["wallet_ready"], true);
    let address = wallet.data()["funding_address"]["address"].as_str().expect("an address");
    assert_eq!(address.len(), 42);
    let funding = tester.get(&format!("{path}/wallet/funding-address"));
    assert_eq!(funding.data()["address"], address);
    let limit =
        || tester.get(&format!("{path}/wallet/limits")).data()["limits"]["daily"]["limit"].clone();
    assert_eq!(limit(), json!(5_000.0));
    let answer =
        tester.send("PUT", &format!("{path}/wallet/limits"), &json!({ "dailyLimit": 750.5 }));
    assert_eq!(answer.data()["delay_seconds"], 180);
    assert_eq!(limit(), json!(5_000.0));
    tester.issuer.advance(Duration::from_mins(3));
    assert_eq!(limit(), json!(750.5));
    let bad = tester.send("PUT", &format!("{path}/wallet/limits"), &json!({ "dailyLimit": -1 }));
    assert_eq!(bad.code(), (400, "VALIDATION_ERROR"));
}

#[test]
fn the_number_of_cards_is_limited() {
    let (tester, _receiver, path, _) = stage();
    assert_eq!(
        tester.post(&format!("{path}/cards/virtual"), &json!({})).code(),
        (403, "VIRTUAL_CARD_LIMIT_REACHED")
    );
    let patch = |body: &Value| tester.send("PATCH", &format!("{path}/card-limits"), body);
    assert_eq!(patch(&json!({})).code(), (400, "NO_CHANGES"));
    for limit in [json!(6), json!("many"), json!(-1)] {
        assert_eq!(patch(&json!({ "max_virtual": limit })).code(), (400, "LIMIT_EXCEEDS_PROGRAM"));
    }
    let answer = patch(&json!({ "max_virtual": 2 }));
    assert_eq!(
        answer.data()["card_limits"],
        json!({ "max_virtual": 2, "max_physical": 1, "max_total": 2 })
    );
    let created = tester.post(&format!("{path}/cards/virtual"), &json!({}));
    assert_eq!(created.status, 201);
    assert_eq!(
        created.members(),
        [
            "yativo_card_id",
            "card_id",
            "card_type",
            "status",
            "status_code",
            "status_name",
            "activated_at",
            "total_cards",
            "funding_wallet"
        ]
    );
    let missing = tester.send(
        "PATCH",
        "/v1/yativo-card/customers/nobody/card-limits",
        &json!({ "max_total": 1 }),
    );
    assert_eq!(missing.code(), (404, "NOT_FOUND"));
    let program = tester.issuer.act(|program| program.id.clone());
    let admin = |body: &Value| {
        tester.send("PATCH", &format!("/v1/card-issuer/admin/{program}/card-limits"), body)
    };
    assert_eq!(admin(&json!({ "max_total_per_customer": 6 })).code(), (400, "INVALID_LIMIT"));
    assert_eq!(admin(&json!({})).code(), (400, "NO_CHANGES"));
    let answer = admin(&json!({ "max_total_per_customer": 3 }));
    assert_eq!(answer.data()["card_limits"]["max_total_per_customer"], 3);
}

#[test]
fn the_hosted_page_has_a_style() {
    let (tester, ..) = stage();
    let path = "/v1/card-issuer/pse-customization";
    assert_eq!(tester.get(path).data()["custom_css"], "");
    let put = |css: &str| tester.send("PUT", path, &json!({ "custom_css": css }));
    assert_eq!(put("body { color: teal }").status, 200);
    assert_eq!(tester.get(path).data()["custom_css"], "body { color: teal }");
    assert_eq!(put(&"x".repeat(51_201)).code(), (400, "VALIDATION_ERROR"));
    assert_eq!(put("").data()["custom_css"], "");
}
