//! Calls that go on to the issuer, and those that do not.

use card_gateway::domain::issuer_routes::{Kind, Method, ROUTES};
use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{PREFIX, World, at_sandbox, call, filled, forwarded, token};
use crate::support::gateway::client;
use crate::support::scripted::{Scripted, answer};
use crate::support::{Database, on_both};

const ELIGIBILITY: &str = "/v1/card-issuer/eligibility";
const APPLY: &str = "/v1/card-issuer/apply";

on_both! {
    fn the_issuers_answer_comes_back_as_it_is(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let keys = world.issuer.credentials("acme").expect("it is there");
        let there = |path: &str| {
            let url = format!("{}{path}", world.issuer.url());
            let request = client().get(url).header("x-api-key", &keys.api_key);
            let answer = request.header("x-api-secret", &keys.api_secret).send().expect("one");
            (answer.status().as_u16(), answer.text().expect("a body"))
        };
        let wallet = format!("{PREFIX}/{}/wallet", holder.name);
        let nobody = format!("{PREFIX}/nobody/wallet");
        let page = format!("{PREFIX}/{}/transactions?limit=1&offset=1", holder.name);
        for path in [ELIGIBILITY, &wallet, &nobody, &page, "/v1/card-issuer/transfers/none"] {
            let expected = there(path);
            for prefix in ["", "/api"] {
                let here = gateway.get(&token, &format!("{prefix}{path}"));
                assert_eq!((here.status, here.text.clone()), expected, "{prefix}{path}");
                assert_eq!(here.header("content-type"), "application/json; charset=utf-8");
                assert_eq!(here.header("cache-control"), "no-store");
                assert!(!here.header("x-request-id").is_empty());
                assert!(!here.header("x-ratelimit-remaining").is_empty());
            }
        }
        let third = gateway.get(&token, "/api/card-issuer/eligibility");
        assert_eq!((third.status, third.text), there(ELIGIBILITY));
    }

    fn each_route_is_at_each_prefix_and_needs_a_token_and_its_scope(database) {
        let world = World::new(database);
        let gateway = world.serve();
        let reader = token(&world.database, "acme", &["read"]);
        let all = world.token("acme");
        for route in ROUTES.iter().filter(|route| route.is_forwarded() || matches!(route.kind, Kind::Refused(_))) {
            for prefix in route.family().prefixes() {
                let path = filled(route, "nobody").replace(route.family().prefix(), prefix);
                let method = route.method.as_ref();
                let stranger = call(&gateway.host, "nonsense", method, &path, &Value::Null);
                assert_eq!(stranger.status, 401, "{method} {path}");
                let refused = match route.kind {
                    Kind::Refused(why) | Kind::Optional(why) => Some((why.to_owned(), &all)),
                    _ if route.scope.name() == "read" => None,
                    _ => Some((format!("The caller lacks the scope `{}`", route.scope.name()), &reader)),
                };
                if let Some((why, token)) = refused {
                    let answer = call(&gateway.host, token, method, &path, &json!({}));
                    assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text);
                    let body = answer.json();
                    assert_eq!((&body["error"], &body["message"]), (&json!("forbidden"), &json!(why)));
                }
            }
        }
        assert_eq!(world.issuer.calls().total(), 0, "nothing has left");
        for route in forwarded().filter(|route| !matches!(route.kind, Kind::Optional(_))) {
            let answer = call(&gateway.host, &all, route.method.as_ref(), &filled(route, "nobody"), &Value::Null);
            assert_ne!(answer.json()["error"], "forbidden", "{route:?}");
            assert!(world.issuer.take_calls().with_status(answer.status) >= 1, "{route:?}: {}", answer.text);
        }
    }

    fn another_programs_customer_is_not_asked_for(database) {
        let world = World::synchronised(database);
        let gateway = world.serve();
        let (mine, theirs) = (world.token("acme"), world.holder("globex"));
        for route in forwarded().filter(|route| route.customer().is_some() && !matches!(route.kind, Kind::Optional(_))) {
            let path = filled(route, &theirs.name);
            let answer = call(&gateway.host, &mine, route.method.as_ref(), &path, &Value::Null);
            assert_eq!((answer.status, &answer.json()["error"]), (404, &json!("not_found")), "{path}");
        }
        let listed = gateway.get(&mine, &format!("/v1/card-issuer/transfers?customer_id={}", theirs.name));
        assert_eq!(listed.status, 404);
        assert_eq!(world.issuer.calls().total(), 0);
        let owner = gateway.get(&world.token("globex"), &format!("{PREFIX}/{}/wallet", theirs.name));
        assert_eq!(owner.status, 200, "{}", owner.text);
    }
}

