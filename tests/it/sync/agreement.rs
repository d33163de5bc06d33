//! After any changes at the issuer and a pass, or its webhooks, both sides say the same.

use std::time::Duration;

use card_gateway_sandbox::issuer::{CardKind, Program, Purchase};
use serde_json::{Value, json};

use super::details::pages;
use super::world::World;
use crate::support::issuer::within;
use crate::support::{Gateway, on_both};

/// What can happen, and of what the issuer sends no event and shows nothing in its list.
const CHANGES: u8 = 13;
const SILENT: u8 = 12;

/// One random change. Those that cannot be at present do nothing.
fn change(program: &mut Program, rng: &mut fastrand::Rng, changes: u8) {
    let names: Vec<String> =
        program.customers().map(|customer| customer.yativo_card_id.clone()).collect();
    let Some(name) = rng.choice(&names) else { return };
    // What was stolen or is void stays so.
    let usable: Vec<String> = program.customer(name).map_or_else(Vec::new, |customer| {
        let usable = customer.cards.iter().filter(|card| !card.is_void());
        usable.map(|card| card.id.to_string()).collect()
    });
    let card = rng.choice(usable);
    let number = rng.u32(..);
    match (rng.u8(0..changes), card) {
        (0, _) => drop(program.set_email(name, &format!("mail{number}@example.com"))),
        (1, _) => drop(program.set_external_id(name, Some(&format!("usr_new_{number}")))),
        (2, _) => drop(program.set_external_id(name, None)),
        (SILENT, _) => drop(program.set_kyc(name, "expired")),
        (4, _) => drop(program.vanish(name)),
        (5, _) => {
            let gone: Vec<String> =
                program.gone().map(|customer| customer.yativo_card_id.clone()).collect();
            if let Some(name) = rng.choice(gone) {
                drop(program.reappear(&name));
            }
        }
        (6, _) => program.insert_at_front(1),
        (7, _) => program.reorder(u64::from(number)),
        (8, _) => drop(program.create_card(name, CardKind::Virtual)),
        (9, Some(card)) => drop(program.freeze(name, &card)),
        (10, Some(card)) => drop(program.lose(name, &card)),
        (_, _) => {
            if let Ok(key) = program.authorize(name, Purchase::of(i64::from(rng.u16(1..500)))) {
                drop(program.settle(key, None));
            }
        }
    }
}

const QUERY: &str = "query ($id: ID!) { cardCustomer(identifier: $id) {
    externalCustomerId email kycStatus currency safeDeployed issuerFlowStatus
    ledgerBalance availableBalance pendingBalance balanceFreshness balanceUpdatedAt
    cardsCount pinSet createdAt
    cards { cardId lastFour cardType isFrozen isLost isStolen isBlocked isVoid pinSet activatedAt createdAt }
} }";

/// The customer's own page at the issuer, as GraphQL has to show it.
fn as_graphql(page: &Value) -> Value {
    let word = |word: &Value| word.as_str().map(str::to_uppercase);
    let amount = |minor: &Value| {
        let minor = minor.as_i64()?;
        Some(format!("{}.{:02}", minor / 100, minor % 100))
    };
    let cards = page["cards"].as_array().into_iter().flatten().map(|card| {
        json!({ "cardId": card["card_id"], "lastFour": card["last_four"],
            "cardType": word(&card["card_type"]), "isFrozen": card["is_frozen"],
            "isLost": card["is_lost"], "isStolen": card["is_stolen"],
            "isBlocked": card["is_blocked"], "isVoid": card["is_void"],
            "pinSet": card["pin_set"], "activatedAt": card["activated_at"],
            "createdAt": card["created_at"] })
    });
    json!({
        "externalCustomerId": page["external_id"], "email": page["email"],
        "kycStatus": word(&page["kyc_status"]), "currency": page["currency"],
        "safeDeployed": page["safe_deployed"], "issuerFlowStatus": page["flow_status"],
        "ledgerBalance": amount(&page["ledger_balance_minor"]),
        "availableBalance": amount(&page["available_balance_minor"]),
        "pendingBalance": amount(&page["pending_balance_minor"]),
        "balanceFreshness": word(&page["balance_freshness"]),
        "balanceUpdatedAt": page["balance_updated_at"], "cardsCount": page["cards_count"],
        "pinSet": page["pin_set"], "createdAt": page["created_at"],
        "cards": sorted(cards.collect()),
    })
}

/// Cards by their identifiers: the issuer does not document an order.
fn sorted(mut cards: Vec<Value>) -> Value {
    cards.sort_by_key(|card| card["cardId"].to_string());
    cards.into()
}

/// A customer by GraphQL, and as the issuer's answer has to be shown there.
fn by_graphql(world: &World, gateway: &Gateway, token: &str, name: &str) -> [Value; 2] {
    let there = world.get_from_issuer(&format!("/v1/card-issuer/customers/{name}"));
    let answer = gateway.query_with(token, QUERY, &json!({ "id": name }));
    let mut here = answer.data()["cardCustomer"].take();
    if let Some(cards) = here["cards"].as_array() {
        here["cards"] = sorted(cards.clone());
    }
    let mut there = as_graphql(&there["data"]);
    // The issuer dates live balances alone; the gateway says when it learnt of others.
    if there["balanceFreshness"] == "ON_CHAIN" {
        for side in [&mut there, &mut here] {
            side["balanceUpdatedAt"] = Value::Null;
        }
    }
    [there, here]
}

/// Whether both sides say the same of every customer who is there.
fn agree(world: &World, gateway: &Gateway, token: &str) -> Result<(), String> {
    let here: Vec<String> = world.at_gateway(gateway).into_keys().collect();
    let mut there = world.names();
    there.sort();
    if here != there {
        return Err(format!("{} customers here, {} there", here.len(), there.len()));
    }
    for name in there {
        let by_rest = pages(world, gateway, token, &name);
        for [there, here] in [by_rest, by_graphql(world, gateway, token, &name)] {
            if here != there {
                return Err(format!("{name}: {here:#}\nis not\n{there:#}"));
            }
        }
    }
    Ok(())
}

on_both! {
    fn after_changes_and_a_pass(database) {
        let world = World::new(database, 40);
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let mut rng = fastrand::Rng::with_seed(11);
        for round in 0..8 {
            for _ in 0..rng.usize(1..25) {
                world.issuer.act(|program| change(program, &mut rng, CHANGES));
            }
            world.sync_with(&["--details", "all"]);
            if let Err(what) = agree(&world, &gateway, &token) {
                panic!("round {round}: {what}");
            }
        }
    }

    fn after_changes_with_webhooks(database) {
        let world = World::new(database, 30);
        let subscription =
            world.issuer.act(|program| program.subscribe("http://127.0.0.1:9", &["*"]));
        let secret = ("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", subscription.secret.as_str());
        let gateway =
            world.serve_with(&[("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "1s"), secret]);
        let url = format!("{}/webhooks/yativo/acme", gateway.host);
        world.send_webhooks_to(&subscription.id, &url);
        let token = world.database.token("acme");
        let agreed = |time| within(time, || agree(&world, &gateway, &token).is_ok());
        assert!(agreed(Duration::from_secs(30)), "{:?}", agree(&world, &gateway, &token));
        let mut rng = fastrand::Rng::with_seed(12);
        for round in 0..4 {
            for _ in 0..rng.usize(1..15) {
                world.issuer.act(|program| change(program, &mut rng, SILENT));
            }
            let agreed = agreed(Duration::from_secs(40));
            assert!(agreed, "round {round}: {:?}", agree(&world, &gateway, &token));
        }
    }
}
