//! Parsed documents, remembered: clients send the same few texts all day.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::parser::parse_query;
use async_graphql::parser::types::{ExecutableDocument, OperationDefinition};
use async_graphql::{Name, Positioned, Response, Value, Variables};
use moka::sync::Cache;

use crate::config::hash_of;
use crate::graphql::admission::limits::Limits;
use crate::graphql::admission::{shape_limits as guard, text};
use crate::graphql::endpoint::Refused;
use crate::graphql::engine_gaps::field_order::{Order, Shape};
use crate::graphql::engine_gaps::{
    literals, null_propagation as nulls, subscription_root as single,
};
use crate::graphql::error::unparsable;

/// How many bytes of text are remembered altogether. A parsed document takes
/// some twenty times its text.
const CAPACITY: u64 = 512 * 1024;
/// Longer texts are not remembered: a few of them would drive out all others.
const LONGEST: usize = 16 * 1024;
/// How many kinds of variables are remembered of each document.
const MOST_KINDS: usize = 64;
/// A variable whose value matters is remembered up to this length.
const LONGEST_VALUE: usize = 64;

/// A parsed document.
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    /// The hexadecimal SHA-256 of its text, for the log.
    pub(crate) hash: Arc<str>,
    /// Whether it asks what the schema holds.
    pub(crate) introspects: bool,
    /// The order of its only operation's fields.
    order: Option<Order>,
    /// Variables with which it was found valid.
    valid: Mutex<HashSet<Kind>>,
}

/// What validation looks at besides the document: which operation runs, and
/// of what kind each variable is.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Kind(String);

impl Document {
    fn of(text: &str, parsed: ExecutableDocument, introspects: bool) -> Self {
        let only = parsed.operations.iter().count() == 1;
        let order = if only { Order::of(&parsed, None) } else { None };
        let hash = hash_of(text).into();
        Self { parsed, hash, introspects, order, valid: Mutex::default() }
    }

    /// Brings the fields of an answer to a valid document into their order.
    pub(crate) fn put_in_order(&self, operation: Option<&str>, response: &mut Response) {
        if response.errors.iter().any(|error| !error.path.is_empty())
            && let Some(of) = self.operation(operation)
        {
            nulls::put(&self.parsed, of, response);
        }
        if let Some(order) = &self.order {
            order.apply(&mut response.data);
        } else if let Some(order) = Order::of(&self.parsed, operation) {
            order.apply(&mut response.data);
        }
    }

    /// The operation that a request means, if there is one.
    pub(crate) fn operation(&self, name: Option<&str>) -> Option<&OperationDefinition> {
        let mut all = self.parsed.operations.iter();
        let wanted = |of: Option<&Name>| name.is_none() || of.map(Name::as_str) == name;
        all.find(|(of, _)| wanted(*of)).map(|(_, operation)| &operation.node)
    }

    /// The name of the operation that a request means, if it has one.
    pub(crate) fn name(&self, asked: Option<&str>) -> Option<String> {
        let mut all = self.parsed.operations.iter();
        let (name, _) = all.find(|(of, _)| asked.is_none() || of.map(Name::as_str) == asked)?;
        name.map(ToString::to_string)
    }

    /// What the loaders can be told of it.
    pub(crate) fn shape(&self, operation: Option<&str>) -> Shape {
        let shape = match &self.order {
            Some(order) => Some(order.shape()),
            None => Order::of(&self.parsed, operation).map(|order| order.shape()),
        };
        shape.unwrap_or(Shape { scattered: true, alone: false })
    }

    /// What validation is going to look at; none where that is too much to be
    /// remembered.
    pub(crate) fn kind(&self, operation: Option<&str>, variables: &Variables) -> Option<Kind> {
        let mut kind = operation.unwrap_or_default().to_owned();
        for (name, definition) in self.parsed.operations.iter() {
            if operation.is_none() || name.map(Name::as_str) == operation {
                add_kinds(definition, variables, &mut kind)?;
            }
        }
        Some(Kind(kind))
    }

