//! Subscriptions to changes that go on where they were: over a WebSocket, and over server-sent
//! events.

use std::time::Duration;

use serde_json::{Value, json};

use super::{open, spendable};
use crate::support::changes::{Follower, shown};
use crate::support::issuer::ACME;
use crate::support::watcher::{Events, Received, Socket};
use crate::support::{Line, on_both};

const FIELDS: &str = "cursor kind customerId customer { externalCustomerId }";
const PATIENCE: Duration = Duration::from_secs(10);

fn after(cursor: Option<&str>) -> String {
    let cursor = cursor.map_or_else(String::new, |cursor| format!("(after: \"{cursor}\")"));
    format!("subscription {{ cardCustomerChanges{cursor} {{ {FIELDS} }} }}")
}

/// So many changes that come over a WebSocket.
fn take(socket: &mut Socket, id: &str, count: usize) -> Vec<Value> {
    (0..count).map(|_| socket.next(id)["cardCustomerChanges"].take()).collect()
}

fn kinds(changes: &[Value]) -> Vec<String> {
    changes.iter().map(shown).collect()
}

/// Waits until a subscription to all changes is there: a first change has come to it.
fn settle(socket: &mut Socket, mut change: impl FnMut()) -> Value {
    loop {
        change();
        match socket.receive_within(Duration::from_millis(500)) {
            Received::Message(mut message) => {
                break message["payload"]["data"]["cardCustomerChanges"].take();
            }
            Received::Nothing => {}
            other @ Received::Closed(_) => panic!("{other:?}"),
        }
    }
}

