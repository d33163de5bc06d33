//! How mutations are sent, what they need, and what they cost.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::mutate;
use crate::issuer_routes::world::{World, token};
use crate::support::conversations::blocks;
use crate::support::watcher::Socket;
use crate::support::{Database, Gateway, Line, on_both, sha256};

const FREEZE: &str =
    "mutation Freeze($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }";
const FREEZE_CALL: &str = "POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze";

/// The names of all mutations.
fn names(gateway: &Gateway, token: &str) -> Vec<String> {
    let query = "{ __schema { mutationType { fields { name } } } }";
    let fields = gateway.query(token, query).data()["__schema"]["mutationType"]["fields"].take();
    let fields = fields.as_array().expect("a list").iter();
    fields.map(|field| field["name"].as_str().expect("a name").to_owned()).collect()
}

/// An input that every mutation would take.
fn input(name: &str) -> Value {
    match name {
        "onboardCardCustomer" => json!({ "email": "a@example.com" }),
        "verifyCardCustomerOtp" => json!({ "identifier": "usr_1", "otp": "1" }),
        "verifyPhone" => json!({ "identifier": "usr_1", "code": "1" }),
        "requestPhoneVerification" => json!({ "identifier": "usr_1", "phoneNumber": "+1" }),
        "submitSourceOfFunds" => json!({ "identifier": "usr_1", "answers": [] }),
        "reportCard" => json!({ "identifier": "usr_1", "cardId": "c", "reason": "LOST" }),
        "fundCardCustomer" => {
            json!({ "identifier": "nobody", "amount": "5", "sourceChain": "SOL", "idempotencyKey": "k" })
        }
        "withdrawFromCard" => {
            json!({ "identifier": "nobody", "amount": "5", "idempotencyKey": "k" })
        }
        "freezeCard" | "unfreezeCard" | "voidCard" => {
            json!({ "identifier": "usr_1", "cardId": "c" })
        }
        _ => json!({ "identifier": "usr_1" }),
    }
}

