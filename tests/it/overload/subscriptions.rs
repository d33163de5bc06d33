//! Shares of subscriptions: of tokens, of programs, and of addresses without a token.

use std::time::Duration;

use serde_json::json;

use super::{Connection, metric, wait_for};
use crate::support::issuer::within;
use crate::support::watcher::{Events, Socket};
use crate::support::{Database, Line, on_both};

const WATCH: &str = "subscription { cardCustomerBalance(identifier: \"usr_1\") { email } }";

/// The message of the error with which a subscription is refused.
fn refused(socket: &mut Socket, id: &str) -> String {
    socket.subscribe(id, WATCH);
    let errors = socket.expect(id, "error");
    assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED", "{errors}");
    assert_eq!(errors[0]["extensions"]["retryAfter"], 60, "{errors}");
    errors[0]["message"].as_str().expect("a text").to_owned()
}

on_both! {
    fn tokens_and_programs_have_shares(database) {
        let one = database.program_with("acme", &[Line::new(1)]);
        let other = database.token("acme");
        let theirs = database.program_with("theirs", &[Line::new(1)]);
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__SUBSCRIPTIONS_PER_TOKEN", "2"),
            ("CARD_GATEWAY__LIMITS__SUBSCRIPTIONS_PER_PROGRAM", "3"),
            ("CARD_GATEWAY__LIMITS__SUBSCRIPTIONS", "4"),
        ]);
        let mut socket = Socket::connect(&gateway, &one);
        for id in ["a", "b"] {
            socket.subscribe(id, WATCH);
            socket.next(id);
        }
        assert_eq!(refused(&mut socket, "c"), "This token has too many subscriptions open");
        // Over the other transport it is the same token.
        let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(&one).header("accept", "text/event-stream");
        let answer = gateway.send(request.json(&json!({ "query": WATCH }))).text;
        assert!(answer.contains("RATE_LIMITED") && answer.contains("This token"), "{answer}");
        let events = Events::open(&gateway, &other, WATCH);
        events.next();
        let mut second = Socket::connect(&gateway, &other);
        assert_eq!(refused(&mut second, "a"), "This program has too many subscriptions open");
        let mut third = Socket::connect(&gateway, &theirs);
        third.subscribe("a", WATCH);
        third.next("a");
        assert_eq!(refused(&mut third, "b"), "The gateway has too many subscriptions open");
        assert_eq!(metric(&gateway, "graphql_subscriptions"), 4);
        // What has ended leaves its place, however it ends.
        socket.say(&json!({ "type": "complete", "id": "a" }));
        wait_for(&gateway, "graphql_subscriptions", 3);
        second.subscribe("b", WATCH);
        second.next("b");
        drop((socket, second, third));
        wait_for(&gateway, "graphql_subscriptions", 1);
        assert_eq!(gateway.query(&one, "{ cardCustomers { totalCount } }").status, 200);
    }

    fn a_token_has_a_share_of_sockets(database) {
        let token = database.program_with("acme", &[]);
        let other = database.token("acme");
        let gateway = database.serve_with(&[("CARD_GATEWAY__LIMITS__SUBSCRIPTIONS_PER_TOKEN", "2")]);
        let held = [Socket::connect(&gateway, &token), Socket::open(&gateway, "graphql-transport-ws", Some(&token))];
        let mut third = Socket::open(&gateway, "graphql-transport-ws", None);
        third.say(&json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } }));
        assert_eq!(third.receive(), crate::support::watcher::Received::Closed(1013));
        assert_eq!(Connection::open(&gateway).upgrade(&[&format!("authorization: Bearer {token}")]), 429);
        Socket::connect(&gateway, &other);
        drop(held);
        wait_for(&gateway, "graphql_sockets", 0);
        Socket::connect(&gateway, &token);
    }
}

#[test]
fn silent_sockets_of_one_address_do_not_lock_others_out() {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let trusted = ("CARD_GATEWAY__SERVER__TRUSTED_PROXIES", "127.0.0.0/8");
    let gateway = database.serve_with(&[trusted]);
    let attacker = "x-forwarded-for: 198.51.100.1";
    let mut silent: Vec<Connection> = Vec::new();
    let mut refused = 0;
    for _ in 0..600 {
        let mut connection = Connection::open(&gateway);
        match connection.upgrade(&[attacker]) {
            101 => silent.push(connection),
            429 => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert!(silent.len() >= 100 && refused > 300, "{} and {refused}", silent.len());
    // Browsers of other addresses come in, and so does who shows a token at once.
    assert_eq!(Connection::open(&gateway).upgrade(&["x-forwarded-for: 198.51.100.2"]), 101);
    let bearer = format!("authorization: Bearer {token}");
    assert_eq!(Connection::open(&gateway).upgrade(&[attacker, &bearer]), 101);
    let mut socket = Socket::connect(&gateway, &token);
    socket.subscribe("a", WATCH);
    socket.next("a");
    // They are closed soon, also if nobody reads.
    let gone = || metric(&gateway, "graphql_sockets") <= 1;
    assert!(within(Duration::from_secs(8), gone), "{}", metric(&gateway, "graphql_sockets"));
    assert_eq!(Connection::open(&gateway).upgrade(&[attacker]), 101);
    socket.say(&json!({ "type": "ping" }));
    assert_eq!(
        socket.receive(),
        crate::support::watcher::Received::Message(json!({ "type": "pong" }))
    );
}
