//! Subscribers see each change of their program, through any replica.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::issuer::{
    ACME, balance, event, from_now, seconds, signed, transaction, within,
};
use crate::support::watcher::{Events, Received, Socket};
use crate::support::{Database, Gateway, Line, on_both, postgres};

const MINE: &str = "usr_1";
const PROTOCOL: &str = "graphql-transport-ws";

fn open(database: &Database) -> (Gateway, String) {
    let lines = [Line::new(1), Line::new(2).with("flow_status", "card_created")];
    let token = database.program_with("acme", &lines);
    (database.serve_with(&[ACME]), token)
}

fn watch(customer: &str) -> String {
    format!(
        "subscription {{ cardCustomerBalance(identifier: \"{customer}\") {{ availableBalance balanceFreshness }} }}"
    )
}

const WATCH_ALL: &str =
    "subscription { cardCustomersChanged { externalCustomerId availableBalance } }";

/// An event that sets what a customer can spend. Greater numbers are later.
fn spendable(id: u32, customer: &str, amount: &str) -> String {
    static START: LazyLock<i64> = LazyLock::new(|| seconds() * 1_000 - 120_000);
    let at = chrono::DateTime::from_timestamp_millis(*START + i64::from(id)).expect("a moment");
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    balance(&format!("evt_{id}"), customer, amount, "0.00", &at)
}

fn seen(data: &Value) -> String {
    let of = data.as_object().and_then(|data| data.values().next()).expect("a root field");
    format!(
        "{} {}",
        of["externalCustomerId"].as_str().unwrap_or("-"),
        of["availableBalance"].as_str().unwrap_or("null")
    )
}

