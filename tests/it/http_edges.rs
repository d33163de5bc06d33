//! HTTP as clients, proxies and attackers send it: hosts, compression, byte order marks,
//! broken frames, time-outs.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use reqwest::Method;
use serde_json::json;

use crate::support::builders::lines;
use crate::support::issuer::{ACME, balance, from_now, signed};
use crate::support::watcher::{Events, Received, Socket};
use crate::support::{Database, Gateway, on_both};

const LIST: &str = "/v1/card-issuer/customers?limit=100";
const GRAPHQL: &str = "application/graphql-response+json";

/// What is answered to bytes; the connection is closed after that.
fn raw(gateway: &Gateway, request: &str) -> String {
    let address = gateway.host.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it closes the connection");
    answer
}

/// The status of a raw answer.
fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// A GET that accepts gzip: the coding, the media type and the bytes as they came.
fn get_gzip(gateway: &Gateway, token: &str, path: &str) -> (String, String, Vec<u8>) {
    let request = gateway.client().get(format!("{}{path}", gateway.host)).bearer_auth(token);
    let answer = request.header("accept-encoding", "br, gzip;q=0.8").send().expect("an answer");
    let header = |name: &str| {
        let value = answer.headers().get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default().to_owned()
    };
    let (coding, vary) = (header("content-encoding"), header("vary"));
    (coding, vary, answer.bytes().expect("a body").to_vec())
}

fn gunzip(bytes: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(bytes).read_to_string(&mut text).expect("gzip");
    text
}

