//! The cost of a request, in `extensions.cost` of the response, if the request
//! has the header `X-GraphQL-Cost`.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::graphql::admission::cost::{BALANCE_FIELDS, issuer_call};
use crate::graphql::admission::operation::Field;
use crate::usage::Usage;

/// The header that asks for the report.
pub(crate) const HEADER: &str = "x-graphql-cost";

/// What is known before a request runs.
pub(crate) struct CostReport {
    /// The most that the operation costs.
    requested: usize,
    /// The points of the caller's rate that were paid for it.
    points: u32,
    /// The response keys of balance fields.
    balances: HashSet<String>,
    /// What the calls to the issuer cost.
    issuer_calls: usize,
}

impl CostReport {
    /// For the fields of an operation.
    pub(crate) fn of(fields: &[Field], requested: usize, points: u32) -> Self {
        let issuer_calls = fields.iter().map(|field| issuer_call(field.name())).sum();
        let mut report = Self { requested, points, balances: HashSet::new(), issuer_calls };
        report.find_balances(fields);
        report
    }

    fn find_balances(&mut self, fields: &[Field]) {
        for field in fields {
            if BALANCE_FIELDS.contains(&field.name()) {
                self.balances.insert(field.key().to_owned());
            }
            self.find_balances(&field.below);
        }
    }

    /// Adds the report to a response.
    pub(crate) fn added_to(&self, body: Vec<u8>, usage: &Usage) -> Vec<u8> {
        let Ok(answer) = serde_json::from_slice::<Value>(&body) else { return body };
        let cost = json!({ "cost": {
            "requested": self.requested,
            "actual": self.issuer_calls + self.cost(&answer["data"]),
            "points": self.points,
            "sqlStatements": usage.statements(),
            "chainCalls": usage.chain_calls(),
        } });
        // The order of the fields must be kept.
        let mut body = body;
        body.truncate(body.len().saturating_sub(1));
        body.extend_from_slice(format!(",\"extensions\":{cost}}}").as_bytes());
        body
    }

    /// The cost of what came back, by the same rule.
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
