//! Mutations, against the sandbox issuer. `cards`, `onboarding`: what each does, and what
//! the issuer refuses. `failures`: an issuer that does not answer. `protocol`: how they are
//! sent, what they need and cost. `money`: payments. `hidden`: what clients send and get shows nowhere.

mod cards;
mod failures;
mod hidden;
mod money;
mod onboarding;
mod protocol;

use serde_json::{Value, json};

use crate::support::{Answer, Gateway};

/// Runs one mutation with an input; selects `fields` of its payload.
pub(crate) fn mutate(
    gateway: &Gateway,
    token: &str,
    name: &str,
    input: &Value,
    fields: &str,
) -> Answer {
    let of = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let query = format!("mutation Do($input: {of}!) {{ {name}(input: $input) {{ {fields} }} }}");
    gateway.query_with(token, &query, &json!({ "input": input }))
}

/// The payload of a mutation that must succeed.
fn done(gateway: &Gateway, token: &str, name: &str, input: &Value, fields: &str) -> Value {
    mutate(gateway, token, name, input, fields).data()[name].take()
}

/// Code, issuer's code and message of a mutation that must fail; its field is null.
fn refused(gateway: &Gateway, token: &str, name: &str, input: &Value) -> (String, Value, String) {
    let answer = mutate(gateway, token, name, input, "clientMutationId");
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    assert_eq!(body["data"], json!({ name: null }), "{}", answer.text);
    let error = &body["errors"][0];
    assert_eq!(error["path"], json!([name]), "{}", answer.text);
    let issuer_code = error["extensions"]["issuerCode"].clone();
    (answer.code(), issuer_code, error["message"].as_str().unwrap_or_default().to_owned())
}
