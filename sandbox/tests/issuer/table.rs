//! The table of routes has every documented one, and each answers.

use std::collections::BTreeSet;

use card_gateway_sandbox::issuer::routes::ALL;
use serde_json::json;

use crate::support::Tester;

/// The overview of the documentation (1.1), row by row, and the management of
/// webhooks (2.3). `{}` stands for any part.
const DOCUMENTED: &[&str] = &[
    "GET /v1/card-issuer/eligibility",
    "POST /v1/card-issuer/apply",
    "GET /v1/card-issuer/status",
    "GET /v1/card-issuer/master-wallets",
    "POST /v1/card-issuer/master-wallets/swap",
    "GET /v1/card-issuer/funding-addresses",
    "GET /v1/card-issuer/deposits",
    "POST /v1/card-issuer/deposits/{}/fund",
    "GET /v1/card-issuer/customers",
    "GET /v1/card-issuer/customers/aggregate-balances",
    "GET /v1/card-issuer/customers/{}",
    "GET /v1/card-issuer/lookup-customer",
    "DELETE /v1/card-issuer/customers/{}",
    "GET /v1/card-issuer/card-transactions",
    "GET /v1/card-issuer/customers/{}/card-transactions",
    "GET /v1/card-issuer/transfers",
    "GET /v1/card-issuer/funding-history",
    "GET /v1/card-issuer/transfers/{}",
    "GET /v1/card-issuer/customers/{}/transfers",
    "POST /v1/card-issuer/fund-customer",
    "POST /v1/card-issuer/withdraw-from-card",
    "GET /v1/card-issuer/pse-customization",
    "PUT /v1/card-issuer/pse-customization",
    "PATCH /v1/card-issuer/admin/{}/card-limits",
    "POST /v1/yativo-card/customers/onboard",
    "POST /v1/yativo-card/customers/{}/verify-otp",
    "POST /v1/yativo-card/customers/{}/resend-otp",
    "POST /v1/yativo-card/customers/{}/resume",
    "GET /v1/yativo-card/customers/{}/progress",
    "GET /v1/yativo-card/customers/{}/kyc-link",
    "GET /v1/yativo-card/customers/{}/kyc-status",
    "POST /v1/yativo-card/{}/terms",
    "POST /v1/yativo-card/customers/{}/safe/deploy",
    "GET /v1/yativo-card/customers/{}/source-of-funds",
    "POST /v1/yativo-card/customers/{}/source-of-funds",
    "POST /v1/yativo-card/customers/{}/phone/request-verification",
    "POST /v1/yativo-card/customers/{}/phone/verify",
    "POST /v1/yativo-card/customers/{}/cards/virtual",
    "GET /v1/yativo-card/customers/{}/cards",
    "GET /v1/yativo-card/customers/cards",
    "POST /v1/yativo-card/customers/{}/cards/{}/freeze",
    "POST /v1/yativo-card/customers/{}/cards/{}/unfreeze",
    "POST /v1/yativo-card/customers/{}/cards/{}/void",
    "POST /v1/yativo-card/customers/{}/cards/{}/lost",
    "POST /v1/yativo-card/customers/{}/cards/{}/stolen",
    "POST /v1/yativo-card/customers/{}/cards/{}/view-token",
    "GET /v1/yativo-card/customers/{}/transactions",
    "GET /v1/yativo-card/customers/{}/cards/{}/transactions",
    "POST /v1/yativo-card/customers/{}/transactions/{}/dispute",
    "GET /v1/yativo-card/{}/transactions/dispute-reasons",
    "GET /v1/yativo-card/customers/{}/wallet",
    "GET /v1/yativo-card/customers/{}/wallet/funding-address",
    "GET /v1/yativo-card/customers/{}/wallet/limits",
    "PUT /v1/yativo-card/customers/{}/wallet/limits",
    "PATCH /v1/yativo-card/customers/{}/card-limits",
    "POST /v1/yativo-card/customers/{}/reset",
    "GET /v1/yativo-card/customers/{}/profile",
    "POST /v1/auth/token",
    "POST /v1/webhook/create-webhook",
    "GET /v1/yativo-card/webhooks",
    "GET /v1/yativo-card/webhooks/{}",
    "PUT /v1/yativo-card/webhooks/{}",
    "DELETE /v1/yativo-card/webhooks/{}",
    "POST /v1/yativo-card/webhooks/{}/rotate-secret",
    "GET /v1/yativo-card/webhooks/{}/deliveries",
    "GET /v1/yativo-card/webhooks/deliveries/all",
    "GET /v1/yativo-card/webhooks/deliveries/{}",
    "POST /v1/yativo-card/webhooks/deliveries/{}/retry",
];

/// A path whose variable parts are something.
fn with_parts(path: &str, part: &str) -> String {
    let parts = path.split('/').map(|found| if found.starts_with('{') { part } else { found });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_documented_route_is_in_the_table() {
    let table: BTreeSet<String> = ALL
        .iter()
        .map(|route| format!("{} {}", route.method, with_parts(route.path, "{}")))
        .collect();
    let missing: Vec<_> = DOCUMENTED.iter().filter(|route| !table.contains(**route)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
    assert_eq!(table.len(), ALL.len(), "a route is there twice");
}

#[test]
fn every_route_wants_a_token_and_answers_json() {
    let mut tester = Tester::with(5);
    for route in ALL {
        let answer = tester.send(route.method, &with_parts(route.path, "nobody"), &json!({}));
        assert!(answer.body.is_object(), "{} {answer:?}", route.key());
        assert!(answer.status < 500 && answer.status != 405, "{} {answer:?}", route.key());
        assert_eq!(tester.issuer.take_calls().of(&route.key()), 1, "{}", route.key());
    }
    tester.token = "nonsense".to_owned();
    for route in ALL.iter().filter(|route| !route.is_open()) {
        let answer = tester.send(route.method, &with_parts(route.path, "nobody"), &json!({}));
        assert_eq!(answer.code(), (401, "Invalid or expired token"), "{}", route.key());
    }
}

#[test]
fn every_failure_has_its_familys_shape() {
    let tester = Tester::with(5);
    for route in ALL.iter().filter(|route| route.path.contains('{')) {
        let answer = tester.send(route.method, &with_parts(route.path, "nobody"), &json!({}));
        let name = if route.path.starts_with("/v1/card-issuer") { "error" } else { "error_code" };
        let code =
            answer.body[name].as_str().unwrap_or_else(|| panic!("{} {answer:?}", route.key()));
        assert!(code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{code}");
        assert_eq!(answer.body["success"], false);
    }
}