#[test]
fn without_a_connection_each_route_says_so_in_a_sentence() {
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    let gateway = database.serve();
    let token = token(&database, "acme", &["write", "money", "program"]);
    for route in forwarded().filter(|route| !matches!(route.kind, Kind::Optional(_))) {
        let answer =
            call(&gateway.host, &token, route.method.as_ref(), &filled(route, "x"), &Value::Null);
        assert_eq!(answer.status, 503, "{route:?}");
        let body = answer.json();
        assert_eq!(body["error"], "unavailable");
        let message = body["message"].as_str().expect("a sentence");
        assert!(message.contains("no connection for this program"), "{message}");
    }
}

/// A gateway whose issuer answers as a test says, with short waits.
fn before(issuer: &Scripted) -> (Database, crate::support::Gateway, String) {
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    let url = issuer.url();
    let gateway = database.serve_with(&[
        ("CARD_GATEWAY__ISSUER__BASE_URL", url.as_str()),
        ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key_of_acme"),
        ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret_of_acme"),
        ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0"),
        ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
        ("CARD_GATEWAY__ISSUER__TIMEOUT", "500ms"),
    ]);
    let token = token(&database, "acme", &["write", "money", "program"]);
    (database, gateway, token)
}

fn scripted(
    script: impl Fn(&crate::support::scripted::Request) -> Vec<crate::support::scripted::Step>
    + Send
    + Sync
    + 'static,
) -> Scripted {
    Scripted::start(move |request| {
        if request.path() == "/api/v1/auth/token" {
            let body = r#"{"success":true,"access_token":"token_of_acme","expires_in":3600}"#;
            answer(200, &[], body)
        } else {
            script(request)
        }
    })
}

#[test]
fn only_what_the_issuer_needs_is_sent() {
    let issuer = scripted(|_| {
        let headers = [
            ("content-type", "text/plain"),
            ("set-cookie", "a=b"),
            ("retry-after", "7"),
            ("x-ratelimit-remaining", "3"),
            ("server", "secret"),
        ];
        answer(418, &headers, "short and stout")
    });
    let (_database, gateway, token) = before(&issuer);
    let url = format!(
        "{}/api{PREFIX}/a%2Fb%3Fc/cards/d%20e/transactions?limit=5&limit=6&page=&nonsense=1",
        gateway.host
    );
    let request = client().get(url).bearer_auth(&token);
    let request =
        request.header("cookie", "a=b").header("x-api-key", "k").header("x-api-secret", "s");
    let request = request.header("x-request-id", "of-the-client").header("accept-language", "de");
    let got = gateway.send(request.header("x-forwarded-for", "1.2.3.4"));
    assert_eq!((got.status, got.text.as_str()), (418, "short and stout"));
    assert_eq!((got.header("content-type"), got.header("retry-after")), ("text/plain", "7"));
    for name in ["set-cookie", "server"] {
        assert_eq!(got.header(name), "", "{name}");
    }
    assert_ne!(got.header("x-ratelimit-remaining"), "3", "ours is about the caller's token");
    let sent = issuer.requests().pop().expect("a request");
    assert_eq!(
        sent.target,
        "/api/v1/yativo-card/customers/a%2Fb%3Fc/cards/d%20e/transactions?limit=5&limit=6"
    );
    let mut names: Vec<&str> = sent.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["accept", "authorization", "host", "traceparent", "user-agent", "x-request-id"]
    );
    assert_eq!(sent.header("authorization"), Some("Bearer token_of_acme"));
    assert_eq!(sent.header("x-request-id"), Some("of-the-client"));
}

