//! A limit of requests that are worked on at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Connection, metric, wait_for};
use crate::support::issuer::{ACME, balance, from_now, seconds, signed};
use crate::support::scripted::{Scripted, Step};
use crate::support::{Answer, Database, Gateway, Line, on_both};

const TWO: (&str, &str) = ("CARD_GATEWAY__SERVER__MAX_REQUESTS", "2");
const IN_FLIGHT: &str = "http_requests_in_flight{of=\"api\"}";
const SHED: &str = "http_requests_shed_total{reason=\"requests\"}";
const LIST: &str = "/v1/card-issuer/customers?include_balances=false";
/// A balance is only on the blockchain, whose endpoint does not answer.
const SLOW: &str = "{ cardCustomers { nodes { availableBalance } } }";
const QUICK: &str = "{ cardCustomers { totalCount } }";

/// A blockchain that does not answer for a while.
fn silent_chain() -> Scripted {
    Scripted::start(|_| vec![Step::Wait(Duration::from_secs(30)), Step::Close])
}

/// A gateway that works on two requests at once, and a token.
fn open(database: &Database, chain: &Scripted) -> (Gateway, String) {
    let wallet = format!("0x{:040x}", 1);
    let token = database.program_with("acme", &[Line::new(1).with("wallet_address", wallet)]);
    let url = chain.url();
    let settings = [
        TWO,
        ACME,
        ("CARD_GATEWAY__CHAIN__RPC_URLS", url.as_str()),
        ("CARD_GATEWAY__CHAIN__TIMEOUT", "5s"),
        ("CARD_GATEWAY__SERVER__CORS_ORIGINS", "https://app.example"),
    ];
    (database.serve_with(&settings), token)
}