on_both! {
    fn missed_changes_come_first_and_then_each_as_it_happens(database) {
        let (gateway, token) = open(&database, 3);
        let changes = Follower::new(&gateway, &token).rest();
        let first = changes[0]["cursor"].as_str();
        spendable(&gateway, 1, 1, 1);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &after(first));
        let seen = take(&mut socket, "a", 3);
        assert_eq!(kinds(&seen), ["CREATED usr_2", "CREATED usr_3", "BALANCE usr_1"]);
        spendable(&gateway, 2, 2, 2);
        database.import("acme", &[Line::new(4)]);
        let live = take(&mut socket, "a", 2);
        assert_eq!(kinds(&live), ["BALANCE usr_2", "CREATED usr_4"]);
        assert_eq!(live[1]["customerId"], Line::new(4).id());
        // The client was away for two changes.
        drop(socket);
        spendable(&gateway, 3, 3, 3);
        spendable(&gateway, 4, 1, 4);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("b", &after(live[1]["cursor"].as_str()));
        let missed = take(&mut socket, "b", 2);
        assert_eq!(kinds(&missed), ["BALANCE usr_3", "BALANCE usr_1"]);
        spendable(&gateway, 5, 2, 5);
        let last = take(&mut socket, "b", 1);
        assert_eq!(socket.receive_within(Duration::from_millis(300)), Received::Nothing);
        // All are those of the list.
        let whole: Vec<Value> = [seen, live, missed, last].concat().iter().map(|of| of["cursor"].clone()).collect();
        let listed: Vec<Value> = Follower::new(&gateway, &token).rest().iter().skip(1).map(|of| of["cursor"].clone()).collect();
        assert_eq!(whole, listed);
    }

    fn without_a_cursor_it_begins_now(database) {
        let (gateway, token) = open(&database, 3);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &after(None));
        let mut id = 0;
        let first = settle(&mut socket, || { id += 1; spendable(&gateway, id, 1, id); });
        assert_eq!(shown(&first), "BALANCE usr_1");
        database.import("acme", &[Line::new(4)]);
        let mut next = take(&mut socket, "a", 1);
        while kinds(&next) == ["BALANCE usr_1"] {
            next = take(&mut socket, "a", 1);
        }
        assert_eq!(kinds(&next), ["CREATED usr_4"]);
    }

    fn any_number_of_missed_changes_comes(database) {
        let (gateway, token) = open(&database, 450);
        let begin = Follower::caught_up(&gateway, &token).cursor;
        let changed = |domain: &str| {
            let lines = (1..=450).map(|number| Line::new(number).with("email", format!("c{number}@{domain}")));
            database.import("acme", &lines.collect::<Vec<_>>());
        };
        changed("one.example");
        changed("two.example");
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &after(begin.as_deref()));
        let seen = take(&mut socket, "a", 500);
        // More come while it reads.
        changed("three.example");
        let seen: Vec<Value> = [seen, take(&mut socket, "a", 850)].concat().iter().map(|of| of["cursor"].clone()).collect();
        let listed: Vec<Value> = Follower::new(&gateway, &token).rest().iter().skip(450).map(|of| of["cursor"].clone()).collect();
        assert_eq!(listed.len(), 3 * 450);
        assert_eq!(seen, listed);
    }

    fn a_slow_reader_gets_everything_later(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME, ("CARD_GATEWAY__LIMITS__ALIASES", "1000")]);
        let begin = Follower::caught_up(&gateway, &token).cursor.expect("it has one");
        let mut socket = Socket::connect(&gateway, &token);
        // So much that it does not fit into the sockets' buffers, nor into that of a watcher.
        let large: Vec<String> = (0..50).map(|at| format!("n{at}: nextAction")).collect();
        let large = large.join(" ");
        let query = format!("subscription {{ cardCustomerChanges(after: \"{begin}\") {{ cursor customer {{ {large} }} }} }}");
        socket.subscribe("a", &query);
        let many: Vec<Line> = (1_000..11_000).map(Line::new).collect();
        database.import("acme", &many);
        let listed: Vec<Value> = Follower::new(&gateway, &token).rest().iter().skip(1).map(|of| of["cursor"].clone()).collect();
        assert_eq!(listed.len(), many.len());
        let seen: Vec<Value> = take(&mut socket, "a", many.len()).iter().map(|of| of["cursor"].clone()).collect();
        assert_eq!(seen, listed);
    }

    fn events_have_an_id_from_which_the_next_connection_goes_on(database) {
        let (gateway, token) = open(&database, 2);
        let changes = Follower::new(&gateway, &token).rest();
        let argument = after(changes[0]["cursor"].as_str());
        let events = Events::open(&gateway, &token, &argument);
        let event = events.event_within(PATIENCE).expect("an event");
        let change = &event.data["data"]["cardCustomerChanges"];
        assert_eq!((event.name.as_str(), shown(change).as_str()), ("next", "CREATED usr_2"));
        assert_eq!(event.id.as_deref(), change["cursor"].as_str());
        drop(events);
        spendable(&gateway, 1, 1, 1);
        spendable(&gateway, 2, 2, 2);
        // The same request again, as a browser sends it: the header counts.
        let last = event.id.expect("it has one");
        let events = Events::open_with(&gateway, &token, &argument, &[("last-event-id", &last)]);
        for expected in ["BALANCE usr_1", "BALANCE usr_2"] {
            let event = events.event_within(PATIENCE).expect("an event");
            let change = &event.data["data"]["cardCustomerChanges"];
            assert_eq!(shown(change), expected);
            assert_eq!(event.id.as_deref(), change["cursor"].as_str());
        }
        assert!(events.nothing());
        // An empty header says nothing.
        let events = Events::open_with(&gateway, &token, &argument, &[("last-event-id", "")]);
        assert_eq!(shown(&events.next()["cardCustomerChanges"]), "CREATED usr_2");
        let events = Events::open_with(&gateway, &token, &argument, &[("last-event-id", "nonsense")]);
        let event = events.event_within(PATIENCE).expect("an event");
        let error = &event.data["errors"][0];
        assert_eq!((&error["extensions"]["code"], &error["extensions"]["field"]), (&json!("BAD_USER_INPUT"), &json!("Last-Event-ID")));
        assert_eq!((error["message"].as_str(), event.id), (Some("Last-Event-ID is not a cursor"), None));
        // A query has no events to go on from.
        let events = Events::open_with(&gateway, &token, "{ cardCustomers { totalCount } }", &[("last-event-id", "nonsense")]);
        let event = events.event_within(PATIENCE).expect("an event");
        assert_eq!((&event.data["data"]["cardCustomers"]["totalCount"], event.id), (&json!(2), None));
    }

    fn a_browsers_event_source_goes_on_by_get(database) {
        let (gateway, token) = open(&database, 2);
        let cursor = Follower::caught_up(&gateway, &token).cursor.expect("it has one");
        spendable(&gateway, 1, 1, 1);
        let request = gateway.client().get(format!("{}/graphql", gateway.host)).bearer_auth(&token);
        let request = request.query(&[("query", after(None))]).header("accept", "text/event-stream");
        let response = request.header("last-event-id", &cursor).send().expect("an answer");
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(response)).map_while(Result::ok);
        let id = lines.find_map(|line| line.strip_prefix("id: ").map(str::to_owned)).expect("an id");
        let data = lines.next().expect("a line");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data")).expect("JSON");
        let change = &data["data"]["cardCustomerChanges"];
        assert_eq!((shown(change).as_str(), change["cursor"].as_str()), ("BALANCE usr_1", Some(id.as_str())));
    }

    fn customers_who_are_gone_by_now_are_null(database) {
        let (gateway, token) = open(&database, 2);
        let begin = Follower::caught_up(&gateway, &token).cursor;
        spendable(&gateway, 1, 1, 1);
        spendable(&gateway, 2, 2, 2);
        database.execute("UPDATE card_customers SET gone_at = 1 WHERE external_customer_id = 'usr_1'");
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &after(begin.as_deref()));
        let seen = take(&mut socket, "a", 2);
        assert_eq!(kinds(&seen), ["BALANCE -", "BALANCE usr_2"]);
        assert_eq!((&seen[0]["customer"], &seen[0]["customerId"]), (&Value::Null, &json!(Line::new(1).id())));
    }

    fn each_program_follows_its_own_changes(database) {
        let (gateway, token) = open(&database, 1);
        let theirs = database.program_with("globex", &[Line::new(1)]);
        let mut sockets = [&token, &theirs].map(|token| {
            let cursor = Follower::caught_up(&gateway, token).cursor;
            let mut socket = Socket::connect(&gateway, token);
            socket.subscribe("a", &after(cursor.as_deref()));
            socket
        });
        database.import("globex", &[Line::new(2)]);
        spendable(&gateway, 1, 1, 1);
        for (socket, expected) in sockets.iter_mut().zip(["BALANCE usr_1", "CREATED usr_2"]) {
            assert_eq!(kinds(&take(socket, "a", 1)), [expected]);
            assert_eq!(socket.receive_within(Duration::from_millis(700)), Received::Nothing);
        }
    }
}

#[test]
fn a_subscription_to_changes_counts_like_any_other() {
    let database = crate::support::Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway =
        database.serve_with(&[ACME, ("CARD_GATEWAY__LIMITS__SUBSCRIPTIONS_PER_TOKEN", "2")]);
    let cursor = Follower::caught_up(&gateway, &token).cursor;
    let mut socket = Socket::connect(&gateway, &token);
    socket.subscribe("a", &after(cursor.as_deref()));
    socket.subscribe("b", &after(None));
    spendable(&gateway, 1, 1, 1);
    socket.expect_of("a");
    socket.subscribe("c", &after(None));
    let code = loop {
        match socket.receive() {
            Received::Message(message) if message["id"] == "c" => {
                break message["payload"][0]["extensions"]["code"].clone();
            }
            Received::Message(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, "RATE_LIMITED");
}
