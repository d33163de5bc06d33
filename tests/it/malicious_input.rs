//! Malicious documents are refused before they cost anything, each by a limit that the
//! answer names.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Database, Gateway, builders, on_both};

/// Documents that no client needs, and the limit that each goes beyond.
fn documents() -> Vec<(String, &'static str)> {
    let bomb = |fragments: usize| {
        let twice = |number: usize| {
            let next = number + 1;
            format!("fragment F{number} on CardCustomer {{ ...F{next} ...F{next} }}")
        };
        let all: Vec<String> = (0..fragments).map(twice).collect();
        let all = all.join(" ");
        format!(
            "{{ cardCustomers {{ nodes {{ ...F0 }} }} }} {all} fragment F{fragments} on CardCustomer {{ id }}"
        )
    };
    let aliases: Vec<String> = (0..101).map(|at| format!("a{at}: __typename")).collect();
    let variables: Vec<String> = (0..10_000).map(|at| format!("$v{at}: Int")).collect();
    let mut all = vec![
        ("[".repeat(200_000), "document"),
        (format!("{{ cardCustomer(identifier: {}", "[".repeat(20_000)), "nesting"),
        (format!("{} {}", "{ a ".repeat(1_000), "}".repeat(1_000)), "nesting"),
        (format!("{} {}", "{ a ".repeat(20), "}".repeat(20)), "depth"),
        (
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
                .to_owned(),
            "depth",
        ),
        (format!("query({}) {{ __typename }}", variables.join(" ")), "document"),
        (format!("query({}) {{ __typename }}", variables[..500].join(" ")), "tokens"),
        (format!("{{ {} }}", aliases.join(" ")), "aliases"),
        (format!("{{ {} }}", "__typename ".repeat(500)), "fields"),
        (format!("{{ cardCustomers {{ nodes {{ {} }} }} }}", "id ".repeat(500)), "fields"),
        (format!("{{ __typename {} }}", "@a ".repeat(5_000)), "directives"),
        (
            format!("{{ cardCustomer(identifier: \"{}\") {{ id }} }}", "x".repeat(200_000)),
            "document",
        ),
        (
            "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
            "selections",
        ),
        (
            format!("{{ {} }}", "cardCustomers(perPage: 1) { totalCount } ".repeat(21)),
            "root_fields",
        ),
    ];
    all.extend((12..=31).map(|fragments| (bomb(fragments), "selections")));
    // The validator would take seconds for these: it merges fields of fragments
    // that contain each other, also of those that no operation spreads.
    let each_other = |count: usize, field: &dyn Fn(usize) -> String| {
        let fragment = |of: usize| {
            let others = (0..count).filter(|other| *other != of).map(field);
            format!("fragment f{of} on __Type {{ {} }}", others.collect::<Vec<_>>().join(" "))
        };
        (0..count).map(fragment).collect::<Vec<_>>().join(" ")
    };
    let aliased = each_other(11, &|other| format!("a{other}: ofType {{ ...f{other} }}"));
    all.push((format!("{{ __type(name: \"Card\") {{ ...f0 }} }} {aliased}"), "aliases"));
    let plain = each_other(14, &|other| format!("ofType {{ ...f{other} }}"));
    all.push((format!("{{ __typename }} {plain}"), "selections"));
    all
}

fn open(database: &Database) -> (Gateway, String) {
    let token = database.program_with("acme", &builders::lines(3));
    (database.serve(), token)
}

