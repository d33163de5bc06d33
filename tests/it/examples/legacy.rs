//! The script for the old REST API: it prints what the gateway has, and waits when
//! the API asks it to.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use regex::Regex;
use serde_json::Value;

use super::service::Service;
use super::{NO_TOKEN, commands, folder, python, shell};
use crate::clients;
use crate::support::builders::lines;
use crate::support::easy_issuer::EasyIssuer;
use crate::support::{Database, Gateway, transaction};

#[test]
fn its_readme_lists_what_the_gateway_has() {
    if !python() {
        return;
    }
    let database = Database::sqlite();
    // One more than the script's page size.
    let mut customers = lines(101);
    customers[0] = customers[0].clone().with("flow_status", "otp_verified");
    customers[100] = customers[100].clone().balance(3_850, 5).cards(&["active", "voided"]);
    let token = database.program_with("acme", &customers);
    database.put_transactions("acme", vec![transaction(customers[100].id(), 1, 3_850)]);
    let gateway = database.serve();
    let all = commands("legacy");
    let [exports @ .., list, csv, quick, _keys, _session] = &all[..] else { panic!("{all:?}") };
    let run = |command: &String| {
        let commands: Vec<String> = exports.iter().chain([command]).cloned().collect();
        said(&finish(shell(&gateway, &token, &commands).current_dir(folder("legacy"))))
    };

    let printed = run(list);
    let (table, newest) = printed.split_once("\n\n").expect("two parts");
    assert_eq!(table.lines().count(), 102, "{table}");
    assert!(table.lines().nth(1).expect("a line").starts_with("customer101@example.com  active"));
    let expected = "The newest of them:
customer101@example.com: Card is active — customer can spend
available: 38.50 EUR
card ...0001: voided
card ...0000: active
2026-01-01T00:01:00.000Z  38.50 EUR  Corner Bakery  settled
";
    assert_eq!(newest, expected);

    // The same amounts as the gateway's, to the cent.
    let header = "email,flow_status,currency,available_balance,pending_balance,cards_count\n";
    assert_eq!(run(csv), header.to_owned() + &rows(&gateway, &token, "status=active&page=1"));
    let printed = run(quick);
    assert_eq!(printed.lines().nth(1).map(str::split_whitespace).map(Iterator::count), Some(4));

    // The script uses only documented routes.
    let document = gateway.get("", "/openapi.json").json();
    let documented: BTreeSet<&String> =
        document["paths"].as_object().expect("paths").keys().collect();
    let requests = gateway.log_text();
    let requests = requests.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let routes = requests.filter_map(|line| Some(line.get("route")?.as_str()?.to_owned()));
    let routes = routes.filter(|route| route != "/openapi.json");
    let routes: BTreeSet<String> =
        routes.map(|route| route.trim_start_matches("/api").to_owned()).collect();
    assert_eq!(routes.len(), 3, "{routes:?}");
    assert!(routes.iter().all(|route| documented.contains(route)), "{routes:?}");
}

#[test]
fn a_whole_session_is_the_same_at_the_issuer_and_at_the_gateway() {
    if !python() {
        return;
    }
    let all = commands("legacy");
    let [base, .., keys, session] = &all[..] else { panic!("{all:?}") };
    let run = |base: &str, pair: [&str; 2]| {
        let keys = keys.replacen("cgk_…", pair[0], 1).replacen("cgs_…", pair[1], 1);
        assert!(!keys.contains('…'), "{keys}");
        let script = format!("export CARD_API_URL={base}\n{keys}\n{session}");
        let mut shell = Command::new("sh");
        said(&finish(shell.args(["-ec", &script]).current_dir(folder("legacy"))))
    };
    let there = EasyIssuer::start();
    let expected = run(&there.issuer.url(), [&there.keys.api_key, &there.keys.api_secret]);

    let behind = EasyIssuer::start();
    let database = Database::sqlite();
    database.program_with("acme", &[]);
    let pair = clients::create(&database, "acme", &["--scope", "write,money"]);
    let settings = behind.settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let gateway = database.serve_with(&settings);
    assert_eq!(base, "export CARD_API_URL=\"$GATEWAY_URL/api\"");
    let printed = run(&format!("{}/api", gateway.host), [&pair.key, &pair.secret]);

    // What two issuers name differently: by the time, and by the host.
    let made_up = Regex::new(
        r"http://127\.0\.0\.1:\d+|(?:yativo_card_customer|tr)_\w+|[0-9a-f]{8}-[0-9a-f-]{27}",
    );
    let made_up = made_up.expect("a pattern");
    let plain = |text: &str| made_up.replace_all(text, "…").into_owned();
    assert_eq!(plain(&printed), plain(&expected), "{printed}");
    let shown = "0 customers
mira@example.com is …
identity check: …/hosted/kyc/…
waiting for the identity check: done
waiting for the wallet: done
card …
paid 25.00 USD: transfer … completed
freeze: the card is frozen
unfreeze: the card is active
mira@example.com: Card is active — customer can spend
";
    assert!(plain(&printed).starts_with(shown), "{printed}");
    let last = printed.lines().last().expect("a line");
    assert!(last.starts_with("cards: 1, available: 2"), "{last}");
    let payments = |of: &EasyIssuer| of.issuer.act(|program| program.payments().len());
    assert_eq!((payments(&there), payments(&behind)), (1, 1));
}

