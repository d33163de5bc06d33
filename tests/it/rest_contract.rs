//! The old API to the letter: bodies byte for byte, headers, errors.

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
        let list = |balances: &str, included: bool| format!(
            r#"{{"success":true,"data":{{"customers":[{{"id":"69f0bdf29a84752db9cc8ff9","customer_id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"yativo_card_customer_4c1de2_1769031332068","external_customer_id":"usr_1207","email":"Mira@example.com","flow_status":"active","step":6,"next_action":"Card is active — customer can spend","safe_deployed":true,"currency":"EUR",{balances},"cards_count":1,"created_at":"2026-04-20T08:00:00.000Z"}}],"total":1,"page":1,"limit":20,"balances_included":{included}}}}}"#
        );
        let known = r#""ledger_balance":120.4,"available_balance":101.15,"pending_balance":19.25,"balance_freshness":"realtime""#;
        let left_out = r#""ledger_balance":null,"available_balance":null,"pending_balance":null,"balance_freshness":null"#;
        for prefix in ["/v1", "/api/v1"] {
            let answer = gateway.get(&token, &format!("{prefix}/card-issuer/customers"));
            assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
            assert_eq!(answer.text, list(known, true));
            let answer = gateway.get(&token, &format!("{prefix}/card-issuer/customers?include_balances=false"));
            assert_eq!(answer.text, list(left_out, false));
        }
    }

    fn one_customer_byte_for_byte_by_any_name(database) {
        let token = with_mira(&database);
        let gateway = database.serve();
        let expected = r#"{"success":true,"data":{"id":"69f0bdf29a84752db9cc8ff9","customer_id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"yativo_card_customer_4c1de2_1769031332068","external_id":"usr_1207","external_customer_id":"usr_1207","email":"Mira@example.com","flow_status":"active","step":6,"next_action":"Card is active — customer can spend","kyc_status":"approved","currency":"EUR","safe_deployed":true,"ledger_balance":120.4,"ledger_balance_minor":12040,"available_balance":101.15,"available_balance_minor":10115,"pending_balance":19.25,"pending_balance_minor":1925,"balance_freshness":"realtime","balance_updated_at":"2026-05-12T14:30:00.000Z","cards_count":1,"cards":[{"card_id":"afeb85fe-02f8-48da-b61e-84ad02704167","last_four":"4242","card_type":"virtual","status":"active","is_frozen":false,"is_lost":false,"is_stolen":false,"is_blocked":false,"is_void":false,"activated_at":"2026-04-25T12:00:00.000Z","created_at":"2026-04-25T10:00:00.000Z"},{"card_id":"afeb85fe-02f8-48da-b61e-84ad02704168","last_four":"0001","card_type":"physical","status":"voided","is_frozen":false,"is_lost":false,"is_stolen":true,"is_blocked":false,"is_void":true,"activated_at":null,"created_at":"2026-04-24T10:00:00.000Z"}],"created_at":"2026-04-20T08:00:00.000Z"}}"#;
        for name in [
            "69f0bdf29a84752db9cc8ff9", "yativo_card_customer_4c1de2_1769031332068", "usr_1207",
            "mira@example.com", "MIRA%40EXAMPLE.COM",
        ] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers/{name}"));
            assert_eq!((answer.status, answer.text.as_str()), (200, expected), "{name}");
        }
        for name in ["USR_1207", "usr_120", "nobody@example.com", "69f0bdf29a84752db9cc8ff8"] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers/{name}"));
            assert_eq!(answer.status, 404, "{name}");
            assert_eq!(answer.text, r#"{"success":false,"error":"not_found","message":"Customer not found"}"#);
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
        let answer = gateway.get(&token, path);
        assert_eq!(answer.text, r#"{"success":true,"data":{"customer_id":"MIRA@example.com","currency":"EUR","transactions":[{"transaction_id":"txn_69f0bdf29a84752db9cc8ff9_2","type":"purchase","amount":38.5,"currency":"CHF","status":"authorized","merchant":null,"merchant_category":"5462","merchant_city":"Berlin","merchant_country":"DE","authorized_at":"2026-01-01T00:02:00.000Z","settled_at":null,"created_at":"2026-01-01T00:02:00.000Z"},{"transaction_id":"txn_69f0bdf29a84752db9cc8ff9_1","type":"purchase","amount":1,"currency":"EUR","status":"settled","merchant":"Corner Bakery","merchant_category":"5462","merchant_city":"Berlin","merchant_country":"DE","authorized_at":"2026-01-01T00:01:00.000Z","settled_at":"2026-01-02T00:01:00.000Z","created_at":"2026-01-01T00:01:00.000Z"}],"total":2,"page":1,"limit":20}}"#);
        let data = |query: &str| gateway.get(&token, &format!("{path}?{query}")).json()["data"].take();
        let settled = data("status=settled");
        assert_eq!((&settled["total"], &settled["transactions"][0]["amount"]), (&json!(1), &json!(1)));
        let second = data("page=2&limit=1");
        assert_eq!((&second["total"], &second["page"], &second["limit"]), (&json!(2), &json!(2), &json!(1)));
        assert_eq!(second["transactions"][0]["amount"], 1);
        assert_eq!(data("page=9")["transactions"], json!([]));
    }

    fn each_stage_has_its_step_and_its_words(database) {
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

    fn what_is_unknown_is_null_and_never_absent(database) {
        let bare = r#"{"id":"69f0bdf29a84752db9cc8ff9","yativo_card_id":"y","email":"a@b","flow_status":"otp_requested","created_at":"2026-04-20T10:00:00+02:00","balance":{"ledger_minor":1,"available_minor":1,"pending_minor":0,"updated_at":"2026-05-12T14:30:00.000Z"}}"#;
        database.succeed(&["program", "create", "--name", "acme"], "");
        database.succeed(&["import", "--program", "acme", "-"], bare);
        let token = database.token("acme");
        let gateway = database.serve();
        let data = gateway.get(&token, "/v1/card-issuer/customers/y").json()["data"].take();
        for name in [
            "external_id", "external_customer_id", "kyc_status", "currency", "ledger_balance", "ledger_balance_minor",
            "available_balance", "available_balance_minor", "pending_balance", "pending_balance_minor",
            "balance_freshness", "balance_updated_at",
        ] {
            assert_eq!(data.get(name), Some(&Value::Null), "{name}");
        }
        assert_eq!((&data["cards"], &data["cards_count"], &data["created_at"]), (&json!([]), &json!(0), &json!("2026-04-20T08:00:00.000Z")));
        let list = gateway.get(&token, "/v1/card-issuer/customers").json();
        assert_eq!(list["data"]["customers"][0]["ledger_balance"], Value::Null);
        let query = "{ cardCustomers { nodes { ledgerBalance balanceFreshness balanceUpdatedAt kycStatus currency } } }";
        let node = gateway.query(&token, query).data()["cardCustomers"]["nodes"][0].take();
        assert!(node.as_object().expect("an object").values().all(Value::is_null), "{node}");
    }

    fn other_methods_and_routes_are_refused_in_the_contracts_words(database) {
        let token = with_mira(&database);
        let gateway = database.serve();
        for path in ["/v1/card-issuer/customers", "/api/v1/card-issuer/customers/usr_1207"] {
            let request = gateway.client().delete(format!("{}{path}", gateway.host)).bearer_auth(&token);
            let answer = gateway.send(request);
            assert_eq!((answer.status, answer.json()["error"].as_str()), (405, Some("method_not_allowed")));
            assert!(answer.header("allow").contains("GET"), "{answer:?}");
        }
        for path in ["/v1/card-issuer/nothing", "/v1/card-issuer/customers/a/b", "/v2/card-issuer/customers", "/v1"] {
            let answer = gateway.get(&token, path);
            assert_eq!((answer.status, answer.json()["error"].as_str()), (404, Some("not_found")), "{path}");
        }
    }

    fn every_answer_says_what_is_left(database) {
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
        // Another token has its own allowance; so have those who show none.
        assert_eq!(gateway.get(&database.token("acme"), list).status, 200);
        let anonymous: Vec<u16> = (0..8).map(|_| gateway.get("nonsense", list).status).collect();
        assert_eq!(anonymous[0], 401);
        assert!(anonymous.contains(&429), "{anonymous:?}");
        assert_eq!(gateway.query(&database.token("acme"), "{ __typename }").header("x-ratelimit-limit"), "3");
    }
}
