//! Changes are found by their numbers, also when there are many: no statement reads all of them.

use std::collections::BTreeSet;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend};

use super::cursors::subscriptions;
use crate::plans::{connect, plan};
use crate::support::builders::lines;
use crate::support::changes::{Follower, page};
use crate::support::issuer::{ACME, within};
use crate::support::watcher::Socket;
use crate::support::{Database, Gateway, on_both};

/// Statements about changes, besides those that record them.
fn about(database: &Database, gateway: &Gateway) -> impl Iterator<Item = String> {
    let all = database.statements(gateway).into_iter().map(|sql| sql.trim().to_owned());
    let tables = ["FROM changes", "JOIN changes", "UPDATE programs"];
    // Those of the test have no parameters.
    all.filter(move |sql| sql.contains("$1") && tables.iter().any(|table| sql.contains(table)))
}

on_both! {
    fn no_statement_reads_all_changes(database) {
        let token = database.program_with("acme", &lines(1_000));
        for name in ["globex", "initech"] {
            database.program_with(name, &lines(1_000));
        }
        for _ in 0..3 {
            database.execute("INSERT INTO changes (program_id, customer_id, changed_at, kind) \
                SELECT program_id, customer_id, changed_at, kind FROM changes");
        }
        database.execute("ANALYZE");
        let gateway = database.serve_with(&[ACME]);
        database.statements(&gateway);
        let mut follower = Follower::new(&gateway, &token);
        page(&gateway, &token, None, 20).data();
        follower.rest();
        let cursor = follower.cursor.expect("there is always one");
        page(&gateway, &token, Some(&cursor), 20).data();
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", "subscription { cardCustomerBalance(identifier: \"usr_1\") { id } }");
        socket.next("a");
        for (id, query) in subscriptions(&cursor).iter().enumerate() {
            socket.subscribe(&id.to_string(), query);
        }
        database.import("acme", &[crate::support::Line::new(1).with("email", "new@example.com")]);
        for _ in 0..4 {
            socket.receive();
        }
        let mut statements: BTreeSet<String> = about(&database, &gateway).collect();
        drop(gateway);
        // The oldest changes go.
        let (hour, old) = (3_600_000, "(SELECT MIN(seq) + 100 FROM changes)");
        database.execute(&format!("UPDATE changes SET changed_at = changed_at + CASE WHEN seq < {old} THEN {} ELSE {hour} END", -hour));
        let gateway = database.serve_with(&[("CARD_GATEWAY__CHANGES__KEEP", "1s")]);
        assert!(within(Duration::from_secs(20), || {
            statements.extend(about(&database, &gateway));
            statements.iter().any(|sql| sql.starts_with("DELETE"))
        }), "{statements:#?}");
        drop(gateway);
        assert!(statements.len() >= 7, "{statements:#?}");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let db = connect(&database).await;
            for sql in &statements {
                let is_postgres = db.get_database_backend() == DbBackend::Postgres;
                if is_postgres {
                    // As the gateway sets it where it removes changes.
                    let is_on = if sql.starts_with("SELECT") { "on" } else { "off" };
                    db.execute_unprepared(&format!("SET enable_seqscan = {is_on}")).await.expect("it is set");
                }
                let plan = plan(&db, sql).await;
                let scans = if is_postgres { "Seq Scan on changes" } else { "SCAN changes" };
                assert!(!plan.contains(scans), "{sql}\n{plan}");
                // A part that is limited is called `c` as well.
                let scanned = plan.lines().map(str::trim).any(|line| line == "SCAN c" || line == "SCAN n");
                assert!(!scanned || sql.contains("changes_removed_to"), "{sql}\n{plan}");
            }
        });
    }
}
