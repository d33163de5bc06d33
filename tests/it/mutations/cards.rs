//! Mutations of cards.

use serde_json::{Value, json};

use super::{done, mutate, refused};
use crate::issuer_routes::world::World;
use crate::support::on_both;

const CARD: &str = "clientMutationId card { cardId status isFrozen isLost isStolen isVoid } cardCustomer { cardsCount cards { cardId status } }";

/// All names by which a customer is known.
fn names(gateway: &crate::support::Gateway, token: &str, name: &str) -> Vec<Value> {
    let query = "query($i: ID!) { cardCustomer(identifier: $i) { id yativoCardId externalCustomerId email } }";
    let one = gateway.query_with(token, query, &json!({ "i": name })).data()["cardCustomer"].take();
    let all = ["id", "yativoCardId", "externalCustomerId", "email"].map(|of| one[of].clone());
    all.into_iter().filter(Value::is_string).collect()
}

on_both! {
    fn each_mutation_shows_the_card_as_it_is_afterwards(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let input = json!({ "identifier": holder.name, "cardId": holder.card, "clientMutationId": "m1" });
        for (name, status, frozen) in [("freezeCard", "FROZEN", true), ("unfreezeCard", "ACTIVE", false)] {
            let payload = done(&gateway, &token, name, &input, CARD);
            assert_eq!(payload["clientMutationId"], "m1");
            assert_eq!(payload["card"]["cardId"], *holder.card);
            assert_eq!((&payload["card"]["status"], &payload["card"]["isFrozen"]), (&json!(status), &json!(frozen)));
            assert_eq!(payload["cardCustomer"]["cards"][0]["status"], status);
        }
        let mut lost = input.clone();
        lost["reason"] = json!("LOST");
        let payload = done(&gateway, &token, "reportCard", &lost, CARD);
        assert_eq!((&payload["card"]["status"], &payload["card"]["isLost"]), (&json!("LOST"), &json!(true)));
        let again = refused(&gateway, &token, "reportCard", &lost);
        assert_eq!((again.0.as_str(), again.1), ("ISSUER_REJECTED", json!("CARD_ALREADY_LOST")));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn a_card_is_voided_and_another_one_created(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let customer = json!({ "identifier": holder.name });
        let card = json!({ "identifier": holder.name, "cardId": holder.card });
        let full = refused(&gateway, &token, "createVirtualCard", &customer);
        assert_eq!((full.0.as_str(), full.1), ("ISSUER_REJECTED", json!("VIRTUAL_CARD_LIMIT_REACHED")));
        let payload = done(&gateway, &token, "voidCard", &card, CARD);
        assert_eq!((&payload["card"]["status"], &payload["cardCustomer"]["cardsCount"]), (&json!("VOIDED"), &json!(0)));
        let again = refused(&gateway, &token, "voidCard", &card);
        assert_eq!(again.1, "CARD_ALREADY_VOIDED");
        let payload = done(&gateway, &token, "createVirtualCard", &customer, CARD);
        let created = payload["card"].clone();
        assert_eq!((&created["status"], &payload["cardCustomer"]["cardsCount"]), (&json!("ACTIVE"), &json!(1)));
        assert_ne!(created["cardId"], *holder.card);
        let stolen = json!({ "identifier": holder.name, "cardId": created["cardId"], "reason": "STOLEN" });
        let payload = done(&gateway, &token, "reportCard", &stolen, CARD);
        assert_eq!((&payload["card"]["isStolen"], &payload["card"]["isVoid"]), (&json!(true), &json!(true)));
    }

    fn the_customer_is_named_in_any_way_and_the_issuer_asked_in_one(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let all = names(&gateway, &token, &holder.name);
        assert!(all.len() >= 3, "{all:?}");
        for (at, name) in all.iter().enumerate() {
            let mutation = if at % 2 == 0 { "freezeCard" } else { "unfreezeCard" };
            let input = json!({ "identifier": name, "cardId": holder.card });
            let payload = done(&gateway, &token, mutation, &input, "card { isFrozen }");
            assert_eq!(payload["card"]["isFrozen"], at % 2 == 0, "{name}");
        }
    }

    fn each_mutation_of_a_request_shows_the_state_after_itself(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let query = "mutation($f: FreezeCardInput!, $u: UnfreezeCardInput!, $n: Boolean!) {
            a: freezeCard(input: $f) { card { status } cardCustomer { id cards { status } } }
            b: unfreezeCard(input: $u) { cardCustomer { cards { status } } card { status } }
            not: freezeCard(input: $f) @include(if: $n) { card { status } }
            c: freezeCard(input: $f) { card { status } } }";
        let input = json!({ "identifier": holder.name, "cardId": holder.card });
        let answer = gateway.query_with(&token, query, &json!({ "f": input, "u": input, "n": false }));
        let data = answer.data();
        let of = |status: &str| json!([{ "status": status }]);
        assert_eq!((&data["a"]["card"]["status"], &data["a"]["cardCustomer"]["cards"]), (&json!("FROZEN"), &of("FROZEN")), "{data}");
        assert_eq!((&data["b"]["card"]["status"], &data["b"]["cardCustomer"]["cards"]), (&json!("ACTIVE"), &of("ACTIVE")), "{data}");
        assert_eq!(data["c"]["card"]["status"], "FROZEN", "{data}");
        assert!(data.get("not").is_none(), "{data}");
        let order: Vec<&String> = data.as_object().expect("an object").keys().collect();
        assert_eq!(order, ["a", "b", "c"]);
        let asked = world.issuer.take_calls();
        assert_eq!(asked.of("POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze"), 2);
    }

    fn a_mutation_that_fails_leaves_the_others_alone(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let query = "mutation($good: FreezeCardInput!, $bad: FreezeCardInput!) {
            a: freezeCard(input: $bad) { card { status } } b: freezeCard(input: $good) { card { status } } }";
        for (bad, code) in [
            (json!({ "identifier": "nobody", "cardId": holder.card }), "NOT_FOUND"),
            (json!({ "identifier": "", "cardId": holder.card }), "BAD_USER_INPUT"),
            (json!({ "identifier": holder.name, "cardId": ".." }), "BAD_USER_INPUT"),
            (json!({ "identifier": holder.name, "cardId": "none" }), "ISSUER_REJECTED"),
        ] {
            let good = json!({ "identifier": holder.name, "cardId": holder.card });
            let answer = gateway.query_with(&token, query, &json!({ "good": good, "bad": bad }));
            assert_eq!(answer.code(), code, "{}", answer.text);
            assert_eq!(answer.json()["data"], json!({ "a": null, "b": { "card": { "status": "FROZEN" } } }));
        }
    }

    fn only_what_is_selected_is_loaded_after_a_mutation(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let input = json!({ "identifier": holder.name, "cardId": holder.card });
        let statements = |fields: &str| {
            // The same mutation again: nothing changes, so that what is written is the same.
            done(&gateway, &token, "freezeCard", &input, fields);
            world.database.statements(&gateway);
            done(&gateway, &token, "freezeCard", &input, fields);
            world.database.statements(&gateway)
        };
        let tables = |all: &[String], name: &str| all.iter().filter(|sql| sql.contains("SELECT") && sql.contains(name)).count();
        let none = statements("clientMutationId");
        let customer = statements("cardCustomer { id email }");
        let balance = statements("cardCustomer { id availableBalance }");
        let card = statements("card { status } cardCustomer { cardsCount }");
        assert_eq!(customer.len(), none.len() + 1, "{none:#?}\n{customer:#?}");
        assert_eq!(tables(&balance, "wallet_balances"), tables(&customer, "wallet_balances") + 1, "{balance:#?}");
        assert_eq!(tables(&card, "FROM cards"), tables(&customer, "FROM cards") + 1, "{card:#?}");
    }

    fn another_programs_customer_is_like_nobody(database) {
        let world = World::synchronised(database);
        let gateway = world.serve();
        let (mine, theirs) = (world.token("acme"), world.holder("globex"));
        let input = |name: &str| json!({ "identifier": name, "cardId": theirs.card });
        let there = mutate(&gateway, &mine, "freezeCard", &input(&theirs.name), "card { status }");
        let nobody = mutate(&gateway, &mine, "freezeCard", &input("nobody"), "card { status }");
        assert_eq!((there.code().as_str(), &there.text), ("NOT_FOUND", &nobody.text));
        assert_eq!(world.issuer.take_calls().of("POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze"), 0);
        let owner = world.token("globex");
        let payload = done(&gateway, &owner, "freezeCard", &input(&theirs.name), "card { status }");
        assert_eq!(payload["card"]["status"], "FROZEN");
    }
}