/// Sends so many requests that take long, each from a connection of its own.
fn busy(gateway: &Gateway, token: &str, count: usize) -> Vec<Connection> {
    let body = json!({ "query": SLOW }).to_string();
    let lines = [
        format!("authorization: Bearer {token}"),
        "content-type: application/json".to_owned(),
        format!("content-length: {}", body.len()),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let send = |_| {
        let mut connection = Connection::open(gateway);
        connection.send("POST /graphql", &lines, &body);
        connection
    };
    let busy = (0..count).map(send).collect();
    wait_for(gateway, IN_FLIGHT, count as u64);
    busy
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"), "{answer:?}");
    assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
}

on_both! {
    fn requests_beyond_the_limit_are_refused_at_once_in_the_form_of_the_api(database) {
        let chain = silent_chain();
        let (gateway, token) = open(&database, &chain);
        let mut busy = busy(&gateway, &token, 2);
        let began = Instant::now();
        let graphql = gateway.query(&token, QUICK);
        refused(&graphql);
        let error = &graphql.json()["errors"][0];
        assert_eq!((&error["extensions"]["code"], &error["extensions"]["retryAfter"]), (&json!("UPSTREAM_UNAVAILABLE"), &json!(1)));
        assert_eq!(graphql.header("content-type"), "application/json; charset=utf-8");
        // A browser may read it, and a client gets the type that it asked for.
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token).json(&json!({ "query": QUICK }));
        let accepted = gateway.send(request.header("accept", "application/graphql-response+json").header("origin", "https://app.example"));
        refused(&accepted);
        assert_eq!(accepted.header("content-type"), "application/graphql-response+json; charset=utf-8");
        assert_eq!(accepted.header("access-control-allow-origin"), "https://app.example");
        for path in [LIST, "/api/v1/card-issuer/customers", "/api/v1/card-issuer/programs", "/docs", "/nowhere"] {
            let rest = gateway.get(&token, path);
            refused(&rest);
            let expected = json!({ "success": false, "error": "unavailable", "message": "The gateway is busy; try again in a moment" });
            assert_eq!(rest.json(), expected, "{path}");
        }
        assert_eq!(Connection::open(&gateway).upgrade(&[]), 503);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(2), "{took:?} for eight refusals");
        // The program's webhooks have places of their own, and probes need none.
        gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(gateway.get("", path).status, 200, "{path}");
        }
        assert_eq!(metric(&gateway, SHED), 8);
        // It is one line, and no error.
        let warnings: Vec<String> = gateway.warnings().into_iter().filter(|line| line.contains("503")).collect();
        assert_eq!(warnings.len(), 1, "{warnings:#?}");
        assert!(!gateway.log_text().contains("\"ERROR\""), "{:#?}", gateway.warnings());
        // Those that were taken are answered, and then there is room again.
        for connection in &mut busy {
            assert_eq!(connection.answer().map(|answer| answer.status), Some(200));
        }
        wait_for(&gateway, IN_FLIGHT, 0);
        assert_eq!(gateway.query(&token, QUICK).data(), json!({ "cardCustomers": { "totalCount": 1 } }));
    }

    fn a_client_that_has_gone_leaves_its_place(database) {
        let chain = silent_chain();
        let (gateway, token) = open(&database, &chain);
        let busy = busy(&gateway, &token, 2);
        refused(&gateway.get(&token, LIST));
        drop(busy);
        wait_for(&gateway, IN_FLIGHT, 0);
        assert_eq!(gateway.get(&token, LIST).status, 200);
    }

    fn a_body_that_is_still_on_its_way_takes_no_place(database) {
        let chain = silent_chain();
        let (gateway, token) = open(&database, &chain);
        let body = json!({ "query": QUICK }).to_string();
        let length = format!("content-length: {}", body.len());
        let bearer = format!("authorization: Bearer {token}");
        let time = format!("x-yativo-timestamp: {}", seconds());
        let signature = format!("x-yativo-signature: sha256={}", "0".repeat(64));
        // The gateway says that it waits for the body.
        let begin = |request: &str, lines: &[&str]| {
            let mut connection = Connection::open(&gateway);
            let lines = [&[length.as_str(), "content-type: application/json", "expect: 100-continue"], lines].concat();
            connection.send(request, &lines, "");
            assert_eq!(connection.answer().map(|answer| answer.status), Some(100));
            connection
        };
        let mut slow: Vec<Connection> = (0..5).map(|_| begin("POST /graphql", &[&bearer])).collect();
        let mut unsigned: Vec<Connection> = (0..5).map(|_| begin("POST /webhooks/yativo/acme", &[&time, &signature])).collect();
        wait_for(&gateway, IN_FLIGHT, 0);
        assert_eq!(gateway.get(&token, LIST).status, 200);
        // Not about the customer whose balance is to be slow.
        gateway.take(&balance("evt_1", "usr_9", "1.00", "0.00", &from_now(0)));
        // Two take the places; a body that arrives now finds none.
        let busy = busy(&gateway, &token, 2);
        let [first, rest @ ..] = slow.as_mut_slice() else { panic!("there are five") };
        first.finish(&body);
        let answer = first.answer().expect("an answer");
        assert_eq!(answer.status, 503, "{answer:?}");
        assert!(answer.head.contains("retry-after: 1") && answer.body.contains("UPSTREAM_UNAVAILABLE"), "{answer:?}");
        drop(busy);
        wait_for(&gateway, IN_FLIGHT, 0);
        for connection in rest {
            connection.finish(&body);
            let answer = connection.answer().expect("an answer");
            assert_eq!((answer.status, serde_json::from_str::<Value>(&answer.body).expect("JSON")), (200, json!({ "data": { "cardCustomers": { "totalCount": 1 } } })));
        }
        for connection in &mut unsigned {
            connection.finish(&body);
            assert_eq!(connection.answer().map(|answer| answer.status), Some(401));
        }
    }
}

#[test]
fn webhooks_of_one_program_do_not_take_the_places_of_another() {
    const OTHER: (&str, &str) =
        ("CARD_GATEWAY__WEBHOOKS__SECRETS__OTHER", "whsec_of_acme,whsec_of_acme_before");
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    database.program_with("other", &[Line::new(1)]);
    let gateway = database.serve_with(&[TWO, ACME, OTHER]);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    let send = |program: &str, number: u32| {
        let body = balance(&format!("evt_{number}"), "usr_1", "1.00", "0.00", &from_now(0));
        gateway.send(signed(gateway.client(), &gateway.host, program, &body))
    };
    wire.freeze();
    std::thread::scope(|scope| {
        let taken: Vec<_> =
            (0..2).map(|number| scope.spawn(move || send("acme", number))).collect();
        wait_for(&gateway, "http_requests_in_flight{of=\"webhooks\"}", 2);
        let answer = send("acme", 3);
        refused(&answer);
        assert_eq!(answer.json()["error"], "unavailable");
        let other = scope.spawn(|| send("other", 4));
        wait_for(&gateway, "http_requests_in_flight{of=\"webhooks\"}", 3);
        wire.mend();
        for taken in taken {
            assert_eq!(taken.join().expect("no panic").status, 200);
        }
        assert_eq!(other.join().expect("no panic").status, 200);
    });
    assert_eq!(gateway.get(&token, LIST).status, 200);
}
