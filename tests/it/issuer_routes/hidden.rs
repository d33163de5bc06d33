//! What clients send through the gateway, and what the issuer answers, is in no log, no
//! metric and no row: codes, phone numbers, addresses of hosted pages.

use card_gateway::domain::issuer_routes::{Kind, ROUTES};
use serde_json::json;

use super::world::{World, call, token};
use crate::support::Database;
use crate::support::gateway::client;
use crate::support::scripted::{Scripted, answer};
use crate::support::written::written;

/// What a client sends, and what the issuer answers.
const SENT: &str = "sentcanary7";
const ANSWERED: &str = "answercanary8";

#[test]
fn nothing_of_any_route_is_written_down() {
    let said = format!(
        r#"{{"success":true,"message":"{ANSWERED}","data":{{"kyc_url":"https://x.example/{ANSWERED}","phone_number":"{ANSWERED}","secure_view_url":"{ANSWERED}"}}}}"#
    );
    let refused =
        format!(r#"{{"success":false,"error_code":"{ANSWERED}","message":"{ANSWERED}"}}"#);
    for (status, body) in
        [(200, said), (422, refused.clone()), (500, refused.clone()), (401, refused)]
    {
        let issuer = Scripted::start(move |request| {
            if request.path() == "/api/v1/auth/token" {
                let body = r#"{"success":true,"access_token":"token_of_acme","expires_in":3600}"#;
                return answer(200, &[], body);
            }
            let headers = [("x-request-id", ANSWERED), ("content-type", "application/json")];
            answer(status, &headers, &body)
        });
        let database = Database::sqlite();
        database.succeed(&["program", "create", "--name", "acme"], "");
        let url = issuer.url();
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__ISSUER__BASE_URL", url.as_str()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key_of_acme_0123"),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret_of_acme_0123"),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0"),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
            ("CARD_GATEWAY__ISSUER__CARD_PAGES", "true"),
            ("CARD_GATEWAY__LOG__LEVEL", "trace"),
        ]);
        let token = token(&database, "acme", &["write", "money", "program"]);
        let mut seen = 0;
        for route in ROUTES
            .iter()
            .filter(|route| route.is_forwarded() || matches!(route.kind, Kind::Refused(_)))
        {
            // Reads are tried again, which takes time and says nothing new.
            if status >= 500 && route.is_read() {
                continue;
            }
            let path = super::world::filled(route, SENT);
            let query = format!("?page={SENT}&locale={SENT}&refresh={SENT}&{SENT}={SENT}");
            let url = format!("{}{path}{query}", gateway.host);
            let method = route.method.as_ref().parse().expect("a method");
            let request = client().request(method, url).bearer_auth(&token);
            let request = request.header("idempotency-key", SENT).header("cookie", SENT);
            let got = gateway
                .send(request.json(&json!({ "otp": SENT, "phoneNumber": SENT, SENT: SENT })));
            seen += usize::from(got.text.contains(ANSWERED));
        }
        assert!(seen > 20 || status == 401 || status == 500, "{status}: {seen} answers came back");
        assert!(
            issuer
                .requests()
                .iter()
                .any(|request| request.target.contains(SENT) && request.body.contains(SENT))
        );
        let texts = written(&database, &gateway);
        assert!(texts.len() >= 3, "log, metrics and a database");
        for (place, text) in texts {
            for canary in [SENT, ANSWERED, "secret_of_acme_0123", "token_of_acme", token.as_str()] {
                let at = text.find(canary).map(|at| {
                    let around: String = text[..at].chars().rev().take(200).collect();
                    around.chars().rev().collect::<String>()
                });
                assert_eq!(at, None, "{status}: {canary} is in {place}");
            }
        }
    }
}

#[test]
fn what_customers_enter_is_not_kept() {
    let world = World::new(Database::sqlite());
    let gateway = world.serve_with(&[("CARD_GATEWAY__LOG__LEVEL", "trace")]);
    let token = world.token("acme");
    let send = |path: &str, body: &serde_json::Value| {
        let path = format!("{}{path}", super::world::PREFIX);
        let answer = call(&gateway.host, &token, "POST", &path, body);
        assert!(answer.status < 300, "{path}: {}", answer.text);
        answer.json()["data"].take()
    };
    let added = send("/onboard", &json!({ "email": "mira@example.com" }));
    let name = added["yativo_card_id"].as_str().expect("a name").to_owned();
    send(&format!("/{name}/verify-otp"), &json!({ "otp": "123456" }));
    send(
        &format!("/{name}/phone/request-verification"),
        &json!({ "phoneNumber": "+436641234567" }),
    );
    send(&format!("/{name}/phone/verify"), &json!({ "code": "123456" }));
    let link = gateway.get(&token, &format!("{}/{name}/kyc-link", super::world::PREFIX)).json();
    let link = link["data"]["kyc_url"].as_str().expect("an address").to_owned();
    let secret = link.rsplit('/').next().expect("an end").to_owned();
    assert!(secret.contains("token=kyc_"));
    for (place, text) in written(&world.database, &gateway) {
        for canary in ["436641234567", "/hosted/kyc/", "token=kyc_", "\"otp\"", "phoneNumber"] {
            assert!(!text.contains(canary), "{canary} is in {place}");
        }
        if place == "log" || place == "metrics" {
            assert!(!text.contains("mira@example.com") && !text.contains(&name), "{place}");
        }
    }
}
