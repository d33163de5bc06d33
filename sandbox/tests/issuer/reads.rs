//! Tokens, customers, and the program's own page.

use card_gateway_sandbox::issuer::{Approval, IssuerOptions, Program, ProgramSpec};
use serde_json::{Value, json};

use crate::support::{Tester, http, names, raw};

const LIST: &str = "/v1/card-issuer/customers";

#[test]
fn a_token_has_the_documented_members() {
    let tester = Tester::with(1);
    let keys = tester.issuer.credentials("demo").expect("the program");
    let body = json!({ "api_key": keys.api_key, "api_secret": keys.api_secret });
    let answer = tester.post("/v1/auth/token", &body);
    assert_eq!(answer.status, 200);
    let members = names(
        serde_json::from_str::<Box<serde_json::value::RawValue>>(&answer.text).expect("JSON"),
    );
    assert_eq!(
        members,
        [
            "success",
            "access_token",
            "token_type",
            "expires_in",
            "expires_at",
            "scopes",
            "refresh_recommendation"
        ]
    );
    assert_eq!(answer.body["expires_in"], 3_600);
    assert_eq!(answer.body["refresh_recommendation"]["refresh_before_seconds"], 300);
    assert_eq!(answer.body["access_token"].as_str().map(|token| token.split('.').count()), Some(3));
}

#[test]
fn a_token_is_renewed_in_each_documented_way() {
    let mut tester = Tester::with(1);
    let ways = [("GET", "/v1/authentication/refresh-token"), ("POST", "/v1/auth/refresh-token")];
    for (method, path) in ways {
        let answer = tester.send(method, path, &Value::Null);
        let token = answer.body["access_token"].as_str().expect("a token").to_owned();
        assert_ne!(token, tester.token);
        tester.token = token;
        assert_eq!(tester.get(LIST).status, 200);
    }
    tester.token = "nonsense".to_owned();
    for (method, path) in ways {
        let answer = tester.send(method, path, &Value::Null);
        assert_eq!(answer.code(), (401, "Invalid or expired token"));
    }
}

#[test]
fn wrong_keys_and_tokens_are_refused_with_a_sentence() {
    let mut tester = Tester::with(1);
    for body in [json!({}), json!({ "api_key": "x", "api_secret": "y" })] {
        let answer = tester.post("/v1/auth/token", &body);
        assert_eq!(answer.status, 401);
        assert_eq!(answer.body["success"], false);
        assert!(
            answer.body["error"].as_str().is_some_and(|error| error.contains(' ')),
            "{answer:?}"
        );
    }
    tester.token = "nonsense".to_owned();
    assert_eq!(tester.get(LIST).code(), (401, "Invalid or expired token"));
    tester.token = tester.new_token();
    assert_eq!(tester.get(LIST).status, 200);
    tester.issuer.revoke_tokens("demo");
    assert_eq!(tester.get(LIST).status, 401);
}

#[test]
fn a_token_ends_with_its_time() {
    let tester = Tester::start(IssuerOptions { token_seconds: 2, ..IssuerOptions::default() }, 1);
    assert_eq!(tester.get(LIST).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(2_050));
    assert_eq!(tester.get(LIST).status, 401);
}

#[test]
fn a_key_pair_in_headers_does_without_a_token() {
    let tester = Tester::with(1);
    let keys = tester.issuer.credentials("demo").expect("the program");
    let send = |secret: &str| {
        let request = http().get(format!("{}{LIST}", tester.issuer.url()));
        let request = request.header("X-API-Key", &keys.api_key).header("X-API-Secret", secret);
        request.send().expect("an answer").status().as_u16()
    };
    assert_eq!(send(&keys.api_secret), 200);
    assert_eq!(send("wrong"), 401);
}

#[test]
fn the_list_has_the_documented_members_and_pages() {
    let tester = Tester::with(250);
    let answer = tester.get(&format!("{LIST}?limit=100&page=3"));
    assert_eq!(answer.members(), ["customers", "total", "page", "limit", "balances_included"]);
    let data = answer.data();
    assert_eq!(
        (&data["total"], &data["page"], &data["limit"]),
        (&json!(250), &json!(3), &json!(100))
    );
    let items = data["customers"].as_array().expect("a list");
    assert_eq!(items.len(), 50);
    let text = raw(&answer.text, "data");
    let items: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_str(raw(text.get(), "customers").get()).expect("a list");
    assert_eq!(
        names(items.into_iter().next().expect("an item")),
        [
            "id",
            "customer_id",
            "yativo_card_id",
            "external_customer_id",
            "email",
            "flow_status",
            "step",
            "next_action",
            "safe_deployed",
            "currency",
            "ledger_balance",
            "available_balance",
            "pending_balance",
            "balance_freshness",
            "cards_count",
            "created_at"
        ]
    );
    let beyond = tester.get(&format!("{LIST}?limit=100&page=4"));
    assert_eq!(beyond.data()["customers"], json!([]));
}

