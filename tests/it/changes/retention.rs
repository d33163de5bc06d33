//! How long changes are kept, and what clients learn whose place is before that.

use std::time::Duration;

use serde_json::Value;

use super::cursors::{refusal, subscriptions};
use super::open;
use crate::support::changes::{Follower, page};
use crate::support::issuer::{ACME, within};
use crate::support::watcher::{Events, Socket};
use crate::support::{Database, Line, on_both};

/// So short that the first look at what is old comes soon.
const SHORT: [(&str, &str); 2] = [ACME, ("CARD_GATEWAY__CHANGES__KEEP", "1s")];
const HOUR: i64 = 60 * 60 * 1_000;

fn kept(database: &Database) -> usize {
    database.texts("SELECT customer_id FROM changes").len()
}

fn cursors(changes: &[Value]) -> Vec<&Value> {
    changes.iter().map(|change| &change["cursor"]).collect()
}

/// Makes the first changes old enough to be removed, and all others so young that they are kept.
fn age(database: &Database, first: &Value) {
    database.execute(&format!("UPDATE changes SET changed_at = changed_at + {HOUR}"));
    let old = format!(
        "UPDATE changes SET changed_at = changed_at - {} WHERE seq <= (SELECT MAX(seq) FROM changes \
         WHERE customer_id = '{}')",
        2 * HOUR,
        first["customerId"].as_str().expect("an id")
    );
    database.execute(&old);
}

on_both! {
    fn a_place_before_what_was_removed_is_refused_and_no_other(database) {
        let (gateway, token) = open(&database, 6);
        let theirs = database.program_with("globex", &[Line::new(1)]);
        let begin = |token: &str| {
            let info = page(&gateway, token, None, 0).data()["cardCustomerChanges"]["pageInfo"].take();
            info["endCursor"].as_str().expect("it has one").to_owned()
        };
        let (before, their_begin) = (begin(&token), begin(&theirs));
        let changes = Follower::new(&gateway, &token).rest();
        assert_eq!(changes.len(), 6);
        let cursor = |at: usize| changes[at]["cursor"].as_str().expect("a text");
        drop(gateway);
        // Up to the third of the six.
        age(&database, &changes[2]);
        let gateway = database.serve_with(&SHORT);
        assert!(within(Duration::from_secs(20), || kept(&database) == 4), "{}", kept(&database));
        let mut socket = Socket::connect(&gateway, &token);
        for missed in [before.as_str(), cursor(0), cursor(1)] {
            let answer = page(&gateway, &token, Some(missed), 100);
            assert_eq!(answer.code(), "CHANGES_MISSED");
            assert_eq!(answer.json()["errors"][0]["path"][0], "cardCustomerChanges");
            for query in subscriptions(missed) {
                assert_eq!(refusal(&mut socket, &query), "CHANGES_MISSED", "{query}");
            }
            let query = "subscription { cardCustomerChanges { cursor } }";
            let events = Events::open_with(&gateway, &token, query, &[("last-event-id", missed)]);
            let (name, data) = events.receive().expect("an event");
            assert_eq!((name.as_str(), &data["errors"][0]["extensions"]["code"]), ("next", &"CHANGES_MISSED".into()));
            assert_eq!(events.receive().expect("an event").0, "complete");
        }
        // The third was removed, but no change after it.
        for at in 2..6 {
            let mut follower = Follower::new(&gateway, &token);
            follower.cursor = Some(cursor(at).to_owned());
            assert_eq!(cursors(&follower.rest()), cursors(&changes[at + 1..]), "after {at}");
        }
        assert_eq!(cursors(&Follower::new(&gateway, &token).rest()), cursors(&changes[3..]));
        // Another program has lost nothing.
        let mut follower = Follower::new(&gateway, &theirs);
        follower.cursor = Some(their_begin);
        assert_eq!(follower.seen(), ["CREATED usr_1"]);
        assert_eq!(gateway.warnings(), [""; 0]);
    }

    fn where_everything_was_removed_the_last_place_is_still_good(database) {
        let (gateway, token) = open(&database, 5);
        let mut follower = Follower::caught_up(&gateway, &token);
        let last = follower.cursor.clone();
        database.execute(&format!("UPDATE changes SET changed_at = changed_at - {HOUR}"));
        // Two look at it at once.
        let replicas = [database.serve_with(&SHORT), database.serve_with(&SHORT)];
        assert!(within(Duration::from_secs(20), || kept(&database) == 0), "{}", kept(&database));
        assert_eq!(follower.seen(), [] as [&str; 0]);
        let mut newcomer = Follower::caught_up(&gateway, &token);
        assert_eq!((&follower.cursor, &newcomer.cursor), (&last, &last));
        for replica in replicas {
            assert_eq!(replica.warnings(), [""; 0]);
        }
        // The numbers go on.
        database.import("acme", &[Line::new(9)]);
        for follower in [&mut follower, &mut newcomer] {
            assert_eq!(follower.seen(), ["CREATED usr_9"]);
        }
    }

    fn more_are_removed_than_one_transaction_holds(database) {
        let (gateway, token) = open(&database, 2_345);
        let mut follower = Follower::caught_up(&gateway, &token);
        database.execute(&format!("UPDATE changes SET changed_at = changed_at - {HOUR}"));
        let replica = database.serve_with(&SHORT);
        assert!(within(Duration::from_secs(30), || kept(&database) == 0), "{}", kept(&database));
        drop(replica);
        assert_eq!(follower.seen(), [] as [&str; 0]);
    }

    fn the_setting_says_how_long(database) {
        database.program_with("acme", &[Line::new(1)]);
        for wrong in ["0s", "soon", "-1d", ""] {
            let output = database.program(&["events", "list"]).env("CARD_GATEWAY__CHANGES__KEEP", wrong).output();
            let output = output.expect("it runs");
            assert!(!output.status.success(), "{wrong}");
            let said = String::from_utf8(output.stderr).expect("UTF-8");
            assert!(said.contains("changes.keep (CARD_GATEWAY__CHANGES__KEEP) must"), "{said}");
        }
        let said = database.succeed(&["config"], "");
        assert!(said.contains("[changes]\nkeep = \"7d\" # default"), "{said}");
    }

    fn changes_of_before_kinds_were_kept_are_updates(database) {
        let (gateway, token) = open(&database, 1);
        // As the migration leaves them, and as an older version has written them.
        database.execute("INSERT INTO changes (program_id, customer_id, changed_at) SELECT program_id, customer_id, changed_at FROM changes");
        assert_eq!(Follower::new(&gateway, &token).seen(), ["CREATED usr_1", "UPDATED usr_1"]);
    }
}