#[test]
fn a_request_names_one_host() {
    let gateway = Database::sqlite().serve();
    for (line, hosts, expected) in [
        ("GET /healthz HTTP/1.1", "host: cards.example\r\n", "200"),
        ("GET /healthz HTTP/1.1", "host: \r\n", "200"),
        ("GET http://cards.example/healthz HTTP/1.1", "host: cards.example\r\n", "200"),
        ("GET /healthz HTTP/1.1", "", "400"),
        ("GET /healthz HTTP/1.1", "host: a.example\r\nhost: a.example\r\n", "400"),
        ("GET /healthz HTTP/1.1", "host: a.example\r\nHost: b.example\r\n", "400"),
        ("GET /healthz HTTP/1.1", "host: a.example, b.example\r\n", "400"),
        ("GET /healthz HTTP/1.1", "host: a b\r\n", "400"),
        ("POST /graphql HTTP/1.1", "", "400"),
        ("GET /healthz HTTP/1.0", "", "200"),
    ] {
        let answer = raw(&gateway, &format!("{line}\r\n{hosts}connection: close\r\n\r\n"));
        assert_eq!(status(&answer), expected, "{line} {hosts}: {answer}");
        if expected == "400" {
            assert!(answer.contains(r#""error":"validation_error""#), "{answer}");
            assert!(answer.contains("x-request-id: "), "{answer}");
        }
    }
}

on_both! {
    fn compressed_bodies_are_refused_in_the_form_of_the_api(database) {
        let token = database.program_with("acme", &lines(1));
        let gateway = database.serve_with(&[ACME]);
        let query = r#"{"query":"{ __typename }"}"#;
        let post = |coding: &'static str| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            let request = request.header("content-type", "application/json").header("accept", GRAPHQL);
            gateway.send(request.header("content-encoding", coding).body(query))
        };
        for coding in ["gzip", "GZIP", "br", "identity, gzip", "nonsense"] {
            let answer = post(coding);
            assert_eq!((answer.status, answer.code().as_str()), (415, "BAD_USER_INPUT"), "{coding}: {}", answer.text);
            assert_eq!(answer.header("accept-encoding"), "identity");
            assert_eq!(answer.header("content-type"), format!("{GRAPHQL}; charset=utf-8"));
        }
        for coding in ["identity", "Identity", ""] {
            assert_eq!(post(coding).status, 200, "{coding}");
        }
        let event = balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0));
        let webhook = || signed(gateway.client(), &gateway.host, "acme", &event);
        let answer = gateway.send(webhook().header("content-encoding", "gzip"));
        assert_eq!((answer.status, answer.json()["error"].as_str()), (415, Some("unsupported_media_type")));
        assert_eq!(answer.header("accept-encoding"), "identity");
        assert_eq!(gateway.send(webhook()).status, 200);
    }

    fn large_answers_are_compressed_for_clients_that_accept_it(database) {
        let token = database.program_with("acme", &lines(100));
        let gateway = database.serve();
        let plain = gateway.get(&token, LIST);
        assert_eq!(plain.header("content-encoding"), "");
        assert_eq!(plain.header("content-length"), plain.text.len().to_string());
        let (coding, vary, bytes) = get_gzip(&gateway, &token, LIST);
        assert_eq!((coding.as_str(), vary.to_ascii_lowercase().as_str()), ("gzip", "accept-encoding"));
        assert_eq!(gunzip(&bytes), plain.text, "not byte for byte");
        assert!(bytes.len() * 4 < plain.text.len(), "{} of {}", bytes.len(), plain.text.len());
        for path in ["/openapi.json", "/schema.graphql"] {
            let (coding, _, bytes) = get_gzip(&gateway, &token, path);
            assert_eq!((coding.as_str(), gunzip(&bytes)), ("gzip", gateway.get(&token, path).text), "{path}");
        }
        for path in ["/healthz", "/v1/card-issuer/customers?limit=1", "/v1/card-issuer/customers/nobody"] {
            assert_eq!(get_gzip(&gateway, &token, path).0, "", "{path} is short");
        }
        let off = database.serve_with(&[("CARD_GATEWAY__SERVER__COMPRESSION", "false")]);
        let (coding, _, bytes) = get_gzip(&off, &token, LIST);
        assert_eq!((coding.as_str(), bytes), ("", plain.text.into_bytes()));
    }

    fn events_leave_at_once_although_the_client_accepts_gzip(database) {
        let token = database.program_with("acme", &lines(1));
        let gateway = database.serve_with(&[ACME]);
        let query = "subscription { cardCustomersChanged { availableBalance } }";
        let events = Events::open_with(&gateway, &token, query, &[("accept-encoding", "gzip")]);
        gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
        assert_eq!(events.next()["cardCustomersChanged"]["availableBalance"], "1.00");
    }

    fn a_byte_order_mark_before_json_is_ignored(database) {
        let token = database.program_with("acme", &lines(1));
        let gateway = database.serve_with(&[ACME]);
        let post = |body: &str| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            gateway.send(request.header("content-type", "application/json").body(body.to_owned()))
        };
        let query = r#"{"query":"{ __typename }"}"#;
        assert_eq!(post(&format!("\u{feff}{query}")).data()["__typename"], "Query");
        assert_eq!(post(&format!("\u{feff}\u{feff}{query}")).status, 400);
        let event = balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0));
        assert_eq!(gateway.take(&format!("\u{feff}{event}")), "applied");
    }

    fn broken_frames_are_closed_as_the_standard_says(database) {
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        for (what, code, bytes) in [
            ("text that is not UTF-8", 1007, &[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe][..]),
            ("half a character", 1007, &[0x81, 0x81, 0, 0, 0, 0, 0xc3]),
            ("a reserved bit", 1002, &[0xf1, 0x80, 0, 0, 0, 0]),
            ("a frame without a mask", 1002, &[0x81, 0x02, b'{', b'}']),
            ("an unknown kind", 1002, &[0x83, 0x80, 0, 0, 0, 0]),
            ("a ping in parts", 1002, &[0x09, 0x80, 0, 0, 0, 0]),
            ("an end without a beginning", 1002, &[0x80, 0x80, 0, 0, 0, 0]),
        ] {
            let mut socket = Socket::connect(&gateway, &token);
            socket.say_raw(bytes);
            assert_eq!(socket.receive(), Received::Closed(code), "{what}");
        }
    }

    fn every_refusal_has_the_accepted_media_type(database) {
        let token = database.program_with("acme", &[]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__RATE_BURST", "10"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1")]);
        let ask = |method: Method, token: &str, kind: &'static str, accept: &'static str| {
            let request = gateway.client().request(method, format!("{}/graphql", gateway.host)).bearer_auth(token);
            let request = request.header("accept", accept).header("content-type", kind);
            let answer = gateway.send(request.body(r#"{"query":"{ __typename }"}"#));
            assert!(answer.json()["errors"][0]["message"].is_string(), "{}", answer.text);
            (answer.status, answer.header("content-type").to_owned())
        };
        let expected = |status: u16, kind: &str| (status, format!("{kind}; charset=utf-8"));
        let json = "application/json";
        for (accept, kind) in [(GRAPHQL, GRAPHQL), (json, json), ("*/*", json)] {
            assert_eq!(ask(Method::PUT, "", json, accept), expected(405, kind));
        }
        assert_eq!(ask(Method::POST, &token, "text/plain", GRAPHQL), expected(415, GRAPHQL));
        assert_eq!(ask(Method::POST, &token, json, "text/html"), expected(406, json));
        assert_eq!(ask(Method::POST, "", json, GRAPHQL), expected(401, GRAPHQL));
        assert_eq!(ask(Method::POST, "", json, json), expected(401, json));
        for kind in [GRAPHQL, json] {
            let again = || ask(Method::POST, "", json, kind);
            let limited = (0..1_000).map(|_| again()).find(|(status, _)| *status == 429);
            assert_eq!(limited, Some(expected(429, kind)));
        }
    }
}

