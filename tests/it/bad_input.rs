//! Bad input gets a clear answer that names the field. Nothing panics and
//! nothing leaks.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{Answer, Gateway, on_both};

/// Words that must not be in any answer.
const SECRETS: [&str; 9] = [
    "SELECT",
    "select ",
    "sqlite",
    "postgres",
    "panicked",
    ".rs:",
    "sqlx",
    "card_customers",
    "/tmp",
];

fn leaks_nothing(answer: &Answer) {
    for secret in SECRETS {
        assert!(!answer.text.contains(secret), "{secret} is in {}", answer.text);
    }
}

fn refused_by_rest(gateway: &Gateway, token: &str, path: &str, field: &str) {
    let answer = gateway.get(token, path);
    leaks_nothing(&answer);
    assert_eq!(answer.status, 400, "{path:.200}: {}", answer.text);
    let body = answer.json();
    assert_eq!((&body["success"], &body["error"]), (&json!(false), &json!("validation_error")));
    assert!(body["message"].as_str().expect("a sentence").contains(field), "{body}");
    assert!(body["details"][field].is_string(), "{path:.200}: {body}");
}

fn refused_by_graphql(gateway: &Gateway, token: &str, query: &str, code: &str, named: &str) {
    let answer = gateway.query(token, query);
    leaks_nothing(&answer);
    assert_eq!(answer.code(), code, "{query:.200}: {}", answer.text);
    let message = answer.json()["errors"][0]["message"].as_str().expect("a sentence").to_owned();
    assert!(message.contains(named), "{query:.200}: {message}");
}

