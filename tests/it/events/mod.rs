//! What each event of the issuer does: golden files, one for each case, in a folder
//! for each version of the contract and in that one for each type. A file has the event
//! as it is delivered, what was there before it, and what the APIs say after it.

mod golden;
mod samples;

use std::collections::BTreeSet;
use std::sync::Arc;

use card_gateway::domain::ledger::event::TYPES;
use card_gateway::domain::principal::ProgramId;
use card_gateway::domain::scope::Scopes;
use card_gateway::domain::time::Timestamp;
use card_gateway::services::import::{self, Report};
use card_gateway::services::token;
use card_gateway::store::Store;
use serde_json::{Value, json};

use self::golden::{File, Golden, Step, files};
use crate::support::issuer::{SECRET, signed};
use crate::support::{Database, Gateway, Line, on_both};

const QUERY: &str = "{ cardCustomer(identifier: \"usr_1\") {
    ledgerBalance availableBalance pendingBalance balanceFreshness balanceUpdatedAt pinSet
    cards { cardId status isStolen pinSet activatedAt }
    transactions { nodes {
        transactionId type amount currency billingAmount billingCurrency fxRate status
        merchant merchantCategory merchantCity merchantCountry authorizedAt settledAt createdAt
    } }
} }";

/// A file, and a program of its own.
struct Case {
    file: File,
    program: String,
    id: ProgramId,
    token: String,
}

/// Every line of an import is good.
struct NoneIsBad;

impl Report for NoneIsBad {
    fn bad_line(&self, line: u64, reason: &str) {
        panic!("line {line}: {reason}");
    }
    fn progress(&self, _: u64, _: u64) {}
}

/// The first customer, with other members.
fn line(members: &Value) -> String {
    let mut line = Line::new(1);
    for (member, value) in members.as_object().expect("an object") {
        line = line.with(member, value.clone());
    }
    line.0.to_string()
}

async fn import(store: &Store, program: ProgramId, members: &Value) {
    let input = std::io::Cursor::new(line(members).into_bytes());
    import::import(store, program, input, Arc::new(NoneIsBad)).await.expect("it is kept");
}

/// Makes a program for each file.
async fn prepare(store: &Store) -> Vec<Case> {
    let mut cases = Vec::new();
    for (file, number) in files().into_iter().zip(1..) {
        let program = format!("case-{number}");
        let id = store.create_program(&program, Timestamp::now()).await.expect("it is new").id;
        let token = token::issue(store, id, "test".to_owned(), Scopes::READ, None).await;
        cases.push(Case { file, program, id, token: token.expect("it is kept") });
    }
    cases
}

struct Run<'a> {
    database: &'a Database,
    store: &'a Store,
    runtime: &'a tokio::runtime::Runtime,
    gateway: &'a Gateway,
}