#[test]
fn pages_may_send_the_headers_of_the_usual_libraries() {
    let database = Database::sqlite();
    let origin = ("CARD_GATEWAY__SERVER__CORS_ORIGINS", "https://app.example");
    let allowed = |gateway: &Gateway| {
        let request =
            gateway.client().request(Method::OPTIONS, format!("{}/graphql", gateway.host));
        let request = request.header("origin", "https://app.example");
        let request = request.header("access-control-request-method", "POST");
        gateway.send(request).header("access-control-allow-headers").to_owned()
    };
    let usual = allowed(&database.serve_with(&[origin]));
    let usual: Vec<&str> = usual.split(',').collect();
    for name in [
        "authorization",
        "content-type",
        "apollographql-client-name",
        "apollographql-client-version",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "sentry-trace",
        "baggage",
        "traceparent",
        "tracestate",
        "x-graphql-cost",
        "x-request-id",
    ] {
        assert!(usual.contains(&name), "{name} is not in {usual:?}");
    }
    let own = ("CARD_GATEWAY__SERVER__CORS_HEADERS", "Authorization, X-Mine");
    assert_eq!(allowed(&database.serve_with(&[origin, own])), "authorization,x-mine");
    let wrong = ("CARD_GATEWAY__SERVER__CORS_HEADERS", "x mine");
    let output = database.program(&["config"]).envs([wrong]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_idle_connection_is_closed_after_its_time_and_a_request_is_not() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &lines(1));
    let idle = ("CARD_GATEWAY__SERVER__IDLE_TIMEOUT", "500ms");
    let gateway = database.serve_with(&[ACME, idle]);
    // It is closed, although nobody asked for that.
    let began = Instant::now();
    let answer = raw(&gateway, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(status(&answer), "200");
    assert!(began.elapsed() >= Duration::from_millis(500), "{:?}", began.elapsed());
    // A stream and a WebSocket live longer than that.
    let query = "subscription { cardCustomersChanged { availableBalance } }";
    let events = Events::open(&gateway, &token, query);
    let mut socket = Socket::connect(&gateway, &token);
    assert_eq!(socket.receive_within(Duration::from_secs(2)), Received::Nothing);
    gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
    assert_eq!(events.next()["cardCustomersChanged"]["availableBalance"], "1.00");
    socket.say(&json!({ "type": "ping" }));
    assert_eq!(socket.receive(), Received::Message(json!({ "type": "pong" })));
}