on_both! {
    fn rest_names_the_parameter(database) {
        let token = database.program_with("acme", &crate::support::builders::lines(3));
        let gateway = database.serve();
        let long = "x".repeat(10_000);
        for (query, field) in [
            ("page=0", "page"), ("page=-1", "page"), ("page=abc", "page"), ("page=1.5", "page"),
            ("page=%2B1", "page"), ("page=1e3", "page"), ("page=2147483648", "page"),
            ("page=99999999999999999999999999", "page"), ("page=9223372036854775807", "page"),
            ("page=1&page=2", "page"), ("page=%00", "page"), ("page=%FF", "page"), ("page=%20", "page"),
            ("limit=0", "limit"), ("limit=101", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"),
            ("per_page=101", "per_page"), ("limit=10&per_page=20", "per_page"),
            ("status=nope", "status"), ("status=ACTIVE", "status"), ("status=active%20", "status"),
            ("include_balances=maybe", "include_balances"), ("include_balances=1", "include_balances"),
            (&format!("status={long}"), "status"), (&format!("page={long}"), "page"),
        ] {
            refused_by_rest(&gateway, &token, &format!("/api/v1/card-issuer/customers?{query}"), field);
        }
        let transactions = "/v1/card-issuer/customers/usr_1/card-transactions";
        for (query, field) in [("page=0", "page"), ("limit=101", "limit"), ("status=active", "status")] {
            refused_by_rest(&gateway, &token, &format!("{transactions}?{query}"), field);
        }
        for name in [long.as_str(), "a%00b", "a%0Ab", "%FF%FE"] {
            let path = format!("/v1/card-issuer/customers/{name}");
            refused_by_rest(&gateway, &token, &path, "customerId");
            refused_by_rest(&gateway, &token, &format!("{path}/card-transactions"), "customerId");
        }
        // All errors are reported at once.
        let answer = gateway.get(&token, "/v1/card-issuer/customers?page=0&limit=0&status=x&include_balances=1");
        assert_snapshot!("rest_parameters", answer.snapshot());
        let answer = gateway.get(&token, &format!("{transactions}?page=0&status=active"));
        assert_snapshot!("rest_transaction_parameters", answer.snapshot());
    }

    fn rest_accepts_the_parameters_of_the_contract(database) {
        let token = database.program_with("acme", &crate::support::builders::lines(3));
        let gateway = database.serve();
        for query in [
            "", "?", "?page=&limit=&status=&include_balances=", "?page=1&page=1", "?page=01", "?colour=red&page=1",
            "?limit=10&per_page=10", "?per_page=7", "?status=safe_deploying", "?page=2147483647&limit=100", "?&&=&a",
        ] {
            let answer = gateway.get(&token, &format!("/v1/card-issuer/customers{query}"));
            assert_eq!(answer.status, 200, "{query}: {}", answer.text);
        }
        let body = gateway.get(&token, "/v1/card-issuer/customers?per_page=2").json();
        assert_eq!((&body["data"]["limit"], body["data"]["customers"].as_array().map(Vec::len)), (&json!(2), Some(2)));
    }

    fn graphql_names_the_argument(database) {
        let token = database.program_with("acme", &crate::support::builders::lines(3));
        let gateway = database.serve();
        let cursor = |query: &str| {
            let data = gateway.query(&token, query).data();
            data["cardCustomers"]["edges"][0]["cursor"].as_str().expect("a cursor").to_owned()
        };
        let of_active = cursor("{ cardCustomers(status: ACTIVE) { edges { cursor } } }");
        let oldest = cursor("{ cardCustomers(orderBy: CREATED_AT_ASC) { edges { cursor } } }");
        let long = "x".repeat(10_000);
        let list = |arguments: &str| format!("{{ cardCustomers({arguments}) {{ nodes {{ id }} }} }}");
        let (bad, invalid) = ("BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED");
        for (arguments, code, named) in [
            ("page: 0", bad, "page"), ("page: -1", bad, "page"), ("perPage: 0", bad, "perPage"),
            ("perPage: 101", bad, "perPage"), ("first: -1", bad, "first"), ("first: 101", bad, "first"),
            ("page: 1, first: 5", bad, "first"), ("perPage: 5, first: 5", bad, "first"),
            ("page: 1, after: \"x\"", bad, "after"), ("after: \"\"", bad, "after"),
            ("after: \"not a cursor\"", bad, "after"), ("after: \"AAAA\"", bad, "after"),
            (&format!("after: \"{of_active}\""), bad, "after is a cursor of another list"),
            (&format!("after: \"{of_active}\", status: KYC_INITIATED"), bad, "after is a cursor of another list"),
            (&format!("after: \"{oldest}\""), bad, "after is a cursor of another list"),
            (&format!("after: \"{long}\""), bad, "after"),
            ("page: 2147483648", invalid, "page"), ("page: 99999999999999999999999", invalid, "page"), ("page: \"one\"", invalid, "page"),
            ("page: 1.5", invalid, "page"), ("status: NOPE", invalid, "status"),
            ("colour: RED", invalid, "colour"), ("orderBy: RANDOM", invalid, "orderBy"),
        ] {
            refused_by_graphql(&gateway, &token, &list(arguments), code, named);
        }
        let one = |name: &str| format!("{{ cardCustomer(identifier: \"{name}\") {{ id }} }}");
        for name in [long.as_str(), "", "a\\u0000b"] {
            refused_by_graphql(&gateway, &token, &one(name), bad, "identifier");
        }
        let of = |arguments: &str| format!("{{ cardCustomer(identifier: \"usr_1\") {{ transactions({arguments}) {{ totalCount }} }} }}");
        for arguments in ["page: 0", "perPage: 101", "first: -1", "page: 1, first: 1", "after: \"x\""] {
            let named = arguments.split(':').next().expect("a name");
            let named = if arguments.contains(',') { "first" } else { named };
            refused_by_graphql(&gateway, &token, &of(arguments), bad, named);
        }
        for (query, code) in [
            ("", "GRAPHQL_PARSE_FAILED"), ("{", "GRAPHQL_PARSE_FAILED"), ("{ a(", "GRAPHQL_PARSE_FAILED"), ("nonsense", "GRAPHQL_PARSE_FAILED"),
            ("{ cardCustomers { nodes { colour } } }", invalid), ("{ cardCustomers }", invalid),
            ("mutation { a }", invalid), ("subscription { a }", invalid),
            ("subscription { cardCustomersChanged { id } }", bad),
            ("query A { __typename } query B { __typename }", invalid),
        ] {
            assert_eq!(gateway.query(&token, query).code(), code, "{query}");
        }
        for (name, query) in [
            ("graphql_syntax", "{ cardCustomers(page: 1 perPage) { nodes { id } } }"),
            ("graphql_validation", "{ cardCustomers(status: NOPE, colour: RED) { nodes { emial } } }"),
            ("graphql_argument", "{ cardCustomers(page: 0) { totalCount } }"),
            ("graphql_two_arguments", "{ a: cardCustomer(identifier: \"\") { id } b: cardCustomers(first: 101) { totalCount } }"),
            ("graphql_cost", "{ cardCustomers(perPage: 100) { nodes { transactions(perPage: 100) { nodes { amount } } } } }"),
            ("graphql_aliases", "{ a:__typename b:__typename c:__typename d:__typename e:__typename f:__typename g:__typename h:__typename i:__typename j:__typename k:__typename l:__typename m:__typename n:__typename o:__typename p:__typename }"),
        ] {
            assert_snapshot!(name, gateway.query(&token, query).snapshot());
        }
        assert_snapshot!("graphql_token", gateway.query("nonsense", "{ __typename }").snapshot());
        // Nulls count as absent.
        let query = list("page: null, perPage: null, first: null, after: null, status: null, orderBy: null");
        assert_eq!(gateway.query(&token, &query).data()["cardCustomers"]["nodes"].as_array().map(Vec::len), Some(3));
    }

    fn a_request_that_did_not_run_has_no_data(database) {
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        for (query, ran) in [("{", false), ("{ nothing }", false), ("query A { __typename } query B { __typename }", false),
            ("{ cardCustomers(page: 0) { totalCount } }", true)]
        {
            assert_eq!(gateway.query(&token, query).json().get("data").is_some(), ran, "{query}");
        }
        assert!(gateway.query("nobody", "{ __typename }").json().get("data").is_none());
    }

    fn an_invalid_body_is_refused(database) {
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        let post = |kind: &str, body: String| {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            gateway.send(request.header("content-type", kind).body(body))
        };
        let query = r#"{"query":"{ __typename }"}"#;
        for (kind, body, status, code) in [
            ("application/json", String::new(), 400, "BAD_USER_INPUT"),
            ("application/json", "{".into(), 400, "BAD_USER_INPUT"),
            ("application/json", "[]".into(), 400, "BAD_USER_INPUT"),
            ("application/json", format!("[{query}]"), 400, "BAD_USER_INPUT"),
            ("application/json", r#"["{ __typename }"]"#.into(), 400, "BAD_USER_INPUT"),
            ("application/json", r#"{"query":1}"#.into(), 400, "BAD_USER_INPUT"),
            ("application/json", r#"{"query":"{a}","variables":[]}"#.into(), 400, "BAD_USER_INPUT"),
            ("text/plain", query.into(), 415, "BAD_USER_INPUT"),
            ("application/x-www-form-urlencoded", "query={__typename}".into(), 415, "BAD_USER_INPUT"),
            ("multipart/form-data; boundary=x", "--x--".into(), 415, "BAD_USER_INPUT"),
            ("application/json", format!("{query}{}", " ".repeat(300_000)), 413, "PAYLOAD_TOO_LARGE"),
        ] {
            let answer = post(kind, body);
            leaks_nothing(&answer);
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{kind}: {}", answer.text);
        }
        let answer = post("application/json; charset=utf-8", query.into());
        assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"data":{"__typename":"Query"}}"#));
        let answer = post("application/json", r#"{"query":"{ __typename }","operationName":null,"variables":null,"extensions":null}"#.into());
        assert_eq!(answer.data(), json!({ "__typename": "Query" }));
        let answer = gateway.get(&token, "/graphql?query=mutation{__typename}");
        assert_eq!((answer.status, answer.header("allow"), answer.code().as_str()), (405, "POST", "BAD_USER_INPUT"));
    }

    fn fields_come_in_the_order_in_which_they_were_selected(database) {
        let token = database.program_with("acme", &crate::support::builders::lines(1));
        let gateway = database.serve();
        let query = "{ cardCustomers { nodes { ledgerBalance cardsCount id } totalCount pageInfo { page } } }";
        assert_snapshot!("order_of_fields", gateway.query(&token, query).snapshot());
    }
}
