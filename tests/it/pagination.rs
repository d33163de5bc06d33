//! The union of all pages is the whole list, once each, whichever way one goes.

use serde_json::{Value, json};

use crate::support::builders::minute;
use crate::support::{Database, Gateway, Line, on_both, transaction};

/// Two and a half thousand customers most of whom have the same creation time.
fn filled(database: &Database) -> (String, Gateway, Vec<String>) {
    let lines: Vec<Line> = (1..=2_500)
        .map(|number| {
            let shared = if number % 10 == 0 { number } else { 77 };
            let status = if number % 3 == 0 { "kyc_initiated" } else { "active" };
            Line::new(number).with("created_at", minute(shared)).with("flow_status", status)
        })
        .collect();
    let token = database.program_with("acme", &lines);
    let mut order: Vec<(String, String)> = lines
        .iter()
        .map(|line| (line.0["created_at"].as_str().expect("text").into(), line.id().into()))
        .collect();
    order.sort();
    order.reverse();
    (token, database.serve(), order.into_iter().map(|(_, id)| id).collect())
}

fn ids(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().expect("a list");
    nodes.iter().map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

on_both! {
    fn by_number(database) {
        let (token, gateway, order) = filled(&database);
        let mut seen = Vec::new();
        for page in 1..=27 {
            let query = format!("{{ cardCustomers(page: {page}, perPage: 97) {{ totalCount
                nodes {{ id }} pageInfo {{ page perPage totalPages hasNextPage hasPreviousPage }} }} }}");
            let list = &gateway.query(&token, &query).data()["cardCustomers"];
            assert_eq!(list["totalCount"], 2_500);
            assert_eq!(list["pageInfo"], json!({ "page": page, "perPage": 97, "totalPages": 26,
                "hasNextPage": page < 26, "hasPreviousPage": page > 1 }));
            seen.extend(ids(list));
        }
        assert_eq!(seen, order);
    }

    fn by_cursor_and_back_again(database) {
        let (token, gateway, order) = filled(&database);
        for (order_by, expected) in [
            ("CREATED_AT_DESC", order.clone()),
            ("CREATED_AT_ASC", order.iter().rev().cloned().collect::<Vec<_>>()),
        ] {
            let query = format!("query($after: String) {{ cardCustomers(first: 89, after: $after, orderBy: {order_by}) {{
                nodes {{ id }} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor page }} }} }}");
            let (mut seen, mut after) = (Vec::new(), Value::Null);
            loop {
                let variables = json!({ "after": after });
                let list = &gateway.query_with(&token, &query, &variables).data()["cardCustomers"];
                let info = &list["pageInfo"];
                assert_eq!(info["hasPreviousPage"], !after.is_null());
                assert_eq!(info["page"], Value::Null);
                assert_eq!(info["startCursor"], list["edges"][0]["cursor"]);
                seen.extend(ids(list));
                after = info["endCursor"].clone();
                assert!(seen.len() <= expected.len(), "it goes round in circles");
                if info["hasNextPage"] == false {
                    break;
                }
            }
            assert_eq!(seen, expected, "{order_by}");
        }
    }

    fn by_rest_and_with_a_filter(database) {
        let (token, gateway, order) = filled(&database);
        let expected: Vec<&String> = order.iter()
            .filter(|id| u32::from_str_radix(id, 16).expect("hexadecimal") % 3 == 0)
            .collect();
        let mut seen = Vec::new();
        for page in 1..=10 {
            let path = format!("/v1/card-issuer/customers?status=kyc_initiated&page={page}&limit=100");
            let data = gateway.get(&token, &path).json()["data"].take();
            assert_eq!((&data["total"], &data["page"], &data["limit"]), (&json!(833), &json!(page), &json!(100)));
            let customers = data["customers"].as_array().expect("a list").clone();
            seen.extend(customers.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
        }
        assert_eq!(seen.iter().collect::<Vec<_>>(), expected);
    }

    fn past_the_end_is_an_empty_list(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        let query = "{ cardCustomers(page: 2147483647, perPage: 100) { totalCount nodes { id }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        assert_eq!(gateway.query(&token, query).data()["cardCustomers"], json!({
            "totalCount": 1, "nodes": [],
            "pageInfo": { "hasNextPage": false, "hasPreviousPage": true, "startCursor": null, "endCursor": null },
        }));
        let data = gateway.get(&token, "/v1/card-issuer/customers?page=2147483647").json();
        assert_eq!(data["data"]["customers"], json!([]));
        assert_eq!(data["data"]["total"], 1);
        // Nothing is before a page of an empty list either.
        let query = "{ cardCustomers(page: 2, status: OTP_REQUESTED) { pageInfo { hasPreviousPage totalPages } } }";
        let info = gateway.query(&token, query).data()["cardCustomers"]["pageInfo"].take();
        assert_eq!(info, json!({ "hasPreviousPage": false, "totalPages": 0 }));
        let query = "{ cardCustomers(first: 0) { nodes { id } pageInfo { hasNextPage perPage } } }";
        let list = gateway.query(&token, query).data()["cardCustomers"].take();
        assert_eq!(list, json!({ "nodes": [], "pageInfo": { "hasNextPage": true, "perPage": 0 } }));
    }

    fn a_new_customer_does_not_shift_pages_after_a_cursor(database) {
        let token = database.program_with("acme", &crate::support::builders::lines(10));
        let gateway = database.serve();
        let page = |after: &str| {
            let query = format!("{{ cardCustomers(first: 5{after}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}");
            gateway.query(&token, &query).data()["cardCustomers"].take()
        };
        let first = page("");
        database.import("acme", &[Line::new(11), Line::new(12)]);
        let after = format!(", after: {}", first["pageInfo"]["endCursor"]);
        let expected: Vec<String> = (1..=5).rev().map(|number| format!("{number:024x}")).collect();
        assert_eq!(ids(&page(&after)), expected);
    }

    fn transactions_of_many_customers_are_paged_at_once(database) {
        let lines = crate::support::builders::lines(3);
        let token = database.program_with("acme", &lines);
        // 0, 7 and 14 transactions; in each history many share one moment.
        let transactions = lines.iter().enumerate().flat_map(|(at, line)| {
            (0..u32::try_from(at * 7).expect("small")).map(|number| {
                let mut made = transaction(line.id(), number, i64::from(number));
                made.created_at = transaction(line.id(), number / 4, 0).created_at;
                made
            })
        });
        database.put_transactions("acme", transactions.collect());
        let gateway = database.serve();
        let whole = "{ cardCustomers { nodes { id transactions(perPage: 100) { totalCount nodes { transactionId } } } } }";
        let whole = gateway.query(&token, whole).data()["cardCustomers"]["nodes"].take();
        for (customer, total) in [(0, 14), (1, 7), (2, 0)] {
            let all = whole[customer]["transactions"]["nodes"].as_array().expect("a list").clone();
            assert_eq!(all.len(), total);
            assert_eq!(whole[customer]["transactions"]["totalCount"], total);
            let identifier = &whole[customer]["id"];
            let (mut by_number, mut by_cursor, mut after) = (Vec::new(), Vec::new(), Value::Null);
            for page in 1..=4 {
                let query = format!("query($after: String) {{ cardCustomer(identifier: {identifier}) {{
                    a: transactions(page: {page}, perPage: 4) {{ nodes {{ transactionId }} }}
                    b: transactions(first: 4, after: $after) {{ edges {{ cursor node {{ transactionId }} }} pageInfo {{ endCursor hasNextPage }} }} }} }}");
                let one = gateway.query_with(&token, &query, &json!({ "after": after })).data()["cardCustomer"].take();
                by_number.extend(one["a"]["nodes"].as_array().expect("a list").clone());
                let edges = one["b"]["edges"].as_array().expect("a list").clone();
                by_cursor.extend(edges.into_iter().map(|mut edge| edge["node"].take()));
                let end = one["b"]["pageInfo"]["endCursor"].clone();
                after = if end.is_null() { after } else { end };
                if total == 0 {
                    by_cursor.clear();
                }
            }
            assert_eq!(by_number, all);
            assert_eq!(by_cursor, all);
        }
    }
}
