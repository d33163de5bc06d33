//! An answer holds what was selected, in that order, however the document
//! says it, and however often it was sent before.

use serde_json::{Value, json};

use crate::support::builders::lines;
use crate::support::{Database, Gateway, Line, on_both, transaction};

fn filled(database: &Database) -> (String, Gateway) {
    let lines: Vec<Line> = lines(3)
        .into_iter()
        .map(|line| line.balance(200, 100).cards(&["active", "voided"]))
        .collect();
    let token = database.program_with("acme", &lines);
    let transactions =
        lines.iter().flat_map(|line| (0..3).map(|at| transaction(line.id(), at, 100))).collect();
    database.put_transactions("acme", transactions);
    (token, database.serve())
}

on_both! {
    fn fields_selected_in_several_places_are_merged(database) {
        let (token, gateway) = filled(&database);
        let plain = "{ cardCustomers(perPage: 2) {
            nodes { id email cards { cardId lastFour } transactions(perPage: 1) { totalCount nodes { amount status } } }
            edges { cursor node { ledgerBalance availableBalance } } } }";
        let expected = gateway.query(&token, plain).data();
        assert_eq!(expected["cardCustomers"]["nodes"].as_array().map(Vec::len), Some(2));
        for scattered in [
            "{ cardCustomers(perPage: 2) { nodes { id email } nodes { cards { cardId } cards { lastFour } }
                edges { cursor } edges { node { ledgerBalance } } edges { node { availableBalance } }
                ...T } }
             fragment T on CardCustomerConnection { nodes { transactions(perPage: 1) { totalCount } }
                nodes { transactions(perPage: 1) { nodes { amount } nodes { status } } } }",
            "{ cardCustomers(perPage: 2) { nodes { id } } ...A ...B }
             fragment A on Query { cardCustomers(perPage: 2) { nodes { email ... { cards { cardId lastFour } } } edges { cursor } } }
             fragment B on Query { cardCustomers(perPage: 2) { edges { node { ledgerBalance availableBalance } }
                nodes { transactions(perPage: 1) { totalCount nodes { amount status } } } } }",
        ] {
            for _ in 0..2 {
                assert_eq!(gateway.query(&token, scattered).data(), expected, "{scattered}");
            }
        }
    }

    fn keys_are_in_the_order_of_the_selection(database) {
        let (token, gateway) = filled(&database);
        let query = "query($no: Boolean = false) { cardCustomers(perPage: 1) {
            nodes { b: email ...F a: email id @include(if: $no) b: email __typename
                cards { z: __typename status } transactions(perPage: 1) { t: totalCount nodes { amount } } last: id } } }
            fragment F on CardCustomer { step ... on CardCustomer { createdAt safeDeployed } }";
        let one = Line::new(3);
        for _ in 0..3 {
            let answer = gateway.query(&token, query);
            answer.data();
            let card = |status: &str| format!(r#"{{"z":"Card","status":"{status}"}}"#);
            let created_at = &one.0["created_at"];
            let expected = format!(
                r#"{{"data":{{"cardCustomers":{{"nodes":[{{"b":"{email}","step":6,"createdAt":{created_at},"safeDeployed":true,"a":"{email}","__typename":"CardCustomer","cards":["#,
                email = one.0["email"].as_str().expect("it has one"),
            );
            assert!(answer.text.starts_with(&expected), "{}\n{expected}", answer.text);
            for part in [card("ACTIVE"), card("VOIDED")] {
                assert!(answer.text.contains(&part), "{}", answer.text);
            }
            let rest = format!(r#""transactions":{{"t":3,"nodes":[{{"amount":"1.00"}}]}},"last":"{}"}}]}}}}}}"#, one.id());
            assert!(answer.text.ends_with(&rest), "{}\n{rest}", answer.text);
        }
    }

    fn variables_are_checked_for_a_cached_document(database) {
        let (token, gateway) = filled(&database);
        let query = "query($page: Int, $status: CardCustomerStatus) { cardCustomers(page: $page, status: $status) { totalCount } }";
        let ask = |variables: Value| gateway.query_with(&token, query, &variables);
        for _ in 0..3 {
            assert_eq!(ask(json!({ "page": 1, "status": "ACTIVE" })).data()["cardCustomers"]["totalCount"], 3);
            assert_eq!(ask(json!({ "status": "OTP_VERIFIED" })).data()["cardCustomers"]["totalCount"], 0);
            assert_eq!(ask(json!({ "page": 2 })).data()["cardCustomers"]["totalCount"], 3);
            for bad in [json!({ "page": "1" }), json!({ "page": 1.5 }), json!({ "page": [1] }), json!({ "page": true }), json!({ "status": "NOPE" }), json!({ "status": 1 })] {
                let answer = ask(bad.clone());
                assert!(answer.json().get("data").is_none(), "{bad}: {}", answer.text);
                assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED", "{bad}: {}", answer.text);
            }
            // What only the resolver can find wrong is found each time, too.
            assert_eq!(ask(json!({ "page": 0 })).code(), "BAD_USER_INPUT");
        }
        let two = "query A { cardCustomers { totalCount } } query B($x: Int!) { cardCustomers(page: $x) { nope } }";
        let body = json!({ "query": two, "operationName": "A" });
        for _ in 0..2 {
            let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
            assert_eq!(gateway.send(request.json(&body)).code(), "GRAPHQL_VALIDATION_FAILED");
        }
    }
}
