//! A limit of connections, and descriptors for everything else.

use std::time::{Duration, Instant};

use super::{Connection, metric, wait_for};
use crate::support::watcher::{Events, Socket};
use crate::support::{Database, Gateway, Line, on_both};

const THREE: (&str, &str) = ("CARD_GATEWAY__SERVER__MAX_CONNECTIONS", "3");
const OPEN: &str = "http_connections";
const LIST: &str = "/v1/card-issuer/customers";

/// Takes all places; each connection has been used.
fn fill(gateway: &Gateway, count: usize) -> Vec<Connection> {
    let open = |_| {
        let mut connection = Connection::open(gateway);
        assert_eq!(connection.get("/healthz", "").map(|answer| answer.status), Some(200));
        connection
    };
    (0..count).map(open).collect()
}

on_both! {
    fn a_connection_beyond_the_limit_learns_why_it_is_closed(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[THREE]);
        let full = fill(&gateway, 3);
        for (path, part) in [(LIST, "\"error\":\"unavailable\""), ("/graphql?query={__typename}", "UPSTREAM_UNAVAILABLE"), ("/docs", "unavailable")] {
            let mut beyond = Connection::open(&gateway);
            let answer = beyond.get(path, &token).expect("an answer");
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(answer.head.contains("retry-after: 1") && answer.head.contains("connection: close"), "{answer:?}");
            assert!(answer.body.contains(part), "{answer:?}");
            assert!(beyond.get(path, &token).is_none(), "it is closed");
        }
        for path in ["/healthz", "/readyz", "/metrics"] {
            assert_eq!(Connection::open(&gateway).get(path, "").expect("an answer").status, 200, "{path}");
        }
        assert_eq!(metric(&gateway, "http_requests_shed_total{reason=\"connections\"}"), 3);
        drop(full);
        // The client of the tests has one for the metrics.
        wait_for(&gateway, OPEN, 1);
        let mut again = Connection::open(&gateway);
        for _ in 0..3 {
            assert_eq!(again.get(LIST, &token).expect("an answer").status, 200);
        }
    }

    fn streams_are_counted_apart(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__MAX_CONNECTIONS", "5"), ("CARD_GATEWAY__SERVER__MAX_STREAMS", "8")]);
        let watch = "subscription { cardCustomerBalance(identifier: \"usr_1\") { email } }";
        let mut sockets: Vec<Socket> = (0..6).map(|_| {
            let mut socket = Socket::connect(&gateway, &token);
            socket.subscribe("a", watch);
            socket.next("a");
            socket
        }).collect();
        let events: Vec<Events> = (0..2).map(|_| Events::open(&gateway, &token, watch)).collect();
        assert!(events.iter().all(|events| events.next()["cardCustomerBalance"]["email"] == "customer1@example.com"));
        wait_for(&gateway, OPEN, 1);
        assert_eq!((metric(&gateway, "graphql_sockets"), metric(&gateway, "graphql_event_streams"), metric(&gateway, "graphql_subscriptions")), (6, 2, 8));
        // One more of either is too much, and other requests are answered.
        assert_eq!(Connection::open(&gateway).upgrade(&[]), 503);
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token).header("accept", "text/event-stream");
        let answer = gateway.send(request.json(&serde_json::json!({ "query": watch })));
        assert_eq!((answer.status, answer.code().as_str(), answer.header("retry-after")), (503, "UPSTREAM_UNAVAILABLE", "1"));
        assert_eq!(gateway.get(&token, LIST).status, 200);
        sockets.pop();
        wait_for(&gateway, "graphql_sockets", 5);
        Socket::connect(&gateway, &token);
    }
}

#[test]
fn the_limits_fit_into_the_files_that_the_system_allows() {
    let mut database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    database.wrapper = ["sh", "-c", "ulimit -n 400; exec \"$@\"", "sh"].map(str::to_owned).into();
    let gateway = database.serve();
    let (connections, streams) = gateway.wait_for_log(|line| {
        Some((line.get("connections")?.as_u64()?, line.get("streams")?.as_u64()?))
    });
    assert!(connections >= 16 && connections + streams < 400, "{connections} {streams}");
    // More than there are descriptors. Those without a place are answered all the same.
    let began = Instant::now();
    let ask = |_| {
        let mut connection = Connection::open(&gateway);
        connection.send("GET /v1/card-issuer/customers", &["authorization: Bearer x"], "");
        connection
    };
    let mut crowd: Vec<Connection> = (0..500).map(ask).collect();
    let statuses: Vec<u16> =
        crowd.iter_mut().map(|one| one.answer().map_or(0, |answer| answer.status)).collect();
    let count = |status| statuses.iter().filter(|other| **other == status).count();
    assert!(count(503) > 100 && count(503) + count(401) == 500, "{statuses:?}");
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(crowd);
    assert_eq!(gateway.get(&token, LIST).status, 200);
    let log = gateway.log_text();
    assert!(!log.contains("cannot accept"), "it had descriptors all the time");
    // With enough of them, nothing is said.
    database.wrapper.clear();
    assert!(!database.serve().log_text().contains("too few open files"));
}
