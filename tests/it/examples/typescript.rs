//! The client in TypeScript: it generates, type-checks, and reports.

use std::fs;
use std::process::Command;

use super::service::Service;
use super::{NO_TOKEN, commands, shell};
use crate::support::issuer::{ACME, balance, from_now};
use crate::support::node::{self, Project};
use crate::support::{Database, Line, transaction};

/// An RPC endpoint that does not answer.
const DEAD_CHAIN: (&str, &str) = ("CARD_GATEWAY__CHAIN__RPC_URLS", "http://127.0.0.1:1");

/// Requests of the report: two lists, a customer, and a subscription.
const REQUESTS: usize = 4;

/// The report on three customers. Floating-point numbers get the sum wrong, in euros
/// as well as in cents.
const REPORT: &str = "
3 customers, the newest first
  customer3@example.com  ACTIVE
  customer2@example.com  KYC_COMPLETED
  customer1@example.com  ACTIVE

Balances
  2 balances are unavailable now
  customer2@example.com  0.11 EUR  REALTIME
  customer1@example.com  90071992547409.90 EUR  REALTIME
  sum: 90071992547410.01 EUR
  without a balance: 1

customer2@example.com: Submit source-of-funds questionnaire
  card …0000  FROZEN
  38.50 EUR  Corner Bakery  SETTLED

Watching customer2@example.com
  0.11 EUR  2026-05-12T14:30:00.000Z
";

#[test]
fn its_readme_leads_to_an_exact_report() {
    let Some(project) = project() else { return };
    let database = Database::sqlite();
    let wallet = "0x52908400098527886E0F7030069857D2E4169EE7";
    let lines = [
        Line::new(1).balance(9_007_199_254_740_990, 0),
        Line::new(2).balance(11, 0).with("flow_status", "kyc_completed").cards(&["frozen"]),
        Line::new(3).with("wallet_address", wallet),
    ];
    let token = database.program_with("acme", &lines);
    database.put_transactions("acme", vec![transaction(lines[1].id(), 1, 3_850)]);
    let gateway = database.serve_with(&[ACME, DEAD_CHAIN]);
    let commands = commands("typescript");
    // The packages have been installed once for all tests.
    assert_eq!(commands[0], "npm ci");
    let mut watched = None;
    let mut shell = shell(&gateway, &token, &commands[1..]);
    let said = node::converse(shell.current_dir(&project.folder), |line| {
        if let Some(answers) = &mut watched {
            // Each response is followed by the next change.
            *answers += 1;
            let event = format!("evt_{answers}");
            let amount = format!("{answers}.25");
            gateway.take(&balance(&event, "usr_2", &amount, "0.00", &from_now(*answers)));
        }
        if line.starts_with("Watching") {
            watched = Some(0);
        }
        None
    });
    let (_, report) = said.split_once("node dist/main.js\n").expect("it starts");
    let changes = report.trim_start().strip_prefix(REPORT.trim_start());
    let changes = changes.unwrap_or_else(|| panic!("{report}"));
    let amounts: Vec<&str> =
        changes.lines().map(|line| line.split("  ").nth(1).unwrap_or("")).collect();
    assert_eq!(amounts, ["1.25 EUR", "2.25 EUR", "3.25 EUR"], "{report}");
}

#[test]
fn it_waits_when_it_exceeds_the_rate_limit() {
    let Some(project) = project() else { return };
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    // The list with balances costs all seven points: one was used just before, and if
    // that is back already, none is left for the next request.
    let gateway = database.serve_with(&[
        ("CARD_GATEWAY__LIMITS__RATE_BURST", "7"),
        ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
    ]);
    let mut shell = shell(&gateway, &token, &commands("typescript")[1..]);
    let said = node::converse(shell.current_dir(&project.folder), |_| None);
    assert!(said.contains("without a balance: 1"), "{said}");
    let early = gateway.log_text().matches("\"status\":429").count();
    // A client that waits as long as it should exceeds the limit at most once a request.
    assert!((1..=REQUESTS).contains(&early), "{early}");
}