#[test]
fn it_waits_after_too_many_requests() {
    if !python() {
        return;
    }
    let database = Database::sqlite();
    let token = database.program_with("acme", &lines(1));
    let gateway = database.serve_with(&[
        ("CARD_GATEWAY__LIMITS__RATE_BURST", "1"),
        ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
    ]);
    let output = finish(&mut script(&format!("{}/api", gateway.host), &token));
    assert!(said(&output).contains("available: 0.01 EUR"), "{output:?}");
    let errors = String::from_utf8_lossy(&output.stderr);
    let waits = errors.lines().collect::<Vec<_>>();
    // On a slow machine, a point may be back before the script needs it.
    let as_told = waits.iter().all(|line| *line == "429: trying again in 1 s");
    assert!((1..=2).contains(&waits.len()) && as_told, "{errors}");
}

#[test]
fn it_waits_for_an_unavailable_service() {
    if !python() {
        return;
    }
    let empty = r#"{"success":true,"data":{"customers":[],"total":0}}"#;
    let service =
        Service::start(&[("503 Service Unavailable", "<h1>busy</h1>"), ("200 OK", empty)]);
    let output = finish(&mut script(&service.url, "a-key"));
    assert_eq!(service.asked().len(), 2);
    assert_eq!(said(&output).lines().count(), 1, "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "503: trying again in 1 s\n");
}

#[test]
fn it_explains_each_failure_in_a_sentence() {
    if !python() {
        return;
    }
    assert_eq!(complaint(&mut script("http://127.0.0.1:1", "cgw_…")), NO_TOKEN);

    let login = Service::start(&[("200 OK", "<h1>Log in</h1>")]);
    let url = login.url.clone();
    let error = complaint(&mut script(&format!("{url}/cards/api/"), "a-key"));
    let [asked] = &login.asked()[..] else { panic!("{error}") };
    let path = asked.split(' ').nth(1).expect("a path");
    assert!(path.starts_with("/cards/api/v1/card-issuer/customers?"), "{asked}");
    let what = "returned 200 and text/html instead of an API response. Is CARD_API_URL right?";
    assert_eq!(error, format!("{url}{path} {what}\n"));

    let error = complaint(&mut script("127.0.0.1:1", "a-key"));
    assert!(error.contains("unknown url type") && error.lines().count() == 1, "{error}");

    // An empty name does not mean all customers.
    let error = complaint(script("http://127.0.0.1:1", "a-key").arg(""));
    assert!(
        error.ends_with("the customer must not be empty; leave it out to list all customers\n"),
        "{error}"
    );
}

/// The customers of a page of the gateway, as rows of the script's CSV.
fn rows(gateway: &Gateway, token: &str, parameters: &str) -> String {
    let path = format!("/v1/card-issuer/customers?limit=100&{parameters}");
    let answer = gateway.get(token, &path).json();
    let customers = answer["data"]["customers"].as_array().expect("customers");
    assert_eq!(customers.len(), 100);
    let row = |customer: &Value| {
        let text = |name: &str| customer[name].as_str().expect("a text").to_owned();
        let money = |name: &str| format!("{:.2}", customer[name].as_f64().expect("an amount"));
        let cards = &customer["cards_count"];
        let (available, pending) = (money("available_balance"), money("pending_balance"));
        let who = [text("email"), text("flow_status"), text("currency")].join(",");
        format!("{who},{available},{pending},{cards}\n")
    };
    customers.iter().map(row).collect()
}

fn script(url: &str, key: &str) -> Command {
    let mut python = Command::new("python3");
    python.arg("customers.py").current_dir(folder("legacy"));
    python.env("CARD_API_URL", url).env("CARD_API_KEY", key);
    python
}

fn finish(command: &mut Command) -> Output {
    let output = command
        .env("PYTHONUTF8", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    output
}

/// The error of a command that must fail.
fn complaint(command: &mut Command) -> String {
    let output = command
        .env("PYTHONUTF8", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("it runs");
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}
