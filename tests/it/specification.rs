//! Requirements of the GraphQL specification (September 2025) that async-graphql does not
//! meet. Each test is named after what the gateway does.

use serde_json::{Value, json};

use crate::support::builders::lines;
use crate::support::{Answer, Database, Gateway, Line, on_both};

fn open(database: &Database) -> (Gateway, String) {
    let token = database.program_with("acme", &lines(3));
    (database.serve(), token)
}

fn refused(answer: &Answer) -> bool {
    answer.code() == "GRAPHQL_VALIDATION_FAILED" && answer.json().get("data").is_none()
}

on_both! {
    fn a_nullable_root_field_that_fails_is_null(database) {
        let (gateway, token) = open(&database);
        let answer = gateway.query(&token, "{ cardCustomer(identifier: \"\") { id } }");
        assert!(answer.text.starts_with(r#"{"data":{"cardCustomer":null},"errors":["#), "{}", answer.text);
        assert_eq!(answer.json()["errors"][0]["path"], json!(["cardCustomer"]));
        let answer = gateway.query(&token, "{ a: cardCustomer(identifier: \"\") { id } b: cardCustomer(identifier: \"\") { id } }");
        assert!(answer.text.starts_with(r#"{"data":{"a":null,"b":null},"#), "{}", answer.text);
        assert_eq!(answer.json()["errors"].as_array().map(Vec::len), Some(2));
    }

    fn an_object_without_included_fields_is_empty(database) {
        let (gateway, token) = open(&database);
        for (query, expected) in [
            ("query($t: Boolean!) { cardCustomers(first: 1) { totalCount @include(if: $t) } }", r#"{"data":{"cardCustomers":{}}}"#),
            ("query($t: Boolean!) { cardCustomers(first: 2) { nodes { id @include(if: $t) } } }", r#"{"data":{"cardCustomers":{"nodes":[{},{}]}}}"#),
            ("query($t: Boolean!) { cardCustomers(first: 1) { pageInfo { ... @include(if: $t) { page } } } }", r#"{"data":{"cardCustomers":{"pageInfo":{}}}}"#),
            ("query($t: Boolean!) { cardCustomer(identifier: \"usr_1\") { id @include(if: $t) } }", r#"{"data":{"cardCustomer":{}}}"#),
            ("query($t: Boolean!) { __schema { queryType { name @include(if: $t) } } }", r#"{"data":{"__schema":{"queryType":{}}}}"#),
            ("query($t: Boolean!) { __typename @include(if: $t) }", r#"{"data":{}}"#),
            ("{ cardCustomers(first: 1) { totalCount @skip(if: true) } }", r#"{"data":{"cardCustomers":{}}}"#),
        ] {
            assert_eq!(gateway.query_with(&token, query, &json!({ "t": false })).text, expected, "{query}");
        }
    }

    fn a_misplaced_token_is_a_syntax_error_with_its_location(database) {
        let (gateway, token) = open(&database);
        for (query, line, column) in [
            ("{\n  a: cardCustomer(identifier: \"é\" x) { id }\n}", 2, 35),
            ("{ cardCustomers(page perPage: 1) { totalCount } }", 1, 17),
            ("{ cardCustomers(page: 1 2) { totalCount } }", 1, 25),
            ("\"a description\" query A { cardCustomers(page: 1 2) { totalCount } }", 1, 49),
            ("{ cardCustomers(page: 1 }", 1, 25),
        ] {
            let answer = gateway.query(&token, query);
            assert_eq!(answer.code(), "GRAPHQL_PARSE_FAILED", "{query}: {}", answer.text);
            assert_eq!(answer.json()["errors"][0]["locations"], json!([{ "line": line, "column": column }]), "{query}: {}", answer.text);
        }
    }

    fn fields_that_conflict_are_refused(database) {
        let (gateway, token) = open(&database);
        for query in [
            "{ cardCustomers(first: 1) { nodes { x: id } } cardCustomers(first: 1) { nodes { x: email } } }",
            "{ cardCustomers(first: 1) { nodes { id } } cardCustomers(first: 2) { nodes { id } } }",
            "{ cardCustomers { nodes { ...A ...B } } } fragment A on CardCustomer { x: id } fragment B on CardCustomer { x: email }",
        ] {
            let answer = gateway.query(&token, query);
            assert!(refused(&answer), "{query}: {}", answer.text);
        }
    }

    fn variables_are_allowed_only_where_their_type_fits(database) {
        let (gateway, token) = open(&database);
        for (query, good) in [
            ("query($i: ID) { cardCustomer(identifier: $i) { id } }", false),
            ("query($i: ID = null) { cardCustomer(identifier: $i) { id } }", false),
            ("query($i: ID = \"usr_1\") { cardCustomer(identifier: $i) { id } }", true),
            ("query($s: CardCustomerStatus = \"ACTIVE\") { cardCustomers(status: $s) { totalCount } }", false),
            ("query($s: CardCustomerStatus = ACTIVE) { cardCustomers(status: $s) { totalCount } }", true),
            ("query($n: Int = 99999999999) { cardCustomers(page: $n) { totalCount } }", false),
            ("query($n: Int = null) { cardCustomers(page: $n) { totalCount } }", true),
            ("query($n: Float) { cardCustomers { nodes { ...F } } } fragment F on CardCustomer { transactions(page: $n) { totalCount } }", false),
        ] {
            let answer = gateway.query(&token, query);
            assert_eq!(!refused(&answer), good, "{query}: {}", answer.text);
        }
    }

    fn typename_takes_the_directives_of_every_field(database) {
        let (gateway, token) = open(&database);
        let query = "query($b: Boolean!) { cardCustomers(first: 1) { __typename @include(if: $b) totalCount } }";
        assert_eq!(gateway.query_with(&token, query, &json!({ "b": true })).data()["cardCustomers"]["__typename"], "CardCustomerConnection");
        assert_eq!(gateway.query_with(&token, query, &json!({ "b": false })).data()["cardCustomers"], json!({ "totalCount": 3 }));
        for query in ["{ __typename @nope }", "{ __typename @include }", "{ __typename(a: 1) }", "{ __typename { a } }"] {
            assert!(refused(&gateway.query(&token, query)), "{query}");
        }
    }

    fn operations_fragments_and_variables_may_have_descriptions(database) {
        let (gateway, token) = open(&database);
        let query = "\"Lists customers.\" query Q(\"\"\"How many.\"\"\" $n: Int = 2) { cardCustomers(first: $n) { ...F } }
            \"\"\"Ids\n only.\"\"\" fragment F on CardCustomerConnection { nodes { id } }";
        assert_eq!(gateway.query(&token, query).data()["cardCustomers"]["nodes"].as_array().map(Vec::len), Some(2));
        // Positions are those of the text as it was sent.
        let answer = gateway.query(&token, "\"é\" query { nothing }");
        assert_eq!(answer.json()["errors"][0]["locations"], json!([{ "line": 1, "column": 13 }]), "{}", answer.text);
        assert_eq!(gateway.query(&token, "\"No.\" { __typename }").code(), "GRAPHQL_PARSE_FAILED");
    }

    fn strings_may_contain_long_unicode_escapes(database) {
        let (gateway, token) = open(&database);
        for text in ["customer1\\u{40}example.com", "customer1\\u0040example.com", "customer1@example.com"] {
            let query = format!("{{ cardCustomer(identifier: \"{text}\") {{ email }} }}");
            assert_eq!(gateway.query(&token, &query).data()["cardCustomer"]["email"], "customer1@example.com");
        }
        let query = "{ a: cardCustomer(identifier: \"\\u{1F98A}\") { id } b: cardCustomer(identifier: \"\\uD83E\\uDD8A\") { id } }";
        assert_eq!(gateway.query(&token, query).data(), json!({ "a": null, "b": null }));
    }

    fn a_skipped_selection_does_not_place_a_field(database) {
        let (gateway, token) = open(&database);
        for query in [
            "{ __typename @skip(if: true) cardCustomers { totalCount } __typename }",
            "query($t: Boolean = true) { __typename @skip(if: $t) cardCustomers { totalCount } __typename }",
        ] {
            assert_eq!(gateway.query(&token, query).text, r#"{"data":{"cardCustomers":{"totalCount":3},"__typename":"Query"}}"#);
        }
        let fields = "query($t: Boolean!) { cardCustomers(first: 1) { nodes { step @skip(if: $t) safeDeployed step } } }";
        let ask = |t: bool| gateway.query_with(&token, fields, &json!({ "t": t })).text;
        assert!(ask(true).contains(r#"{"safeDeployed":true,"step":6}"#), "{}", ask(true));
        assert!(ask(false).contains(r#"{"step":6,"safeDeployed":true}"#), "{}", ask(false));
    }

    fn the_schema_has_no_description(database) {
        let (gateway, token) = open(&database);
        let data = gateway.query(&token, "{ __schema { d: description queryType { description } description } }").data();
        assert_eq!((&data["__schema"]["d"], &data["__schema"]["description"]), (&Value::Null, &Value::Null));
        assert!(data["__schema"]["queryType"]["description"].is_string(), "{data}");
    }

    fn numbers_in_variables_are_coerced_like_in_graphql_js(database) {
        let (gateway, token) = open(&database);
        let ask = |query: &str, variables: &str| {
            let body = format!("{{\"query\":{},\"variables\":{variables}}}", Value::from(query));
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            gateway.send(request.header("content-type", "application/json").body(body))
        };
        let list = "query($n: Int) { cardCustomers(perPage: $n) { nodes { id } } }";
        for two in ["2", "2.0", "0.2e1"] {
            let data = ask(list, &format!("{{\"n\":{two}}}")).data();
            assert_eq!(data["cardCustomers"]["nodes"].as_array().map(Vec::len), Some(2), "{two}");
        }
        for bad in ["2.5", "\"2\"", "true", "1e10"] {
            assert!(refused(&ask(list, &format!("{{\"n\":{bad}}}"))), "{bad}");
        }
        let one = "query($i: ID!) { cardCustomer(identifier: $i) { id } }";
        for good in ["7", "12345678901234567890", "1e30", "\"x\""] {
            assert_eq!(ask(one, &format!("{{\"i\":{good}}}")).data(), json!({ "cardCustomer": null }), "{good}");
        }
        for bad in ["1.5", "true", "null"] {
            assert!(refused(&ask(one, &format!("{{\"i\":{bad}}}"))), "{bad}");
        }
    }

    fn errors_have_locations_and_are_limited(database) {
        let (gateway, token) = open(&database);
        let answer = gateway.query(&token, "{\n  cardCustomers {\n    # 🦊\n    nodes { emial }\n  }\n}");
        let error = answer.json()["errors"][0].take();
        assert_eq!(error["message"], "Type \"CardCustomer\" does not have a field \"emial\". Did you mean \"email\"?");
        assert_eq!(error["locations"], json!([{ "line": 4, "column": 13 }]));
        let many: Vec<String> = (0..90).map(|at| format!("x{at}")).collect();
        let answer = gateway.query(&token, &format!("{{ cardCustomers {{ {} }} }}", many.join(" ")));
        assert_eq!(answer.json()["errors"].as_array().map(Vec::len), Some(20));
        let long = gateway.query(&token, &format!("{{ cardCustomers {{ {} }} }}", "x".repeat(10_000)));
        assert!(refused(&long) && long.text.len() < 1_000, "{}", long.text.len());
    }
}

/// Everything that can be selected of a type, to a depth.
fn everything(types: &[Value], of: &str) -> String {
    let of = types.iter().find(|one| one["name"] == of).expect("a type");
    let mut all = String::new();
    for field in of["fields"].as_array().expect("an object") {
        let mut named = &field["type"];
        while named["name"].is_null() {
            named = &named["ofType"];
        }
        let name = field["name"].as_str().expect("a name");
        let below = match named["kind"].as_str() {
            Some("OBJECT") => {
                format!(" {{ {} }}", everything(types, named["name"].as_str().expect("a name")))
            }
            _ => String::new(),
        };
        all.extend([" ", name, &below]);
    }
    all
}

/// A field is declared in its object alone: whatever the schema has, a list
/// answers as a look-up does. A new field needs no other place to pass.
#[test]
fn a_list_and_a_look_up_answer_each_field_alike() {
    let database = Database::sqlite();
    let customers: Vec<Line> = lines(4)
        .into_iter()
        .map(|line| line.balance(200, 100).cards(&["active", "voided"]))
        .collect();
    let token = database.program_with("acme", &customers);
    let transactions = customers
        .iter()
        .flat_map(|line| (0..3).map(|at| crate::support::transaction(line.id(), at, 100)));
    database.put_transactions("acme", transactions.collect());
    let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__COMPLEXITY", "100000")]);
    let query = "{ __schema { types { name fields { name type { name kind ofType { name kind ofType { name kind ofType { name kind } } } } } } } }";
    let schema = gateway.query(&token, query).data();
    let types = schema["__schema"]["types"].as_array().expect("a list");
    let all = everything(types, "CardCustomer");
    assert!(
        all.contains("createdAt") && all.contains("merchantCity") && all.contains("lastFour"),
        "{all}"
    );
    let list = format!("{{ cardCustomers {{ nodes {{ {all} }} edges {{ node {{ {all} }} }} }} }}");
    let list = gateway.query(&token, &list).data();
    for (at, line) in customers.iter().rev().enumerate() {
        let one = format!("{{ cardCustomer(identifier: \"{}\") {{ {all} }} }}", line.id());
        let one = gateway.query(&token, &one).data()["cardCustomer"].take();
        assert_eq!(one["id"], line.id());
        assert_eq!(list["cardCustomers"]["nodes"][at], one);
        assert_eq!(list["cardCustomers"]["edges"][at]["node"], one);
    }
}
