//! Imports and replays of more than one transaction holds.

use std::io::Write;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::builders::lines;
use crate::support::issuer::{ACME, balance, event, from_now, within};
use crate::support::{Database, Line, on_both};

/// Texts that formats of databases give a meaning to.
const ODD: [&str; 9] =
    ["\\N", "\\.", "NULL", "a\\tb\\nc", "{\"a\":1}", "a,b", "'; --", "%s$1?", "ü ’ 😀 \u{200d}"];

fn count(database: &Database, sql: &str) -> i64 {
    let counted = database.texts(&format!("SELECT CAST(({sql}) AS TEXT)"));
    counted[0].parse().expect("a number")
}

/// What is wrong with the counts and sums that the database keeps.
fn verify(database: &Database) {
    let said = database.succeed(&["migrate", "--verify"], "");
    assert!(said.contains("the counts of customers are correct"), "{said}");
    assert!(said.contains("the sums of balances are correct"), "{said}");
}

on_both! {
    fn an_import_of_many_keeps_every_text(database) {
        let mut all = lines(600);
        for (line, text) in all.iter_mut().zip(ODD) {
            *line = line.clone().with("external_customer_id", text).with("email", format!("{text}@example.com"));
        }
        let token = database.program_with("acme", &all);
        let gateway = database.serve();
        for (line, text) in all.iter().zip(ODD) {
            let query = "query ($name: ID!) { cardCustomer(identifier: $name) { id externalCustomerId email } }";
            let found = gateway.query_with(&token, query, &json!({ "name": text })).data()["cardCustomer"].take();
            assert_eq!(found["externalCustomerId"], text);
            assert_eq!(found["email"], format!("{text}@example.com"));
            assert_eq!(found["id"], line.id());
        }
        verify(&database);
    }

    fn an_import_of_known_and_new_customers_updates_the_ones_and_adds_the_others(database) {
        let first: Vec<Line> = lines(700).into_iter().map(|line| line.cards(&["active"])).collect();
        let token = database.program_with("acme", &first);
        let gateway = database.serve();
        let changes = || count(&database, "SELECT COUNT(*) FROM changes");
        assert_eq!(changes(), 700);
        // The first 300 are left out, of the next 400 every second one is changed, and 300 come.
        let mut second: Vec<Line> = lines(1_000).into_iter().skip(300).map(|line| line.cards(&["active"])).collect();
        for line in second.iter_mut().take(400).step_by(2) {
            *line = line.clone().with("email", format!("changed{}@example.com", line.id())).cards(&["active", "frozen"]);
        }
        // One that comes is there twice: the later line counts.
        second.push(Line::new(999).balance(5, 0).with("flow_status", "card_created"));
        database.import("acme", &second);
        assert_eq!(changes(), 700 + 200 + 300, "those who are as they were have not changed");
        let total = |status: &str| {
            let query = format!("{{ cardCustomers{status} {{ totalCount }} }}");
            gateway.query(&token, &query).data()["cardCustomers"]["totalCount"].as_i64()
        };
        assert_eq!((total(""), total("(status: CARD_CREATED)")), (Some(1_000), Some(1)));
        assert_eq!(count(&database, "SELECT COUNT(*) FROM cards"), 1_200);
        assert_eq!(count(&database, "SELECT COUNT(*) FROM card_customers WHERE email LIKE 'changed%'"), 200);
        assert_eq!(count(&database, "SELECT COUNT(*) FROM cards WHERE imported_at IS NULL"), 0);
        // All of it once more changes nothing.
        database.import("acme", &second);
        assert_eq!(changes(), 1_200);
        verify(&database);
    }

    fn a_replay_takes_up_more_events_than_one_transaction_holds(database) {
        let token = database.program_with("acme", &lines(2));
        let gateway = database.serve_with(&[ACME]);
        // All are refused for now: the wallet is not in pounds.
        for number in 0..80 {
            let data = json!({ "external_customer_id": "usr_1", "currency": "GBP",
                "ledger_balance": number, "available_balance": number });
            let body = event(&format!("evt_{number:02}"), "customer.balance.updated", &from_now(number - 1_000), &data);
            assert_eq!(gateway.take(&body), "failed");
        }
        database.import("acme", &[Line::new(1).with("currency", "GBP")]);
        assert_eq!(database.succeed(&["events", "replay", "--all"], ""), "replayed 80 events, 80 of them are applied now");
        assert_eq!(gateway.balance_of(&token, "usr_1")[0], "79.00");
        assert_eq!(database.succeed(&["events", "replay", "--all"], ""), "replayed 0 events, 0 of them are applied now");
    }
}

/// Feeds an import until it is told to stop; returns how many customers that were.
fn feed(mut import: impl Write, stop: &AtomicBool) -> u32 {
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) {
        number += 1;
        let line = Line::new(number).balance(1, 0).cards(&["active"]);
        writeln!(import, "{}", line.0).expect("it reads");
    }
    number
}

on_both! {
    fn events_of_another_program_are_acknowledged_while_an_import_writes(database) {
        database.succeed(&["program", "create", "--name", "busy"], "");
        let token = database.program_with("acme", &lines(1));
        let gateway = database.serve_with(&[ACME]);
        let mut import = database.program(&["import", "--program", "busy", "-"])
            .stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let input = import.stdin.take().expect("it is piped");
        let stop = Arc::new(AtomicBool::new(false));
        let feeding = { let stop = Arc::clone(&stop); thread::spawn(move || feed(input, &stop)) };
        let stored = || count(&database, "SELECT COUNT(*) FROM card_customers");
        assert!(within(Duration::from_secs(30), || stored() > 1));
        // Neither waits until the other has nothing to do.
        let mut sent = 0;
        let before = stored();
        assert!(within(Duration::from_mins(1), || {
            sent += 1;
            let available = format!("{sent}.00");
            let body = balance(&format!("evt_{sent}"), "usr_1", &available, "0.00", &from_now(0));
            assert_eq!(gateway.take(&body), "applied");
            sent >= 20 && stored() > before
        }));
        assert_eq!(gateway.balance_of(&token, "usr_1")[0], format!("{sent}.00"));
        stop.store(true, Ordering::Relaxed);
        let fed = feeding.join().expect("no panic");
        let output = import.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("imported {fed} customers into busy\n"));
        verify(&database);
    }
}

#[test]
fn postgres_knows_how_many_customers_a_large_import_has_brought() {
    let Some(database) = Database::postgres() else { return };
    database.succeed(&["program", "create", "--name", "acme"], "");
    let known = "SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE relname = 'card_customers'";
    database.import("acme", &lines(6_000));
    assert_eq!(count(&database, known), 6_000);
}
