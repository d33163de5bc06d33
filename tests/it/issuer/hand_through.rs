//! Calls that are handed through: the issuer's answer as it is.

use card_gateway::issuer::{MAX_BODY, Path, Reason};
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::{TOKEN, client, issuer, run, settings};
use crate::support::scripted::{Step, answer};

const FREEZE: &str = "/v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze";

fn freeze() -> Path {
    Path::new(FREEZE, &["ycc_1", "c/1"]).expect("a path")
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.insert(*name, value.parse().expect("a value"));
    }
    headers
}

#[test]
fn an_answer_comes_back_as_it_is_whatever_its_status() {
    for status in [200, 201, 400, 404, 409, 422, 500, 503] {
        let server = issuer(move |_, _| answer(status, &[("x-request-id", "r1")], "not JSON"));
        let client = client(&settings(&server));
        let body = br#"{"amount":5}"#;
        let sent = headers(&[
            ("idempotency-key", "k1"),
            ("content-type", "application/json; charset=utf-8"),
            ("authorization", "Bearer of a client"),
            ("x-api-key", "of a client"),
            ("cookie", "a=b"),
            ("host", "gateway.example"),
            ("accept-encoding", "gzip"),
        ]);
        let query = [("locale", "en&x=y")];
        let answer = run(client.send(Method::POST, &freeze(), &query, Some(body), sent));
        let answer = answer.expect("an answer");
        assert_eq!((answer.status.as_u16(), answer.body.as_slice()), (status, &b"not JSON"[..]));
        assert_eq!(answer.headers["x-request-id"], "r1");
        assert!(!format!("{answer:?}").contains("not JSON"));
        let requests = server.requests();
        let request = requests.last().expect("one");
        assert_eq!(requests.len(), 2, "{status}: an exchange and one try");
        assert_eq!(
            request.target,
            "/api/v1/yativo-card/customers/ycc_1/cards/c%2F1/freeze?locale=en%26x%3Dy"
        );
        assert_eq!((request.method.as_str(), request.body.as_bytes()), ("POST", &body[..]));
        assert_eq!(request.header("idempotency-key"), Some("k1"));
        assert_eq!(request.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(request.header("authorization"), Some("Bearer token_of_acme_1"));
        for name in ["x-api-key", "cookie", "accept-encoding"] {
            assert_eq!(request.header(name), None, "{name}");
        }
        assert_ne!(request.header("host"), Some("gateway.example"));
    }
}

#[test]
fn what_changes_something_is_sent_once() {
    for fault in [
        vec![Step::Reset],
        vec![Step::Close],
        answer(503, &[], ""),
        answer(429, &[("retry-after", "1")], "{}"),
    ] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let fault = fault.clone();
            let server = issuer(move |_, _| fault.clone());
            let client = client(&settings(&server));
            let _ = run(client.send(method.clone(), &freeze(), &[], Some(b"{}"), HeaderMap::new()));
            let count = server.requests().iter().filter(|one| one.path() != TOKEN).count();
            assert_eq!(count, 1, "{method}");
        }
    }
}

#[test]
fn a_read_is_tried_again_and_its_last_answer_comes_back() {
    let server = issuer(|_, number| answer(if number < 3 { 502 } else { 200 }, &[], "text"));
    let path = Path::new("/v1/card-issuer/eligibility", &[]).expect("a path");
    let client_of = client(&settings(&server));
    let found = run(client_of.send(Method::GET, &path, &[], None, HeaderMap::new()));
    assert_eq!(found.expect("an answer").status, 200);
    let server = issuer(|_, _| answer(502, &[], "text"));
    let client_of = client(&settings(&server));
    let found = run(client_of.send(Method::GET, &path, &[], None, HeaderMap::new()));
    assert_eq!(found.expect("an answer").status, 502);
    // The wait is longer than a client waits: it learns of the refusal itself.
    let server = issuer(|_, _| answer(429, &[("retry-after", "3600")], "{}"));
    let client_of = client(&settings(&server));
    let found = run(client_of.send(Method::GET, &path, &[], None, HeaderMap::new()));
    let found = found.expect("an answer");
    assert_eq!(
        (found.status.as_u16(), &found.headers["retry-after"]),
        (429, &"3600".parse().expect("a value"))
    );
}

#[test]
fn a_token_that_is_not_accepted_is_renewed_before_a_write_too() {
    let server = issuer(|request, _| {
        let first = request.header("authorization") == Some("Bearer token_of_acme_1");
        answer(if first { 401 } else { 201 }, &[], "{}")
    });
    let client = client(&settings(&server));
    let found = run(client.send(Method::POST, &freeze(), &[], Some(b"{}"), HeaderMap::new()));
    assert_eq!(found.expect("an answer").status, 201);
    assert_eq!(server.count(TOKEN), 2);
}

#[test]
fn a_call_that_no_token_is_good_enough_for_is_answered_too() {
    let server = issuer(|_, _| answer(401, &[], r#"{"error":"second_factor_required"}"#));
    let client = client(&settings(&server));
    let found = run(client.send(Method::POST, &freeze(), &[], Some(b"{}"), HeaderMap::new()));
    assert_eq!(found.expect("an answer").status, 401);
    assert_eq!((server.count(TOKEN), server.requests().len()), (2, 4));
    let said = client.snapshot().last_error.expect("operators see it").sentence;
    assert!(said.contains("401 second_factor_required"), "{said}");
}

#[test]
fn bodies_are_limited_in_both_directions() {
    let server = issuer(|_, _| {
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        vec![Step::Send(head.as_bytes().to_vec()), Step::Flood(3 << 20), Step::Close]
    });
    let client = client(&settings(&server));
    let large = vec![b' '; MAX_BODY + 1];
    let found = run(client.send(Method::POST, &freeze(), &[], Some(&large), HeaderMap::new()));
    assert_eq!(found.expect_err("too large").reason(), Reason::TooLarge);
    assert!(server.requests().iter().all(|request| request.path() == TOKEN));
    let found = run(client.send(Method::POST, &freeze(), &[], Some(b"{}"), HeaderMap::new()));
    assert_eq!(found.expect_err("too large").reason(), Reason::TooLarge);
}
