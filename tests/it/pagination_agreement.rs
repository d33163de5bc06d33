//! REST and GraphQL agree on every field of every customer.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use crate::support::{Gateway, Line, on_both, transaction};

const STATUSES: [&str; 10] = [
    "otp_requested",
    "otp_verified",
    "kyc_initiated",
    "kyc_completed",
    "safe_deploying",
    "card_created",
    "active",
    "kyc_rejected",
    "safe_deployed",
    "made_up",
];

/// Those of them that are stages, which GraphQL has as an enum.
const STAGES: &[&str] = STATUSES.split_at(7).0;

const FIELDS: &str = "id yativoCardId externalCustomerId email flowStatus issuerFlowStatus step nextAction kycStatus
    safeDeployed currency ledgerBalance availableBalance pendingBalance balanceFreshness
    balanceUpdatedAt cardsCount pinSet createdAt
    cards { cardId lastFour cardType status isFrozen isLost isStolen isBlocked isVoid pinSet activatedAt createdAt }
    transactions(perPage: 100) { totalCount nodes { transactionId type amount currency status merchant
        merchantCategory merchantCity merchantCountry authorizedAt settledAt createdAt } }";

/// A customer with anything that the import format allows.
fn any_line(number: u32) -> impl Strategy<Value = Line> {
    let cards = prop::collection::vec(
        prop::sample::select(vec!["active", "frozen", "blocked", "lost", "voided"]),
        0..4,
    );
    let kyc = prop::sample::select(vec![
        None,
        Some("pending"),
        Some("in_progress"),
        Some("pending_review"),
        Some("approved"),
        Some("rejected"),
        Some("expired"),
    ]);
    let currency = prop::sample::select(vec![None, Some("USD"), Some("EUR"), Some("GBP")]);
    let balance = prop::option::of((-5_000_i64..1_000_000, 0_i64..50_000));
    (
        prop::sample::select(STATUSES.to_vec()),
        kyc,
        currency,
        balance,
        cards,
        any::<(bool, bool)>(),
        0_u32..40,
    )
        .prop_map(
            move |(status, kyc, currency, balance, cards, (deployed, external), minute)| {
                let line = Line::new(number)
                    .with("flow_status", status)
                    .with("kyc_status", kyc)
                    .with("currency", currency)
                    .with("safe_deployed", deployed)
                    .with("created_at", crate::support::builders::minute(minute))
                    .cards(&cards);
                let line =
                    if external { line } else { line.with("external_customer_id", Value::Null) };
                match balance {
                    Some((available, pending)) => line.balance(available, pending),
                    None => line,
                }
            },
        )
}

fn any_lines(count: u32) -> impl Strategy<Value = Vec<Line>> {
    (1..=count).map(any_line).collect::<Vec<_>>()
}

/// A GraphQL customer in the words of REST's detail.
fn in_rests_words(node: &Value) -> Value {
    let lower = |value: &Value| value.as_str().map(str::to_lowercase);
    let number = |value: &Value| value.as_str().map(|text| text.parse::<f64>().expect("a decimal"));
    let minor = |value: &Value| {
        value.as_str().map(|text| text.replace('.', "").parse::<i64>().expect("two decimals"))
    };
    let cards: Vec<Value> = node["cards"].as_array().expect("a list").iter().map(|card| json!({
        "card_id": card["cardId"], "last_four": card["lastFour"], "card_type": lower(&card["cardType"]),
        "status": lower(&card["status"]), "is_frozen": card["isFrozen"], "is_lost": card["isLost"],
        "is_stolen": card["isStolen"], "is_blocked": card["isBlocked"], "is_void": card["isVoid"],
        "pin_set": card["pinSet"],
        "activated_at": card["activatedAt"], "created_at": card["createdAt"],
    })).collect();
    let mut detail = json!({
        "id": node["id"], "customer_id": node["id"], "yativo_card_id": node["yativoCardId"],
        "external_id": node["externalCustomerId"], "external_customer_id": node["externalCustomerId"],
        "email": node["email"], "flow_status": node["issuerFlowStatus"], "step": node["step"],
        "next_action": node["nextAction"], "kyc_status": lower(&node["kycStatus"]),
        "currency": node["currency"], "safe_deployed": node["safeDeployed"],
        "ledger_balance": number(&node["ledgerBalance"]), "ledger_balance_minor": minor(&node["ledgerBalance"]),
        "available_balance": number(&node["availableBalance"]), "available_balance_minor": minor(&node["availableBalance"]),
        "pending_balance": number(&node["pendingBalance"]), "pending_balance_minor": minor(&node["pendingBalance"]),
        "balance_freshness": lower(&node["balanceFreshness"]), "balance_updated_at": node["balanceUpdatedAt"],
        "cards_count": node["cardsCount"], "cards": cards, "created_at": node["createdAt"],
    });
    // Absent where there is no card.
    if detail["cards"] != json!([]) {
        detail["pin_set"] = node["pinSet"].clone();
    }
    detail
}