#[test]
fn a_body_is_json_small_and_sent_as_it_is() {
    let issuer = scripted(|_| answer(201, &[("content-type", "application/json")], "{}"));
    let (_database, gateway, token) = before(&issuer);
    let send = |kind: &str, body: String| {
        let request = client().post(format!("{}{APPLY}", gateway.host)).bearer_auth(&token);
        gateway.send(request.header("content-type", kind).body(body))
    };
    let body = "{ \"funding_structure\" : \"master_wallet\" }";
    assert_eq!(send("application/json; charset=utf-8", body.to_owned()).status, 201);
    let sent = issuer.requests().pop().expect("a request");
    assert_eq!((sent.body.as_str(), sent.header("content-type")), (body, Some("application/json")));
    let before = issuer.requests().len();
    for (kind, body, status, code) in [
        ("text/plain", body.to_owned(), 415, "unsupported_media_type"),
        ("application/json", "{".to_owned(), 400, "validation_error"),
        ("application/json", format!("\"{}\"", "x".repeat(16 << 10)), 413, "payload_too_large"),
    ] {
        let answer = send(kind, body);
        assert_eq!((answer.status, &answer.json()["error"]), (status, &json!(code)));
    }
    assert_eq!(issuer.requests().len(), before);
    let path = "/v1/card-issuer/pse-customization";
    let style = json!({ "custom_css": "\u{1}".repeat(40_000) });
    assert_eq!(call(&gateway.host, &token, "PUT", path, &style).status, 201, "a style is larger");
    for bad in [".", "..", "%00", "%FF", "%0A", &"x".repeat(400)] {
        let answer = gateway.get(&token, &format!("/v1/card-issuer/transfers/{bad}"));
        assert!([400, 404].contains(&answer.status), "{bad}: {}", answer.text);
    }
    assert!(issuer.requests().iter().all(|request| !request.target.contains("transfers")));
}

