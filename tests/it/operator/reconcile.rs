//! `reconcile`: its progress, and endpoints that fail.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use card_gateway_sandbox::Fault;
use serde_json::Value;

use super::{errors, printed, signal};
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::within;
use crate::support::{Database, on_both};

/// An address where nobody is, with a secret in it.
const DEAD: &str = "http://127.0.0.1:1/?key=hunter2";
const RPC_URLS: &str = "CARD_GATEWAY__CHAIN__RPC_URLS";

on_both! {
    fn a_dead_endpoint_is_one_line_at_once(database) {
        database.program_with("acme", &wallets(3));
        let mut reconcile = database.program(&["reconcile"]);
        reconcile.env(RPC_URLS, DEAD).stdout(Stdio::piped()).stderr(Stdio::piped());
        let began = Instant::now();
        let mut reconcile = reconcile.spawn().expect("it starts");
        let mut lines = BufReader::new(reconcile.stderr.take().expect("it is piped")).lines();
        let mut next = || lines.next().expect("a line").expect("UTF-8");
        assert_eq!(next(), "0 of 3 wallets");
        assert_eq!(next(), "endpoint 1: cannot be used: nobody listens there");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        signal(&reconcile, "INT");
        // Nothing else was said meanwhile.
        assert_eq!(next(), "card-gateway: stopped: 0 of 3 wallets were read, which is kept; run it again for the others");
        assert_eq!(reconcile.wait().expect("it ends").code(), Some(130));
    }

    fn wallets_are_read_from_the_endpoint_that_works(database) {
        let works = sandbox(3);
        database.program_with("acme", &wallets(3));
        let mut reconcile = database.program(&["reconcile"]);
        let output = reconcile.env(RPC_URLS, format!("{DEAD},{}", works.url())).output().expect("it runs");
        let said = errors(&output);
        assert!(output.status.success(), "{said}");
        assert_eq!(printed(&output), "read 3 wallets, 0 of them hold something else than was notified\n");
        assert!(said.starts_with("0 of 3 wallets\n") && !said.contains("hunter2"), "{said}");
    }

    fn readyz_and_the_log_say_why_an_endpoint_fails(database) {
        let (wrong, limited, slow, page) = (sandbox(1), sandbox(1), sandbox(1), sandbox(1));
        wrong.set_fault(Some(Fault::WrongChain(1)));
        limited.set_fault(Some(Fault::Status(503, None)));
        slow.set_fault(Some(Fault::Delay(Duration::from_secs(30))));
        page.set_fault(Some(Fault::Html));
        database.succeed(&["migrate"], "");
        let keyed = |url: String| format!("{url}?key=hunter2");
        let urls = [DEAD.to_owned(), keyed(wrong.url()), keyed(limited.url()), keyed(slow.url()), keyed(page.url()),
            "http://no-such-host.invalid/hunter2".to_owned()];
        let gateway = database.serve_with(&[(RPC_URLS, &urls.join(",")), ("CARD_GATEWAY__CHAIN__TIMEOUT", "2s")]);
        let expected = [
            "cannot be used: nobody listens there",
            "not used: it is of chain 1, not of 100",
            "cannot be used: it answered with status 503",
            "cannot be used: it did not answer in time",
            "cannot be used: its answer is not JSON-RPC",
            "cannot be used: its host does not exist",
        ];
        let endpoints = || -> Value { gateway.get("", "/readyz").json()["chain"]["endpoints"].take() };
        assert!(within(Duration::from_secs(15), || endpoints() == serde_json::json!(expected)), "{}", endpoints());
        // One that works again is used.
        limited.set_fault(None);
        assert!(within(Duration::from_secs(30), || endpoints()[2] == "ok"), "{}", endpoints());
        assert!(within(Duration::from_secs(30), || gateway.log_text().contains("chain endpoint 3 works again")));
        // One line for each, however often it is tried.
        let warnings = gateway.warnings();
        for (at, why) in [(1, "nobody listens there"), (3, "it answered with status 503"), (4, "it did not answer in time")] {
            let about = |line: &&String| line.contains(&format!("chain endpoint {at} fails"));
            let lines: Vec<&String> = warnings.iter().filter(about).collect();
            assert!(lines.len() == 1 && lines[0].contains(why), "{at}: {warnings:#?}");
        }
        assert!(!gateway.log_text().contains("hunter2") && !gateway.get("", "/readyz").text.contains("hunter2"));
    }
}

#[test]
fn without_an_endpoint_it_says_which_setting_is_missing() {
    let database = Database::sqlite();
    database.succeed(&["migrate"], "");
    let output = database.run(&["reconcile"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("set CARD_GATEWAY__CHAIN__RPC_URLS"), "{}", errors(&output));
}
