//! Whatever fails, the log has one line about it, however many requests meet it; and one when
//! it is over, with their number. The metrics show it meanwhile.

use std::thread::sleep;
use std::time::Duration;

use card_gateway_sandbox::Fault;
use serde_json::Value;

use crate::issuer_routes::world::{PREFIX, World};
use crate::support::chain::{sandbox, wallets};
use crate::support::disk::limit_files;
use crate::support::issuer::{ACME, balance, from_now, within};
use crate::support::{Database, Gateway, Line, on_both};

const LIST: &str = "/v1/card-issuer/customers";
const NODES: &str = "{ cardCustomers { nodes { id } } }";
/// How long the gateway may take to say that an outage is over.
const OVER: Duration = Duration::from_secs(20);
/// How many requests of each kind meet an outage.
const REQUESTS: usize = 12;

fn event(number: usize) -> String {
    balance(&format!("evt_{number}"), "usr_1", "1.00", "0.00", &from_now(0))
}

/// Whether a metric says that a dependency fails.
fn fails(gateway: &Gateway, dependency: &str) -> bool {
    let line = format!("dependency_failing{{dependency=\"{dependency}\"}} 1");
    gateway.get("", "/metrics").text.contains(&line)
}

/// The one bad line of the log, which names the dependency and the cause.
fn the_one_line(gateway: &Gateway, dependency: &str) -> Value {
    let lines = gateway.warnings();
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    let line: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!((&line["level"], &line["dependency"]), (&"ERROR".into(), &dependency.into()));
    assert!(line["cause"].as_str().is_some_and(|cause| !cause.is_empty()), "{line}");
    line
}

/// Waits until the log says that an outage is over; how many failures there were.
fn over(gateway: &Gateway, dependency: &str, work: impl Fn()) -> u64 {
    let said = || {
        let log = gateway.log_text();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut lines = lines.filter(|line| line["dependency"] == dependency);
        lines.find_map(|line| line["failures"].as_u64())
    };
    let is_over = within(OVER, || {
        work();
        sleep(Duration::from_millis(50));
        said().is_some()
    });
    assert!(is_over, "{}", gateway.log_text());
    assert!(!fails(gateway, dependency));
    said().expect("it is said")
}

#[test]
fn a_database_that_is_away_has_one_line() {
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let settings = [ACME, ("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "300ms")];
    let gateway = database.serve_with(&settings);
    gateway.take(&event(0));
    assert_eq!(gateway.get(&token, LIST).status, 200);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.cut();
    for number in 1..=REQUESTS {
        assert_eq!(gateway.get(&token, LIST).status, 503);
        assert_eq!(gateway.query(&token, NODES).code(), "UPSTREAM_UNAVAILABLE");
        assert_eq!(gateway.deliver(&event(number)).status, 503);
        assert_eq!(gateway.get("", "/readyz").status, 503);
    }
    assert!(fails(&gateway, "database"));
    // The issuer's deliveries have a warning of their own, at ten.
    let lines = gateway.warnings();
    let (deliveries, others): (Vec<_>, Vec<_>) =
        lines.iter().partition(|line| line.contains("webhook deliveries fail"));
    assert_eq!((deliveries.len(), others.len()), (1, 1), "{lines:#?}");
    wire.mend();
    let failures = over(&gateway, "database", || drop(gateway.get(&token, LIST)));
    assert!(failures >= 3 * REQUESTS as u64, "{failures}");
    assert_eq!(gateway.warnings().len(), 2);
    // The next outage has a line again.
    wire.cut();
    gateway.get(&token, LIST);
    assert_eq!(gateway.warnings().len(), 3);
    wire.mend();
}

#[test]
fn a_database_that_does_not_answer_has_one_line() {
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "500ms")]);
    assert_eq!(gateway.get(&token, LIST).status, 200);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.freeze();
    assert_eq!(gateway.get("", "/readyz").status, 503);
    for _ in 0..4 {
        let status = gateway.get(&token, LIST).status;
        assert!([503, 504].contains(&status), "{status}");
    }
    the_one_line(&gateway, "database");
    wire.mend();
}

#[test]
fn a_full_disk_has_one_line() {
    let mut database = Database::sqlite();
    // The signal that a file may not grow would end the process.
    let ignoring = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
    database.wrapper = ignoring.map(str::to_owned).to_vec();
    database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME]);
    gateway.take(&event(0));
    limit_files(&gateway, Some(0));
    for number in 1..9 {
        assert_eq!(gateway.deliver(&event(number)).status, 503);
        assert_eq!(gateway.get("", "/readyz").status, 503);
    }
    the_one_line(&gateway, "database");
    limit_files(&gateway, None);
    let failures = over(&gateway, "database", || drop(gateway.deliver(&event(1))));
    assert!(failures >= 8, "{failures}");
}

on_both! {
    fn an_endpoint_that_fails_has_one_line(database) {
        let chain = sandbox(30);
        let token = database.program_with("acme", &wallets(30));
        let settings = [("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s"), ("CARD_GATEWAY__CHAIN__TIMEOUT", "1s")];
        let gateway = database.serve_on(&[&chain], &settings);
        chain.set_fault(Some(Fault::Status(503, None)));
        for number in 1..=REQUESTS {
            let query = format!("{{ cardCustomer(identifier: \"usr_{number}\") {{ ledgerBalance }} }}");
            assert_eq!(gateway.query(&token, &query).code(), "BALANCE_UNAVAILABLE");
        }
        assert!(fails(&gateway, "chain endpoint 1"));
        the_one_line(&gateway, "chain endpoint 1");
        chain.set_fault(None);
        let query = "{ cardCustomers { nodes { ledgerBalance } } }";
        assert!(over(&gateway, "chain endpoint 1", || drop(gateway.query(&token, query))) >= 3);
    }

    fn an_issuer_that_fails_has_one_line(database) {
        use card_gateway_sandbox::issuer::{Fault, FaultRule};
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve_with(&[("CARD_GATEWAY__ISSUER__TIMEOUT", "2s")]), world.token("acme"));
        let path = format!("{PREFIX}/{}/profile", world.holder("acme").name);
        world.issuer.add_fault(FaultRule::on("*", Fault::Status(503)));
        for _ in 0..REQUESTS {
            assert_eq!(gateway.get(&token, &path).status, 503);
        }
        assert!(fails(&gateway, "issuer for acme"));
        the_one_line(&gateway, "issuer for acme");
        world.issuer.clear_faults();
        assert!(over(&gateway, "issuer for acme", || drop(gateway.get(&token, &path))) >= 5);
    }
}

#[test]
fn requests_that_take_too_long_have_one_line_a_minute() {
    // Each waits for this server at least once.
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "1ns")]);
    // On a busy machine the server may have answered before the gateway waits.
    let late = |_: &usize| gateway.get(&token, LIST).json()["error"] == "timeout";
    assert_eq!((0..10 * REQUESTS).filter(late).take(REQUESTS).count(), REQUESTS);
    let lines = gateway.warnings();
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("request failed"), "{lines:#?}");
}
