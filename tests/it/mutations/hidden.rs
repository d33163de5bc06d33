//! What clients send in mutations, and what the issuer answers, is in no log, no metric and
//! no row: codes, phone numbers, links. Nor are documents kept that have them in their text.

use serde_json::{Value, json};

use crate::issuer_routes::world::token;
use crate::support::scripted::{Scripted, answer};
use crate::support::written::written;
use crate::support::{Database, Line, sha256};

/// What a client sends, and what the issuer answers.
const SENT: &str = "sentcanary7";
const ANSWERED: &str = "answercanary8";

/// Mutations with what must not be kept.
const MUTATIONS: [(&str, &str); 9] = [
    ("onboardCardCustomer", "email: \"CANARY@example.com\", externalCustomerId: \"CANARY\""),
    ("verifyCardCustomerOtp", "identifier: \"usr_1\", otp: \"CANARY\""),
    ("resendCardCustomerOtp", "identifier: \"CANARY\""),
    ("requestKycLink", "identifier: \"usr_1\""),
    (
        "submitSourceOfFunds",
        "identifier: \"usr_1\", answers: [{ question: \"CANARY\", answer: \"CANARY\" }]",
    ),
    ("requestPhoneVerification", "identifier: \"usr_1\", phoneNumber: \"CANARY\""),
    ("verifyPhone", "identifier: \"usr_1\", code: \"CANARY\""),
    ("freezeCard", "identifier: \"usr_1\", cardId: \"CANARY\""),
    ("reportCard", "identifier: \"usr_1\", cardId: \"CANARY\", reason: LOST"),
];

#[test]
fn nothing_of_a_mutation_is_written_down() {
    let said = format!(
        r#"{{"success":true,"message":"{ANSWERED}","data":{{"kyc_url":"https://x.example/{ANSWERED}","phone_number":"{ANSWERED}","yativo_card_id":"yativo_card_customer_1"}}}}"#
    );
    let refused =
        format!(r#"{{"success":false,"error_code":"REFUSED","message":"{ANSWERED} is wrong"}}"#);
    for (status, body) in [(200, said), (422, refused.clone()), (500, refused)] {
        let issuer = Scripted::start(move |request| {
            if request.path() == "/api/v1/auth/token" {
                let body = r#"{"success":true,"access_token":"token_of_acme","expires_in":3600}"#;
                return answer(200, &[], body);
            }
            // Nobody is read again: what the issuer says of a customer may be stored.
            if request.target.contains("/card-issuer/") {
                return answer(404, &[], r#"{"success":false,"error":"CUSTOMER_NOT_FOUND"}"#);
            }
            answer(status, &[("content-type", "application/json")], &body)
        });
        let database = Database::sqlite();
        database.program_with("acme", &[Line::new(1).with("external_customer_id", "usr_1")]);
        let url = issuer.url();
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__ISSUER__BASE_URL", url.as_str()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key_of_acme_0123"),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret_of_acme_0123"),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0"),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0"),
            ("CARD_GATEWAY__LOG__LEVEL", "trace"),
        ]);
        let token = token(&database, "acme", &["write"]);
        let post = |body: &Value| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host));
            gateway.send(request.bearer_auth(&token).json(body))
        };
        let mut hashes = Vec::new();
        for (name, input) in MUTATIONS {
            let fields = if name == "requestKycLink" { "kycUrl" } else { "clientMutationId" };
            let input = input.replace("CANARY", SENT);
            let text = format!(
                "mutation Named {{ {name}(input: {{ {input}, clientMutationId: \"{SENT}\" }}) {{ {fields} }} }}"
            );
            let known = sha256(&text);
            let by_hash = json!({ "persistedQuery": { "version": 1, "sha256Hash": known } });
            let got = post(&json!({ "query": text, "extensions": by_hash }));
            assert_eq!(got.status, 200, "{}", got.text);
            if status == 200 && name == "requestKycLink" {
                assert!(got.text.contains(ANSWERED), "the client gets it: {}", got.text);
            }
            assert_eq!(got.header("cache-control"), "no-store");
            // The document is not kept for its hash.
            let again = post(&json!({ "extensions": by_hash }));
            assert_eq!(again.code(), "PERSISTED_QUERY_NOT_FOUND", "{name}: {}", again.text);
            hashes.push(known);
        }
        let sent = issuer.requests();
        assert!(sent.iter().any(|request| request.body.contains(SENT)), "it has arrived there");
        let texts = written(&database, &gateway);
        assert!(texts.len() >= 3, "log, metrics and a database");
        let canaries = [SENT, ANSWERED, "secret_of_acme_0123", "token_of_acme", token.as_str()];
        for (place, text) in texts {
            let kept = hashes.iter().map(String::as_str).chain(canaries);
            for canary in kept {
                assert!(!text.contains(canary), "{status}: {canary} is in {place}");
            }
        }
        // What is known of it is its name.
        gateway.wait_for_log(|line| {
            (line.get("operation")?.as_str()? == "Named").then_some(())?;
            (line.get("document")?.as_str()? == "unhashed").then_some(())
        });
    }
}
