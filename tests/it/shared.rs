//! What replicas share in a Valkey or Redis server, and what they do without it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::database::program;
use crate::support::issuer::within;
use crate::support::redis::Redis;
use crate::support::{Answer, Database, Gateway, Line, on_both, sha256};

const LIST: &str = "/v1/card-issuer/customers";
const DOCUMENT: &str = "{ cardCustomers { totalCount } }";

/// The points of a full bucket here. One comes back each second.
const BURST: u32 = 100;

/// A replica with buckets that fill up slowly.
fn replica(database: &Database, url: &str) -> Gateway {
    database.serve_with(&[
        ("CARD_GATEWAY__SHARED__URL", url),
        ("CARD_GATEWAY__LIMITS__RATE_BURST", "100"),
        ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
    ])
}

fn left(answer: &Answer) -> u32 {
    answer.header("x-ratelimit-remaining").parse().expect("a number")
}

/// How many points have come back since a moment, at the most.
fn back(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_secs()).expect("seconds") + 1
}

/// Takes points through one replica, and sees at the other that they are gone.
fn count_together(one: &Gateway, two: &Gateway, token: &str) -> bool {
    let began = Instant::now();
    let_through(one, token, 20);
    left(&two.get(token, LIST)) <= BURST - 21 + back(began)
}

/// How many of so many requests are let through.
fn let_through(gateway: &Gateway, token: &str, requests: u32) -> u32 {
    let through = (0..requests).filter(|_| gateway.get(token, LIST).status == 200).count();
    u32::try_from(through).expect("so many were sent")
}

/// Sends a document, by its text, its hash, or both.
fn persisted(gateway: &Gateway, token: &str, text: Option<&str>, hash: &str) -> Value {
    let mut body =
        json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } });
    if let Some(text) = text {
        body["query"] = text.into();
    }
    let request = gateway.client().post(format!("{}/graphql", gateway.host));
    gateway.send(request.bearer_auth(token).json(&body)).json()
}

