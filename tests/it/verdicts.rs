//! Documents get the same verdict from the gateway and from graphql-js: valid,
//! not valid, or not GraphQL. Where they differ, the specification decides.

use std::fs;
use std::path::Path;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::{Database, Gateway, Line, node};

/// Documents that are made of the valid ones by changes at random.
const GENERATED: usize = 220;

/// Documents for which graphql-js 16 departs from the specification.
const DIFFERENCES: &[(&str, &str)] = &[
    // Section 5.2.4.1: the root of a subscription has neither @skip nor @include.
    // graphql-js 16 evaluates them first; then one field is left.
    (
        "subscription { cardCustomersChanged @include(if: true) { id } }",
        "the specification refuses",
    ),
    (
        "subscription { ... @include(if: true) { cardCustomersChanged { id } } }",
        "the specification refuses",
    ),
];

/// Valid documents, from which others are made.
const VALID: &[&str] = &[
    "{ __typename }",
    "{ cardCustomers { totalCount } }",
    "query { cardCustomers(page: 1, perPage: 5, status: ACTIVE) { nodes { id email flowStatus } } }",
    "{ a: cardCustomers(first: 3, orderBy: CREATED_AT_ASC) { edges { cursor node { id cards { cardId status } } } } b: cardCustomer(identifier: \"x\") { id } }",
    "{ cardCustomer(identifier: 7) { ...F ... on CardCustomer { step } ... { email } } } fragment F on CardCustomer { id currency }",
    "query A($i: ID!) { cardCustomer(identifier: $i) { id } }",
    "query($n: Int = 3, $s: CardCustomerStatus = ACTIVE) { cardCustomers(perPage: $n, status: $s) { nodes { id } } }",
    "query($n: Int, $no: Boolean = false) { cardCustomers(perPage: $n) { nodes { id @include(if: $no) step @skip(if: $no) } } }",
    "{ cardCustomers { nodes { transactions(first: 2, status: SETTLED) { totalCount nodes { amount type } pageInfo { hasNextPage } } } } }",
    "{ __schema { types { name kind fields(includeDeprecated: true) { name type { name ofType { name } } } } directives { name args { name } } } }",
    "{ __type(name: \"Card\") { name isOneOf fields { name } } }",
    "subscription { cardCustomersChanged(status: ACTIVE) { id availableBalance } }",
    "subscription S { cardCustomerBalance(identifier: \"usr_1\") { ...F } } fragment F on CardCustomer { id ledgerBalance }",
    "query A { __typename } query B { cardCustomers { totalCount } }",
    "{ cardCustomers(after: null, first: null) { pageInfo { endCursor page } } }",
    "mutation { freezeCard(input: { identifier: 7, cardId: \"c\" }) { card { status } clientMutationId } }",
    "mutation M($i: ID!, $c: ID!, $m: String) { a: unfreezeCard(input: { identifier: $i, cardId: $i, clientMutationId: $m }) { cardCustomer { ...F } } ...G } fragment F on CardCustomer { id onboarding { completedSteps } } fragment G on Mutation { voidCard(input: { identifier: $i, cardId: $c }) { card { isVoid } } }",
    "mutation { reportCard(input: { identifier: \"x\", cardId: \"c\", reason: STOLEN, clientMutationId: null }) { __typename } }",
    "mutation { submitSourceOfFunds(input: { identifier: 7, answers: [{ question: \"q\", answer: \"a\" }] }) { cardCustomer { id } } }",
    "query A { __typename } mutation B { acceptTerms(input: { identifier: 1 }) { clientMutationId } }",
];

