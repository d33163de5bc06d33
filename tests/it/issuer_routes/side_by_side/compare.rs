//! When two answers are the same.

use card_gateway::domain::issuer_routes::{Kind, Route};
use serde_json::Value;

use super::side::Said;

/// How a route is named.
pub(super) fn key(route: &Route) -> String {
    format!("{} {}", route.method.as_ref(), route.path)
}

/// Both have answered the same.
pub(super) fn compare(route: &Route, of: &str, expected: &Said, said: &Said) {
    match route.kind {
        Kind::Optional(_) => assert_eq!(said.status, 403, "{of}"),
        Kind::Stored => {
            assert_eq!(said.status, expected.status, "{of}: {}", said.text);
            if expected.status < 300 {
                let faults = missing(&expected.body, &said.body, "");
                assert_eq!(faults, [""; 0], "{of}");
            }
        }
        // Refused here, with a message besides.
        Kind::Payment if expected.status >= 300 => {
            assert_eq!(said.status, expected.status, "{of}: {}", said.text);
            // Codes that all routes share are in lower case here.
            let code = |body: &Value| body["error"].as_str().map(str::to_ascii_uppercase);
            assert_eq!(code(&said.body), code(&expected.body), "{of}");
        }
        _ => {
            assert_eq!(said.status, expected.status, "{of}: {}", said.text);
            assert_eq!(said.body, expected.body, "{of}");
        }
    }
}

/// Which members of an answer are not in another one. Lists are compared by what their items
/// are called: their order is not documented.
fn missing(expected: &Value, said: &Value, at: &str) -> Vec<String> {
    match (expected, said) {
        (Value::Object(expected), Value::Object(said)) => expected
            .iter()
            // When it was asked for.
            .filter(|(name, _)| *name != "fetched_at")
            // The network's word for a card; the flags say what it means.
            .filter(|(name, _)| !(at.ends_with(']') && at.contains("cards") && *name == "status"))
            .flat_map(|(name, value)| match said.get(name) {
                Some(said) => missing(value, said, &format!("{at}.{name}")),
                None => vec![format!("{at}.{name} is missing")],
            })
            .collect(),
        (Value::Array(expected), Value::Array(said)) => {
            if expected.len() != said.len() {
                return vec![format!("{at}: {} items instead of {}", said.len(), expected.len())];
            }
            let name = |of: &Value| {
                ["transaction_id", "card_id", "yativo_card_id", "currency"]
                    .iter()
                    .find_map(|member| of[*member].as_str())
                    .map(str::to_owned)
            };
            let one = |of: &Value| {
                let same = said.iter().find(|said| name(said).is_some() && name(said) == name(of));
                same.map_or_else(
                    || vec![format!("{at}: {:?} is missing", name(of))],
                    |said| missing(of, said, &format!("{at}[]")),
                )
            };
            expected.iter().flat_map(one).collect()
        }
        (expected, said) => {
            let same = match (expected.as_f64(), said.as_f64()) {
                (Some(expected), Some(said)) => (expected - said).abs() < 0.001,
                _ => expected == said,
            };
            if same { Vec::new() } else { vec![format!("{at}: {said} instead of {expected}")] }
        }
    }
}