fn not_found(answer: &Value) -> bool {
    answer["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
}

on_both! {
    fn two_replicas_have_one_budget(database) {
        let Some(server) = Redis::start() else { return };
        let (token, other) = (database.program_with("acme", &[Line::new(1)]), database.token("acme"));
        let (one, two) = (replica(&database, &server.url()), replica(&database, &server.url()));
        assert_eq!(one.get("", "/readyz").json()["shared"], "ok");
        let began = Instant::now();
        assert!(count_together(&one, &two, &token));
        let through = let_through(&one, &token, 60) + let_through(&two, &token, 60);
        let most = BURST - 21 + back(began);
        assert!((BURST - 21..=most).contains(&through), "{through} of {most}");
        let refused = std::iter::repeat_with(|| two.get(&token, LIST)).take(20).find(|answer| answer.status == 429);
        let refused = refused.expect("none is left");
        assert_eq!(refused.json()["error"], "rate_limit_exceeded");
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((1..=10).contains(&wait), "{wait}");
        // Another caller has a bucket of its own.
        assert!(left(&two.get(&other, LIST)) >= BURST - 1);
        // Points come back, for both.
        std::thread::sleep(Duration::from_millis(2_100));
        assert_eq!((one.get(&token, LIST).status, two.get(&token, LIST).status), (200, 200));
        assert!(one.get("", "/metrics").text.contains("shared_calls_total{what=\"budget\",outcome=\"ok\"}"));
    }

    fn the_cost_of_a_query_is_paid_once_for_both(database) {
        let Some(server) = Redis::start() else { return };
        let token = database.program_with("acme", &[Line::new(1)]);
        let (one, two) = (replica(&database, &server.url()), replica(&database, &server.url()));
        // A page of 100 with its cards: several points.
        let query = "{ cardCustomers(first: 100) { nodes { id email cards { cardId } } } }";
        let began = Instant::now();
        let after = left(&one.query(&token, query));
        assert!(after < BURST - 2, "{after}");
        let seen = left(&two.get(&token, LIST));
        assert!(seen < after + back(began), "{seen} after {after}");
    }

    fn a_document_that_one_replica_has_seen_is_known_to_the_other(database) {
        let Some(server) = Redis::start() else { return };
        let token = database.program_with("acme", &[Line::new(1)]);
        let many = [("CARD_GATEWAY__SHARED__URL", server.url())];
        let many = many.each_ref().map(|(name, value)| (*name, value.as_str()));
        let (one, two) = (database.serve_with(&many), database.serve_with(&many));
        assert!(not_found(&persisted(&two, &token, None, &sha256(DOCUMENT))));
        let registered = persisted(&one, &token, Some(DOCUMENT), &sha256(DOCUMENT));
        assert_eq!(registered["data"]["cardCustomers"]["totalCount"], 1, "{registered}");
        let found = persisted(&two, &token, None, &sha256(DOCUMENT));
        assert_eq!(found["data"]["cardCustomers"]["totalCount"], 1, "{found}");
        // Also a replica that starts later.
        let three = database.serve_with(&many);
        assert!(!not_found(&persisted(&three, &token, None, &sha256(DOCUMENT))));
        // One that is not valid is kept nowhere.
        persisted(&one, &token, Some("{ nonsense }"), &sha256("{ nonsense }"));
        assert!(not_found(&persisted(&two, &token, None, &sha256("{ nonsense }"))));
        // Nor one with texts in a mutation, which may be secret.
        let secret = "mutation { freezeCard(input: { customer: \"usr_1\", cardId: \"crd_1\" }) { __typename } }";
        persisted(&one, &token, Some(secret), &sha256(secret));
        assert!(not_found(&persisted(&two, &token, None, &sha256(secret))));
    }

    fn without_the_server_each_replica_counts_for_itself_and_says_so(database) {
        let Some(mut server) = Redis::start() else { return };
        let token = database.program_with("acme", &[Line::new(1)]);
        let (one, two) = (replica(&database, &server.url()), replica(&database, &server.url()));
        assert!(count_together(&one, &two, &token));
        server.kill();
        // Nobody notices but the operator.
        for gateway in [&one, &two] {
            let began = Instant::now();
            let through = let_through(gateway, &token, BURST + 30);
            let most = BURST + back(began);
            assert!((BURST - 1..=most).contains(&through), "{through} of {most}");
            let ready = gateway.get("", "/readyz");
            assert_eq!((ready.status, ready.json()["shared"].as_str()), (200, Some("unavailable")));
            let lines = gateway.warnings();
            assert_eq!(lines.len(), 1, "{lines:#?}");
            assert!(lines[0].contains("shared server") && !lines[0].contains("s3cret"), "{lines:#?}");
            assert!(gateway.get("", "/metrics").text.contains("dependency_failing{dependency=\"shared server\"} 1"));
        }
        // When it is back, they count together again.
        server.run();
        let is_back = |gateway: &Gateway| {
            // Allowed or not, each request asks the server.
            gateway.get(&token, LIST);
            gateway.get("", "/readyz").json()["shared"] == "ok"
        };
        let are_back = || {
            std::thread::sleep(Duration::from_millis(200));
            is_back(&one) && is_back(&two)
        };
        assert!(within(Duration::from_secs(30), are_back), "{}", one.log_text());
        let other = database.token("acme");
        assert!(count_together(&one, &two, &other));
    }

    fn a_server_that_does_not_answer_costs_its_time_once_a_second(database) {
        let Some(server) = Redis::start() else { return };
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__SHARED__URL", &server.url()), ("CARD_GATEWAY__SHARED__TIMEOUT", "300ms")]);
        assert_eq!(gateway.get(&token, LIST).status, 200);
        server.signal("STOP");
        let began = Instant::now();
        for _ in 0..20 {
            assert_eq!(gateway.get(&token, LIST).status, 200);
        }
        // Twenty times 300 ms are six seconds.
        assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
        server.signal("CONT");
    }
}

#[test]
fn a_server_that_was_never_there_does_not_keep_the_gateway_from_starting() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = replica(&database, "redis://127.0.0.1:1");
    assert_eq!(gateway.get(&token, LIST).status, 200);
    assert_eq!(gateway.get("", "/readyz").json()["shared"], "unavailable");
}

#[test]
fn its_password_is_shown_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = |url: &str| {
        let mut command = program();
        command.arg("config").env("CARD_GATEWAY__SHARED__URL", url).current_dir(folder.path());
        let output = command.output().expect("it runs");
        [output.stdout, output.stderr].concat()
    };
    for url in ["rediss://cards:hunter2@cache.example:6379/1", "redis//hunter2", "https://hunter2"]
    {
        let said = String::from_utf8(config(url)).expect("UTF-8");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("cache.example") || said.contains("shared.url"), "{said}");
    }
}
