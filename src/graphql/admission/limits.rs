//! The limits of documents, and the error for exceeding one.

use async_graphql::{Response, ServerError};

pub(crate) use crate::config::DocumentLimits as Limits;
use crate::graphql::error::TOO_COMPLEX;

/// The default limits of the settings.
const DEFAULTS: &str = include_str!("../../config.default.toml");

/// The limits that hold by default.
pub(crate) fn defaults() -> Limits {
    let settings: toml::Table = DEFAULTS.parse().unwrap_or_default();
    let limit = |name: &str| {
        let value = settings.get("limits").and_then(|limits| limits.get(name)?.as_integer());
        value.and_then(|value| usize::try_from(value).ok()).unwrap_or_default()
    };
    Limits {
        document: limit("document"),
        tokens: limit("tokens"),
        nesting: limit("nesting"),
        depth: limit("depth"),
        aliases: limit("aliases"),
        root_fields: limit("root_fields"),
        directives: limit("directives"),
        selections: limit("selections"),
        fields: limit("fields"),
        variables: limit("variables"),
        complexity: limit("complexity"),
    }
}

/// A limit that a document exceeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LimitExceeded {
    /// The limit's name: that of its setting.
    pub(crate) limit: &'static str,
    /// Its value.
    pub(crate) value: usize,
    /// What the document would cost, where that is why.
    pub(crate) cost: Option<usize>,
}

impl LimitExceeded {
    /// Nothing, if `found` is within the limit.
    pub(crate) fn check(limit: &'static str, value: usize, found: usize) -> Result<(), Self> {
        if found > value { Err(Self::new(limit, value)) } else { Ok(()) }
    }

    /// A limit that is exceeded by something else than the cost.
    pub(crate) const fn new(limit: &'static str, value: usize) -> Self {
        Self { limit, value, cost: None }
    }

    /// The same for a document that would cost so much.
    pub(crate) fn costing(self, cost: usize) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// The response to it.
    pub(crate) fn response(&self) -> Response {
        let Self { limit, value, cost } = self;
        let what = match *limit {
            "document" => "bytes of text",
            "nesting" => "nested brackets",
            "depth" => "nested fields",
            "root_fields" => "root fields",
            "selections" => "selections, once fragments are spread",
            "fields" => "selections of one object",
            "complexity" => "cost points",
            "rate_burst" => "rate-limit points, the most that a token can have at once",
            other => other,
        };
        let message = match cost {
            Some(cost) => format!("The document costs {cost}, which is more than {value} {what}"),
            None => format!("The document has more than {value} {what}"),
        };
        let mut failure = ServerError::new(message, None);
        let extensions = failure.extensions.get_or_insert_default();
        extensions.set("code", TOO_COMPLEX);
        extensions.set("limit", *limit);
        extensions.set("value", *value);
        if let Some(cost) = cost {
            extensions.set("cost", *cost);
        }
        Response::from_errors(vec![failure])
    }
}

#[cfg(test)]
pub(crate) mod tests {
    pub(crate) use super::defaults;
    use super::*;

    #[test]
    fn an_exceeded_limit_names_the_limit_and_its_value() {
        assert_eq!(LimitExceeded::check("depth", 10, 10), Ok(()));
        let response = LimitExceeded::check("depth", 10, 11).expect_err("one too many").response();
        let error = &response.errors[0];
        assert_eq!(error.message, "The document has more than 10 nested fields");
        let extensions = serde_json::to_value(&error.extensions).expect("JSON");
        let expected = serde_json::json!({ "code": TOO_COMPLEX, "limit": "depth", "value": 10 });
        assert_eq!(extensions, expected);
        let costly = LimitExceeded::new("complexity", 5_000).costing(6_001).response();
        let error = &costly.errors[0];
        assert_eq!(error.message, "The document costs 6001, which is more than 5000 cost points");
        let extensions = serde_json::to_value(&error.extensions).expect("JSON");
        assert_eq!(extensions["cost"], 6_001);
    }
}
