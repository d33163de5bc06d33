//! `node` and `nodes`: any object again by its global identifier.

use serde_json::{Value, json};

use crate::support::{Database, Gateway, Line, on_both, transaction};

const EVERY: &str =
    "__typename id ... on CardCustomer { email cardsCount } ... on Card { cardId lastFour }
    ... on CardTransaction { transactionId amount } ... on CardFunding { amount customerId }";

/// Three customers, each with two cards and three transactions, and a payment.
fn filled(database: &Database) -> (String, Gateway) {
    let lines: Vec<Line> =
        (1..=3).map(|number| Line::new(number).cards(&["active", "voided"])).collect();
    let token = database.program_with("acme", &lines);
    let made = lines.iter().flat_map(|line| (0..3).map(|at| transaction(line.id(), at, 100)));
    database.put_transactions("acme", made.collect());
    database.execute(&format!(
        "INSERT INTO payments (program_id, id, credential, request_hash, kind, customer_id, yativo_card_id, amount_minor, currency, state, created_at) \
         VALUES (1, '018f3a52-1c2d-7000-8000-0000000000ab', 'token:x', 'x', 'funding', '{}', 'yativo_card_customer_1', 250, 'USD', 'succeeded', 1)",
        lines[0].id()
    ));
    (token, database.serve())
}

/// What the lists show of every object, by its identifier.
fn shown(gateway: &Gateway, token: &str) -> Vec<Value> {
    let query = "{ cardCustomers { nodes { __typename id email cardsCount cards { __typename id cardId lastFour }
        transactions { nodes { __typename id transactionId amount } } fundings { nodes { __typename id amount customerId } } } } }";
    let mut all = Vec::new();
    for mut customer in gateway.query(token, query).data()["cardCustomers"]["nodes"]
        .as_array()
        .expect("a list")
        .clone()
    {
        let object = customer.as_object_mut().expect("an object");
        let cards = object.remove("cards").expect("cards");
        all.extend(cards.as_array().expect("a list").clone());
        for list in ["transactions", "fundings"] {
            let list = object.remove(list).expect("a list");
            all.extend(list["nodes"].as_array().expect("a list").clone());
        }
        all.push(customer);
    }
    assert_eq!(all.len(), 3 * (1 + 2 + 3) + 1);
    all
}