#[test]
fn a_refusal_of_our_credentials_is_not_the_clients_fault() {
    let issuer = scripted(|_| answer(401, &[], r#"{"success":false,"error":"Invalid token"}"#));
    let (_database, gateway, token) = before(&issuer);
    for (method, path) in [("GET", ELIGIBILITY), ("POST", APPLY), ("GET", "/v1/card-issuer/status")]
    {
        let answer = call(&gateway.host, &token, method, path, &Value::Null);
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (503, &json!("unavailable")),
            "{path}"
        );
        assert!(answer.text.contains("does not accept the credentials"), "{}", answer.text);
        assert_eq!(answer.header("www-authenticate"), "");
    }
}

#[test]
fn an_issuer_that_is_slow_broken_or_away_is_a_sentence() {
    use crate::support::scripted::Step;
    use std::time::Duration;
    let slow = || vec![Step::Wait(Duration::from_secs(2)), Step::Close];
    let flood = || {
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";
        vec![Step::Send(head.as_bytes().to_vec()), Step::Flood(3 << 20), Step::Close]
    };
    let away = answer(302, &[("location", "https://elsewhere.example/")], "");
    for (steps, read, write, code) in [
        (slow(), 504, 504, "timeout"),
        (vec![Step::Reset], 503, 503, "unavailable"),
        (flood(), 503, 503, "unavailable"),
        (away, 503, 503, "unavailable"),
    ] {
        let issuer = scripted(move |_| steps.clone());
        let (_database, gateway, token) = before(&issuer);
        let answer = call(&gateway.host, &token, "POST", APPLY, &json!({}));
        assert_eq!((answer.status, &answer.json()["error"]), (write, &json!(code)));
        let count = issuer.requests().iter().filter(|request| request.method == "POST").count();
        assert_eq!(count, 2, "the exchange and one try");
        let answer = call(&gateway.host, &token, "GET", ELIGIBILITY, &Value::Null);
        assert_eq!((answer.status, &answer.json()["error"]), (read, &json!(code)));
    }
}

#[test]
fn an_issuer_that_keeps_failing_is_left_alone() {
    let issuer = scripted(|_| answer(500, &[("content-type", "text/html")], "<h1>Oops</h1>"));
    let (_database, gateway, token) = before(&issuer);
    let first = call(&gateway.host, &token, "POST", APPLY, &json!({}));
    assert_eq!((first.status, first.text.as_str()), (500, "<h1>Oops</h1>"), "its own words");
    for _ in 0..5 {
        call(&gateway.host, &token, "POST", APPLY, &json!({}));
    }
    let before = issuer.requests().len();
    let answer = call(&gateway.host, &token, "POST", APPLY, &json!({}));
    assert_eq!((answer.status, &answer.json()["error"]), (503, &json!("unavailable")));
    assert!(!answer.header("retry-after").is_empty());
    assert_eq!(issuer.requests().len(), before);
}

#[test]
fn a_limit_of_the_issuer_is_handed_on() {
    let world = World::new(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    world.issuer.add_fault(FaultRule::on("POST /v1/card-issuer/apply", Fault::TooManyCalls(600)));
    let answer = call(&gateway.host, &token, "POST", APPLY, &json!({}));
    assert_eq!((answer.status, answer.header("retry-after")), (429, "600"));
    // Nothing is sent until then, and the client learns how long.
    let before = world.issuer.calls().total();
    let answer = call(&gateway.host, &token, "POST", APPLY, &json!({}));
    assert_eq!((answer.status, &answer.json()["error"]), (429, &json!("rate_limit_exceeded")));
    let wait: u64 = answer.header("retry-after").parse().expect("a number");
    assert!((500..=600).contains(&wait), "{wait}");
    assert_eq!(world.issuer.calls().total(), before);
}

#[test]
fn the_page_of_a_whole_card_is_for_programs_that_insist() {
    let world = World::synchronised(Database::sqlite());
    let gateway = world.serve_with(&[("CARD_GATEWAY__ISSUER__CARD_PAGES", "true")]);
    let holder = world.holder("acme");
    let path = format!("{PREFIX}/{}/cards/{}/view-token", holder.name, holder.card);
    let reader = token(&world.database, "acme", &["read"]);
    assert_eq!(call(&gateway.host, &reader, "POST", &path, &json!({})).status, 403);
    let answer = call(&gateway.host, &world.token("acme"), "POST", &path, &json!({}));
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let page = answer.json()["data"]["secure_view_url"].take();
    let page = page.as_str().expect("an address").rsplit('=').next().expect("a token").to_owned();
    assert!(page.starts_with("view_"));
    assert!(!gateway.log_text().contains(&page));
}

#[test]
fn a_call_goes_out_once_however_it_ends() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    for route in forwarded().filter(|route| route.method != Method::Get) {
        world.issuer.add_fault(FaultRule::on(&at_sandbox(route), Fault::Status(503)).once());
    }
    for route in forwarded().filter(|route| route.method != Method::Get) {
        if matches!(route.kind, Kind::Optional(_)) {
            continue;
        }
        let path = filled(route, "nobody");
        call(&gateway.host, &token, route.method.as_ref(), &path, &Value::Null);
        let calls = world.issuer.take_calls();
        assert!(calls.by_route.values().sum::<u64>() <= 2, "{route:?}: {calls:?}");
        // The breaker must not open.
        call(&gateway.host, &token, "GET", ELIGIBILITY, &Value::Null);
        world.issuer.take_calls();
    }
}
