//! An issuer that does not answer, or says nothing that can be read.

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::{mutate, refused};
use crate::issuer_routes::world::{World, token};
use crate::support::Database;
use crate::support::issuer::within;

const FREEZE: &str = "POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze";

#[test]
fn without_a_connection_nothing_is_done_and_the_message_says_so() {
    let database = Database::sqlite();
    database.program_with("acme", &[crate::support::Line::new(1)]);
    let gateway = database.serve();
    let token = token(&database, "acme", &["write"]);
    let input = json!({ "identifier": "usr_1", "cardId": "c" });
    let (code, _, message) = refused(&gateway, &token, "freezeCard", &input);
    assert_eq!(code, "UPSTREAM_UNAVAILABLE");
    assert!(message.contains("no connection for this program"), "{message}");
    let input = json!({ "email": "mira@example.com" });
    assert_eq!(refused(&gateway, &token, "onboardCardCustomer", &input).0, "UPSTREAM_UNAVAILABLE");
    let query = "{ sourceOfFundsQuestions(identifier: \"usr_1\") { status } }";
    assert_eq!(gateway.query(&token, query).code(), "UPSTREAM_UNAVAILABLE");
}

#[test]
fn what_may_have_been_done_is_said_to_be_so() {
    for (fault, code) in [
        (Fault::lost_answer(), "UPSTREAM_UNAVAILABLE"),
        (Fault::AfterDone(Box::new(Fault::Status(500))), "UPSTREAM_UNAVAILABLE"),
        (Fault::AfterDone(Box::new(Fault::Html(502))), "UPSTREAM_UNAVAILABLE"),
        (Fault::CutJson, "UPSTREAM_UNAVAILABLE"),
    ] {
        let world = World::synchronised(Database::sqlite());
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let what = format!("{fault:?}");
        world.issuer.add_fault(FaultRule::on(FREEZE, fault).once());
        let input = json!({ "identifier": holder.name, "cardId": holder.card });
        let answer = mutate(&gateway, &token, "freezeCard", &input, "card { status }");
        assert_eq!(answer.code(), code, "{what}: {}", answer.text);
        assert!(answer.text.contains("may have been done"), "{what}: {}", answer.text);
        assert!(answer.json()["errors"][0]["extensions"]["requestId"].is_string());
        // It was; and it was sent once.
        assert_eq!(world.issuer.take_calls().of(FREEZE), 1, "{what}");
    }
}

#[test]
fn a_link_is_a_read_and_is_asked_for_again() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    let route = "GET /v1/yativo-card/customers/{yativoCardId}/kyc-link";
    world.issuer.add_fault(FaultRule::on(route, Fault::Reset).once());
    let input = json!({ "identifier": holder.name });
    let link = mutate(&gateway, &token, "requestKycLink", &input, "kycUrl");
    assert!(link.data()["requestKycLink"]["kycUrl"].is_string());
}

#[test]
fn too_many_calls_say_when_to_come_back() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    world.issuer.add_fault(FaultRule::on(FREEZE, Fault::TooManyCalls(7)).once());
    let input = json!({ "identifier": holder.name, "cardId": holder.card });
    let answer = mutate(&gateway, &token, "freezeCard", &input, "card { status }");
    assert_eq!(answer.code(), "RATE_LIMITED", "{}", answer.text);
    let wait = answer.json()["errors"][0]["extensions"]["retryAfter"].as_u64();
    assert!(wait.is_some_and(|wait| (1..=7).contains(&wait)), "{}", answer.text);
}

#[test]
fn a_mutation_may_take_longer_than_a_query() {
    let world = World::synchronised(Database::sqlite());
    let token = world.token("acme");
    let gateway = world.serve_with(&[("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "1s")]);
    let holder = world.holder("acme");
    let slow = || {
        world.issuer.add_fault(FaultRule::on(FREEZE, Fault::Slow(Duration::from_secs(2))).once());
    };
    slow();
    let began = Instant::now();
    let input = json!({ "identifier": holder.name, "cardId": holder.card });
    let answer = mutate(&gateway, &token, "freezeCard", &input, "card { status }");
    assert_eq!(answer.data()["freezeCard"]["card"]["status"], "FROZEN");
    assert!(began.elapsed() >= Duration::from_secs(2));
    // Over server-sent events as well.
    slow();
    let query = "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }";
    let body = json!({ "query": query, "variables": { "i": input } });
    let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
    let answer = gateway.send(request.header("accept", "text/event-stream").json(&body));
    assert!(answer.text.contains("\"status\":\"FROZEN\""), "{}", answer.text);
}

#[test]
fn a_client_that_goes_away_takes_nothing_back() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    world.issuer.add_fault(FaultRule::on(FREEZE, Fault::Slow(Duration::from_secs(1))).once());
    let query = "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }";
    let input = json!({ "identifier": holder.name, "cardId": holder.card });
    let impatient = reqwest::blocking::Client::builder().timeout(Duration::from_millis(300));
    let request = impatient.build().expect("a client").post(format!("{}/graphql", gateway.host));
    let request = request.bearer_auth(&token);
    let sent = request.json(&json!({ "query": query, "variables": { "i": input } })).send();
    assert!(sent.expect_err("no patience").is_timeout());
    let frozen = || {
        let query = "query($i: ID!) { cardCustomer(identifier: $i) { cards { isFrozen } } }";
        let answer = gateway.query_with(&token, query, &json!({ "i": holder.name })).data();
        answer["cardCustomer"]["cards"][0]["isFrozen"] == Value::Bool(true)
    };
    assert!(within(Duration::from_secs(10), frozen));
}
