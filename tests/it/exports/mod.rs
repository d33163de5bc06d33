//! All customers of a program as a file, over HTTP and by the command.

mod command;
mod contents;
mod csv;
mod streams;

use serde_json::Value;

use crate::support::Answer;
use crate::support::{Database, Gateway};

/// The path of an export with a query string.
fn ndjson(query: &str) -> String {
    format!("/export/card-customers.ndjson{query}")
}

/// The customers of an export.
fn customers(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// An export that must be complete.
fn exported(gateway: &Gateway, token: &str, query: &str) -> String {
    let answer: Answer = gateway.get(token, &ndjson(query));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    answer.text
}

/// Makes a program with so many customers that no buffers of connections hold their export.
pub(crate) fn program_with_many(database: &Database) -> String {
    let token = database.program_with("acme", &[]);
    let long = "x".repeat(400);
    database.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) \
         INSERT INTO card_customers (program_id, id, yativo_card_id, yativo_key, email, email_key, flow_status, safe_deployed, created_at) \
         SELECT 1, 'a' || substr('00000000000000000000000', 1, 23 - length(CAST(i AS TEXT))) || CAST(i AS TEXT), \
           'y' || CAST(i AS TEXT), 'y' || CAST(i AS TEXT), '{long}@x', '{long}@x', 'active', FALSE, \
           1767225600000 + CAST(i AS BIGINT) * 1000 FROM n WHERE TRUE",
    ));
    token
}

/// How many customers [`program_with_many`] makes.
pub(crate) const MANY: usize = 40_000;

/// The value of a metric, by the beginning of its line.
fn metric(gateway: &Gateway, name: &str) -> Option<f64> {
    let text = gateway.get("", "/metrics").text;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next()?.parse().ok()
}