on_both! {
    fn each_object_is_found_again_alone_and_among_others(database) {
        let (token, gateway) = filled(&database);
        let all = shown(&gateway, &token);
        for one in &all {
            let query = format!("{{ node(id: {}) {{ {EVERY} }} }}", one["id"]);
            assert_eq!(gateway.query(&token, &query).data()["node"], *one);
        }
        let ids: Vec<&Value> = all.iter().rev().map(|one| &one["id"]).collect();
        let query = format!("query($ids: [ID!]!) {{ nodes(ids: $ids) {{ {EVERY} }} }}");
        let expected: Vec<Value> = all.iter().rev().cloned().collect();
        assert_eq!(gateway.query_with(&token, &query, &json!({ "ids": ids })).data()["nodes"], json!(expected));
        // No identifier names two objects.
        let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
    }

    fn what_is_not_there_is_null_and_nonsense_is_refused(database) {
        let (token, gateway) = filled(&database);
        let other = database.program_with("other", &[]);
        let ids: Vec<Value> = shown(&gateway, &token).into_iter().map(|mut one| one["id"].take()).collect();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let found = gateway.query_with(&other, query, &json!({ "ids": ids })).data()["nodes"].take();
        assert_eq!(found, json!(vec![Value::Null; ids.len()]));
        let ids = json!(["usr_1", "000000000000000000000009", "card:none", "transaction:none", Line::new(1).id(), "018f3a52-1c2d-7000-8000-0000000000ac"]);
        let found = gateway.query_with(&token, query, &json!({ "ids": ids })).data()["nodes"].take();
        assert_eq!(found, json!([null, null, null, null, { "id": Line::new(1).id() }, null]));
        assert_eq!(gateway.query(&token, "{ node(id: \"usr_1\") { id } }").data(), json!({ "node": null }));
        assert_eq!(gateway.query(&token, "{ nodes(ids: []) { id } }").data(), json!({ "nodes": [] }));
        for (query, named) in [
            ("{ node(id: \"\") { id } }", "id"),
            ("{ node(id: \"card:\") { id } }", "id"),
            ("{ nodes(ids: [\"a\\u0000b\"]) { id } }", "ids"),
        ] {
            let answer = gateway.query(&token, query);
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
            assert!(answer.text.contains(&format!("{named} must not")), "{}", answer.text);
        }
        let many = json!({ "ids": vec!["usr_1"; 51] });
        assert_eq!(gateway.query_with(&token, query, &many).code(), "BAD_USER_INPUT");
    }

    fn what_belongs_to_a_customer_who_is_gone_is_gone(database) {
        let (token, gateway) = filled(&database);
        let all = shown(&gateway, &token);
        database.execute(&format!("UPDATE card_customers SET gone_at = 1 WHERE id = '{}'", Line::new(2).id()));
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let ids: Vec<&Value> = all.iter().map(|one| &one["id"]).collect();
        let found = gateway.query_with(&token, query, &json!({ "ids": ids })).data()["nodes"].take();
        let there = found.as_array().expect("a list").iter().filter(|one| !one.is_null()).count();
        assert_eq!(there, all.len() - 6);
    }

    fn objects_cost_one_statement_a_kind(database) {
        let (token, gateway) = filled(&database);
        let all = shown(&gateway, &token);
        let ids: Vec<&Value> = all.iter().map(|one| &one["id"]).collect();
        let asked = |query: &str| {
            database.statements(&gateway);
            gateway.query_with(&token, query, &json!({ "ids": ids, "one": ids[0], "other": ids[8] })).data();
            // The background asks for what is due at times.
            let asked = database.statements(&gateway).into_iter();
            asked.filter(|sql| !sql.contains("<=")).collect::<Vec<_>>()
        };
        for (query, statements) in [
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", 4),
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id ... on CardCustomer { cardsCount } } }", 5),
            ("query($ids: [ID!]!) { nodes(ids: $ids) { id ... on CardCustomer { cardsCount ledgerBalance transactions { nodes { id } } } } }", 7),
            ("query($ids: [ID!]!, $one: ID!, $other: ID!) { a: node(id: $one) { id } b: node(id: $other) { id } nodes(ids: $ids) { id } }", 4),
            ("query($one: ID!) { node(id: $one) { id } }", 1),
            ("{ nodes(ids: [\"usr_1\"]) { id } }", 0),
        ] {
            let asked = asked(query);
            assert_eq!(asked.len(), statements, "{query}\n{asked:#?}");
        }
    }

    fn fragments_apply_to_their_types_alone(database) {
        let (token, gateway) = filled(&database);
        let customer = Line::new(1).id().to_owned();
        let answer = |query: &str| gateway.query_with(&token, query, &json!({ "id": customer, "no": false })).data()["node"].take();
        for (query, expected) in [
            ("query($id: ID!) { node(id: $id) { ... on Card { cardId } } }", json!({})),
            ("query($id: ID!) { node(id: $id) { __typename ... on Node { ... on CardCustomer { email } ... on Card { lastFour } } } }", json!({ "__typename": "CardCustomer", "email": "customer1@example.com" })),
            ("query($id: ID!) { node(id: $id) { ... on Card { x: lastFour } ... on CardCustomer { x: email } } }", json!({ "x": "customer1@example.com" })),
            ("query($id: ID!) { node(id: $id) { ...C id } } fragment C on CardCustomer { cards { ...N } email } fragment N on Node { __typename ... on Card { status } ... on CardCustomer { email } }", json!({ "cards": [{ "__typename": "Card", "status": "ACTIVE" }, { "__typename": "Card", "status": "VOIDED" }], "email": "customer1@example.com", "id": customer })),
            ("query($id: ID!, $no: Boolean!) { node(id: $id) { id @include(if: $no) ... on CardCustomer @include(if: $no) { email } } }", json!({})),
            ("query($id: ID!, $no: Boolean!) { node(id: $id) { ... on CardCustomer { email @skip(if: $no) step @include(if: $no) } id } }", json!({ "email": "customer1@example.com", "id": customer })),
        ] {
            let (mut got, mut expected) = (answer(query), expected);
            // Cards of one moment have no fixed order here.
            for value in [&mut got, &mut expected] {
                if let Some(cards) = value.get_mut("cards").and_then(Value::as_array_mut) {
                    cards.sort_by_key(Value::to_string);
                }
            }
            assert_eq!(got.to_string(), expected.to_string(), "{query}");
        }
    }
}
