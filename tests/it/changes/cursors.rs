//! Where one can go on in the list of changes, and where not.

use super::{open, spendable};
use crate::support::changes::{Follower, page};
use crate::support::issuer::ACME;
use crate::support::watcher::{Received, Socket};
use crate::support::{Line, on_both};

/// The three subscriptions that go on after a cursor.
pub(super) fn subscriptions(after: &str) -> [String; 3] {
    [
        format!("subscription {{ cardCustomerChanges(after: \"{after}\") {{ cursor }} }}"),
        format!("subscription {{ cardCustomersChanged(after: \"{after}\") {{ id }} }}"),
        format!(
            "subscription {{ cardCustomerBalance(identifier: \"usr_1\", after: \"{after}\") {{ id }} }}"
        ),
    ]
}

/// The code with which a subscription ends at once.
pub(super) fn refusal(socket: &mut Socket, query: &str) -> String {
    socket.subscribe("refused", query);
    match socket.receive() {
        Received::Message(message) if message["type"] == "error" => {
            message["payload"][0]["extensions"]["code"].as_str().expect("a code").to_owned()
        }
        other => panic!("{query}: {other:?}"),
    }
}

on_both! {
    fn what_is_no_cursor_of_the_list_is_refused(database) {
        let (gateway, token) = open(&database, 2);
        let theirs = database.program_with("globex", &[Line::new(1)]);
        let list = "{ cardCustomers(first: 1) { edges { cursor } } }";
        let of_list = gateway.query(&token, list).data()["cardCustomers"]["edges"][0]["cursor"].take();
        let of_list = of_list.as_str().expect("a text").to_owned();
        let foreign = Follower::caught_up(&gateway, &theirs).cursor.expect("it has one");
        let mine = Follower::caught_up(&gateway, &token).cursor.expect("it has one");
        let cut = mine[..mine.len() - 2].to_owned();
        let long = "A".repeat(10_000);
        let mut socket = Socket::connect(&gateway, &token);
        for (cursor, what) in [
            ("", "is not a cursor"),
            ("!", "is not a cursor"),
            (cut.as_str(), "is not a cursor"),
            (long.as_str(), "is not a cursor"),
            (of_list.as_str(), "is a cursor of another list"),
            (foreign.as_str(), "is a cursor of another list"),
        ] {
            let answer = page(&gateway, &token, Some(cursor), 1);
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{cursor:.40}");
            let error = answer.json()["errors"][0].take();
            assert_eq!(error["message"], format!("after {what}"));
            assert_eq!(error["extensions"]["field"], "after");
            for query in subscriptions(cursor) {
                assert_eq!(refusal(&mut socket, &query), "BAD_USER_INPUT", "{query:.90}");
            }
        }
        // Nor is a cursor of changes one of customers.
        let query = format!("{{ cardCustomers(after: \"{mine}\") {{ nodes {{ id }} }} }}");
        assert_eq!(gateway.query(&token, &query).code(), "BAD_USER_INPUT");
        for first in [101, 1_000_000] {
            let answer = page(&gateway, &token, None, first);
            assert_eq!(answer.code(), "BAD_USER_INPUT");
            assert!(answer.text.contains("first must be between 0 and 100"), "{}", answer.text);
        }
        let negative = "{ cardCustomerChanges(first: -1) { nodes { cursor } } }";
        assert_eq!(gateway.query(&token, negative).code(), "BAD_USER_INPUT");
    }

    fn a_cursor_that_is_newer_than_the_database_says_so(database) {
        let (gateway, token) = open(&database, 3);
        spendable(&gateway, 1, 1, 7);
        let mut follower = Follower::new(&gateway, &token);
        let changes = follower.rest();
        let last = follower.cursor.clone().expect("it has one");
        // As if a backup of before the last change was restored.
        database.execute("DELETE FROM changes WHERE seq = (SELECT MAX(seq) FROM changes)");
        assert_eq!(page(&gateway, &token, Some(&last), 1).code(), "CHANGES_MISSED");
        let mut socket = Socket::connect(&gateway, &token);
        for query in subscriptions(&last) {
            assert_eq!(refusal(&mut socket, &query), "CHANGES_MISSED", "{query}");
        }
        follower.cursor = changes[2]["cursor"].as_str().map(str::to_owned);
        assert_eq!(follower.seen(), [] as [&str; 0]);
        spendable(&gateway, 2, 1, 8);
        assert_eq!(follower.seen(), ["BALANCE usr_1"]);
    }

    fn a_cursor_is_good_in_every_replica_and_after_a_restart(database) {
        let (gateway, token) = open(&database, 3);
        let cursor = Follower::caught_up(&gateway, &token).cursor;
        spendable(&gateway, 1, 1, 7);
        drop(gateway);
        let gateway = database.serve_with(&[ACME]);
        let mut follower = Follower::new(&gateway, &token);
        follower.cursor = cursor;
        assert_eq!(follower.seen(), ["BALANCE usr_1"]);
    }
}
