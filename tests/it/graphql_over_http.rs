//! GraphQL over HTTP: methods, forms of answers, statuses, documents by hash.

use serde_json::{Value, json};

use crate::support::{Answer, Database, Gateway, builders, on_both, sha256};

const JSON: &str = "application/json";
const GRAPHQL: &str = "application/graphql-response+json";

fn open(database: &Database) -> (Gateway, String) {
    let token = database.program_with("acme", &builders::lines(3));
    (database.serve(), token)
}

/// A POST of a body that wants a form of answer.
fn post(gateway: &Gateway, token: &str, accept: &str, body: &Value) -> Answer {
    let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(token);
    gateway.send(request.header("accept", accept).json(body))
}

/// A GET with these members in its query.
fn get(gateway: &Gateway, token: &str, accept: &str, members: &[(&str, &str)]) -> Answer {
    let request = gateway.client().get(format!("{}/graphql", gateway.host)).bearer_auth(token);
    gateway.send(request.header("accept", accept).query(members))
}

fn by_hash(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

on_both! {
    fn the_status_depends_on_the_accepted_media_type(database) {
        let (gateway, token) = open(&database);
        for (query, json_status, graphql_status, has_data) in [
            ("{ cardCustomers { totalCount } }", 200, 200, true),
            ("{", 200, 400, false),
            ("{ nonsense }", 200, 400, false),
            ("query($id: ID!) { cardCustomer(identifier: $id) { id } }", 200, 400, false),
            ("{ cardCustomer(identifier: \"nobody\") { id } }", 200, 200, true),
            // An error during execution is a response with status 200.
            ("{ cardCustomers(page: 0) { totalCount } }", 200, 200, true),
            // A document beyond a limit is a bad request.
            ("{ cardCustomers(perPage: 100) { nodes { cards { cardId lastFour cardType status isVoid isFrozen isLost isStolen isBlocked createdAt activatedAt } transactions(perPage: 100) { nodes { amount } } } } }", 400, 400, false),
        ] {
            for (accept, status, kind) in [(JSON, json_status, JSON), (GRAPHQL, graphql_status, GRAPHQL), ("*/*", json_status, JSON), ("", json_status, JSON)] {
                let answer = post(&gateway, &token, accept, &json!({ "query": query }));
                assert_eq!(answer.status, status, "{query} as {accept}: {}", answer.text);
                assert_eq!(answer.header("content-type"), format!("{kind}; charset=utf-8"), "{query}");
                assert_eq!(answer.json().get("data").is_some(), has_data, "{query}: {}", answer.text);
            }
        }
        let answer = post(&gateway, &token, "text/html", &json!({ "query": "{ __typename }" }));
        assert_eq!((answer.status, answer.code().as_str()), (406, "BAD_USER_INPUT"));
        // So that a client can tell the gateway's refusal from a proxy's.
        let answer = post(&gateway, "", GRAPHQL, &json!({ "query": "{ __typename }" }));
        assert_eq!((answer.status, answer.header("content-type")), (401, "application/graphql-response+json; charset=utf-8"));
    }

    fn variables_have_their_defaults(database) {
        let (gateway, token) = open(&database);
        let query = "query($no: Boolean = false, $n: Int = 1) { cardCustomers(perPage: $n) { totalCount @include(if: $no) nodes { id @skip(if: $no) } } }";
        let answer = gateway.query(&token, query).data();
        assert_eq!(answer, json!({ "cardCustomers": { "nodes": [{ "id": builders::Line::new(3).id() }] } }));
        for variables in [json!({}), json!({ "n": null })] {
            let answer = gateway.query_with(&token, "query($n: Int!) { cardCustomers(perPage: $n) { totalCount } }", &variables);
            assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
            assert_eq!(answer.json()["errors"][0]["message"], "Variable \"$n\" of required type \"Int!\" was not provided");
        }
    }

    fn queries_can_be_sent_with_get(database) {
        let (gateway, token) = open(&database);
        let query = "query A($n: Int) { cardCustomers(perPage: $n) { nodes { email } } } query B { __typename }";
        let answer = get(&gateway, &token, GRAPHQL, &[("query", query), ("operationName", "A"), ("variables", "{\"n\":1}"), ("extensions", "{}"), ("more", "x")]);
        assert_eq!(answer.data()["cardCustomers"]["nodes"], json!([{ "email": "customer3@example.com" }]));
        assert_eq!(get(&gateway, &token, JSON, &[("query", query), ("operationName", "B")]).data(), json!({ "__typename": "Query" }));
        for (members, status) in [
            (&[][..], 400),
            (&[("query", "{ __typename }"), ("variables", "[]")], 400),
            (&[("query", "{ __typename }"), ("variables", "{")], 400),
            (&[("query", "{ __typename }"), ("extensions", "1")], 400),
            (&[("query", "{")], 400),
        ] {
            let answer = get(&gateway, &token, GRAPHQL, members);
            assert_eq!(answer.status, status, "{members:?}: {}", answer.text);
        }
        let answer = get(&gateway, &token, JSON, &[("query", "subscription { cardCustomersChanged { id } }")]);
        assert_eq!(answer.status, 400, "{}", answer.text);
        let answer = get(&gateway, "", JSON, &[("query", "{ __typename }")]);
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"));
        let request = gateway.client().put(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let answer = gateway.send(request);
        assert_eq!(answer.status, 405);
        assert!(answer.header("allow").contains("POST") && answer.header("allow").contains("GET"), "{answer:?}");
    }

    fn documents_are_persisted_by_their_hash(database) {
        let (gateway, token) = open(&database);
        let text = "{ cardCustomers(perPage: 1) { nodes { email } } }";
        let expected = json!({ "cardCustomers": { "nodes": [{ "email": "customer3@example.com" }] } });
        let known = sha256(text);
        let unknown = |answer: &Answer| {
            assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND", "{}", answer.text);
            assert_eq!(answer.json()["errors"][0]["message"], "PersistedQueryNotFound");
        };
        // The client tries the hash, then sends both, then the hash alone.
        let alone = json!({ "extensions": by_hash(&known) });
        unknown(&post(&gateway, &token, JSON, &alone));
        let wrong = json!({ "query": "{ __typename }", "extensions": by_hash(&known) });
        let answer = post(&gateway, &token, JSON, &wrong);
        assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_USER_INPUT"));
        unknown(&post(&gateway, &token, JSON, &alone));
        assert_eq!(post(&gateway, &token, JSON, &json!({ "query": text, "extensions": by_hash(&known) })).data(), expected);
        assert_eq!(post(&gateway, &token, JSON, &alone).data(), expected);
        let extensions = by_hash(&known).to_string();
        assert_eq!(get(&gateway, &token, JSON, &[("extensions", &extensions)]).data(), expected);
        let newer = json!({ "extensions": { "persistedQuery": { "version": 2, "sha256Hash": known } } });
        assert_eq!(post(&gateway, &token, JSON, &newer).json()["errors"][0]["message"], "PersistedQueryNotSupported");
        // A document beyond a limit is not stored, so that its hash does not circumvent the limit.
        let large = "{ cardCustomers { nodes { a: email b: email c: email d: email e: email f: email g: email h: email i: email j: email k: email l: email m: email n: email o: email p: email } } }";
        let answer = post(&gateway, &token, JSON, &json!({ "query": large, "extensions": by_hash(&sha256(large)) }));
        assert_eq!((answer.status, answer.code().as_str()), (400, "QUERY_TOO_COMPLEX"));
        unknown(&post(&gateway, &token, JSON, &json!({ "extensions": by_hash(&sha256(large)) })));
    }

    fn only_trusted_documents_run_if_configured(database) {
        let token = database.program_with("acme", &builders::lines(1));
        let trusted = "{ cardCustomers { totalCount } }";
        let file = database.folder.path().join("trusted.json");
        std::fs::write(&file, json!({ sha256(trusted): trusted }).to_string()).expect("written");
        let file = file.display().to_string();
        let mut command = database.program(&["serve", "--listen", "127.0.0.1:0", "--persisted-only"]);
        command.env("CARD_GATEWAY__GRAPHQL__TRUSTED_DOCUMENTS", &file);
        let gateway = Gateway::start(command);
        let expected = json!({ "cardCustomers": { "totalCount": 1 } });
        assert_eq!(post(&gateway, &token, JSON, &json!({ "extensions": by_hash(&sha256(trusted)) })).data(), expected);
        assert_eq!(gateway.query(&token, trusted).data(), expected);
        let other = "{ __typename }";
        for body in [json!({ "query": other }), json!({ "query": other, "extensions": by_hash(&sha256(other)) })] {
            let answer = post(&gateway, &token, JSON, &body);
            assert_eq!((answer.status, answer.code().as_str()), (403, "FORBIDDEN"), "{}", answer.text);
        }
        let answer = post(&gateway, &token, JSON, &json!({ "extensions": by_hash(&sha256(other)) }));
        assert_eq!(answer.code(), "PERSISTED_QUERY_NOT_FOUND");
        // A file that lies is refused at the start.
        std::fs::write(&file, json!({ sha256(other): trusted }).to_string()).expect("written");
        let output = database.program(&["serve"]).env("CARD_GATEWAY__GRAPHQL__TRUSTED_DOCUMENTS", &file).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.contains("which is not its SHA-256"), "{said}");
    }

    fn introspection_obeys_its_setting(database) {
        let reader = database.program_with("acme", &builders::lines(1));
        let tool = database.succeed(&["token", "create", "--program", "acme", "--scope", "schema"], "");
        let ask = "{ __schema { queryType { name } } }";
        let typo = "{ cardCustomrs { totalCount } }";
        for (setting, may_read, may_tool) in [("any", true, true), ("schema", false, true), ("off", false, false)] {
            let gateway = database.serve_with(&[("CARD_GATEWAY__GRAPHQL__INTROSPECTION", setting)]);
            for (token, may) in [(&reader, may_read), (&tool, may_tool)] {
                let answer = gateway.query(token, ask);
                let code = if may { "none" } else { "FORBIDDEN" };
                assert_eq!((answer.status, answer.code().as_str()), (if may { 200 } else { 403 }, code), "{setting}: {}", answer.text);
                assert_eq!(answer.text.contains("The caller lacks the scope `schema`"), !may && setting == "schema", "{}", answer.text);
                let suggested = gateway.query(token, typo).text.contains("Did you mean");
                assert_eq!(suggested, may, "{setting}");
                // Every client needs `__typename`, and it reveals nothing.
                gateway.query(token, "{ __typename cardCustomers { __typename nodes { __typename } } }").data();
            }
            assert_eq!(gateway.query("", ask).code(), "UNAUTHENTICATED");
        }
    }

    fn cross_origin_requests_need_a_setting(database) {
        let token = database.program_with("acme", &builders::lines(1));
        let closed = database.serve();
        let open = database.serve_with(&[("CARD_GATEWAY__SERVER__CORS_ORIGINS", "https://app.example,http://localhost:3000")]);
        let ask = |gateway: &Gateway, origin: &str, preflight: bool| {
            let url = format!("{}/graphql", gateway.host);
            let request = if preflight {
                gateway.client().request(reqwest::Method::OPTIONS, url).header("access-control-request-method", "POST").header("access-control-request-headers", "authorization,content-type")
            } else {
                gateway.client().post(url).bearer_auth(&token).json(&json!({ "query": "{ __typename }" }))
            };
            let answer = gateway.send(request.header("origin", origin));
            answer.header("access-control-allow-origin").to_owned()
        };
        for preflight in [true, false] {
            assert_eq!(ask(&closed, "https://app.example", preflight), "");
            assert_eq!(ask(&open, "https://app.example", preflight), "https://app.example");
            assert_eq!(ask(&open, "http://localhost:3000", preflight), "http://localhost:3000");
            for other in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
                assert_eq!(ask(&open, other, preflight), "", "{other}");
            }
        }
        // A request that a page of another origin can send without a preflight is refused.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
            let request = open.client().post(format!("{}/graphql", open.host)).bearer_auth(&token).header("content-type", kind);
            assert_eq!(open.send(request.body("{\"query\":\"{ __typename }\"}")).status, 415, "{kind}");
        }
        for wrong in ["app.example", "https://app.example/", "*"] {
            let output = database.program(&["config"]).env("CARD_GATEWAY__SERVER__CORS_ORIGINS", wrong).output().expect("it runs");
            assert_eq!(output.status.code(), Some(2), "{wrong}");
        }
    }

    fn every_answer_has_a_media_type_and_security_headers(database) {
        let (gateway, token) = open(&database);
        for path in ["/graphql?query={__typename}", "/v1/card-issuer/customers", "/v1/card-issuer/customers/nobody", "/v1/card-issuer/", "/nowhere", "/webhooks/yativo/acme", "/healthz", "/graphiql", "/openapi.json"] {
            let answer = gateway.get(&token, path);
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
            assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{path}");
            assert!(!answer.header("cache-control").is_empty(), "{path}");
            assert!(answer.headers.get("set-cookie").is_none(), "{path}");
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
        }
        for path in ["/graphql?query={__typename}", "/v1/card-issuer/customers", "/v1/card-issuer/", "/nowhere"] {
            for token in [token.as_str(), "", "nobody"] {
                let answer = gateway.get(token, path);
                for header in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
                    assert!(answer.header(header).parse::<u64>().is_ok(), "{header} of {path}");
                }
            }
        }
    }

    fn a_failed_field_is_null_or_makes_its_parent_null(database) {
        let token = database.program_with("acme", &[builders::Line::new(1)]);
        let gateway = database.serve();
        let (bad, wrong) = ("cardCustomers(page: 0) { totalCount }", "transactions(page: 0) { totalCount }");
        for (query, expected, path) in [
            // A nullable root field.
            ("{ a: cardCustomer(identifier: \"\") { id } cardCustomers { totalCount } }".to_owned(), json!({ "a": null, "cardCustomers": { "totalCount": 1 } }), json!(["a"])),
            // One that must not, and what is around it is everything.
            (format!("{{ {bad} b: cardCustomers {{ totalCount }} }}"), Value::Null, json!(["cardCustomers"])),
            (format!("{{ b: cardCustomers {{ totalCount nodes {{ id {wrong} }} }} }}"), Value::Null, json!(["b", "nodes", 0, "transactions"])),
            (format!("{{ ... {{ ...F }} }} fragment F on Query {{ cardCustomers {{ edges {{ node {{ {wrong} }} }} }} }}"), Value::Null, json!(["cardCustomers", "edges", 0, "node", "transactions"])),
            // The nearest nullable parent becomes null.
            (format!("{{ x: cardCustomer(identifier: \"usr_1\") {{ id {wrong} }} b: cardCustomers {{ totalCount }} }}"), json!({ "x": null, "b": { "totalCount": 1 } }), json!(["x", "transactions"])),
        ] {
            let answer = gateway.query(&token, &query).json();
            assert_eq!(answer["data"], expected, "{query}: {answer}");
            assert!(answer.get("data").is_some());
            assert_eq!(answer["errors"][0]["path"], path, "{query}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        }
    }

    fn enum_values_have_no_quotes(database) {
        let (gateway, token) = open(&database);
        for bad in [
            "query ($a: [T] = [1]) { __typename }",
            "query ($a: CardCustomer) { __typename }",
            "{ cardCustomers(page: 2147483648) { totalCount } }",
            "{ cardCustomer(identifier: \"nobody\") { transactions(perPage: -2147483649) { totalCount } } }",
            "{ cardCustomers(status: \"ACTIVE\") { totalCount } }",
            "{ cardCustomers { nodes { transactions(status: \"SETTLED\") { totalCount } } } }",
            "{ ...F } fragment F on Query { ... on Query { cardCustomers(orderBy: \"CREATED_AT_ASC\") { totalCount } } }",
        ] {
            let answer = gateway.query(&token, bad);
            assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED", "{bad}: {}", answer.text);
        }
        let query = "query($s: CardCustomerStatus) { cardCustomers(status: $s) { totalCount } }";
        assert_eq!(gateway.query_with(&token, query, &json!({ "s": "ACTIVE" })).data()["cardCustomers"]["totalCount"], 3);
    }
}

/// The codes that clients can meet, each brought about. `CONFLICT` is for what
/// changes something, which nothing does yet.
#[test]
fn every_error_code_is_reachable() {
    use crate::support::chain::{sandbox, wallets};
    let Some(database) = Database::postgres() else { return };
    let sandbox = sandbox(1);
    let token = database.program_with("acme", &wallets(1));
    let settings = [
        ("CARD_GATEWAY__CHAIN__TIMEOUT", "300ms"),
        ("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "500ms"),
        ("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "off"),
    ];
    let hasty =
        database.serve_on(&[&sandbox], &[("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "300ms")]);
    let gateway = database.serve_on(&[&sandbox], &settings);
    let ask = |query: &str| gateway.query(&token, query);
    let mut met = vec![
        ask("{").code(),
        ask("{ nonsense }").code(),
        ask("{ cardCustomers(page: 0) { totalCount } }").code(),
        ask(&format!("{{ {} }}", "__typename ".repeat(2_000))).code(),
        ask("{ __schema { queryType { name } } }").code(),
        gateway.query("nobody", "{ __typename }").code(),
        ask(&"x".repeat(300_000)).code(),
        post(&gateway, &token, JSON, &json!({ "extensions": by_hash("00") })).code(),
    ];
    sandbox.set_fault(Some(card_gateway_sandbox::Fault::Delay(std::time::Duration::from_secs(2))));
    met.push(ask("{ cardCustomers { nodes { ledgerBalance } } }").code());
    let events = crate::support::watcher::Events::open(
        &gateway,
        &token,
        "subscription { cardCustomerBalance(identifier: \"nobody\") { id } }",
    );
    let (_, payload) = events.receive().expect("an event");
    met.push(payload["errors"][0]["extensions"]["code"].as_str().expect("a text").to_owned());
    let late = hasty.query(&token, "{ cardCustomers { nodes { ledgerBalance } } }");
    assert_eq!(late.status, 504, "{}", late.text);
    met.push(late.code());
    let scarce = database.serve_with(&[
        ("CARD_GATEWAY__LIMITS__RATE_BURST", "1"),
        ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
    ]);
    scarce.query(&token, "{ __typename }");
    met.push(scarce.query(&token, "{ __typename }").code());
    crate::failures::break_balances(&database);
    let fresh = database.serve();
    let broken = fresh.query(&token, "{ cardCustomers { nodes { ledgerBalance } } }");
    met.push(broken.code());
    assert!(broken.json()["errors"][0]["extensions"]["requestId"].is_string());
    database.wire.as_ref().expect("PostgreSQL is behind one").cut();
    met.push(fresh.query(&token, "{ cardCustomers { totalCount } }").code());
    met.sort();
    let expected = [
        "BAD_USER_INPUT",
        "BALANCE_UNAVAILABLE",
        "FORBIDDEN",
        "GRAPHQL_PARSE_FAILED",
        "GRAPHQL_VALIDATION_FAILED",
        "INTERNAL_SERVER_ERROR",
        "NOT_FOUND",
        "PAYLOAD_TOO_LARGE",
        "PERSISTED_QUERY_NOT_FOUND",
        "QUERY_TOO_COMPLEX",
        "RATE_LIMITED",
        "TIMEOUT",
        "UNAUTHENTICATED",
        "UPSTREAM_UNAVAILABLE",
    ];
    assert_eq!(met, expected);
}
