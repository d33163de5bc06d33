//! Errors of GraphQL that say what is wrong and what is meant: names, variables, syntax, batches,
//! cost.

use serde_json::{Value, json};

use crate::support::{Database, Gateway, Line};

fn gateway_with(setting: &[(&str, &str)]) -> (Gateway, String) {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    (database.serve_with(setting), token)
}

/// The one error of an answer.
fn error(body: &Value) -> Value {
    let errors = body["errors"].as_array().expect("errors");
    assert_eq!(errors.len(), 1, "{body}");
    errors[0].clone()
}

#[test]
fn what_is_unknown_leads_to_what_there_is() {
    let (gateway, token) = gateway_with(&[]);
    for (query, expected) in [
        ("{ cardCustomers { nodes { emial } } }", "Did you mean \"email\"?"),
        ("{ cardCustomers(status: ACTVE) { totalCount } }", "Did you mean \"ACTIVE\"?"),
        ("{ cardCustomers(perpage: 1) { totalCount } }", "Did you mean \"perPage\"?"),
        (
            "mutation { freezeCard(input: { identifer: 1, identifier: 1, cardId: 1 }) { clientMutationId } }",
            "Did you mean \"identifier\"?",
        ),
        (
            "{ ... on CardCustomers { id } cardCustomers { totalCount } }",
            "Did you mean \"CardCustomer\"?",
        ),
        ("{ cardCustomers @skp(if: true) { totalCount } }", "Did you mean \"skip\"?"),
    ] {
        let said = gateway.query(&token, query).json()["errors"][0].take();
        let message = said["message"].as_str().expect("a sentence");
        assert!(message.ends_with(expected), "{query}: {message}");
        assert_eq!(said["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED");
    }
    // Without the right to see the schema, its names are not told.
    let (closed, token) = gateway_with(&[("CARD_GATEWAY__GRAPHQL__INTROSPECTION", "off")]);
    let said = closed.query(&token, "{ cardCustomers(status: ACTVE) { totalCount } }").text;
    assert!(!said.contains("Did you mean"), "{said}");
    let query = "query($s: CardCustomerStatus) { cardCustomers(status: $s) { totalCount } }";
    let said = closed.query_with(&token, query, &json!({ "s": "ACTVE" })).text;
    assert!(said.contains("$s") && !said.contains("Did you mean"), "{said}");
}

#[test]
fn an_error_in_a_variable_names_the_variable() {
    let (gateway, token) = gateway_with(&[]);
    let status = "query($n: Int, $s: CardCustomerStatus) { cardCustomers(perPage: $n, status: $s) { totalCount } }";
    let input = "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { clientMutationId } }";
    for (query, variables, expected) in [
        (
            status,
            json!({ "n": 1, "s": "ACTVE" }),
            "Variable \"$s\": \"ACTVE\" is no value of CardCustomerStatus. Did you mean \"ACTIVE\"?",
        ),
        (status, json!({ "n": "1", "s": "ACTIVE" }), "Variable \"$n\": \"1\" is no value of Int"),
        (status, json!({ "n": 1.5 }), "Variable \"$n\": 1.5 is no value of Int"),
        (
            input,
            json!({ "i": { "identifier": "a" } }),
            "Variable \"$i\": the field \"cardId\" of FreezeCardInput is missing",
        ),
        (
            input,
            json!({ "i": { "identifier": "a", "cardId": "b", "cardid": 1 } }),
            "Variable \"$i\": FreezeCardInput has no field \"cardid\". Did you mean \"cardId\"?",
        ),
        (
            input,
            json!({ "i": { "identifier": null, "cardId": "b" } }),
            "Variable \"$i\": FreezeCardInput.identifier: null is no value of ID!",
        ),
        (
            input,
            json!({ "i": { "identifier": [], "cardId": "b" } }),
            "Variable \"$i\": FreezeCardInput.identifier: [] is no value of ID",
        ),
        (input, json!({ "i": 7 }), "Variable \"$i\": 7 is no value of FreezeCardInput"),
        (
            input,
            json!({}),
            "Variable \"$i\" of required type \"FreezeCardInput!\" was not provided",
        ),
    ] {
        let said = error(&gateway.query_with(&token, query, &variables).json());
        assert_eq!(said["message"], expected, "{variables}");
        assert!(said["locations"][0]["column"].is_u64(), "{said}");
    }
}

#[test]
fn a_syntax_error_is_one_plain_line() {
    let (gateway, token) = gateway_with(&[]);
    for (query, expected) in [
        (
            "{ cardCustomers { totalCount }",
            "Syntax error: expected \"}\", found the end of the document",
        ),
        (
            "{ cardCustomers(perPage: 1 { totalCount } }",
            "Syntax error: expected \")\", found \"{\"",
        ),
        ("{ cardCustomers { } }", "Syntax error: expected a field between { and }, found \"}\""),
        ("query Q(n: Int) { cardCustomers { totalCount } }", "Syntax error: "),
    ] {
        let said = error(&gateway.query(&token, query).json());
        let message = said["message"].as_str().expect("a sentence");
        assert!(message.starts_with(expected), "{query}: {message}");
        assert!(
            !message.contains('\n') && !message.contains("CURLY") && !message.contains('`'),
            "{message}"
        );
        assert_eq!(said["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    }
}

#[test]
fn a_batch_is_told_that_batches_are_not_supported() {
    let (gateway, token) = gateway_with(&[]);
    let one = json!({ "query": "{ __typename }" });
    for body in [json!([one, one]), json!([one]), json!([])] {
        let request =
            gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let answer = gateway.send(request.json(&body));
        let said = error(&answer.json());
        let message = said["message"].as_str().expect("a sentence");
        assert!(message.starts_with("Batches (lists of requests) are not supported"), "{message}");
        assert_eq!((answer.status, &said["extensions"]["code"]), (400, &json!("BAD_USER_INPUT")));
    }
}

#[test]
fn a_document_that_costs_too_much_is_told_what_it_would_cost() {
    let (gateway, token) = gateway_with(&[("CARD_GATEWAY__LIMITS__COMPLEXITY", "100")]);
    let query = "{ cardCustomers(perPage: 100) { nodes { id email } } }";
    let said = error(&gateway.query(&token, query).json());
    assert_eq!(said["message"], "The document costs 202, which is more than 100 cost points");
    assert_eq!(
        said["extensions"],
        json!({ "code": "QUERY_TOO_COMPLEX", "limit": "complexity", "value": 100, "cost": 202 })
    );
}