on_both! {
    fn each_mutation_needs_its_scope(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        let reader = token(&database, "acme", &["read", "program"]);
        let tokens = ["write", "money"].map(|scope| token(&database, "acme", &[scope]));
        let all = names(&gateway, &reader);
        assert!(all.len() >= 13, "{all:?}");
        for name in &all {
            let moves_money = ["fundCardCustomer", "withdrawFromCard"].contains(&name.as_str());
            let [writer, payer] = &tokens;
            let (good, bad, scope) = if moves_money { (payer, writer, "money") } else { (writer, payer, "write") };
            for token in [&reader, bad] {
                let answer = mutate(&gateway, token, name, &input(name), "clientMutationId");
                assert_eq!(answer.code(), "FORBIDDEN", "{name}: {}", answer.text);
                let missing = format!("lacks the scope `{scope}`");
                assert!(answer.text.contains(&missing), "{name}: {}", answer.text);
            }
            let answer = mutate(&gateway, good, name, &input(name), "clientMutationId");
            let expected = if moves_money { "NOT_FOUND" } else { "UPSTREAM_UNAVAILABLE" };
            assert_eq!(answer.code(), expected, "{name}: {}", answer.text);
        }
    }

    fn a_mutation_is_never_run_by_get(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let variables = json!({ "i": { "identifier": holder.name, "cardId": holder.card } }).to_string();
        let get = |accept: &str, members: &[(&str, &str)]| {
            let request = gateway.client().get(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            gateway.send(request.header("accept", accept).query(members))
        };
        let both = format!("query A {{ __typename }} {FREEZE}");
        let body = json!({ "query": FREEZE, "variables": { "i": { "identifier": "nobody", "cardId": "c" } }, "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256(FREEZE) } } });
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        assert_eq!(gateway.send(request.json(&body)).code(), "NOT_FOUND", "the document is persisted from now on");
        let by_hash = body["extensions"].to_string();
        for accept in ["application/json", "application/graphql-response+json", "text/event-stream", "*/*"] {
            for members in [
                &[("query", FREEZE), ("variables", &*variables)][..],
                &[("query", &*both), ("operationName", "Freeze"), ("variables", &*variables)],
                &[("extensions", &*by_hash), ("variables", &*variables)],
                &[("query", "mutation { freezeCard }")],
                &[("query", "mutation { __typename }")],
            ] {
                let answer = get(accept, members);
                assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{accept} {members:?}: {}", answer.text);
                assert_eq!(answer.code(), "BAD_USER_INPUT");
            }
        }
        let other = get("application/json", &[("query", &both), ("operationName", "A")]);
        assert_eq!(other.data(), json!({ "__typename": "Query" }));
        assert_eq!(world.issuer.take_calls().of(FREEZE_CALL), 0);
    }

    fn a_mutation_runs_over_a_web_socket_and_as_events(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let input = json!({ "identifier": holder.name, "cardId": holder.card });
        let mut socket = Socket::connect(&gateway, &token);
        let mut run = |id: &str, name: &str| {
            let of = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
            let query = format!("mutation($i: {of}!) {{ {name}(input: $i) {{ card {{ status }} }} }}");
            socket.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": query, "variables": { "i": input } } }));
            let payload = socket.expect(id, "next");
            let ended = socket.receive();
            assert!(format!("{ended:?}").contains("complete"), "{ended:?}");
            payload
        };
        assert_eq!(run("1", "freezeCard")["data"]["freezeCard"]["card"]["status"], "FROZEN");
        assert_eq!(run("2", "unfreezeCard")["data"]["unfreezeCard"]["card"]["status"], "ACTIVE");
        let body = json!({ "query": FREEZE, "variables": { "i": input } });
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let answer = gateway.send(request.header("accept", "text/event-stream").json(&body));
        assert!(answer.text.contains("event: next\ndata: {\"data\":{\"freezeCard\":{\"card\":{\"status\":\"FROZEN\"}}}}"), "{}", answer.text);
        assert!(answer.text.ends_with("event: complete\ndata:\n\n"), "{}", answer.text);
        // Without the scope it fails in the same way as over HTTP.
        let reader = self::token(&world.database, "acme", &["read"]);
        let mut socket = Socket::connect(&gateway, &reader);
        socket.say(&json!({ "type": "subscribe", "id": "1", "payload": body }));
        let payload = socket.expect("1", "next");
        assert_eq!(payload["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }

    fn only_trusted_mutations_run_if_configured(database) {
        let world = World::synchronised(database);
        let token = world.token("acme");
        let holder = world.holder("acme");
        let file = world.database.folder.path().join("trusted.json");
        fs::write(&file, json!({ sha256(FREEZE): FREEZE }).to_string()).expect("written");
        let gateway = world.serve_with(&[
            ("CARD_GATEWAY__GRAPHQL__TRUSTED_DOCUMENTS", file.to_str().expect("UTF-8")),
            ("CARD_GATEWAY__GRAPHQL__PERSISTED_ONLY", "true"),
        ]);
        let input = json!({ "identifier": holder.name, "cardId": holder.card });
        let answer = mutate(&gateway, &token, "freezeCard", &input, "card { status }");
        assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"));
        assert_eq!(world.issuer.take_calls().of(FREEZE_CALL), 0);
        let body = json!({ "variables": { "i": input }, "extensions": { "persistedQuery": { "version": 1, "sha256Hash": sha256(FREEZE) } } });
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        assert_eq!(gateway.send(request.json(&body)).data()["freezeCard"]["card"]["status"], "FROZEN");
    }
}

#[test]
fn a_mutation_costs_points_for_the_issuer() {
    let database = Database::sqlite();
    database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve();
    let token = token(&database, "acme", &["write"]);
    let cost = |query: &str| {
        let request =
            gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let answer =
            gateway.send(request.header("x-graphql-cost", "true").json(&json!({ "query": query })));
        let cost = answer.json()["extensions"]["cost"].clone();
        (cost["requested"].clone(), cost["actual"].clone(), cost["points"].clone())
    };
    let one = "mutation { freezeCard(input: { identifier: 7, cardId: 8 }) { clientMutationId } }";
    assert_eq!(cost(one), (json!(502), json!(501), json!(6)));
    let question = "{ sourceOfFundsQuestions(identifier: 7) { status } }";
    assert_eq!(cost(question), (json!(502), json!(501), json!(6)));
    let many: Vec<String> = (0..10)
        .map(|at| {
            format!(
                "a{at}: freezeCard(input: {{ identifier: 7, cardId: 8 }}) {{ clientMutationId }}"
            )
        })
        .collect();
    let answer = gateway.query(&token, &format!("mutation {{ {} }}", many.join(" ")));
    assert_eq!(answer.code(), "QUERY_TOO_COMPLEX", "{}", answer.text);
}

#[test]
fn the_documents_of_the_guides_are_valid() {
    let mut looked_at = 0;
    for guide in ["docs/graphql.md", "docs/front-end.md"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(guide);
        for block in blocks(&fs::read_to_string(path).expect("a guide")) {
            let begins = |word: &str| block.text.starts_with(word);
            if block.language == "text" && (begins("mutation") || begins("query")) {
                assert!(card_gateway::graphql::validates(&block.text), "{guide}:{}", block.line);
                looked_at += 1;
            }
        }
    }
    assert!(looked_at >= 4, "{looked_at}");
}

#[test]
fn identifiers_in_an_input_can_be_numbers_of_any_length() {
    let database = Database::sqlite();
    database.program_with(
        "acme",
        &[Line::new(1).with("external_customer_id", "12345678901234567890123")],
    );
    let gateway = database.serve();
    let token = token(&database, "acme", &["write"]);
    // Who is found is told that there is no issuer.
    let literal = "mutation { freezeCard(input: { identifier: 12345678901234567890123, cardId: 7 }) { clientMutationId } }";
    assert_eq!(gateway.query(&token, literal).code(), "UPSTREAM_UNAVAILABLE");
    for (number, code) in [
        ("1.0", "NOT_FOUND"),
        ("17", "NOT_FOUND"),
        ("1.5", "GRAPHQL_VALIDATION_FAILED"),
        ("true", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let body = format!(
            "{{\"query\":{},\"variables\":{{\"i\":{{\"identifier\":{number},\"cardId\":8}}}}}}",
            json!(FREEZE)
        );
        let request =
            gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let answer = gateway.send(request.header("content-type", "application/json").body(body));
        assert_eq!(answer.code(), code, "{number}: {}", answer.text);
    }
}
