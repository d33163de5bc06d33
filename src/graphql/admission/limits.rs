//! What a document may ask of us, and how it is told that it asks too much.

use async_graphql::{Response, ServerError};

pub(crate) use crate::config::DocumentLimits as Limits;
use crate::graphql::error::TOO_COMPLEX;

/// The defaults of the settings.
pub(crate) const DEFAULTS: Limits = Limits {
    document: 64 * 1024,
    tokens: 1_000,
    nesting: 32,
    depth: 10,
    aliases: 15,
    root_fields: 20,
    directives: 50,
    selections: 10_000,
    fields: 100,
    variables: 100,
    complexity: 5_000,
};

/// A limit that a document does not keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    /// The limit's name: that of its setting.
    pub(crate) limit: &'static str,
    /// What it allows.
    pub(crate) value: usize,
}

impl Excess {
    /// Nothing, if `found` is within the limit.
    pub(crate) fn check(limit: &'static str, value: usize, found: usize) -> Result<(), Self> {
        if found > value { Err(Self { limit, value }) } else { Ok(()) }
    }

    /// The answer to it.
    pub(crate) fn answer(&self) -> Response {
        let Self { limit, value } = self;
        let what = match *limit {
            "document" => "bytes of text",
            "nesting" => "nested brackets",
            "depth" => "nested fields",
            "root_fields" => "root fields",
            "selections" => "selections, once fragments are spread",
            "fields" => "selections of one object",
            "complexity" => "points of cost",
            "rate_burst" => "points of rate, which is all that a token has at once",
            other => other,
        };
        let mut failure =
            ServerError::new(format!("The document has more than {value} {what}"), None);
        let extensions = failure.extensions.get_or_insert_default();
        extensions.set("code", TOO_COMPLEX);
        extensions.set("limit", *limit);
        extensions.set("value", *value);
        Response::from_errors(vec![failure])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excess_names_the_limit_and_its_value() {
        assert_eq!(Excess::check("depth", 10, 10), Ok(()));
        let answer = Excess::check("depth", 10, 11).expect_err("one too many").answer();
        let error = &answer.errors[0];
        assert_eq!(error.message, "The document has more than 10 nested fields");
        let extensions = serde_json::to_value(&error.extensions).expect("JSON");
        let expected = serde_json::json!({ "code": TOO_COMPLEX, "limit": "depth", "value": 10 });
        assert_eq!(extensions, expected);
    }
}