    /// Whether it was found valid with such variables.
    pub(crate) fn is_valid(&self, kind: &Kind) -> bool {
        self.valid.lock().unwrap_or_else(PoisonError::into_inner).contains(kind)
    }

    /// It was found valid with such variables.
    pub(crate) fn found_valid(&self, kind: Kind) {
        let mut valid = self.valid.lock().unwrap_or_else(PoisonError::into_inner);
        if valid.len() < MOST_KINDS {
            valid.insert(kind);
        }
    }
}

/// Of the built-in scalars every value of one JSON type is as good as another;
/// of all other types the value itself counts.
fn add_kinds(
    operation: &Positioned<OperationDefinition>,
    variables: &Variables,
    kind: &mut String,
) -> Option<()> {
    for definition in &operation.node.variable_definitions {
        let of = definition.node.var_type.node.to_string();
        let of = of.trim_matches(|c| matches!(c, '[' | ']' | '!'));
        let built_in = matches!(of, "Int" | "Float" | "String" | "Boolean" | "ID");
        let value = variables.get(definition.node.name.node.as_str());
        kind.push('\n');
        kind.push_str(match value {
            None => "absent",
            Some(Value::Null) => "null",
            Some(Value::Boolean(_)) if built_in => "boolean",
            Some(Value::String(_)) if built_in => "string",
            Some(Value::Number(number)) if built_in && number.is_i64() => "integer",
            Some(value) => {
                let text = serde_json::to_string(value).ok()?;
                if text.len() > LONGEST_VALUE {
                    return None;
                }
                kind.push('=');
                kind.push_str(&text);
                continue;
            }
        });
    }
    Some(())
}

/// The documents that were parsed lately, by their text.
#[derive(Clone)]
pub(crate) struct Documents {
    known: Cache<String, Arc<Document>>,
    limits: Limits,
}

impl Documents {
    pub(crate) fn new(limits: Limits) -> Self {
        let weigh =
            |text: &String, _: &Arc<Document>| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Self { known: Cache::builder().max_capacity(CAPACITY).weigher(weigh).build(), limits }
    }

    /// The document of a text, parsed now or before; else the answer that says
    /// why there is none.
    pub(crate) fn get(&self, text: &str) -> Result<Arc<Document>, Refused> {
        if let Some(document) = self.known.get(text) {
            return Ok(document);
        }
        text::check(text, &self.limits)?;
        let mut parsed =
            parse_query(text).map_err(|error| Refused::Document(Box::new(unparsable(error))))?;
        let introspects = guard::check(&parsed, &self.limits)?;
        single::rooted(&mut parsed).map_err(Refused::Document)?;
        literals::check(&parsed).map_err(Refused::Document)?;
        let document = Arc::new(Document::of(text, parsed, introspects));
        if text.len() <= LONGEST {
            self.known.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;

    #[test]
    fn variables_are_of_a_kind_where_their_values_do_not_matter() {
        let text = "query A($a: Int, $b: [ID!]!, $s: Status) { x } query B($a: Int) { x }";
        let document = Document::of(text, parse_query(text).expect("a document"), false);
        let kind = |variables| {
            let variables = Variables::from_value(variables);
            document.kind(Some("A"), &variables).map(|Kind(kind)| kind)
        };
        assert_eq!(kind(value!({ "a": 1, "s": "X" })), kind(value!({ "a": 2, "s": "X" })));
        for (one, other) in [
            (value!({ "a": 1 }), value!({ "a": 1.5 })),
            (value!({ "a": 1 }), value!({ "a": "1" })),
            (value!({ "a": 1 }), value!({ "a": null })),
            (value!({ "a": null }), value!({})),
            (value!({ "s": "X" }), value!({ "s": "Y" })),
            (value!({ "b": ["x"] }), value!({ "b": "x" })),
        ] {
            assert_ne!(kind(one.clone()), kind(other), "{one}");
        }
        assert_eq!(kind(value!({ "s": "X".repeat(100) })), None);
    }
}
