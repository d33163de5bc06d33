//! The gateway behind `PgBouncer`, in both of its modes.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::issuer::{ACME, balance, from_now, signed};
use crate::support::pgbouncer::PgBouncer;
use crate::support::watcher::Socket;
use crate::support::{Database, Gateway, Line};

const POOLER: &str = "CARD_GATEWAY__DATABASE__POOLER";
const LIST: &str = "{ cardCustomers(perPage: 50) { totalCount nodes { externalCustomerId availableBalance transactions { totalCount } cards { lastFour } } } }";

/// A fresh database behind a pooler, and the setting for it.
fn behind(mode: &'static str, connections: u32) -> Option<(Database, PgBouncer)> {
    let pooler = PgBouncer::start(mode, connections)?;
    let mut database = Database::postgres()?;
    let name = database.postgres.as_deref().expect("it is on PostgreSQL");
    database.url = pooler.url(name);
    Some((database, pooler))
}

/// Runs a command with the setting.
fn succeed(database: &Database, mode: &str, arguments: &[&str], input: Option<&str>) -> String {
    let mut command = database.program(arguments);
    command.env(POOLER, mode);
    if let Some(text) = input {
        let file = database.folder.path().join("input");
        std::fs::write(&file, text).expect("a file");
        command.stdin(std::fs::File::open(file).expect("a file"));
    }
    let output = command.output().expect("it runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

fn serve(database: &Database, mode: &str, more: &[(&str, &str)]) -> Gateway {
    let mut settings = vec![ACME, (POOLER, mode)];
    settings.extend(more);
    database.serve_with(&settings)
}

/// All that the gateway does with its database: migrations, imports, lists, webhooks,
/// subscriptions across replicas, commands.
fn all_of_it(mode: &'static str, connections: u32) {
    let Some((database, _pooler)) = behind(mode, connections) else { return };
    succeed(&database, mode, &["migrate"], None);
    succeed(&database, mode, &["program", "create", "--name", "acme"], None);
    let lines: Vec<String> =
        (1..=40).map(|number| Line::new(number).cards(&["active"]).0.to_string()).collect();
    let import = ["import", "--program", "acme", "-"];
    let said = succeed(&database, mode, &import, Some(&lines.join("\n")));
    assert!(said.contains("40 customers"), "{said}");
    let token = succeed(&database, mode, &["token", "create", "--program", "acme"], None);
    let gateway = serve(&database, mode, &[]);
    let other = serve(&database, mode, &[]);
    let mut socket = Socket::connect(&other, &token);
    let watch = "subscription { cardCustomerBalance(identifier: \"usr_1\") { availableBalance } }";
    socket.subscribe("a", watch);
    socket.next("a");
    // Many at once, so that connections change hands.
    std::thread::scope(|scope| {
        for part in 0..8_u32 {
            let (gateway, other, token) = (&gateway, &other, &token);
            scope.spawn(move || {
                for number in (1..=40).filter(|number| number % 8 == part) {
                    let id = format!("evt_{number}");
                    let body = balance(&id, &format!("usr_{number}"), "7.50", "0.00", &from_now(0));
                    let client = crate::support::gateway::client();
                    let answer = gateway.send(signed(&client, &gateway.host, "acme", &body));
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    for gateway in [gateway, other] {
                        assert_eq!(
                            gateway.query(token, LIST).data()["cardCustomers"]["totalCount"],
                            40
                        );
                    }
                }
            });
        }
    });
    let shown = socket.next("a");
    assert_eq!(shown, json!({ "cardCustomerBalance": { "availableBalance": "7.50" } }));
    for gateway in [&gateway, &other] {
        let list = gateway.query(&token, LIST).data();
        let nodes = list["cardCustomers"]["nodes"].as_array().expect("a list");
        assert_eq!(nodes.len(), 40);
        assert!(
            nodes
                .iter()
                .all(|node| node["availableBalance"] == "7.50"
                    && node["cards"][0]["lastFour"] == "0000"),
            "{list}"
        );
        assert_eq!(gateway.get("", "/readyz").status, 200);
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }
    let all = gateway.get(&token, "/export/card-customers.ndjson?has_cards=true").text;
    assert_eq!(all.lines().filter(|line| line.contains("\"available_minor\":750")).count(), 40);
    assert_eq!(succeed(&database, mode, &["export", "--program", "acme"], None), all.trim_end());
    let verified = succeed(&database, mode, &["migrate", "--verify"], None);
    assert!(verified.contains("are correct"), "{verified}");
    assert_eq!(succeed(&database, mode, &["events", "list", "--failed"], None), "");
}

/// Statements end in time, those that read and those that write.
fn time_outs(mode: &'static str, connections: u32) {
    let Some((database, _pooler)) = behind(mode, connections) else { return };
    succeed(&database, mode, &["program", "create", "--name", "acme"], None);
    let import = ["import", "--program", "acme", "-"];
    succeed(&database, mode, &import, Some(&Line::new(1).0.to_string()));
    let token = succeed(&database, mode, &["token", "create", "--program", "acme"], None);
    let gateway = serve(&database, mode, &[("CARD_GATEWAY__DATABASE__STATEMENT_TIMEOUT", "400ms")]);
    assert_eq!(gateway.query(&token, LIST).status, 200);
    // It is the server that ends them: their locks are free again.
    std::thread::scope(|scope| {
        let lock =
            "BEGIN; LOCK TABLE card_customers IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(3); COMMIT";
        let locking = scope.spawn(|| database.as_superuser(lock));
        let waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'card_customers'::regclass AND mode = 'AccessExclusiveLock' AND granted";
        let locked = || database.as_superuser(waiting).trim() == "1";
        assert!(crate::support::issuer::within(Duration::from_secs(5), locked));
        let began = Instant::now();
        let answer = gateway.query(&token, LIST);
        assert_eq!(answer.code(), "TIMEOUT", "{}", answer.text);
        let body = balance("evt_1", "usr_1", "7.50", "0.00", &from_now(0));
        let written = gateway.send(signed(gateway.client(), &gateway.host, "acme", &body));
        assert!(written.status >= 500, "{}", written.text);
        assert!(began.elapsed() < Duration::from_millis(2_500), "{:?}", began.elapsed());
        locking.join().expect("no panic");
    });
    assert_eq!(gateway.query(&token, LIST).data()["cardCustomers"]["totalCount"], 1);
    gateway.take(&balance("evt_1", "usr_1", "7.50", "0.00", &from_now(0)));
}

#[test]
fn the_gateway_works_behind_a_pooler_by_session() {
    all_of_it("session", 60);
}

#[test]
fn the_gateway_works_behind_a_pooler_by_transaction_with_few_connections() {
    all_of_it("transaction", 4);
}

#[test]
fn time_outs_are_in_force_behind_a_pooler_by_session() {
    time_outs("session", 60);
}

#[test]
fn time_outs_are_in_force_behind_a_pooler_by_transaction() {
    time_outs("transaction", 4);
}

#[test]
fn without_the_setting_the_gateway_names_it() {
    let Some((database, _pooler)) = behind("transaction", 4) else { return };
    let output = database.run(&["migrate"], "");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("CARD_GATEWAY__DATABASE__POOLER"), "{said}");
}