on_both! {
    fn each_malicious_document_is_refused_by_a_named_limit(database) {
        let (gateway, token) = open(&database);
        for (document, limit) in documents() {
            let answer = gateway.query(&token, &document);
            assert_eq!((answer.status, answer.code().as_str()), (400, "QUERY_TOO_COMPLEX"), "{document:.120}: {:.300}", answer.text);
            let error = answer.json()["errors"][0].take();
            assert_eq!(error["extensions"]["limit"], limit, "{document:.120}");
            let value = error["extensions"]["value"].as_u64().expect("a number").to_string();
            assert!(error["message"].as_str().expect("a text").contains(&value), "{error}");
        }
        // The introspection query of tools is allowed.
        let introspection = "{ __schema { types { fields { args { name type { name ofType { name } } } type { ofType { ofType { ofType { ofType { name } } } } } } inputFields { name } enumValues { name } } directives { name args { name } } } }";
        gateway.query(&token, introspection).data();
        // Fewer of the same are none of our business.
        let bomb = "{ cardCustomers { nodes { ...A ...A } } } fragment A on CardCustomer { ...B ...B } fragment B on CardCustomer { id }";
        assert_eq!(gateway.query(&token, bomb).status, 200);
        assert_eq!(gateway.query(&token, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 3);
    }

    fn requests_that_are_too_large_are_refused(database) {
        let (gateway, token) = open(&database);
        let post = |body: String| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            gateway.send(request.header("content-type", "application/json").body(body))
        };
        let query = json!({ "query": "{ __typename }" });
        assert_eq!(post(format!("{query}{}", " ".repeat(300 * 1024))).status, 413);
        assert_eq!(post(json!([query, query]).to_string()).status, 400);
        let many: serde_json::Map<String, Value> = (0..10_000).map(|at| (format!("v{at}"), json!(at))).collect();
        let answer = post(json!({ "query": "{ __typename }", "variables": many }).to_string());
        assert_eq!((answer.status, &answer.json()["errors"][0]["extensions"]["limit"]), (400, &json!("variables")));
        // However they are put: what is inside of them counts as well.
        let answer = post(json!({ "query": "{ __typename }", "variables": { "a": vec![json!([]); 200] } }).to_string());
        assert_eq!((answer.status, &answer.json()["errors"][0]["extensions"]["limit"]), (400, &json!("variables")));
        let deep = format!("{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(post(deep).status, 400);
        let answer = gateway.query_with(&token, "query($id: ID!) { cardCustomer(identifier: $id) { id } }", &json!({ "id": "x".repeat(200_000) }));
        assert_eq!(answer.code(), "BAD_USER_INPUT");
    }

    fn limits_are_settings(database) {
        let token = database.program_with("acme", &builders::lines(3));
        for (setting, value, document, limit) in [
            ("TOKENS", "10", "{ cardCustomers { totalCount nodes { id email step } } }", "tokens"),
            ("NESTING", "2", "{ cardCustomers { nodes { id } } }", "nesting"),
            ("DEPTH", "2", "{ cardCustomers { nodes { id } } }", "depth"),
            ("ALIASES", "0", "{ a: __typename }", "aliases"),
            ("ROOT_FIELDS", "1", "{ __typename cardCustomers { totalCount } }", "root_fields"),
            ("DIRECTIVES", "0", "{ __typename @include(if: true) }", "directives"),
            ("SELECTIONS", "2", "{ cardCustomers { nodes { id } } }", "selections"),
            ("FIELDS", "1", "{ cardCustomers { totalCount pageInfo { page } } }", "fields"),
            ("DOCUMENT", "5", "{ __typename }", "document"),
            ("COMPLEXITY", "60", "{ cardCustomers { nodes { id availableBalance } } }", "complexity"),
        ] {
            let name = format!("CARD_GATEWAY__LIMITS__{setting}");
            let gateway = database.serve_with(&[(name.as_str(), value)]);
            let answer = gateway.query(&token, document);
            assert_eq!((answer.status, &answer.json()["errors"][0]["extensions"]["limit"]), (400, &json!(limit)), "{}", answer.text);
            assert_eq!(answer.json()["errors"][0]["extensions"]["value"].to_string(), value);
        }
    }

    fn expensive_documents_take_more_rate_limit_points(database) {
        let token = database.program_with("acme", &builders::lines(3));
        let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__RATE_BURST", "20"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1")]);
        let left = |query: &str| gateway.query(&token, query).header("x-ratelimit-remaining").to_owned();
        assert_eq!(left("{ __typename }"), "19");
        // 2 + 100 * (2 + 2 * 2) is 602: six points besides the request's own.
        let costly = "{ cardCustomers(perPage: 100) { nodes { id email availableBalance ledgerBalance } } }";
        assert_eq!(left(costly), "12");
        assert_eq!(left(costly), "5");
        let refused = gateway.query(&token, costly);
        assert_eq!((refused.status, refused.code().as_str()), (429, "RATE_LIMITED"), "{}", refused.text);
        // A client that obeys Retry-After can send the request again.
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        std::thread::sleep(Duration::from_secs(wait));
        assert_eq!(gateway.query(&token, costly).status, 200, "after {wait} s");
        // A request that exceeds the burst can never succeed, so it has no Retry-After.
        let lists = "{ a: cardCustomers(perPage: 100) { nodes { id email ledgerBalance } } b: cardCustomers(perPage: 100) { nodes { id email ledgerBalance } } c: cardCustomers(perPage: 100) { nodes { id email ledgerBalance availableBalance pendingBalance } } d: cardCustomers(perPage: 100) { nodes { id email ledgerBalance } } }";
        let never = gateway.query(&database.token("acme"), lists);
        // Three lists cost 2 + 100 * (2 + 2), and one 2 + 100 * (2 + 3 * 2).
        assert_eq!((never.status, &never.json()["errors"][0]["extensions"]), (400, &json!({ "code": "QUERY_TOO_COMPLEX", "limit": "rate_burst", "value": 20, "cost": 2008 })));
    }

    fn a_page_costs_its_size_even_without_nodes(database) {
        let (gateway, token) = open(&database);
        let limit = |query: &str| {
            let answer = gateway.query(&token, query).json();
            answer.pointer("/errors/0/extensions/limit").cloned().unwrap_or_default()
        };
        // Ten thousand rows for a hundred cursors.
        let cursors = "{ cardCustomers(perPage: 100) { nodes { transactions(perPage: 100) { pageInfo { endCursor } } } } }";
        assert_eq!(limit(cursors), "complexity");
        let totals = "{ cardCustomers(perPage: 100) { edges { node { transactions(first: 100) { totalCount } } } } }";
        assert_eq!(limit(totals), "complexity");
        let pages: Vec<String> = (1..=15)
            .map(|page| format!("a{page}: cardCustomers(page: {page}, perPage: 100) {{ nodes {{ transactions(perPage: {}) {{ pageInfo {{ hasNextPage }} }} }} }}", 100 - page))
            .collect();
        assert_eq!(limit(&format!("{{ {} }}", pages.join(" "))), "complexity");
        assert_eq!(limit("{ cardCustomers(perPage: 10) { nodes { transactions(perPage: 20) { pageInfo { endCursor } } } } }"), Value::Null);
    }

    fn a_client_can_request_a_cost_report(database) {
        let sandbox = crate::support::chain::sandbox(30);
        let token = database.program_with("acme", &crate::support::chain::wallets(30));
        let gateway = database.serve_on(&[&sandbox], &[]);
        let cost = |query: &str, asked: bool| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            let request = if asked { request.header("x-graphql-cost", "true") } else { request };
            gateway.send(request.json(&json!({ "query": query }))).json()["extensions"]["cost"].take()
        };
        let list = "{ cardCustomers(perPage: 10) { nodes { id email } } }";
        assert_eq!(cost(list, false), Value::Null);
        assert_eq!(cost(list, true), json!({ "requested": 22, "actual": 22, "points": 1, "sqlStatements": 1, "chainCalls": 0 }));
        let balances = "{ cardCustomers(perPage: 50) { totalCount nodes { id b: availableBalance cards { lastFour } } } }";
        assert_eq!(cost(balances, true), json!({ "requested": 3 + 50 * 7, "actual": 3 + 30 * 4, "points": 4, "sqlStatements": 4, "chainCalls": 1 }));
        assert_eq!(cost(balances, true)["chainCalls"], 0, "it is remembered");
        // Several root fields each have their own.
        let two = "{ a: cardCustomers(perPage: 5) { nodes { availableBalance } } b: cardCustomers(page: 2, perPage: 5) { nodes { availableBalance } } }";
        assert_eq!(cost(two, true)["sqlStatements"], 4);
    }
}
