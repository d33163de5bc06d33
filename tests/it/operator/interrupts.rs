//! Long commands that are stopped by Ctrl-C or SIGTERM: what they say, and what is kept.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use card_gateway_sandbox::Fault as ChainFault;
use card_gateway_sandbox::issuer::{Fault, FaultRule, Fill, Issuer, IssuerOptions, ProgramSpec};
use serde_json::json;

use super::{errors, signal};
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::within;
use crate::support::{Database, Line, on_both};

/// Starts a command; its input and both outputs are pipes.
fn start(mut command: Command) -> Child {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

fn count(database: &Database, table: &str) -> u64 {
    let count = format!("SELECT CAST(count(*) AS text) FROM {table}");
    database.texts(&count)[0].parse().expect("a number")
}

/// Writes lines of customers for as long as they are read.
fn endless(mut input: impl std::io::Write + Send + 'static) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut number = 1;
        while writeln!(input, "{}", Line::new(number).0).is_ok() {
            number += 1;
        }
    })
}

/// How many lines an import says that it has kept.
fn lines_kept(said: &str) -> u64 {
    let (_, rest) = said.split_once("card-gateway: stopped: the first ").expect("it was stopped");
    let kept = " lines are stored and kept; import the file again to go on\n";
    rest.strip_suffix(kept).and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

on_both! {
    fn an_import_that_is_stopped_says_which_lines_are_kept(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        for (name, status) in [("INT", 130), ("TERM", 143)] {
            database.execute("DELETE FROM card_customers");
            let mut import = start(database.program(&["import", "--program", "acme", "-"]));
            let writing = endless(import.stdin.take().expect("it is piped"));
            assert!(within(Duration::from_secs(30), || count(&database, "card_customers") >= 1_000));
            signal(&import, name);
            let output = import.wait_with_output().expect("it ends");
            writing.join().expect("it ends with its reader");
            let said = errors(&output);
            assert_eq!(output.status.code(), Some(status), "{said}");
            let lines = lines_kept(&said);
            let stored = count(&database, "card_customers");
            // A transaction that was under way may have come to its end.
            assert!(lines > 0 && lines <= stored, "{lines} of {stored}");
            assert_eq!(said.lines().count(), 1, "{said}");
            assert!(output.stdout.is_empty(), "{output:?}");
        }
    }

    fn a_synchronisation_that_is_stopped_goes_on_at_once_where_it_was(database) {
        let programs = vec![ProgramSpec::named("acme")];
        let issuer = Issuer::start(IssuerOptions { programs, ..IssuerOptions::default() }).expect("it starts");
        issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(400) }));
        database.succeed(&["program", "create", "--name", "acme"], "");
        let keys = issuer.credentials("acme").expect("the program is there");
        let sync = || {
            let mut sync = database.program(&["sync", "--program", "acme"]);
            sync.env("CARD_GATEWAY__ISSUER__BASE_URL", issuer.url())
                .env("CARD_GATEWAY__ISSUER__ACME__API_KEY", &keys.api_key)
                .env("CARD_GATEWAY__ISSUER__ACME__API_SECRET", &keys.api_secret)
                .env("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0")
                .env("CARD_GATEWAY__ISSUER__SYNC_LEASE", "60s");
            sync
        };
        let list = "GET /v1/card-issuer/customers";
        issuer.add_fault(FaultRule::on(list, Fault::Slow(Duration::from_secs(30))).after(2).once());
        let stopped = start(sync());
        assert!(within(Duration::from_secs(20), || count(&database, "card_customers") == 200));
        std::thread::sleep(Duration::from_millis(200));
        signal(&stopped, "INT");
        let output = stopped.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
        assert_eq!(errors(&output), "card-gateway: stopped: the pages of acme that were read are kept; run it again to go on there\n");
        issuer.take_calls();
        // The next one does not wait for the lease of the first one to end.
        let began = std::time::Instant::now();
        let output = sync().output().expect("it runs");
        assert!(output.status.success(), "{}", errors(&output));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
        assert_eq!(count(&database, "card_customers"), 400);
    }

    fn a_reconciliation_that_is_stopped_says_how_many_wallets_are_read(database) {
        let sandbox = sandbox(30);
        // So that there is time to see it.
        sandbox.set_fault(Some(ChainFault::Delay(Duration::from_millis(300))));
        database.program_with("acme", &wallets(30));
        let mut reconcile = database.program(&["reconcile"]);
        reconcile.env("CARD_GATEWAY__CHAIN__RPC_URLS", sandbox.url());
        reconcile.env("CARD_GATEWAY__CHAIN__TIMEOUT", "20s").env("CARD_GATEWAY__CHAIN__BATCH", "10");
        let reconcile = start(reconcile);
        // It checks the endpoint, and reads some.
        assert!(within(Duration::from_secs(10), || count(&database, "chain_balances") > 0));
        sandbox.set_fault(Some(ChainFault::Delay(Duration::from_secs(15))));
        std::thread::sleep(Duration::from_millis(100));
        signal(&reconcile, "INT");
        let output = reconcile.wait_with_output().expect("it ends");
        let said = errors(&output);
        assert!(said.starts_with("0 of 30 wallets\n"), "{said}");
        assert_eq!(output.status.code(), Some(130), "{said}");
        let read = count(&database, "chain_balances");
        assert!(said.contains(&format!("stopped: {read} of 30 wallets were read, which is kept; run it again for the others")), "{said}");
    }

    fn a_replay_that_is_stopped_says_how_many_events_are_replayed(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        let number = if database.wire.is_some() { "generate_series(1, 3000) AS n(i)" } else {
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i FROM n)"
        };
        let data = json!({ "external_customer_id": "usr_1", "amount": 1, "currency": "EUR" });
        database.execute(&format!(
            "INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, moment) \
             SELECT (SELECT id FROM programs), 'evt_' || i, 'customer.funded', '{{\"id\":\"evt_' || i || \
             '\",\"type\":\"customer.funded\",\"created_at\":\"2026-05-12T14:30:00Z\",\"data\":{data}}}', i, 'failed', i FROM {number}"
        ));
        let replay = start(database.program(&["events", "replay", "--all"]));
        assert!(within(Duration::from_secs(20), || count(&database, "inbox_events WHERE state <> 'failed'") > 20));
        signal(&replay, "TERM");
        let output = replay.wait_with_output().expect("it ends");
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(143), "{said}");
        let replayed = said.strip_prefix("card-gateway: stopped: ").and_then(|rest| rest.strip_suffix(
            " events were replayed, which is kept; run it again for the others\n"));
        let replayed: u64 = replayed.and_then(|count| count.parse().ok()).unwrap_or_else(|| panic!("{said}"));
        let changed = count(&database, "inbox_events WHERE state <> 'failed'");
        assert!(replayed > 20 && changed.abs_diff(replayed) <= 50, "{replayed} of {changed}");
    }
}