fn transactions_in_rests_words(node: &Value) -> Vec<Value> {
    node["transactions"]["nodes"].as_array().expect("a list").iter().map(|one| json!({
        "transaction_id": one["transactionId"], "type": one["type"].as_str().map(str::to_lowercase),
        "amount": one["amount"].as_str().and_then(|text| text.parse::<f64>().ok()),
        "currency": one["currency"], "status": one["status"].as_str().map(str::to_lowercase),
        "merchant": one["merchant"], "merchant_category": one["merchantCategory"],
        "merchant_city": one["merchantCity"], "merchant_country": one["merchantCountry"],
        "authorized_at": one["authorizedAt"], "settled_at": one["settledAt"], "created_at": one["createdAt"],
    })).collect()
}

/// Numbers compare by value: 38.5 and 38.50 are the same, and so are 38 and 38.0.
fn by_value(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.iter().map(by_value).collect(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (name.clone(), by_value(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        _ => value.clone(),
    }
}

/// The page of those customers of the whole list whose `field` is `text`, and how many
/// there are.
fn model(all: &Value, field: &str, text: &str, page: u32, limit: u32) -> (Vec<Value>, usize) {
    let all = all["nodes"].as_array().expect("a list").iter();
    let found: Vec<Value> = all.filter(|node| node[field] == text).cloned().collect();
    let (page, limit) = (page as usize, limit as usize);
    let shown = found.chunks(limit).nth(page - 1).unwrap_or_default().to_vec();
    (shown, found.len())
}

fn compare(gateway: &Gateway, token: &str, page: u32, limit: u32, status: Option<usize>) {
    let list = |arguments: &str| {
        let query =
            format!("{{ cardCustomers({arguments}) {{ totalCount nodes {{ {FIELDS} }} }} }}");
        gateway.query(token, &query).data()["cardCustomers"].take()
    };
    let numbered = format!("page: {page}, perPage: {limit}");
    let (nodes, total, filter) = match status.map(|at| STATUSES[at]) {
        None => {
            let mut list = list(&numbered);
            let nodes = list["nodes"].as_array_mut().map(std::mem::take).expect("a list");
            (nodes, list["totalCount"].clone(), "")
        }
        Some(status) => {
            let all = list("perPage: 100");
            let stage = status.to_uppercase();
            if STAGES.contains(&status) {
                let (nodes, total) = model(&all, "flowStatus", &stage, page, limit);
                let list = list(&format!("{numbered}, status: {stage}"));
                assert_eq!((&list["nodes"], &list["totalCount"]), (&json!(nodes), &json!(total)));
            }
            let (nodes, total) = model(&all, "issuerFlowStatus", status, page, limit);
            (nodes, json!(total), status)
        }
    };
    let path = format!("/v1/card-issuer/customers?page={page}&limit={limit}&status={filter}");
    let answer = gateway.get(token, &path);
    if total == 0 && !filter.is_empty() && !STAGES.contains(&filter) {
        assert_eq!(answer.status, 400, "{}", answer.text);
        return;
    }
    let rest = answer.json()["data"].take();
    assert_eq!(rest["total"], total);
    let customers = rest["customers"].as_array().expect("a list");
    assert_eq!(customers.len(), nodes.len());
    for (item, node) in customers.iter().zip(&nodes) {
        let said = in_rests_words(node);
        for (name, value) in item.as_object().expect("an object") {
            assert_eq!(by_value(value), by_value(&said[name]), "{name} of {item}");
        }
        let id = node["id"].as_str().expect("an id");
        let detail = gateway.get(token, &format!("/v1/card-issuer/customers/{id}")).json();
        assert_eq!(by_value(&detail["data"]), by_value(&said));
        let path = format!("/v1/card-issuer/customers/{id}/card-transactions?limit=100");
        let data = gateway.get(token, &path).json()["data"].take();
        assert_eq!(data["total"], node["transactions"]["totalCount"]);
        assert_eq!(data["currency"], node["currency"]);
        assert_eq!(
            by_value(&data["transactions"]),
            by_value(&transactions_in_rests_words(node).into())
        );
    }
}

on_both! {
    fn rest_and_graphql_agree_over_random_pages_filters_and_programs(database) {
        let mut runner = TestRunner::new(Config::with_cases(24));
        let mut tree = |count| any_lines(count).new_tree(&mut runner).expect("lines").current();
        let programs = [("acme", tree(60)), ("globex", tree(35)), ("empty", Vec::new())];
        let tokens: Vec<String> = programs.iter().map(|(name, lines)| {
            let token = database.program_with(name, lines);
            let transactions = lines.iter().enumerate().flat_map(|(at, line)| {
                let count = u32::try_from(at % 5).expect("small");
                (0..count).map(|number| transaction(line.id(), number, i64::from(number) * 37 + 1))
            });
            database.put_transactions(name, transactions.collect());
            token
        }).collect();
        // All rows at once: more than clients may request.
        // A fast machine sends more requests than a token has points for.
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__COMPLEXITY", "1000000"),
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000"),
        ]);
        let cases = (0_usize..3, 1_u32..5, 1_u32..26, prop::option::of(0_usize..STATUSES.len()));
        runner.run(&cases, |(program, page, limit, status)| {
            compare(&gateway, &tokens[program], page, limit, status);
            Ok(())
        }).expect("they agree");
    }
}
