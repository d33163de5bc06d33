//! The trace that a caller names goes on: into the log, to the blockchain, to the issuer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::issuer_routes::world::token;
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::within;
use crate::support::scripted::{Scripted, answer};
use crate::support::{Answer, Database, Gateway, Line, on_both};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const LIST: &str = "/v1/card-issuer/customers";

fn parent() -> String {
    format!("00-{TRACE}-{SPAN}-01")
}

/// A GET with more headers.
fn get(gateway: &Gateway, token: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = gateway.client().get(format!("{}{path}", gateway.host)).bearer_auth(token);
    let with = |request: reqwest::blocking::RequestBuilder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    gateway.send(headers.iter().fold(request, with))
}

/// The trace in the log line of a request.
fn logged(gateway: &Gateway, request: &str) -> String {
    gateway.wait_for_log(|line| {
        let is_it = line["message"] == "request" && line["request_id"] == request;
        is_it.then(|| line["trace_id"].as_str().expect("a trace").to_owned())
    })
}

fn is_trace(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

on_both! {
    fn the_log_has_the_callers_trace_beside_the_requests_id(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        get(&gateway, &token, LIST, &[("traceparent", &parent()), ("x-request-id", "one")]);
        assert_eq!(logged(&gateway, "one"), TRACE);
        // Without one, or with one that cannot be, a trace begins here.
        let (twice, zero) = (parent(), format!("00-{}-{SPAN}-01", "0".repeat(32)));
        let bad: [&[(&str, &str)]; 4] = [
            &[],
            &[("traceparent", "nonsense")],
            &[("traceparent", &zero)],
            &[("traceparent", &twice), ("traceparent", &twice)],
        ];
        let mut seen = vec![TRACE.to_owned()];
        for (number, headers) in bad.iter().enumerate() {
            let id = format!("other-{number}");
            let headers: Vec<_> = headers.iter().copied().chain([("x-request-id", id.as_str())]).collect();
            get(&gateway, &token, LIST, &headers);
            let trace = logged(&gateway, &id);
            assert!(is_trace(&trace) && !seen.contains(&trace), "{trace}");
            seen.push(trace);
        }
    }

    fn a_failed_request_is_found_by_its_id_and_by_its_trace(database) {
        let token = database.program_with("acme", &[Line::new(1).balance(1, 1)]);
        let gateway = database.serve();
        crate::failures::break_balances(&database);
        let failed = get(&gateway, &token, LIST, &[("traceparent", &parent())]);
        assert_eq!(failed.status, 500);
        let id = failed.json()["details"]["request_id"].as_str().expect("an id").to_owned();
        let line = gateway.wait_for_log(|line| (line["level"] == "ERROR").then(|| line.clone()));
        assert_eq!((&line["request_id"], &line["trace_id"]), (&json!(id), &json!(TRACE)));
    }

    fn calls_to_the_blockchain_carry_it_on(database) {
        let chain = sandbox(3);
        let token = database.program_with("acme", &wallets(3));
        let gateway = database.serve_on(&[&chain], &[]);
        chain.take_traces();
        let body = json!({ "query": "{ cardCustomers { nodes { ledgerBalance } } }" });
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let shown = gateway.send(request.header("traceparent", parent()).json(&body)).data();
        assert_eq!(shown["cardCustomers"]["nodes"].as_array().map(Vec::len), Some(3));
        let traces = chain.take_traces();
        assert!(!traces.is_empty());
        for trace in traces {
            assert!(trace.starts_with(&format!("00-{TRACE}-")) && !trace.contains(SPAN), "{trace}");
        }
    }
}

#[test]
fn calls_to_the_issuer_carry_it_on() {
    const KEY: &str =
        "{\"success\":true,\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}";
    let issuer = Scripted::start(|request| match request.path() {
        "/api/v1/auth/token" => answer(200, &[], KEY),
        _ => answer(200, &[], "{\"success\":true,\"data\":{}}"),
    });
    let database = Database::sqlite();
    database.program_with("acme", &[Line::new(1)]);
    let token = token(&database, "acme", &["write"]);
    let gateway = database.serve_with(&[
        ("CARD_GATEWAY__ISSUER__BASE_URL", &issuer.url()),
        ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key_of_acme"),
        ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret_of_acme"),
        ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
    ]);
    let path = "/v1/yativo-card/customers/0123456789abcdef01234567/profile";
    let headers = [("traceparent", parent()), ("tracestate", "vendor=1,other=2".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let said = get(&gateway, &token, path, &headers);
    let carried = |name: &str| -> Vec<String> {
        let requests = issuer.requests();
        let found = requests.iter().filter(|request| request.path().ends_with("/profile"));
        found.filter_map(|request| request.header(name).map(str::to_owned)).collect()
    };
    assert!(within(Duration::from_secs(5), || !carried("traceparent").is_empty()), "{said:?}");
    let sent = carried("traceparent");
    assert!(
        sent.iter().all(|sent| sent.starts_with(&format!("00-{TRACE}-")) && !sent.contains(SPAN))
    );
    assert!(sent.iter().all(|sent| sent.ends_with("-01")), "{sent:?}");
    assert_eq!(carried("tracestate"), vec!["vendor=1,other=2"; sent.len()]);
    // A call that no request asks for has none.
    assert_eq!(gateway.get("", "/readyz").json()["status"], Value::from("ready"));
}