#[test]
fn an_import_on_a_terminal_takes_its_bar_away_before_it_says_what_is_kept() {
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    // A pipe by its name, so that the standard input can stay closed.
    let pipe = database.folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    let path = pipe.to_str().expect("text").to_owned();
    let import = database.program(&["import", "--program", "acme", &path]);
    let import = crate::support::pseudo_terminal::OnTerminal::start(import);
    let input = std::fs::OpenOptions::new().write(true).open(&pipe).expect("it is read");
    let writing = endless(input);
    assert!(within(Duration::from_secs(30), || count(&database, "card_customers") >= 1_000));
    signal(&import.child, "INT");
    let (status, shown) = import.end();
    writing.join().expect("it ends with its reader");
    assert_eq!(status.code(), Some(130), "{shown}");
    let last = shown.rsplit("\u{1b}[2K").next().unwrap_or_default();
    assert!(lines_kept(last) > 0, "{shown:?}");
}

#[test]
fn a_list_that_is_stopped_ends_as_programs_do() {
    use std::os::unix::process::ExitStatusExt as _;
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    database.execute(
        "INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, moment) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
         SELECT 1, 'evt_' || i, 'card.created', '{}', i, 'kept', i FROM n",
    );
    let mut list = start(database.program(&["events", "list"]));
    let mut first = String::new();
    let mut output = BufReader::new(list.stdout.take().expect("it is piped"));
    output.read_line(&mut first).expect("UTF-8");
    // The pipe is full, and the list goes on.
    signal(&list, "TERM");
    assert_eq!(list.wait().expect("it ends").signal(), Some(15));
}