on_both! {
    fn the_current_state_is_sent_first_and_then_each_change(database) {
        let (gateway, token) = open(&database);
        gateway.take(&spendable(1, MINE, "1.00"));
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &watch(MINE));
        assert_eq!(socket.next("a"), json!({ "cardCustomerBalance": { "availableBalance": "1.00", "balanceFreshness": "REALTIME" } }));
        let watched = watch("customer1@example.com").replacen("subscription", "subscription Watch", 1);
        let events = Events::open(&gateway, &token, &watched);
        gateway.wait_for_log(|line| (line.get("operation")?.as_str()? == "Watch").then_some(()));
        assert_eq!(seen(&events.next()), "- 1.00");
        // Each change, also where many come at once; the others' are not mine.
        let bodies: Vec<String> = (2..30).map(|id| spendable(id, if id % 5 == 0 { "usr_2" } else { MINE }, &format!("{id}.00"))).collect();
        std::thread::scope(|scope| {
            for body in &bodies {
                scope.spawn(|| gateway.take(body));
            }
        });
        let mut amounts = Vec::new();
        loop {
            let (one, other) = (socket.next("a"), events.next());
            assert_eq!(one, other);
            amounts.push(seen(&one));
            if amounts.last().is_some_and(|last| last == "- 29.00") {
                break;
            }
        }
        let number = |text: &String| text[2..].replace(".00", "").parse::<u32>().expect("a number");
        assert!(amounts.is_sorted_by_key(number), "{amounts:?}");
        // The other selected fields are read after the change.
        socket.subscribe("b", "subscription { cardCustomerBalance(identifier: \"usr_1\") { availableBalance pendingBalance cards { lastFour } cardsCount
            transactions(perPage: 1) { totalCount nodes { transactionId } } } }");
        assert_eq!(socket.next("b")["cardCustomerBalance"]["transactions"]["totalCount"], 0);
        for number in 1..4 {
            gateway.take(&transaction(&format!("evt_t{number}"), "authorized", MINE, &format!("txn_{number}"), "0.10", &from_now(number)));
            let shown = socket.expect_of("b")["cardCustomerBalance"].take();
            assert_eq!(shown["transactions"], json!({ "totalCount": number, "nodes": [{ "transactionId": format!("txn_{number}") }] }));
            assert_eq!(shown["pendingBalance"], format!("0.{number}0"));
        }
        let data = json!({ "external_customer_id": MINE, "card_id": "afeb85fe-02f8-48da-b61e-84ad02704167", "last_four": "4242", "card_type": "virtual" });
        gateway.take(&event("evt_card", "card.created", &from_now(0), &data));
        let shown = socket.expect_of("b")["cardCustomerBalance"].take();
        assert_eq!((&shown["cardsCount"], &shown["cards"][0]["lastFour"]), (&json!(1), &json!("4242")));
        // An event that changes nothing is no change.
        gateway.take(&balance("evt_late", MINE, "9.99", "0.00", "2020-01-01T00:00:00Z"));
        gateway.take(&spendable(70_000, MINE, "70.00"));
        // The three holds are behind that balance.
        assert_eq!(socket.expect_of("b")["cardCustomerBalance"]["availableBalance"], "69.70");
    }

    fn changes_of_all_customers_can_be_filtered_by_stage(database) {
        let (gateway, token) = open(&database);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("all", WATCH_ALL);
        socket.subscribe("active", &WATCH_ALL.replace("Changed", "Changed(status: ACTIVE)"));
        // Both are there before the first event is sent.
        socket.subscribe("mine", &watch(MINE));
        socket.next("mine");
        socket.say(&json!({ "type": "complete", "id": "mine" }));
        gateway.take(&spendable(1, "usr_2", "2.00"));
        assert_eq!(seen(&socket.next("all")), "usr_2 2.00");
        gateway.take(&spendable(2, MINE, "1.00"));
        let mut both = [socket.receive(), socket.receive()].map(|received| match received {
            Received::Message(message) => format!("{} {}", message["id"], seen(&message["payload"]["data"])),
            other => panic!("{other:?}"),
        });
        both.sort();
        assert_eq!(both, ["\"active\" usr_1 1.00", "\"all\" usr_1 1.00"]);
        // An import is a change, too, and may move a customer into the stage.
        database.import("acme", &[Line::new(2).with("flow_status", "active")]);
        let mut both = [socket.receive(), socket.receive()].map(|received| match received {
            Received::Message(message) => format!("{} {}", message["id"], seen(&message["payload"]["data"])),
            other => panic!("{other:?}"),
        });
        both.sort();
        assert_eq!(both, ["\"active\" usr_2 2.00", "\"all\" usr_2 2.00"]);
    }

    fn an_import_publishes_only_changed_customers(database) {
        let (gateway, token) = open(&database);
        let events = Events::open(&gateway, &token, WATCH_ALL);
        // The subscription has started.
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &watch(MINE));
        socket.next("a");
        let many: Vec<Line> = (10..710).map(Line::new).collect();
        database.import("acme", &many);
        for _ in 0..many.len() {
            events.next();
        }
        database.import("acme", &many);
        database.import("acme", &[many[5].clone().with("kyc_status", "expired")]);
        assert_eq!(seen(&events.next()), "usr_15 null");
    }

    fn a_subscription_has_one_root_field(database) {
        let (gateway, token) = open(&database);
        let mut socket = Socket::connect(&gateway, &token);
        for bad in [
            "subscription { a: cardCustomersChanged { id } b: cardCustomersChanged { id } }",
            "subscription { cardCustomersChanged @skip(if: false) { id } }",
            "subscription { ...F cardCustomersChanged { id } } fragment F on Subscription { x: cardCustomersChanged { id } }",
            "subscription { cardCustomersChanged { id } cardCustomerBalance(identifier: \"usr_1\") { id } }",
            "subscription { cardCustomersChanged { id } cardCustomersChanged(status: ACTIVE) { id } }",
        ] {
            socket.subscribe("a", bad);
            assert_eq!(socket.expect("a", "error")[0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{bad}");
        }
        let wrapped = "subscription { ...F } fragment F on Subscription { ... { cardCustomerBalance(identifier: \"usr_1\") { email } } }";
        socket.subscribe("a", wrapped);
        assert_eq!(socket.next("a")["cardCustomerBalance"]["email"], "customer1@example.com");
        // Fields with the same response key are one field (sections 5.2.4.1 and 6.3.2).
        let field = "cardCustomerBalance(identifier: \"usr_1\")";
        for merged in [
            format!("subscription {{ {field} {{ id }} {field} {{ email }} }}"),
            format!("subscription {{ ...F {field} {{ id }} }} fragment F on Subscription {{ ... {{ {field} {{ email }} }} }}"),
        ] {
            let id = merged.len().to_string();
            socket.subscribe(&id, &merged);
            let customer = &socket.next(&id)["cardCustomerBalance"];
            assert_eq!((&customer["id"], &customer["email"]), (&json!("000000000000000000000001"), &json!("customer1@example.com")), "{merged}");
        }
    }

    fn programs_do_not_see_each_others_changes(database) {
        let (gateway, token) = open(&database);
        let theirs = database.program_with("theirs", &[Line::new(1), Line::new(3)]);
        let mut socket = Socket::connect(&gateway, &theirs);
        socket.subscribe("all", WATCH_ALL);
        socket.subscribe("one", &watch(MINE));
        assert_eq!(seen(&socket.next("one")), "- null");
        gateway.take(&spendable(1, MINE, "1.00"));
        assert_eq!(socket.receive_within(Duration::from_millis(700)), Received::Nothing);
        // Another program's customer is like an unknown one.
        let mut mine = Socket::connect(&gateway, &token);
        for name in ["usr_3", "usr_4"] {
            mine.subscribe(name, &watch(name));
            let errors = mine.expect(name, "error");
            assert_eq!((&errors[0]["extensions"]["code"], &errors[0]["message"]), (&json!("NOT_FOUND"), &json!("There is no such customer")));
        }
    }

    fn the_websocket_protocol_is_followed(database) {
        let (gateway, token) = open(&database);
        let fresh = || Socket::open(&gateway, PROTOCOL, None);
        let closed = |mut socket: Socket, message: &str| { socket.say_text(message); socket.receive() };
        for bad in ["", "[]", "{}", "nonsense", "{\"type\":\"dance\"}", "{\"type\":\"subscribe\"}", "{\"type\":17}", "{\"type\":\"connection_init\",\"payload\":[]}", "{\"type\":\"complete\"}"] {
            assert_eq!(closed(fresh(), bad), Received::Closed(4400), "{bad}");
        }
        let mut binary = fresh();
        binary.say_bytes(b"{\"type\":\"connection_init\"}");
        assert_eq!(binary.receive(), Received::Closed(4400));
        assert_eq!(closed(fresh(), r#"{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}"#), Received::Closed(4401));
        for init in [r#"{"type":"connection_init"}"#, r#"{"type":"connection_init","payload":{"Authorization":"Bearer nonsense"}}"#,
            r#"{"type":"connection_init","payload":{"Authorization":17}}"#] {
            assert_eq!(closed(fresh(), init), Received::Closed(4403), "{init}");
        }
        assert_eq!(closed_with(&gateway, "graphql-ws"), 4406);
        assert_eq!(closed(Socket::connect(&gateway, &token), r#"{"type":"connection_init"}"#), Received::Closed(4429));
        let mut twice = Socket::connect(&gateway, &token);
        twice.subscribe("1", WATCH_ALL);
        twice.subscribe("1", WATCH_ALL);
        assert_eq!(twice.receive(), Received::Closed(4409));
        assert_eq!(closed(Socket::connect(&gateway, &token), r#"{"type":"subscribe","id":"1","payload":{"query":17}}"#), Received::Closed(4400));
        // The token may come with the first request.
        let mut socket = Socket::open(&gateway, PROTOCOL, Some(&token));
        socket.say(&json!({ "type": "ping", "payload": { "n": 1 } }));
        assert_eq!(socket.receive(), Received::Message(json!({ "type": "pong", "payload": { "n": 1 } })));
        socket.say(&json!({ "type": "connection_init" }));
        assert_eq!(socket.receive(), Received::Message(json!({ "type": "connection_ack" })));
        socket.say(&json!({ "type": "pong" }));
        // Queries are answered as well: once.
        socket.subscribe("q", "{ cardCustomers { totalCount } }");
        assert_eq!(socket.next("q"), json!({ "cardCustomers": { "totalCount": 2 } }));
        assert_eq!(socket.expect("q", "complete"), Value::Null);
        socket.subscribe("named", "query OverASocket { __typename }");
        gateway.wait_for_log(|line| (line.get("operation")?.as_str()? == "OverASocket" && line.get("document")?.as_str()?.len() == 64).then_some(()));
        socket.next("named");
        socket.expect("named", "complete");
        for (query, code) in [("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"), ("{", "GRAPHQL_PARSE_FAILED"), ("subscription { cardCustomerBalance(identifier: \"\") { id } }", "BAD_USER_INPUT")] {
            socket.subscribe("q", query);
            assert_eq!(socket.expect("q", "error")[0]["extensions"]["code"], code, "{query}");
        }
        // An ended operation sends nothing more, and its id can be used again.
        socket.subscribe("s", &watch(MINE));
        socket.next("s");
        socket.say(&json!({ "type": "complete", "id": "s" }));
        socket.say(&json!({ "type": "ping" }));
        assert_eq!(socket.receive(), Received::Message(json!({ "type": "pong" })));
        gateway.take(&spendable(1, MINE, "1.00"));
        assert_eq!(socket.receive_within(Duration::from_millis(700)), Received::Nothing);
        socket.subscribe("s", &watch(MINE));
        assert_eq!(seen(&socket.next("s")), "- 1.00");
        // RFC 6455, section 7.4.1. The frame arrives although the message was not read to its end.
        for size in [300 * 1024, 8 * 1024 * 1024] {
            let mut socket = Socket::connect(&gateway, &token);
            let _ = socket.try_say(&" ".repeat(size));
            assert_eq!(socket.receive(), Received::Closed(1009), "{size}");
        }
        // A close frame is answered.
        assert_eq!(Socket::connect(&gateway, &token).leave(), Received::Closed(1000));
        // Requests that are no WebSocket, and an upgrade with an invalid token.
        assert_eq!(gateway.get(&token, "/graphql").status, 400);
    }

    fn events_end_with_the_operation(database) {
        let (gateway, token) = open(&database);
        for (query, code) in [("{ nonsense }", "GRAPHQL_VALIDATION_FAILED"), ("subscription { cardCustomerBalance(identifier: \"usr_9\") { id } }", "NOT_FOUND")] {
            let events = Events::open(&gateway, &token, query);
            let (name, payload) = events.receive().expect("an event");
            assert_eq!((name.as_str(), &payload["errors"][0]["extensions"]["code"]), ("next", &json!(code)));
            assert_eq!(events.receive(), Some(("complete".to_owned(), Value::Null)));
        }
        let events = Events::open(&gateway, &token, "{ cardCustomers { totalCount } }");
        assert_eq!(events.next(), json!({ "cardCustomers": { "totalCount": 2 } }));
        assert_eq!(events.receive(), Some(("complete".to_owned(), Value::Null)));
        // A subscription that is asked for like a query is refused.
        let answer = gateway.query(&token, WATCH_ALL);
        assert!(answer.json()["errors"][0]["message"].is_string() && answer.json().get("data").is_none(), "{}", answer.text);
    }

    fn a_revoked_token_ends_its_subscriptions(database) {
        let (gateway, token) = open(&database);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", &watch(MINE));
        socket.next("a");
        // Of this one the first message is the first change.
        let events = Events::open(&gateway, &token, WATCH_ALL);
        let id = database.succeed(&["token", "list"], "").split_whitespace().next().expect("a token").to_owned();
        database.succeed(&["token", "revoke", &id], "");
        std::thread::sleep(Duration::from_millis(4_200));
        gateway.take(&spendable(1, MINE, "1.00"));
        assert_eq!(socket.expect("a", "error")[0]["extensions"]["code"], "UNAUTHENTICATED");
        let (_, payload) = events.receive().expect("an event");
        assert_eq!(payload["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(events.receive(), Some(("complete".to_owned(), Value::Null)));
    }

    fn a_signal_ends_connections_and_streams_in_order(database) {
        let (mut gateway, token) = open(&database);
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("a", WATCH_ALL);
        let events = Events::open(&gateway, &token, &watch(MINE));
        events.next();
        let began = Instant::now();
        gateway.signal("TERM");
        assert_eq!(socket.receive(), Received::Closed(1001));
        assert_eq!(events.receive(), Some(("complete".to_owned(), Value::Null)));
        assert!(gateway.wait().success());
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    fn a_slow_reader_is_ended_with_an_error(database) {
        open(&database);
        let roomy = ["ALIASES", "FIELDS", "TOKENS", "DOCUMENT", "COMPLEXITY"].map(|limit| (format!("CARD_GATEWAY__LIMITS__{limit}"), "1000000"));
        let mut settings: Vec<(&str, &str)> = roomy.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        settings.push(ACME);
        let (gateway, token) = (database.serve_with(&settings), database.token("acme"));
        // Large messages, so that they do not all fit into the sockets' buffers.
        gateway.take(&spendable(1, MINE, "1.00"));
        let fields: Vec<String> = (0..1_200).map(|at| format!("n{at}: nextAction")).collect();
        let large = fields.join(" ");
        let mut all = Socket::connect(&gateway, &token);
        all.subscribe("all", &format!("subscription {{ cardCustomersChanged {{ availableBalance {large} }} }}"));
        let mut one = Socket::connect(&gateway, &token);
        one.subscribe("one", &format!("subscription {{ cardCustomerBalance(identifier: \"usr_1\") {{ availableBalance {large} }} }}"));
        one.next("one");
        let count = 800;
        std::thread::scope(|scope| {
            for part in 0..4 {
                let gateway = &gateway;
                scope.spawn(move || {
                    let client = crate::support::gateway::client();
                    for id in (1..=count).filter(|id| id % 4 == part) {
                        // Each is a change, in whatever order they come.
                        let data = json!({ "external_customer_id": MINE, "amount": "0.01" });
                        let body = event(&format!("evt_f{id}"), "customer.funded", &from_now(0), &data);
                        assert_eq!(gateway.send(signed(&client, &gateway.host, "acme", &body)).status, 200);
                    }
                });
            }
        });
        // Many at once, for who watches all.
        let many: Vec<Line> = (1_000..7_000).map(Line::new).collect();
        database.import("acme", &many);
        let mut received = 0;
        let errors = loop {
            match all.receive() {
                Received::Message(message) if message["type"] == "next" && message["payload"]["errors"].is_null() => received += 1,
                Received::Message(message) => break message["payload"]["errors"].clone(),
                other => panic!("{other:?} after {received} messages: {:#?}", gateway.warnings()),
            }
        };
        assert_eq!(errors[0]["extensions"]["code"], "CHANGES_MISSED", "{errors}");
        assert!(received < count + 6_000, "{received}");
        assert_eq!(all.expect("all", "complete"), Value::Null);
        // A subscriber of one customer gets the current state, which includes the last change.
        let mut received = 0;
        while seen(&one.next("one")) != "- 9.00" {
            received += 1;
        }
        assert!(received < count - 100, "{received} messages were buffered for it");
    }
}

/// The code with which a connection is closed that offers a protocol: the
/// client of the other tests would not let itself in for it.
fn closed_with(gateway: &Gateway, protocol: &str) -> u16 {
    let address = gateway.host.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).expect("it listens");
    let request = format!(
        "GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
        sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        sec-websocket-protocol: {protocol}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("it reads");
    stream.set_read_timeout(Some(Duration::from_secs(2))).expect("a time-out");
    let mut answer = Vec::new();
    // It waits for the close frame of the client.
    let _ = stream.read_to_end(&mut answer);
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    // RFC 6455, section 5.2: a close frame, its length, its code.
    assert_eq!(answer[end], 0x88, "{answer:?}");
    u16::from_be_bytes([answer[end + 2], answer[end + 3]])
}

#[test]
fn a_silent_client_is_disconnected() {
    let database = Database::sqlite();
    let (gateway, _) = open(&database);
    let mut socket = Socket::open(&gateway, PROTOCOL, None);
    assert_eq!(socket.receive_within(Duration::from_secs(15)), Received::Closed(4408));
}

#[test]
fn a_change_reaches_the_other_replica_within_a_second() {
    let Some(database) = Database::postgres() else { return };
    let (one, token) = open(&database);
    let other = database.serve_with(&[ACME]);
    let mut socket = Socket::connect(&other, &token);
    socket.subscribe("a", &watch(MINE));
    socket.next("a");
    let mut longest = Duration::ZERO;
    for id in 1..=20 {
        let body = spendable(id, MINE, &format!("{id}.00"));
        one.take(&body);
        let began = Instant::now();
        assert_eq!(seen(&socket.next("a")), format!("- {id}.00"));
        longest = longest.max(began.elapsed());
    }
    assert!(longest < Duration::from_secs(1), "{longest:?}");
}

#[test]
fn no_change_is_missed_without_a_listener() {
    let Some(database) = Database::postgres() else { return };
    let (one, token) = open(&database);
    let other = database.serve_with(&[ACME]);
    let mut socket = Socket::connect(&other, &token);
    socket.subscribe("a", &watch(MINE));
    socket.next("a");
    let name = database.postgres.as_deref().expect("it has a name");
    let server = postgres::server().expect("it runs");
    let listeners =
        "FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN %'";
    let count = || server.sql(name, &format!("SELECT count(*) {listeners}"));
    assert!(within(Duration::from_secs(5), || count().trim() == "1"), "{}", count());
    for id in 1..=30 {
        if id % 5 == 0 {
            // It gets no notification of the next one.
            server.sql(name, &format!("SELECT pg_terminate_backend(pid) {listeners}"));
        }
        one.take(&spendable(id, MINE, &format!("{id}.00")));
    }
    for id in 1..=30 {
        assert_eq!(seen(&socket.next("a")), format!("- {id}.00"));
    }
    // It listens again.
    assert!(within(Duration::from_secs(10), || count().trim() == "1"), "{}", count());
}

#[test]
fn a_thousand_idle_subscribers_cost_little() {
    let database = Database::sqlite();
    let (gateway, token) = open(&database);
    let memory = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
        line.split_whitespace().nth(1).expect("a number").parse::<u64>().expect("KiB")
    };
    // The first subscription costs more than further ones.
    let mut first = Socket::connect(&gateway, &token);
    first.subscribe("a", &watch(MINE));
    first.next("a");
    let before = memory();
    let sockets: Vec<Socket> = (0..1_000)
        .map(|number| {
            let mut socket = Socket::connect(&gateway, &token);
            socket.subscribe("a", if number % 2 == 0 { WATCH_ALL } else { "subscription { cardCustomerBalance(identifier: \"usr_2\") { availableBalance } }" });
            if number % 2 == 1 {
                socket.next("a");
            }
            socket
        })
        .collect();
    let more = memory().saturating_sub(before) / 1024;
    println!("1,000 idle subscribers: {more} MiB more");
    assert!(more < 50, "{more} MiB more");
    let mut sockets = sockets;
    gateway.take(&spendable(1, MINE, "1.00"));
    for socket in sockets.iter_mut().step_by(2) {
        assert_eq!(seen(&socket.next("a")), "usr_1 1.00");
    }
}