impl Run<'_> {
    fn deliver(&self, case: &Case, body: &str) -> String {
        let gateway = self.gateway;
        let request = signed(gateway.client(), &gateway.host, &case.program, body);
        let answer = gateway.send(request.header("x-yativo-delivery-id", "dlv_1"));
        assert_eq!(answer.status, 200, "{}: {}", case.file.name, answer.text);
        answer.json()["data"]["state"].as_str().expect("a text").to_owned()
    }

    fn step(&self, case: &Case, step: &Step) {
        match step {
            Step::Import(members) => {
                self.runtime.block_on(import(self.store, case.id, members));
            }
            Step::Event(body) => {
                let state = self.deliver(case, body.get());
                assert_ne!(state, "failed", "{}: {body}", case.file.name);
            }
            Step::Wrong(body) => {
                let state = self.deliver(case, body.get());
                assert_eq!(state, "failed", "{}: {body}", case.file.name);
            }
        }
    }

    fn rest(&self, case: &Case, path: &str) -> Value {
        let path = format!("/v1/card-issuer/customers/usr_1{path}");
        let answer = self.gateway.get(&case.token, &path);
        assert_eq!(answer.status, 200, "{}: {}", case.file.name, answer.text);
        answer.json()["data"].take()
    }

    /// The event's line in the list of those that are in its state.
    fn listed(&self, case: &Case, state: &str, id: &str) -> String {
        let arguments = ["events", "list", "--program", &case.program, &format!("--{state}")];
        let listed = self.database.succeed(&arguments, "");
        listed.lines().find(|line| line.contains(id)).unwrap_or_default().to_owned()
    }

    /// What is wrong with what the program makes of a file.
    fn faults(&self, case: &Case) -> Vec<String> {
        // A card is as an import says at that moment: what happens to it comes later.
        let golden = case.file.read(chrono::Utc::now());
        let Golden { before, body, state, reason, after, graphql, rest, .. } = &golden;
        let mut faults = Vec::new();
        let mut compare = |what: &str, found: &Value, expected: &Value| {
            for (path, found, expected) in differences(found, expected) {
                let name = &case.file.name;
                faults.push(format!("{name}: {what}{path} is {found}, must be {expected}"));
            }
        };
        for step in before {
            self.step(case, step);
        }
        compare("state", &json!(self.deliver(case, body.get())), &json!(state));
        if !matches!(state.as_str(), "applied" | "kept") {
            let line = self.listed(case, state, &golden.id());
            let reason = reason.as_deref().unwrap_or_default();
            let is_listed = !line.is_empty() && line.contains(reason);
            compare("it is listed with the reason", &json!(is_listed), &json!(true));
        }
        for step in after {
            self.step(case, step);
        }
        let answer = self.gateway.query(&case.token, QUERY);
        compare("GraphQL", &answer.data()["cardCustomer"], graphql);
        compare("REST", &self.rest(case, ""), &rest.customer);
        let transactions = self.rest(case, "/card-transactions");
        compare("REST, transactions", &transactions["transactions"], &rest.transactions);
        faults
    }
}

/// The members of two values that differ, by their paths.
fn differences<'a>(found: &'a Value, expected: &'a Value) -> Vec<(String, &'a Value, &'a Value)> {
    let below = |name: &str, pair: (&'a Value, &'a Value)| {
        let all = differences(pair.0, pair.1).into_iter();
        let name = name.to_owned();
        all.map(move |(path, found, expected)| (format!(".{name}{path}"), found, expected))
    };
    match (found, expected) {
        (Value::Object(one), Value::Object(other)) if one.keys().eq(other.keys()) => {
            one.iter().flat_map(|(name, value)| below(name, (value, &other[name]))).collect()
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let pairs = one.iter().zip(other).enumerate();
            pairs.flat_map(|(at, pair)| below(&at.to_string(), pair)).collect()
        }
        _ if found == expected => Vec::new(),
        _ => vec![(String::new(), found, expected)],
    }
}

on_both! {
    fn every_golden_file_is_what_happens(database) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        database.succeed(&["migrate"], "");
        let store = runtime.block_on(database.store());
        let cases = runtime.block_on(prepare(&store));
        let secrets: Vec<(String, &str)> = cases.iter().map(|case| {
            let program = case.program.to_uppercase().replace('-', "_");
            (format!("CARD_GATEWAY__WEBHOOKS__SECRETS__{program}"), SECRET)
        }).collect();
        let secrets: Vec<(&str, &str)> = secrets.iter().map(|(name, secret)| (name.as_str(), *secret)).collect();
        let gateway = database.serve_with(&secrets);
        let run = Run { database: &database, store: &store, runtime: &runtime, gateway: &gateway };
        let faults: Vec<String> = cases.iter().flat_map(|case| run.faults(case)).collect();
        runtime.block_on(store.close());
        assert!(faults.is_empty(), "{} faults in {} files:\n{}", faults.len(), cases.len(), faults.join("\n"));
    }
}

#[test]
fn every_documented_type_has_a_golden_file() {
    let files = files();
    let of = |version: &str| -> BTreeSet<&str> {
        let of = files.iter().filter(|file| file.version == version);
        of.map(|file| file.event_type.as_str()).collect()
    };
    let (first, second) = (of("v1"), of("v2"));
    let missing: Vec<_> = TYPES.iter().filter(|name| !second.contains(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(first.len() >= 15 && files.len() >= 80, "{first:?}");
}