#[test]
fn all_pages_together_have_every_customer_once() {
    let tester = Tester::with(250);
    let mut seen = std::collections::BTreeSet::new();
    for page in 1..=13 {
        let answer = tester.get(&format!("{LIST}?page={page}"));
        for item in answer.data()["customers"].as_array().expect("a list") {
            assert!(seen.insert(item["id"].as_str().expect("an id").to_owned()));
        }
    }
    assert_eq!(seen.len(), 250);
}

#[test]
fn the_list_can_be_filtered_and_spared_balances() {
    let tester = Tester::with(300);
    let active = tester.get(&format!("{LIST}?status=active&limit=100"));
    let total = active.data()["total"].as_u64().expect("a number");
    assert!((100..300).contains(&total));
    for item in active.data()["customers"].as_array().expect("a list") {
        assert_eq!(item["flow_status"], "active");
    }
    assert_eq!(tester.get(&format!("{LIST}?status=never_seen")).data()["total"], 0);
    let spared = tester.get(&format!("{LIST}?include_balances=false"));
    assert_eq!(spared.data()["balances_included"], false);
    for item in spared.data()["customers"].as_array().expect("a list") {
        assert_eq!(
            (&item["ledger_balance"], &item["balance_freshness"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[test]
fn amounts_are_written_with_two_decimals_and_again_as_integers() {
    let tester = Tester::with(50);
    let who = tester.spender();
    tester.issuer.act(|program| program.set_ledger(&who, 123_450)).expect("a wallet");
    let answer = tester.get(&format!("{LIST}/{who}"));
    assert!(
        answer.text.contains(r#""ledger_balance":1234.50,"ledger_balance_minor":123450,"#),
        "{}",
        answer.text
    );
    assert_eq!(answer.data()["balance_freshness"], "realtime");
}

#[test]
fn one_customer_has_the_documented_members() {
    let tester = Tester::with(200);
    let who = tester.spender();
    let answer = tester.get(&format!("{LIST}/{who}"));
    assert_eq!(
        answer.members(),
        [
            "id",
            "customer_id",
            "yativo_card_id",
            "external_id",
            "external_customer_id",
            "email",
            "flow_status",
            "step",
            "next_action",
            "kyc_status",
            "currency",
            "safe_deployed",
            "ledger_balance",
            "ledger_balance_minor",
            "available_balance",
            "available_balance_minor",
            "pending_balance",
            "pending_balance_minor",
            "balance_freshness",
            "balance_updated_at",
            "cards_count",
            "pin_set",
            "cards",
            "created_at"
        ]
    );
    let card = answer.data()["cards"][0].as_object().expect("a card");
    for name in [
        "card_id",
        "last_four",
        "card_type",
        "status",
        "is_frozen",
        "is_lost",
        "is_stolen",
        "is_blocked",
        "is_void",
        "pin_set",
        "activated_at",
        "created_at",
    ] {
        assert!(card.contains_key(name), "{name}");
    }
    let without = tester.issuer.act(|program| {
        let found = program.customers().find(|customer| customer.cards.is_empty());
        found.expect("there is one").yativo_card_id.clone()
    });
    let answer = tester.get(&format!("{LIST}/{without}"));
    assert!(!answer.members().contains(&"pin_set".to_owned()));
}

#[test]
fn each_page_accepts_its_own_names() {
    let tester = Tester::with(200);
    let (who, id, external, email, card) = tester.issuer.act(|program| {
        let found = program
            .customers()
            .find(|customer| customer.external_id.is_some() && !customer.cards.is_empty())
            .expect("there is one");
        (
            found.yativo_card_id.clone(),
            found.id.clone(),
            found.external_id.clone().expect("a name"),
            found.email.clone(),
            found.cards[0].id.to_string(),
        )
    });
    for name in [&who, &id, &external] {
        assert_eq!(tester.get(&format!("{LIST}/{name}")).data()["yativo_card_id"], who.as_str());
    }
    // The page of one customer does not document e-mail addresses.
    let answer = tester.get(&format!("{LIST}/{email}"));
    assert_eq!(answer.text, r#"{"success":false,"error":"CUSTOMER_NOT_FOUND"}"#);
    assert_eq!(answer.status, 404);
    let look_up = |query: &str| tester.get(&format!("/v1/card-issuer/lookup-customer?{query}"));
    for query in [
        format!("id={id}"),
        format!("yativo_card_id={who}"),
        format!("customer_id={id}"),
        format!("customer_id={who}"),
        format!("card_id={card}"),
        format!("external_id={external}"),
        format!("email={}", email.to_uppercase()),
    ] {
        let answer = look_up(&query);
        assert_eq!(answer.data()["email"], email.as_str(), "{query}");
        assert_eq!(
            answer.members(),
            [
                "yativo_card_id",
                "external_id",
                "email",
                "flow_status",
                "currency",
                "token",
                "safe_deployed",
                "cards_count",
                "cards",
                "created_at"
            ]
        );
    }
    assert_eq!(look_up("").code(), (400, "MISSING_IDENTIFIER"));
    assert_eq!(look_up(&format!("id={id}&email={email}")).code(), (400, "MISSING_IDENTIFIER"));
    assert_eq!(look_up("email=nobody@example.com").code(), (404, "CUSTOMER_NOT_FOUND"));
}

#[test]
fn sums_agree_with_the_list() {
    let tester = Tester::with(300);
    let answer = tester.get("/v1/card-issuer/customers/aggregate-balances");
    assert_eq!(
        answer.members(),
        ["by_currency", "total_customers", "customers_with_wallets", "fetched_at"]
    );
    assert_eq!(answer.data()["total_customers"], 300);
    let sums = answer.data()["by_currency"].as_array().expect("a list");
    assert_eq!(sums.len(), 3);
    for sum in sums {
        let currency = sum["currency"].as_str().expect("a currency");
        let (ledger, wallets) = tester.issuer.act(|program| {
            let of = program.customers().filter(|customer| {
                customer.wallet.is_some()
                    && customer.currency.is_some_and(|found| found.code() == currency)
            });
            let ledgers = of.map(|customer| customer.wallet.as_ref().expect("a wallet").ledger);
            let ledgers: Vec<i64> = ledgers.collect();
            (ledgers.iter().sum::<i64>(), ledgers.len())
        });
        let written = format!("\"total_ledger_balance\":{}.{:02},", ledger / 100, ledger % 100);
        assert!(answer.text.contains(&written), "{written} in {}", answer.text);
        assert_eq!(sum["customer_count"], wallets);
    }
}

#[test]
fn the_programs_status_says_more_once_it_is_approved() {
    let tester = Tester::with(10);
    let status = || tester.get("/v1/card-issuer/status");
    assert_eq!(
        status().members(),
        [
            "enrolled",
            "status",
            "visibility",
            "funding_structure",
            "preferred_chain",
            "enabled_chains",
            "iban_enabled",
            "card_reissue_enabled",
            "master_wallets",
            "stats",
            "limits",
            "approved_at"
        ]
    );
    tester.issuer.act(|program| program.spec.approval = Approval::Pending);
    assert_eq!(status().data()["status"], "pending");
    assert!(status().data().get("limits").is_none());
    tester.issuer.act(|program| program.spec.approval = Approval::NotApplied);
    assert_eq!(status().data(), &json!({ "enrolled": false }));
    let answer = tester.get(LIST);
    assert_eq!(answer.text, r#"{"success":false,"error":"NOT_APPROVED"}"#);
    assert_eq!(answer.status, 403);
    let answer = tester.get("/v1/yativo-card/customers/x/cards");
    assert_eq!(answer.code(), (403, "PROGRAM_NOT_APPROVED"));
    assert!(answer.body.get("error_code").is_some() && answer.body.get("message").is_some());
}

#[test]
fn programs_know_nothing_of_each_other() {
    let programs = vec![ProgramSpec::named("demo"), ProgramSpec::named("other")];
    let mut tester = Tester::start(IssuerOptions { programs, ..IssuerOptions::default() }, 3);
    let who = tester.issuer.act(Program::add_customer);
    assert_eq!(tester.get(&format!("{LIST}/{who}")).status, 200);
    let keys = tester.issuer.credentials("other").expect("the program");
    let body = json!({ "api_key": keys.api_key, "api_secret": keys.api_secret });
    let answer = tester.post("/v1/auth/token", &body);
    tester.token = answer.body["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(tester.get(LIST).data()["total"], 0);
    assert_eq!(tester.get(&format!("{LIST}/{who}")).status, 404);
}

#[test]
fn every_prefix_of_the_examples_works() {
    let tester = Tester::with(3);
    let origin = tester.issuer.url();
    let origin = origin.strip_suffix("/api").expect("the base ends so");
    for path in
        ["/api/v1/card-issuer/customers", "/v1/card-issuer/customers", "/api/card-issuer/customers"]
    {
        let request = http().get(format!("{origin}{path}")).bearer_auth(&tester.token);
        assert_eq!(request.send().expect("an answer").status().as_u16(), 200, "{path}");
    }
    assert_eq!(tester.get("/v1/nowhere").code(), (404, "not_found"));
    assert_eq!(tester.send("PUT", LIST, &Value::Null).code(), (405, "method_not_allowed"));
}
