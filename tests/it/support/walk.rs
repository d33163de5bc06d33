//! Walks through lists by cursor.

use serde_json::{Value, json};

/// The identifiers of the nodes of a page.
pub(crate) fn ids(list: &Value) -> Vec<Value> {
    list["nodes"].as_array().expect("a list").iter().map(|node| node["id"].clone()).collect()
}

/// Reads at most `most` pages of `size` from either end, and compares them with the whole list.
pub(crate) fn both_ways(
    list: impl Fn(&Value) -> Value,
    size: usize,
    most: usize,
    expected: &[Value],
    case: &str,
) {
    for backward in [false, true] {
        let (mut seen, mut cursor) = (Vec::new(), Value::Null);
        for _ in 0..most {
            let arguments = if backward {
                json!({ "last": size, "before": cursor })
            } else {
                json!({ "first": size, "after": cursor })
            };
            let page = list(&arguments);
            let (here, info) = (ids(&page), &page["pageInfo"]);
            seen = if backward { [here, seen].concat() } else { [seen, here].concat() };
            let (more, next) = if backward {
                ("hasPreviousPage", "startCursor")
            } else {
                ("hasNextPage", "endCursor")
            };
            assert_eq!(info[more], seen.len() < expected.len(), "{backward} {case}");
            cursor = info[next].clone();
            if info[more] == false {
                break;
            }
        }
        let part = if backward {
            &expected[expected.len() - seen.len()..]
        } else {
            &expected[..seen.len()]
        };
        assert_eq!(seen, part, "backward: {backward} {case}");
    }
}
