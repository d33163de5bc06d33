//! The gateway as a subgraph of a federated graph.

use serde_json::{Value, json};

use crate::support::node;
use crate::support::{Database, Gateway, Line, on_both, transaction};

const FEDERATED: (&str, &str) = ("CARD_GATEWAY__GRAPHQL__FEDERATION", "true");
const ENTITIES: &str = "query($all: [_Any!]!) { _entities(representations: $all) { __typename
    ... on CardCustomer { id email } ... on Card { id lastFour } ... on CardTransaction { id amount } ... on CardFunding { id } } }";

/// Three customers, each with a card and a transaction, behind a gateway with these settings.
fn filled(database: &Database, settings: &[(&str, &str)]) -> (String, Gateway) {
    let lines: Vec<Line> = (1..=3).map(|number| Line::new(number).cards(&["active"])).collect();
    let token = database.program_with("acme", &lines);
    let made = lines.iter().map(|line| transaction(line.id(), 0, 100));
    database.put_transactions("acme", made.collect());
    (token, database.serve_with(settings))
}

/// The representations of all objects, as a router sends them.
fn representations(gateway: &Gateway, token: &str) -> Vec<Value> {
    let query = "{ cardCustomers { nodes { __typename id cards { __typename id } transactions { nodes { __typename id } } } } }";
    let data = gateway.query(token, query).data();
    let one = |object: &Value| json!({ "__typename": object["__typename"], "id": object["id"] });
    let mut all = Vec::new();
    for customer in data["cardCustomers"]["nodes"].as_array().expect("a list") {
        let cards = customer["cards"].as_array().expect("a list");
        let transactions = customer["transactions"]["nodes"].as_array().expect("a list");
        all.push(one(customer));
        all.extend(cards.iter().chain(transactions).map(one));
    }
    assert_eq!(all.len(), 9);
    all
}

