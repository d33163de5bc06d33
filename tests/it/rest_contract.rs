//! The old API to the letter: bodies byte for byte, headers, errors.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{Database, on_both, transaction};

/// The import format's own example.
const MIRA: &str = r#"{"id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"yativo_card_customer_4c1de2_1769031332068","external_customer_id":"usr_1207","email":"Mira@example.com","flow_status":"active","kyc_status":"approved","currency":"EUR","safe_deployed":true,"wallet_address":"0x52908400098527886E0F7030069857D2E4169EE7","created_at":"2026-04-20T08:00:00.000Z","balance":{"ledger_minor":12040,"available_minor":10115,"pending_minor":1925,"updated_at":"2026-05-12T14:30:00.000Z"},"cards":[{"card_id":"afeb85fe-02f8-48da-b61e-84ad02704167","last_four":"4242","card_type":"virtual","status":"active","activated_at":"2026-04-25T12:00:00.000Z","created_at":"2026-04-25T10:00:00.000Z"},{"card_id":"afeb85fe-02f8-48da-b61e-84ad02704168","last_four":"0001","card_type":"physical","status":"active","is_stolen":true,"activated_at":null,"created_at":"2026-04-24T10:00:00.000Z"}]}"#;

fn with_mira(database: &Database) -> String {
    database.succeed(&["program", "create", "--name", "acme"], "");
    database.succeed(&["import", "--program", "acme", "-"], MIRA);
    database.token("acme")
}

