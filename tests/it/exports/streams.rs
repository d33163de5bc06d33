//! How an export is sent: at the pace of its reader, from one moment, whole or cut off.

use std::io::Read as _;
use std::time::{Duration, Instant};

use reqwest::blocking::Response;

use super::{MANY, customers, metric, ndjson, program_with_many};
use crate::support::issuer::within;
use crate::support::{Database, Gateway, Line, on_both};

const PATIENCE: Duration = Duration::from_secs(20);

/// An export of which only the beginning is read.
fn begun(gateway: &Gateway, token: &str) -> (Response, Vec<u8>) {
    let request =
        gateway.client().get(format!("{}{}", gateway.host, ndjson(""))).bearer_auth(token);
    let mut response = request.send().expect("an answer");
    assert_eq!(response.status(), 200);
    let mut first = vec![0; 1_000];
    response.read_exact(&mut first).expect("a beginning");
    (response, first)
}

/// Waits until so many exports hold a snapshot.
fn running(gateway: &Gateway, count: f64) -> bool {
    within(PATIENCE, || {
        metric(gateway, "exports_running").unwrap_or(0.0).to_bits() == count.to_bits()
    })
}

/// Whether PostgreSQL has an open transaction that waits for its client.
fn is_snapshot_held(database: &Database) -> bool {
    let Some(name) = &database.postgres else { return false };
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND state = 'idle in transaction'"
    );
    database.as_superuser(&count).trim() != "0"
}

on_both! {
    fn changes_during_an_export_are_not_seen(database) {
        let token = program_with_many(&database);
        let gateway = database.serve();
        let (mut response, mut bytes) = begun(&gateway, &token);
        assert!(running(&gateway, 1.0));
        database.execute("UPDATE card_customers SET email = 'changed@x', email_key = 'changed@x' WHERE id > 'a00000000000000000039000'");
        database.import("acme", &[Line::new(1), Line::new(70_000).with("id", "f".repeat(24))]);
        assert_eq!(gateway.query(&token, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], MANY + 2);
        response.read_to_end(&mut bytes).expect("all of it");
        let text = String::from_utf8(bytes).expect("UTF-8");
        let all = customers(&text);
        assert_eq!(all.len(), MANY);
        assert!(!text.contains("changed@x"));
        let ids: Vec<&str> = all.iter().map(|of| of["id"].as_str().expect("a text")).collect();
        assert!(ids.is_sorted());
        assert!(running(&gateway, 0.0));
        let now = gateway.get(&token, &ndjson("?search=changed@x"));
        assert!(customers(&now.text).len() > 500);
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn a_client_that_leaves_frees_the_snapshot_at_once(database) {
        let token = program_with_many(&database);
        let gateway = database.serve();
        for _ in 0..3 {
            let left = begun(&gateway, &token);
            assert!(running(&gateway, 1.0));
            drop(left);
            assert!(running(&gateway, 0.0));
        }
        assert!(within(PATIENCE, || metric(&gateway, "exports_total{outcome=\"abandoned\"}") == Some(3.0)));
        assert!(within(PATIENCE, || !is_snapshot_held(&database)));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn a_slow_reader_is_cut_off_and_takes_no_part_for_the_whole(database) {
        let token = program_with_many(&database);
        let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__EXPORT_TIMEOUT", "1s"), ("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "500ms")]);
        let (mut response, mut bytes) = begun(&gateway, &token);
        // Longer than other requests may take.
        assert!(running(&gateway, 1.0));
        assert!(running(&gateway, 0.0), "the snapshot is not held for the reader");
        assert!(within(PATIENCE, || !is_snapshot_held(&database)));
        assert!(response.read_to_end(&mut bytes).is_err(), "it must not look complete");
        assert!(bytes.len() > 100_000, "{}", bytes.len());
        assert!(within(PATIENCE, || metric(&gateway, "exports_total{outcome=\"failed\"}") == Some(1.0)));
        let said = gateway.warnings();
        assert!(said.len() == 1 && said[0].contains("was not read within 1 seconds"), "{said:?}");
    }

    fn only_a_few_exports_run_at_once(database) {
        let token = program_with_many(&database);
        let other = database.program_with("globex", &[Line::new(1)]);
        let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__EXPORTS_PER_PROGRAM", "1"), ("CARD_GATEWAY__LIMITS__EXPORTS", "2")]);
        let first = begun(&gateway, &token);
        let refused = gateway.get(&token, &ndjson(""));
        assert_eq!((refused.status, refused.header("retry-after")), (503, "10"));
        assert_eq!(refused.json()["error"], "unavailable");
        assert_eq!(gateway.get(&other, &ndjson("")).status, 200, "another program has a place of its own");
        drop(first);
        assert!(running(&gateway, 0.0));
        let again = begun(&gateway, &token);
        drop(again);
        let none = database.serve_with(&[("CARD_GATEWAY__LIMITS__EXPORTS", "1"), ("CARD_GATEWAY__DATABASE__MAX_CONNECTIONS", "3")]);
        let first = begun(&none, &token);
        let refused = none.get(&other, &ndjson(""));
        assert_eq!(refused.status, 503, "{}", refused.text);
        assert!(refused.text.contains("of all programs"), "{}", refused.text);
        assert_eq!(none.query(&other, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 1);
        drop(first);
        assert_eq!((gateway.warnings(), none.warnings()), (Vec::new(), Vec::new()));
    }

    fn a_process_that_stops_does_not_wait_for_a_reader(database) {
        let token = program_with_many(&database);
        let mut gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__SHUTDOWN_GRACE", "1s")]);
        let (mut response, mut bytes) = begun(&gateway, &token);
        assert!(running(&gateway, 1.0));
        let began = Instant::now();
        gateway.signal("TERM");
        assert!(gateway.wait().success());
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
        assert!(response.read_to_end(&mut bytes).is_err(), "it must not look complete");
    }

    fn an_export_is_compressed_as_it_goes(database) {
        let token = program_with_many(&database);
        let gateway = database.serve();
        let plain = gateway.get(&token, &ndjson("")).text;
        let request = gateway.client().get(format!("{}{}", gateway.host, ndjson(""))).bearer_auth(&token);
        let response = request.header("accept-encoding", "gzip").send().expect("an answer");
        assert_eq!(response.headers()["content-encoding"], "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(response).read_to_string(&mut text).expect("gzip");
        assert!(text == plain && text.lines().count() == MANY);
        assert!(within(PATIENCE, || metric(&gateway, "exports_total{outcome=\"complete\"}") == Some(2.0)));
    }
}

#[test]
fn an_export_whose_database_is_lost_ends_as_an_error() {
    let Some(database) = Database::postgres() else { return };
    let token = program_with_many(&database);
    let gateway = database.serve();
    let (mut response, mut bytes) = begun(&gateway, &token);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    wire.cut();
    assert!(response.read_to_end(&mut bytes).is_err(), "it must not look complete");
    wire.mend();
    assert!(within(PATIENCE, || gateway.get(&token, &ndjson("?search=nobody")).status == 200));
    assert!(running(&gateway, 0.0));
}