on_both! {
    fn a_router_gets_what_it_refers_to(database) {
        let (token, gateway) = filled(&database, &[FEDERATED]);
        let all = representations(&gateway, &token);
        database.statements(&gateway);
        let found = gateway.query_with(&token, ENTITIES, &json!({ "all": all })).data();
        let asked = database.statements(&gateway).into_iter();
        // The background asks for what is due at times.
        let asked: Vec<String> = asked.filter(|sql| !sql.contains("<=")).collect();
        assert_eq!(asked.len(), 3, "one statement a kind: {asked:#?}");
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename
            ... on CardCustomer { id email } ... on Card { id lastFour } ... on CardTransaction { id amount } } }";
        let ids: Vec<&Value> = all.iter().map(|one| &one["id"]).collect();
        let nodes = gateway.query_with(&token, query, &json!({ "ids": ids })).data();
        assert_eq!(found["_entities"], nodes["nodes"]);
        // Other root fields, aliases and literals.
        let query = format!(
            "{{ a: _entities(representations: [{{ __typename: \"CardCustomer\", id: \"{id}\" }}]) {{ ... on Node {{ id }} }}
                b: _entities(representations: {{ __typename: \"CardCustomer\", id: \"{id}\" }}) {{ __typename }} node(id: \"{id}\") {{ id }} }}",
            id = Line::new(1).id(),
        );
        let expected = json!({ "id": Line::new(1).id() });
        let customer = json!([{ "__typename": "CardCustomer" }]);
        assert_eq!(gateway.query(&token, &query).data(), json!({ "a": [expected], "b": customer, "node": expected }));
        // As many as a page can have on the router's side, and more.
        let many: Vec<&Value> = all.iter().cycle().take(1_000).collect();
        let few = "query($all: [_Any!]!) { _entities(representations: $all) { __typename } }";
        let found = gateway.query_with(&token, few, &json!({ "all": many })).data();
        assert_eq!(found["_entities"].as_array().map(Vec::len), Some(1_000));
        let beyond: Vec<&Value> = all.iter().cycle().take(1_001).collect();
        assert_eq!(gateway.query_with(&token, few, &json!({ "all": beyond })).code(), "QUERY_TOO_COMPLEX");
    }

    fn what_is_not_there_is_null(database) {
        let (token, gateway) = filled(&database, &[FEDERATED]);
        let all = representations(&gateway, &token);
        let other = database.program_with("other", &[]);
        let found = gateway.query_with(&other, ENTITIES, &json!({ "all": all })).data();
        assert_eq!(found["_entities"], json!(vec![Value::Null; all.len()]));
        let id = Line::new(1).id().to_owned();
        for absent in [
            json!({ "__typename": "CardCustomer", "id": "000000000000000000000009" }),
            json!({ "__typename": "CardCustomer", "id": "usr_1" }),
            json!({ "__typename": "Card", "id": id }),
            json!({ "__typename": "CardFunding", "id": "018f3a52-1c2d-7000-8000-0000000000ac" }),
            json!({ "__typename": "CardTransaction", "id": 7 }),
        ] {
            let there = json!({ "__typename": "CardCustomer", "id": id });
            let found = gateway.query_with(&token, ENTITIES, &json!({ "all": [absent, there] })).data();
            assert_eq!(found["_entities"][0], Value::Null, "{absent}");
            assert_eq!(found["_entities"][1]["id"], json!(id), "{absent}");
        }
    }

    fn nonsense_is_refused(database) {
        let (token, gateway) = filled(&database, &[FEDERATED]);
        for wrong in [
            json!(["x"]),
            json!([{}]),
            json!([{ "__typename": "CardCustomer" }]),
            json!([{ "id": "x" }]),
            json!([{ "__typename": "Ticket", "id": "x" }]),
            json!([{ "__typename": "PageInfo", "id": "x" }]),
            json!([{ "__typename": 1, "id": "x" }]),
            json!([{ "__typename": "CardCustomer", "id": null }]),
            json!([{ "__typename": "CardCustomer", "id": "" }]),
            json!([{ "__typename": "Card", "id": "card:" }]),
            json!([{ "__typename": "CardCustomer", "id": { "a": 1 } }]),
            json!([[{ "__typename": "CardCustomer", "id": "x" }]]),
        ] {
            let answer = gateway.query_with(&token, ENTITIES, &json!({ "all": wrong }));
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{wrong}: {}", answer.text);
            assert!(answer.text.contains("representations must"), "{wrong}: {}", answer.text);
        }
    }
}

#[test]
fn without_the_setting_there_is_no_subgraph() {
    let database = Database::sqlite();
    let (token, gateway) = filled(&database, &[]);
    for query in ["{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"] {
        assert_eq!(gateway.query(&token, query).code(), "GRAPHQL_VALIDATION_FAILED");
    }
    let fields = "{ __type(name: \"Query\") { fields { name } } }";
    assert!(!gateway.query(&token, fields).text.contains("_entities"));
    let printed = database.succeed(&["schema"], "");
    assert!(!printed.contains("_Entity") && !printed.contains("@key"));
}

#[test]
fn a_subgraph_shows_its_schema_to_those_who_may_introspect() {
    let database = Database::sqlite();
    let (token, gateway) = filled(&database, &[FEDERATED]);
    let served = gateway.query(&token, "{ _service { sdl } }").data()["_service"]["sdl"].take();
    let served = served.as_str().expect("a text").to_owned();
    let printed = database.succeed(&["schema", "--federation"], "");
    for sdl in [&served, &printed] {
        for name in ["CardCustomer", "Card", "CardTransaction", "CardFunding"] {
            assert!(
                sdl.contains(&format!("type {name} implements Node @key(fields: \"id\")")),
                "{sdl}"
            );
        }
        assert!(sdl.contains("type PageInfo @shareable"), "{sdl}");
        assert!(sdl.contains("https://specs.apollo.dev/federation/v2"), "{sdl}");
        assert!(!sdl.contains("_entities") && !sdl.contains("_Any"), "{sdl}");
    }
    drop(gateway);
    let gateway =
        database.serve_with(&[FEDERATED, ("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "schema")]);
    assert_eq!(gateway.query(&token, "{ _service { sdl } }").code(), "FORBIDDEN");
    let schema = ["token", "create", "--program", "acme", "--scope", "schema"];
    let schema = database.succeed(&schema, "");
    assert_eq!(
        gateway.query(&schema, "{ _service { sdl } }").data()["_service"]["sdl"],
        json!(served)
    );
}

#[test]
fn an_error_has_the_place_of_its_object() {
    let database = Database::sqlite();
    let (token, gateway) = filled(&database, &[FEDERATED]);
    // No endpoint of the blockchain is set, and no balance has come: there is none to show.
    let query = "query($all: [_Any!]!) { _entities(representations: $all) { ... on CardCustomer { id transactions(first: -1) { totalCount } } } }";
    let id = Line::new(1).id().to_owned();
    let all = json!([
        { "__typename": "CardCustomer", "id": "000000000000000000000009" },
        { "__typename": "CardCustomer", "id": id },
    ]);
    let answer = gateway.query_with(&token, query, &json!({ "all": all }));
    let answer: Value = serde_json::from_str(&answer.text).expect("JSON");
    let path = &answer["errors"][0]["path"];
    assert_eq!((&path[0], &path[1]), (&json!("_entities"), &json!(1)), "{answer}");
}

#[test]
fn a_federated_graph_is_composed_and_queried() {
    let Some(project) = node::project("tests/federation") else { return };
    let database = Database::sqlite();
    let (token, gateway) = filled(&database, &[FEDERATED]);
    let file = project.folder.join("subgraph.graphql");
    std::fs::write(&file, database.succeed(&["schema", "--federation"], "")).expect("a file");
    let query =
        "{ cardCustomers(orderBy: CREATED_AT_ASC) { nodes { id email cards { id lastFour } } } }";
    let data = gateway.query(&token, query).data();
    let customers = data["cardCustomers"]["nodes"].as_array().expect("a list");
    let belongs = |at: usize| (&customers[at], &customers[at]["cards"][0]);
    // A customer with two tickets, one with one of a card that is another's, and a stranger.
    let tickets = [belongs(0), (belongs(0).0, belongs(1).1), belongs(2)];
    let mut command = project.node("federation.mjs");
    command.arg(format!("{}/graphql", gateway.host)).arg(&file).env("TOKEN", &token);
    for (customer, card) in tickets {
        command.arg(json!({ "customer": customer["id"], "card": card["id"] }).to_string());
    }
    command.arg(json!({ "customer": "000000000000000000000009" }).to_string());
    let mut asked = Vec::new();
    let output = node::converse(&mut command, |line| match line {
        "ask" => {
            database.statements(&gateway);
            Some("go".to_owned())
        }
        "asked" => {
            asked = database.statements(&gateway);
            Some("go".to_owned())
        }
        _ => None,
    });
    let mut answers = output.lines().filter(|line| line.starts_with('{'));
    let mut answer =
        || -> Value { serde_json::from_str(answers.next().expect("an answer")).expect("JSON") };
    let customer = |at: usize, tickets: usize| {
        let Value::Object(mut customer) = customers[at].clone() else { panic!("an object") };
        customer.remove("cards");
        customer.insert("cardsCount".into(), json!(1));
        customer.insert("openTickets".into(), json!(tickets));
        Value::Object(customer)
    };
    assert_eq!(
        answer()["data"]["tickets"],
        json!([
            { "id": "1", "customer": customer(0, 2), "card": belongs(0).1 },
            { "id": "2", "customer": customer(0, 2), "card": belongs(1).1 },
            { "id": "3", "customer": customer(2, 1), "card": belongs(2).1 },
            { "id": "4", "customer": null, "card": null },
        ])
    );
    // Customers, their counts of cards, and cards.
    let asked: Vec<String> = asked.into_iter().filter(|sql| !sql.contains("<=")).collect();
    assert!(asked.len() <= 3, "{asked:#?}");
    let list = answer();
    assert_eq!(list["data"]["cardCustomers"]["totalCount"], json!(3));
    let open = |node: &Value| node["openTickets"].as_u64().expect("a number");
    let nodes = list["data"]["cardCustomers"]["nodes"].as_array().expect("a list");
    assert_eq!(nodes.iter().map(open).collect::<Vec<_>>(), [1, 0, 2]);
    let stranger = answer();
    assert_eq!(stranger["data"]["tickets"][0], json!({ "title": "Ticket 1", "customer": null }));
    assert!(stranger["errors"].to_string().contains("UNAUTHENTICATED"), "{stranger}");
}