on_both! {
    fn the_list_byte_for_byte(database) {
        let token = with_mira(&database);
        let gateway = database.serve();
        for prefix in ["/v1", "/api/v1"] {
            let path = format!("{prefix}/card-issuer/customers");
            assert_snapshot!("list", gateway.get(&token, &path).snapshot());
            let without = gateway.get(&token, &format!("{path}?include_balances=false"));
            assert_snapshot!("list_without_balances", without.snapshot());
        }
    }

    fn one_customer_byte_for_byte_by_any_name(database) {
        let token = with_mira(&database);
        let gateway = database.serve();
        for name in [
            "69f0bdf29a84752db9cc8ff9", "yativo_card_customer_4c1de2_1769031332068", "usr_1207",
            "mira@example.com", "MIRA%40EXAMPLE.COM",
        ] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers/{name}"));
            assert_snapshot!("customer", answer.snapshot(), name);
        }
        for name in ["USR_1207", "usr_120", "nobody@example.com", "69f0bdf29a84752db9cc8ff8"] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers/{name}"));
            assert_snapshot!("no_customer", answer.snapshot(), name);
        }
    }

    fn transactions_byte_for_byte(database) {
        let token = with_mira(&database);
        let id = "69f0bdf29a84752db9cc8ff9";
        let mut pending = transaction(id, 2, 3_850);
        pending.status = card_gateway::domain::transaction::TransactionStatus::Authorized;
        pending.settled_at = None;
        "CHF".clone_into(&mut pending.currency);
        pending.merchant = None;
        database.put_transactions("acme", vec![transaction(id, 1, 100), pending]);
        let gateway = database.serve();
        let path = "/v1/card-issuer/customers/MIRA%40example.com/card-transactions";
        assert_snapshot!("transactions", gateway.get(&token, path).snapshot());
        let data = |query: &str| gateway.get(&token, &format!("{path}?{query}")).json()["data"].take();
        let settled = data("status=settled");
        assert_eq!((&settled["total"], &settled["transactions"][0]["amount"]), (&json!(1), &json!(1)));
        let second = data("page=2&limit=1");
        assert_eq!((&second["total"], &second["page"], &second["limit"]), (&json!(2), &json!(2), &json!(1)));
        assert_eq!(second["transactions"][0]["amount"], 1);
        assert_eq!(data("page=9")["transactions"], json!([]));
    }

    fn each_stage_has_its_step_and_next_action(database) {
        let stages = [
            ("otp_requested", 1, "Customer must verify the OTP sent to their email"),
            ("otp_verified", 2, "Complete KYC — call the kyc-link endpoint"),
            ("kyc_initiated", 3, "Awaiting KYC verification"),
            ("kyc_completed", 4, "Submit source-of-funds questionnaire"),
            ("safe_deploying", 5, "Account wallet is being deployed — wait a few minutes"),
            ("card_created", 6, "Card is active — customer can spend"),
            ("active", 6, "Card is active — customer can spend"),
        ];
        let lines: Vec<_> = stages.iter().zip(1..)
            .map(|((status, ..), number)| crate::support::Line::new(number).with("flow_status", *status))
            .collect();
        let token = database.program_with("acme", &lines);
        let gateway = database.serve();
        for (status, step, words) in stages {
            let data = gateway.get(&token, &format!("/v1/card-issuer/customers?status={status}")).json()["data"].take();
            assert_eq!(data["total"], 1);
            let one = &data["customers"][0];
            assert_eq!((&one["flow_status"], &one["step"], &one["next_action"]), (&json!(status), &json!(step), &json!(words)));
        }
    }

    fn unknown_members_are_null_and_never_absent(database) {
        let bare = r#"{"id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"y","email":"a@b","flow_status":"otp_requested","created_at":"2026-04-20T10:00:00+02:00","balance":{"ledger_minor":1,"available_minor":1,"pending_minor":0,"updated_at":"2026-05-12T14:30:00.000Z"}}"#;
        database.succeed(&["program", "create", "--name", "acme"], "");
        database.succeed(&["import", "--program", "acme", "-"], bare);
        let token = database.token("acme");
        let gateway = database.serve();
        assert_snapshot!("minimal_customer", gateway.get(&token, "/v1/card-issuer/customers/y").snapshot());
        assert_snapshot!("list_of_a_minimal_customer", gateway.get(&token, "/v1/card-issuer/customers").snapshot());
        let query = "{ cardCustomers { nodes { ledgerBalance balanceFreshness balanceUpdatedAt kycStatus currency } } }";
        let node = gateway.query(&token, query).data()["cardCustomers"]["nodes"][0].take();
        assert!(node.as_object().expect("an object").values().all(Value::is_null), "{node}");
    }

    fn other_methods_and_routes_are_refused_as_the_contract_says(database) {
        let token = with_mira(&database);
        let gateway = database.serve();
        for path in ["/v1/card-issuer/customers", "/api/v1/card-issuer/customers/usr_1207"] {
            let request = gateway.client().put(format!("{}{path}", gateway.host)).bearer_auth(&token);
            let answer = gateway.send(request);
            assert_snapshot!("method_not_allowed", answer.snapshot());
            assert!(answer.header("allow").contains("GET"), "{answer:?}");
        }
        for path in ["/v1/card-issuer/nothing", "/v1/card-issuer/customers/a/b", "/v2/card-issuer/customers", "/v1"] {
            assert_snapshot!("no_route", gateway.get(&token, path).snapshot(), path);
        }
        assert_snapshot!("no_token", gateway.get("nonsense", "/v1/card-issuer/customers").snapshot());
    }

    fn every_answer_has_rate_limit_headers(database) {
        let token = with_mira(&database);
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "3"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
        ]);
        let list = "/v1/card-issuer/customers";
        let now = chrono::Utc::now().timestamp();
        for (path, status, remaining) in [(list, 200, "2"), ("/v1/card-issuer/customers/nobody", 404, "1"), ("/v1/card-issuer/customers?page=0", 400, "0")] {
            let answer = gateway.get(&token, path);
            assert_eq!(answer.status, status);
            assert_eq!((answer.header("x-ratelimit-limit"), answer.header("x-ratelimit-remaining")), ("3", remaining));
            let reset: i64 = answer.header("x-ratelimit-reset").parse().expect("Unix seconds");
            assert!((now..now + 30).contains(&reset), "{reset}");
        }
        let refused = (0..5).map(|_| gateway.get(&token, list)).find(|answer| answer.status == 429).expect("one is refused");
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert_eq!(refused.json(), json!({ "success": false, "error": "rate_limit_exceeded", "message": "Rate limit exceeded", "retry_after": wait }));
        assert_eq!(refused.header("x-ratelimit-remaining"), "0");
        // Another token has its own rate limit, and so do requests without one.
        assert_eq!(gateway.get(&database.token("acme"), list).status, 200);
        let anonymous: Vec<u16> = (0..8).map(|_| gateway.get("nonsense", list).status).collect();
        assert_eq!(anonymous[0], 401);
        assert!(anonymous.contains(&429), "{anonymous:?}");
        assert_eq!(gateway.query(&database.token("acme"), "{ __typename }").header("x-ratelimit-limit"), "3");
    }
}
