//! Lists in every order, and by cursors in both directions, by Relay's specification.

use serde_json::{Value, json};

use crate::support::builders::minute;
use crate::support::{Database, Gateway, Line, on_both, transaction};

/// An order: its name, what it sorts by, and whether the greatest comes first.
type Order = (&'static str, fn(&Value) -> Vec<u8>, bool);

const ORDERS: [Order; 5] = [
    ("CREATED_AT_DESC", |node| key(node, "createdAt"), true),
    ("CREATED_AT_ASC", |node| key(node, "createdAt"), false),
    ("UPDATED_AT_DESC", |node| key(node, "updatedAt"), true),
    ("UPDATED_AT_ASC", |node| key(node, "updatedAt"), false),
    ("EMAIL_ASC", |node| key(node, "email").to_ascii_lowercase(), false),
];

fn key(node: &Value, member: &str) -> Vec<u8> {
    node[member].as_str().expect("a text").as_bytes().to_vec()
}

/// Customers with creation times, times of changes and addresses of which several are the same.
fn filled(database: &Database) -> (String, Gateway) {
    let line = |number: u32| {
        let status = if number.is_multiple_of(3) { "kyc_initiated" } else { "active" };
        Line::new(number)
            .with("created_at", minute(number / 4))
            .with(
                "email",
                format!("{}{}@example.com", ["b", "A", "Z", "_"][number as usize % 4], number % 9),
            )
            .with("flow_status", status)
    };
    let token = database.program_with("acme", &(1..=40).map(line).collect::<Vec<_>>());
    for number in [7, 3, 30, 12] {
        database.import("acme", &[line(number).with("currency", "GBP")]);
    }
    (token, database.serve())
}

/// The whole list as the API gives it in its default order, sorted by a plain sort.
fn sorted(
    gateway: &Gateway,
    token: &str,
    filter: &str,
    (order, key, descending): Order,
) -> Vec<Value> {
    let query = format!(
        "{{ cardCustomers(perPage: 100{filter}) {{ nodes {{ id email createdAt updatedAt }} }} }}"
    );
    let mut all = gateway.query(token, &query).data()["cardCustomers"]["nodes"]
        .as_array()
        .expect("a list")
        .clone();
    all.sort_by_key(|node| (key(node), self::key(node, "id")));
    if descending {
        all.reverse();
    }
    assert!(!all.is_empty(), "{order}");
    all.into_iter().map(|mut node| node["id"].take()).collect()
}

fn ids(list: &Value) -> Vec<Value> {
    list["nodes"].as_array().expect("a list").iter().map(|node| node["id"].clone()).collect()
}

on_both! {
    fn every_order_is_that_of_a_plain_sort_by_pages_and_by_cursors_both_ways(database) {
        let (token, gateway) = filled(&database);
        for filter in ["", ", status: ACTIVE", ", status: KYC_INITIATED"] {
            for order in ORDERS {
                let expected = sorted(&gateway, &token, filter, order);
                let list = |arguments: String| {
                    let query = format!("{{ cardCustomers({arguments}, orderBy: {}{filter}) {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}", order.0);
                    gateway.query(&token, &query).data()["cardCustomers"].take()
                };
                let pages: Vec<Value> = (1..=6).map(|page| list(format!("page: {page}, perPage: 7"))).collect();
                assert_eq!(pages.iter().flat_map(ids).collect::<Vec<_>>(), expected, "{order:?} {filter}");
                assert_eq!(pages[0]["totalCount"], expected.len());
                for (size, backward) in [(7, false), (7, true), (1, false), (100, true)] {
                    let (mut seen, mut cursor) = (Vec::new(), String::new());
                    loop {
                        let page = list(if backward { format!("last: {size}{cursor}") } else { format!("first: {size}{cursor}") });
                        let info = &page["pageInfo"];
                        let here = ids(&page);
                        assert!(here.len() <= size && !here.is_empty());
                        // What lies behind is known by the cursor alone.
                        let (ahead, behind) = if backward { ("hasPreviousPage", "hasNextPage") } else { ("hasNextPage", "hasPreviousPage") };
                        assert_eq!(info[behind], !cursor.is_empty());
                        seen = if backward { [here, seen].concat() } else { [seen, here].concat() };
                        cursor = if backward { format!(", before: {}", info["startCursor"]) } else { format!(", after: {}", info["endCursor"]) };
                        assert_eq!(info[ahead], seen.len() < expected.len());
                        if info[ahead] == false {
                            break;
                        }
                    }
                    assert_eq!(seen, expected, "{order:?} {filter} {size} {backward}");
                }
                // Between two positions, from either end.
                let cursor = |at: usize| list(format!("page: {}, perPage: 1", at + 1))["pageInfo"]["startCursor"].take();
                let between = format!("after: {}, before: {}", cursor(1), cursor(9));
                for (size, from, to, next, previous) in [("first: 3", 2, 5, true, true), ("last: 3", 6, 9, true, true), ("first: 99", 2, 9, false, true), ("last: 99", 2, 9, true, false), ("first: 5, last: 2", 5, 7, true, true)] {
                    let page = list(format!("{size}, {between}"));
                    assert_eq!(ids(&page), expected[from..to], "{size}");
                    assert_eq!((&page["pageInfo"]["hasNextPage"], &page["pageInfo"]["hasPreviousPage"]), (&json!(next), &json!(previous)), "{size}");
                }
                let page = list(format!("before: {}", cursor(9)));
                assert_eq!(ids(&page), expected[..9]);
            }
        }
    }

    fn a_cursor_belongs_to_one_order_and_filter(database) {
        let (token, gateway) = filled(&database);
        let cursors: Vec<String> = ORDERS.iter().map(|(order, ..)| {
            let query = format!("{{ cardCustomers(first: 1, orderBy: {order}) {{ pageInfo {{ endCursor }} }} }}");
            gateway.query(&token, &query).data()["cardCustomers"]["pageInfo"]["endCursor"].to_string()
        }).collect();
        for (mine, (order, ..)) in ORDERS.iter().enumerate() {
            for (theirs, cursor) in cursors.iter().enumerate() {
                for argument in ["after", "before"] {
                    let query = format!("{{ cardCustomers({argument}: {cursor}, orderBy: {order}) {{ nodes {{ id }} }} }}");
                    let answer = gateway.query(&token, &query);
                    if mine == theirs {
                        answer.data();
                    } else {
                        assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
                        assert!(answer.text.contains(&format!("{argument} is a cursor of another list")), "{}", answer.text);
                    }
                }
            }
        }
    }

    fn transactions_go_both_ways(database) {
        let token = database.program_with("acme", &[Line::new(1), Line::new(2)]);
        let id = Line::new(1).id().to_owned();
        let all = (0..9).map(|number| {
            let mut made = transaction(&id, number, 1);
            made.created_at = transaction(&id, number / 3, 1).created_at;
            made
        });
        database.put_transactions("acme", all.collect());
        let gateway = database.serve();
        let list = |number: u32, arguments: &str| {
            let query = format!("{{ cardCustomer(identifier: \"usr_{number}\") {{ transactions({arguments}) {{ nodes {{ id: transactionId }} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage }} }} }} }}");
            gateway.query(&token, &query).data()["cardCustomer"]["transactions"].take()
        };
        let whole = list(1, "perPage: 100");
        let expected = ids(&whole);
        assert_eq!(expected.len(), 9);
        let last = list(1, "last: 4");
        assert_eq!((ids(&last), &last["pageInfo"]), (expected[5..].to_vec(), &json!({ "hasNextPage": false, "hasPreviousPage": true })));
        let before = list(1, &format!("last: 5, before: {}", last["edges"][0]["cursor"]));
        assert_eq!((ids(&before), &before["pageInfo"]), (expected[..5].to_vec(), &json!({ "hasNextPage": true, "hasPreviousPage": false })));
        assert_eq!(ids(&list(2, "last: 4")), Vec::<Value>::new());
        // All customers of a page at once.
        let query = "{ cardCustomers { nodes { transactions(last: 2) { nodes { id: transactionId } } } } }";
        let nodes = gateway.query(&token, query).data()["cardCustomers"]["nodes"].take();
        assert_eq!(ids(&nodes[1]["transactions"]), expected[7..]);
    }
}