#[test]
fn it_explains_each_failure_in_a_sentence() {
    let Some(project) = project() else { return };
    succeeds(&project, "generate");
    fails(&project, "start", "Set GATEWAY_URL and TOKEN: the demo prints both\n");
    let complaint = |url: &str, token: &str| {
        let mut report = project.node("dist/main.js");
        let output = report.env("GATEWAY_URL", url).env("TOKEN", token).output().expect("it runs");
        assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let unreachable = "http://127.0.0.1:1";
    assert_eq!(complaint(unreachable, "cgw_…"), NO_TOKEN);
    let expected =
        format!("There is no answer from {unreachable}/graphql. Is the gateway running?\n");
    assert_eq!(complaint(unreachable, "token"), expected);
    // A proxy serves the gateway below a path, behind its own login page.
    for (status, code) in [("200 OK", 200), ("502 Bad Gateway", 502)] {
        let login = Service::start(&[(status, "<h1>Log in</h1>")]);
        let url = format!("{}/cards/", login.url);
        let what = "text/html instead of GraphQL. Is this the gateway's address?";
        let expected = format!("{url}graphql returned status {code} and {what}\n");
        assert_eq!(complaint(&url, "token"), expected);
        assert_eq!(login.asked(), ["POST /cards/graphql HTTP/1.1"]);
    }
}

#[test]
fn a_copy_of_the_folder_works_by_itself() {
    let Some(project) = node::project("examples/typescript") else { return };
    // Nothing of the repository is beside it.
    fails(&project, "generate", "Set GATEWAY_URL: the schema comes from a running gateway");
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve();
    let commands = commands("typescript");
    let mut shell = shell(&gateway, &token, &commands[1..3]);
    node::converse(shell.current_dir(&project.folder), |_| None);
}

#[test]
fn a_wrong_query_is_found_before_it_runs() {
    let Some(project) = project() else { return };
    let operations = project.folder.join("src/operations.graphql");
    let right = fs::read_to_string(&operations).expect("there are some");
    let change = |from: &str, to: &str| {
        assert!(right.contains(from), "{from}");
        fs::write(&operations, right.replace(from, to)).expect("it is written");
    };
    change("flowStatus", "flowState");
    fails(&project, "generate", "Cannot query field \"flowState\" on type \"CardCustomer\"");
    change("$email: ID!", "$email: Int!");
    fails(&project, "generate", "Variable \"$email\" of type \"Int!\"");
    // Used, but not selected.
    change("      flowStatus\n", "");
    succeeds(&project, "generate");
    fails(&project, "check", "Property 'flowStatus' does not exist");
    change("", "");
    succeeds(&project, "generate");
    succeeds(&project, "check");
    // A nullable value is not an amount.
    let main = project.folder.join("src/main.ts");
    let text = fs::read_to_string(&main).expect("it is there");
    let careless = text.replace("availableBalance === null", "false");
    assert_ne!(careless, text);
    fs::write(&main, careless).expect("it is written");
    fails(&project, "check", "is not assignable to parameter of type 'string'");
}

/// The project, with the schema of the repository in its place.
fn project() -> Option<Project> {
    let project = node::project("examples/typescript")?;
    let schema = "schema.graphql";
    let source = super::folder("..").join(schema);
    fs::copy(source, project.root.path().join(schema)).expect("a copy");
    Some(project)
}

fn npm(project: &Project, script: &str) -> (bool, String) {
    let mut npm = Command::new("npm");
    let output = npm.args(["run", script]).current_dir(&project.folder).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn succeeds(project: &Project, script: &str) {
    let (success, said) = npm(project, script);
    assert!(success, "{script}: {said}");
}

fn fails(project: &Project, script: &str, because: &str) {
    let (success, said) = npm(project, script);
    assert!(!success && said.contains(because), "{script}: {said}");
}