/// Documents on which engines differ, with variables.
const BY_HAND: &[(&str, &str)] = &[
    // Variables where they stand.
    ("query($i: ID) { cardCustomer(identifier: $i) { id } }", "{}"),
    ("query($i: ID = null) { cardCustomer(identifier: $i) { id } }", "{}"),
    ("query($i: ID = \"x\") { cardCustomer(identifier: $i) { id } }", "{}"),
    ("query($i: String!) { cardCustomer(identifier: $i) { id } }", r#"{"i":"x"}"#),
    ("query($i: [ID!]) { cardCustomer(identifier: $i) { id } }", "{}"),
    ("query($n: Int!) { cardCustomers(page: $n) { totalCount } }", r#"{"n":1}"#),
    ("query($n: Float) { cardCustomers(page: $n) { totalCount } }", "{}"),
    (
        "query($n: Int) { cardCustomers { nodes { ...F } } } fragment F on CardCustomer { transactions(page: $n) { totalCount } }",
        "{}",
    ),
    (
        "query($n: Float) { cardCustomers { nodes { ...F } } } fragment F on CardCustomer { transactions(page: $n) { totalCount } }",
        "{}",
    ),
    ("query($b: Boolean) { cardCustomers { totalCount @include(if: $b) } }", "{}"),
    ("query($b: Boolean!) { cardCustomers { totalCount @include(if: $b) } }", r#"{"b":false}"#),
    ("query($b: Boolean!) { cardCustomers { __typename @include(if: $b) } }", r#"{"b":true}"#),
    ("query($b: Boolean = true) { __typename @skip(if: $b) }", "{}"),
    ("query($true: Boolean!) { __typename @skip(if: $true) }", r#"{"true":true}"#),
    ("query($a: Int, $a: Int) { cardCustomers(page: $a) { totalCount } }", "{}"),
    ("query($a: Int) { __typename }", "{}"),
    ("query { cardCustomers(page: $a) { totalCount } }", "{}"),
    (
        "query A($a: Int) { cardCustomers(page: $a) { totalCount } } query B { cardCustomers(page: $a) { totalCount } }",
        "{}",
    ),
    ("query($a: CardCustomer) { __typename }", "{}"),
    ("query($a: Nothing) { __typename }", "{}"),
    ("query($a: [T] = [1]) { __typename }", "{}"),
    ("query($a: Int = $b, $b: Int) { cardCustomers(page: $a, perPage: $b) { totalCount } }", "{}"),
    ("query($a: Int @deprecated) { cardCustomers(page: $a) { totalCount } }", "{}"),
    ("query($a: Int @skip(if: true)) { cardCustomers(page: $a) { totalCount } }", "{}"),
    ("query($a: Int @nope) { cardCustomers(page: $a) { totalCount } }", "{}"),
    // Defaults and literals of the wrong type.
    (
        "query($s: CardCustomerStatus = \"ACTIVE\") { cardCustomers(status: $s) { totalCount } }",
        "{}",
    ),
    ("query($s: CardCustomerStatus = NOPE) { cardCustomers(status: $s) { totalCount } }", "{}"),
    ("query($n: Int = 99999999999) { cardCustomers(page: $n) { totalCount } }", "{}"),
    ("query($n: Int! = 1) { cardCustomers(page: $n) { totalCount } }", "{}"),
    ("query($n: Int! = null) { cardCustomers(page: $n) { totalCount } }", "{}"),
    ("query($n: Int = 1.0) { cardCustomers(page: $n) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 2147483647) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 2147483648) { totalCount } }", "{}"),
    ("{ cardCustomers(page: -2147483649) { totalCount } }", "{}"),
    ("{ cardCustomers(page: -0) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 1e1) { totalCount } }", "{}"),
    ("{ cardCustomers(page: \"1\") { totalCount } }", "{}"),
    ("{ cardCustomers(page: true) { totalCount } }", "{}"),
    ("{ cardCustomers(page: [1]) { totalCount } }", "{}"),
    ("{ cardCustomers(page: {a: 1}) { totalCount } }", "{}"),
    ("{ cardCustomers(status: \"ACTIVE\") { totalCount } }", "{}"),
    ("{ cardCustomers(status: active) { totalCount } }", "{}"),
    ("{ cardCustomers(status: null) { totalCount } }", "{}"),
    ("{ cardCustomer(identifier: null) { id } }", "{}"),
    ("{ cardCustomer(identifier: 12345678901234567890123) { id } }", "{}"),
    ("{ cardCustomer(identifier: 1.5) { id } }", "{}"),
    ("{ cardCustomer(identifier: x) { id } }", "{}"),
    ("{ cardCustomer { id } }", "{}"),
    ("{ cardCustomer(identifier: \"a\", identifier: \"b\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"a\", colour: RED) { id } }", "{}"),
    // Values of variables.
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":1.0}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":1.5}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":1e2}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":-0}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":2147483648}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":"1"}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":null}"#),
    ("query($n: Int) { cardCustomers(page: $n) { totalCount } }", r#"{"n":true}"#),
    ("query($n: Int!) { cardCustomers(page: $n) { totalCount } }", "{}"),
    ("query($n: Int!) { cardCustomers(page: $n) { totalCount } }", r#"{"n":null}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":12345678901234567890}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":1e30}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":1.0}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":1.5}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":true}"#),
    ("query($i: ID!) { cardCustomer(identifier: $i) { id } }", r#"{"i":["x"]}"#),
    (
        "query($s: CardCustomerStatus) { cardCustomers(status: $s) { totalCount } }",
        r#"{"s":"ACTIVE"}"#,
    ),
    (
        "query($s: CardCustomerStatus) { cardCustomers(status: $s) { totalCount } }",
        r#"{"s":"NOPE"}"#,
    ),
    ("query($s: CardCustomerStatus) { cardCustomers(status: $s) { totalCount } }", r#"{"s":1}"#),
    ("query($b: Boolean!) { __typename @include(if: $b) }", r#"{"b":"true"}"#),
    ("query($b: Boolean!) { __typename @include(if: $b) }", r#"{"b":1}"#),
    // Fields that do not merge.
    (
        "{ cardCustomers(first: 1) { nodes { x: id } } cardCustomers(first: 1) { nodes { x: email } } }",
        "{}",
    ),
    ("{ cardCustomers(first: 1) { nodes { id } } cardCustomers(first: 2) { nodes { id } } }", "{}"),
    ("{ cardCustomers(first: 1) { nodes { id } } cardCustomers(first: 1) { nodes { id } } }", "{}"),
    (
        "{ cardCustomers { nodes { ...A ...B } } } fragment A on CardCustomer { x: id } fragment B on CardCustomer { x: step }",
        "{}",
    ),
    ("{ cardCustomers { nodes { ...A } } } fragment A on CardCustomer { x: id x: email }", "{}"),
    ("{ x: __typename x: cardCustomers { totalCount } }", "{}"),
    ("{ cardCustomers { nodes { x: step x: cardsCount } } }", "{}"),
    ("{ cardCustomers { nodes { cards { x: status } cards { x: cardType } } } }", "{}"),
    (
        "query($a: Int, $b: Int) { cardCustomers(page: $a) { totalCount } cardCustomers(page: $b) { totalCount } }",
        "{}",
    ),
    // Directives.
    ("{ __typename @nope }", "{}"),
    ("{ __typename @include }", "{}"),
    ("{ __typename @include(if: null) }", "{}"),
    ("{ __typename @include(if: \"x\") }", "{}"),
    ("{ __typename @include(if: true, if: false) }", "{}"),
    ("{ __typename @include(if: true, unless: false) }", "{}"),
    ("{ __typename @include(if: true) @include(if: true) }", "{}"),
    ("{ __typename @include(if: true) @skip(if: false) }", "{}"),
    ("{ __typename @deprecated }", "{}"),
    ("query @include(if: true) { __typename }", "{}"),
    ("{ ...F } fragment F on Query @include(if: true) { __typename }", "{}"),
    ("{ ... @include(if: true) { __typename } }", "{}"),
    ("{ __typename @specifiedBy(url: \"x\") }", "{}"),
    // __typename.
    ("{ __typename(a: 1) }", "{}"),
    ("{ __typename { a } }", "{}"),
    ("{ cardCustomers { nodes { id { a } } } }", "{}"),
    ("{ cardCustomers }", "{}"),
    ("{ cardCustomers { nodes } }", "{}"),
    ("{ cardCustomers { __schema { queryType { name } } } }", "{}"),
    ("{ __schema { nothing } }", "{}"),
    ("{ __type { name } }", "{}"),
    // Input objects.
    ("mutation { a }", "{}"),
    ("mutation { __typename }", "{}"),
    ("mutation { freezeCard { card { status } } }", "{}"),
    ("mutation { freezeCard(input: null) { card { status } } }", "{}"),
    ("mutation { freezeCard(input: {}) { card { status } } }", "{}"),
    ("mutation { freezeCard(input: { identifier: 1 }) { card { status } } }", "{}"),
    ("mutation { freezeCard(input: { identifier: 1, cardId: null }) { card { status } } }", "{}"),
    (
        "mutation { freezeCard(input: { identifier: 1, cardId: 2, more: 3 }) { card { status } } }",
        "{}",
    ),
    (
        "mutation { freezeCard(input: { identifier: 1, cardId: 2, cardId: 2 }) { card { status } } }",
        "{}",
    ),
    ("mutation { freezeCard(input: { identifier: 1.5, cardId: 2 }) { card { status } } }", "{}"),
    ("mutation { freezeCard(input: [{ identifier: 1, cardId: 2 }]) { card { status } } }", "{}"),
    ("mutation { freezeCard(input: \"x\") { card { status } } }", "{}"),
    (
        "mutation { reportCard(input: { identifier: 1, cardId: 2, reason: \"LOST\" }) { card { status } } }",
        "{}",
    ),
    (
        "mutation { submitSourceOfFunds(input: { identifier: 1, answers: { question: \"q\", answer: \"a\" } }) { clientMutationId } }",
        "{}",
    ),
    (
        "mutation { submitSourceOfFunds(input: { identifier: 1, answers: [null] }) { clientMutationId } }",
        "{}",
    ),
    ("mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }", "{}"),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":1,"cardId":"c"}}"#,
    ),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":12345678901234567890,"cardId":1.0}}"#,
    ),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":1.5,"cardId":"c"}}"#,
    ),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":"x"}}"#,
    ),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":"x","cardId":"c","more":1}}"#,
    ),
    (
        "mutation($i: FreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":[{"identifier":"x","cardId":"c"}]}"#,
    ),
    (
        "mutation($i: UnfreezeCardInput!) { freezeCard(input: $i) { card { status } } }",
        r#"{"i":{"identifier":"x","cardId":"c"}}"#,
    ),
    (
        "mutation($c: ID) { freezeCard(input: { identifier: 1, cardId: $c }) { card { status } } }",
        "{}",
    ),
    (
        "mutation($m: String) { freezeCard(input: { identifier: 1, cardId: 2, clientMutationId: $m }) { card { status } } }",
        "{}",
    ),
    ("mutation { freezeCard(input: { identifier: 1, cardId: 2 }) }", "{}"),
    ("{ freezeCard(input: { identifier: 1, cardId: 2 }) { card { status } } }", "{}"),
    ("mutation { ...F } fragment F on Query { __typename }", "{}"),
    (
        "mutation { a: acceptTerms(input: { identifier: 1 }) { clientMutationId } a: acceptTerms(input: { identifier: 2 }) { clientMutationId } }",
        "{}",
    ),
    (
        "mutation { a: acceptTerms(input: { identifier: 1 }) { clientMutationId } a: acceptTerms(input: { identifier: 1 }) { cardCustomer { id } } }",
        "{}",
    ),
    // Fragments.
    ("{ ...A } fragment A on Query { ...B }", "{}"),
    ("{ __typename } fragment A on Query { __typename }", "{}"),
    ("{ ...A } fragment A on Nothing { __typename }", "{}"),
    ("{ ...A } fragment A on Card { cardId }", "{}"),
    ("{ ...A } fragment A on CardStatus { x }", "{}"),
    ("{ ... on Card { cardId } }", "{}"),
    ("{ ... on Nothing { cardId } }", "{}"),
    ("{ ...A ...A } fragment A on Query { __typename }", "{}"),
    ("{ ...A } fragment A on Query { __typename } fragment A on Query { __typename }", "{}"),
    ("{ ...on } fragment on on Query { __typename }", "{}"),
    // Operations.
    ("query A { __typename } query A { __typename }", "{}"),
    ("{ __typename } { __typename }", "{}"),
    ("{ __typename } query A { __typename }", "{}"),
    ("subscription { a }", "{}"),
    ("subscription { __typename }", "{}"),
    ("subscription { cardCustomersChanged { id } cardCustomersChanged { email } }", "{}"),
    ("subscription { a: cardCustomersChanged { id } a: cardCustomersChanged { email } }", "{}"),
    (
        "subscription { ...F ... { ...F cardCustomersChanged { id } } } fragment F on Subscription { cardCustomersChanged { email } }",
        "{}",
    ),
    (
        "subscription { cardCustomersChanged { id } cardCustomersChanged(status: ACTIVE) { id } }",
        "{}",
    ),
    ("subscription { cardCustomersChanged { x: id } cardCustomersChanged { x: email } }", "{}"),
    ("subscription { cardCustomersChanged { id } cardCustomersChanged { nope } }", "{}"),
    (
        "subscription { cardCustomersChanged { id } cardCustomerBalance(identifier: 1) { id } }",
        "{}",
    ),
    (
        "subscription { a: cardCustomersChanged { id } a: cardCustomerBalance(identifier: 1) { id } }",
        "{}",
    ),
    ("subscription { cardCustomersChanged { id } __typename }", "{}"),
    ("subscription { a: cardCustomersChanged { id } b: cardCustomersChanged { id } }", "{}"),
    ("subscription { ...F } fragment F on Subscription { cardCustomersChanged { id } }", "{}"),
    (
        "subscription { ...F cardCustomersChanged { id } } fragment F on Subscription { x: cardCustomersChanged { id } }",
        "{}",
    ),
    ("subscription { ... on Subscription { ... { cardCustomersChanged { id } } } }", "{}"),
    ("type A { a: Int }", "{}"),
    ("{ __typename } type A { a: Int }", "{}"),
    ("{ __typename } extend type Query { a: Int }", "{}"),
    ("query A(){ __typename }", "{}"),
    ("query A { }", "{}"),
    ("{}", "{}"),
    ("{ cardCustomers {} }", "{}"),
    ("{ cardCustomers() { totalCount } }", "{}"),
    // Descriptions (September 2025, section 2.4).
    ("\"what it is\" query A { __typename }", "{}"),
    ("\"\"\"\nwhat it is\n\"\"\" query A { __typename }", "{}"),
    ("\"x\" { __typename }", "{}"),
    ("{ ...A } \"x\" fragment A on Query { __typename }", "{}"),
    (
        "query A(\"x\" $n: Int = 1, \"\"\"y\"\"\" $m: Int) { cardCustomers(page: $n, perPage: $m) { totalCount } }",
        "{}",
    ),
    (
        "query A($n: ID = \"x\" $m: Int) { a: cardCustomers(page: $m) { totalCount } cardCustomer(identifier: $n) { id } }",
        "{}",
    ),
    ("\"x\" \"y\" query A { __typename }", "{}"),
    ("query \"x\" A { __typename }", "{}"),
    ("query A { \"x\" __typename }", "{}"),
    // Lexical.
    ("", "{}"),
    ("   ", "{}"),
    ("# nothing", "{}"),
    ("\u{feff}{ __typename }", "{}"),
    ("{ __typename } \u{feff}", "{}"),
    ("{\r__typename\r\n}", "{}"),
    ("{ __typename \u{7} }", "{}"),
    ("{ __typename \u{a0} }", "{}"),
    ("{ é }", "{}"),
    ("{ __typename # é🦊\n }", "{}"),
    ("{ cardCustomer(identifier: \"\\u{40}\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\u{1F600}\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\uD83D\\uDE00\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\uD83D\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\u{110000}\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\u{}\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\\x\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"a\nb\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"a) { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\"\"a \\\"\"\" \" b\"\"\") { id } }", "{}"),
    ("{ cardCustomer(identifier: \"\"\"a) { id } }", "{}"),
    ("{ cardCustomers(page: 01) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 1a) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 1.) { totalCount } }", "{}"),
    ("{ cardCustomers(page: +1) { totalCount } }", "{}"),
    ("{ cardCustomers(page: 0x1) { totalCount } }", "{}"),
    ("{ cardCustomers(page:1,,,perPage:2) { totalCount } }", "{}"),
    ("{ __typename ", "{}"),
    ("{ __typename } }", "{}"),
    ("{ a: : __typename }", "{}"),
    ("{ .. on Query { __typename } }", "{}"),
    ("{ __typename; }", "{}"),
    ("query query { __typename }", "{}"),
    ("{ query: __typename on: __typename true: __typename }", "{}"),
];

#[test]
fn documents_get_the_same_verdict_as_from_graphql_js() {
    let Some(project) = node::project("tests/conformance") else { return };
    let mut documents: Vec<(String, String)> =
        VALID.iter().map(|text| ((*text).to_owned(), r#"{"i":"x"}"#.to_owned())).collect();
    documents.extend(BY_HAND.iter().map(|(text, json)| ((*text).to_owned(), (*json).to_owned())));
    documents.extend(DIFFERENCES.iter().map(|(text, _)| ((*text).to_owned(), "{}".to_owned())));
    documents.extend(generated().into_iter().map(|text| (text, r#"{"i":"x"}"#.to_owned())));
    assert!(documents.len() >= 400, "{}", documents.len());

    let list: Vec<Value> = documents
        .iter()
        .map(|(query, json)| {
            let variables: Value = serde_json::from_str(json).expect("JSON");
            json!({ "query": query, "variables": variables })
        })
        .collect();
    let file = project.folder.join("documents.json");
    fs::write(&file, Value::from(list).to_string()).expect("a file");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let mut command = project.node("verdicts.mjs");
    let output = node::converse(command.arg(schema).arg(file), |_| None);
    let theirs: Vec<String> = serde_json::from_str(&output).expect("a list of verdicts");

    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve();
    let mut differ = Vec::new();
    for ((query, variables), theirs) in documents.iter().zip(&theirs) {
        let ours = verdict(&gateway, &token, query, variables);
        let same = match theirs.as_str() {
            "syntax" => ours == "syntax",
            "ok" => ours == "ok",
            _ => ours == "invalid",
        };
        let known = DIFFERENCES.iter().any(|(text, _)| text == query);
        if same == known {
            differ.push(format!("{query:?} {variables}: graphql-js {theirs}, gateway {ours}"));
        }
    }
    assert!(differ.is_empty(), "{} of {}:\n{}", differ.len(), documents.len(), differ.join("\n"));
}

fn verdict(gateway: &Gateway, token: &str, query: &str, variables: &str) -> &'static str {
    // As text, so that numbers are sent as written.
    let body = format!("{{\"query\":{},\"variables\":{variables}}}", Value::from(query));
    let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(token);
    let answer = gateway.send(request.header("content-type", "application/json").body(body));
    let error = answer.json().pointer("/errors/0").cloned().unwrap_or_default();
    match error["extensions"]["code"].as_str() {
        Some("GRAPHQL_PARSE_FAILED") => "syntax",
        // That an operation must be chosen is no fault of the document.
        Some("GRAPHQL_VALIDATION_FAILED")
            if error["message"].as_str().is_some_and(|text| text.contains("operationName")) =>
        {
            "ok"
        }
        Some("GRAPHQL_VALIDATION_FAILED") => "invalid",
        _ => "ok",
    }
}

/// Valid documents with one to three changes, the same on every machine.
fn generated() -> Vec<String> {
    let mut rng = Rng::with_seed(7);
    let vocabulary: Vec<String> = VALID.iter().flat_map(|text| words(text)).collect();
    let mut all = Vec::new();
    while all.len() < GENERATED {
        let mut document = words(rng.choice(VALID).expect("some"));
        for _ in 0..rng.usize(1..=3) {
            let at = rng.usize(..document.len());
            match rng.u8(..4) {
                0 => drop(document.remove(at)),
                1 => document.insert(at, document[at].clone()),
                2 => document.insert(at, rng.choice(&vocabulary).expect("some").clone()),
                _ => document[at].clone_from(rng.choice(&vocabulary).expect("some")),
            }
            if document.is_empty() {
                document.push("{".to_owned());
            }
        }
        let text = document.join(" ");
        if !all.contains(&text) {
            all.push(text);
        }
    }
    all
}

/// The tokens of a document without block strings and comments.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '.' => 3,
            c if word(c) => rest.find(|c| !word(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start_matches([' ', ',']);
    }
    words
}
