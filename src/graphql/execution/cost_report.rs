//! What a request has cost, for a front-end developer who asks for it with the
//! header `X-GraphQL-Cost`: in `extensions.cost` of the answer.

use std::collections::HashSet;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use serde_json::{Value, json};

use crate::graphql::schema::BALANCE_FIELDS;
use crate::usage::Usage;

/// The header that asks for it.
pub(crate) const HEADER: &str = "x-graphql-cost";

/// What is known before a request runs.
pub(crate) struct Bill {
    /// What the document costs at the most.
    pub(crate) requested: usize,
    /// The points of the caller's rate that were paid for it.
    pub(crate) points: u32,
    /// The keys under which balances are answered.
    balances: HashSet<String>,
}

impl Bill {
    pub(crate) fn of(document: &ExecutableDocument, requested: usize, points: u32) -> Self {
        let mut balances = HashSet::new();
        for (_, operation) in document.operations.iter() {
            find(&operation.node.selection_set.node, &mut balances);
        }
        for fragment in document.fragments.values() {
            find(&fragment.node.selection_set.node, &mut balances);
        }
        Self { requested, points, balances }
    }

    /// Puts it into an answer.
    pub(crate) fn added_to(&self, body: Vec<u8>, usage: &Usage) -> Vec<u8> {
        let Ok(answer) = serde_json::from_slice::<Value>(&body) else { return body };
        let cost = json!({ "cost": {
            "requested": self.requested,
            "actual": self.cost(&answer["data"]),
            "points": self.points,
            "sqlStatements": usage.statements(),
            "chainCalls": usage.chain_calls(),
        } });
        // What is written already has its order, which must be kept.
        let mut body = body;
        body.truncate(body.len().saturating_sub(1));
        body.extend_from_slice(format!(",\"extensions\":{cost}}}").as_bytes());
        body
    }

    /// What came back, by the same rule as what was asked for.
    fn cost(&self, value: &Value) -> usize {
        match value {
            Value::Array(items) => items.iter().map(|item| self.cost(item)).sum(),
            Value::Object(fields) => {
                let field = |(key, value): (&String, &Value)| {
                    1 + usize::from(self.balances.contains(key)) + self.cost(value)
                };
                fields.iter().map(field).sum()
            }
            _ => 0,
        }
    }
}

fn find(set: &SelectionSet, balances: &mut HashSet<String>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                if BALANCE_FIELDS.contains(&field.node.name.node.as_str()) {
                    balances.insert(field.node.response_key().node.to_string());
                }
                find(&field.node.selection_set.node, balances);
            }
            Selection::InlineFragment(part) => find(&part.node.selection_set.node, balances),
            // All fragments are looked at anyway.
            Selection::FragmentSpread(_) => {}
        }
    }
}
