//! Clients that are killed and started again at random moments, while two replicas take events
//! from several senders: each sees each change once, and in order.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::changes::Follower;
use crate::support::gateway::client;
use crate::support::issuer::{ACME, event, from_now, signed, transaction};
use crate::support::watcher::{Events, Received, Socket};
use crate::support::{Gateway, Line, on_both};

const CUSTOMERS: u32 = 40;
const SENDERS: u32 = 4;
/// Events of each sender, and the time from one to the next: together 200 in a second.
const EVENTS: u32 = 300;
const PACE: Duration = Duration::from_millis(20);
/// A client that gets nothing for so long looks whether the senders are done.
const SILENCE: Duration = Duration::from_secs(2);

/// The body of an event that is a change of some customer.
fn body(sender: u32, number: u32) -> String {
    let (id, of) = (format!("evt_{sender}_{number}"), fastrand::u32(1..=CUSTOMERS));
    let customer = format!("usr_{of}");
    if number.is_multiple_of(3) {
        let name = format!("txn_{sender}_{number}");
        return transaction(&id, "authorized", &customer, &name, "1.00", &from_now(-1_000));
    }
    let data = json!({ "external_customer_id": customer, "amount": "2.00", "transfer_id": id });
    event(&id, "customer.funded", &from_now(-1_000), &data)
}

fn send(replicas: &[Gateway; 2], sender: u32) {
    let client = client();
    let began = Instant::now();
    for number in 0..EVENTS {
        let due = began + PACE * number;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let replica = &replicas[fastrand::usize(0..2)];
        let request = signed(&client, &replica.host, "acme", &body(sender, number));
        assert_eq!(replica.send(request).status, 200, "{:#?}", replica.warnings());
    }
}

/// What a client has seen.
struct Seen {
    cursors: Vec<String>,
    starts: u32,
}

impl Seen {
    fn after(begin: &str) -> Self {
        Self { cursors: vec![begin.to_owned()], starts: 0 }
    }

    fn last(&self) -> &str {
        self.cursors.last().expect("where it has begun")
    }

    fn add(&mut self, cursor: &Value) {
        self.cursors.push(cursor.as_str().expect("a cursor").to_owned());
    }
}

/// When a client is killed that is started now.
fn next_kill() -> Instant {
    Instant::now() + Duration::from_millis(fastrand::u64(5..600))
}

/// Runs a client again and again until it has seen everything. It runs until a moment, and says
/// whether nothing more came.
fn restarted(
    replicas: &[Gateway; 2],
    done: &AtomicBool,
    begin: &str,
    run: impl Fn(&Gateway, &mut Seen, Instant) -> bool,
) -> Seen {
    let mut seen = Seen::after(begin);
    loop {
        // Before it runs: what was sent by then is there.
        let is_last = done.load(Ordering::Acquire);
        let until = if is_last { Instant::now() + Duration::from_mins(1) } else { next_kill() };
        let is_silent = run(&replicas[fastrand::usize(0..2)], &mut seen, until);
        seen.starts += 1;
        if is_last {
            assert!(is_silent, "it does not come to an end");
            return seen;
        }
    }
}

/// Over a WebSocket, by the argument.
fn over_socket(gateway: &Gateway, token: &str, seen: &mut Seen, until: Instant) -> bool {
    let mut socket = Socket::connect(gateway, token);
    let query = format!(
        "subscription {{ cardCustomerChanges(after: \"{}\") {{ cursor kind customer {{ email availableBalance }} }} }}",
        seen.last()
    );
    socket.subscribe("a", &query);
    while Instant::now() < until {
        match socket.receive_within(SILENCE) {
            Received::Message(message) => {
                let change = &message["payload"]["data"]["cardCustomerChanges"];
                assert!(change["customer"].is_object(), "{message}");
                seen.add(&change["cursor"]);
            }
            Received::Nothing => return true,
            Received::Closed(code) => panic!("{code}: {:#?}", gateway.warnings()),
        }
    }
    false
}

/// Over server-sent events, by the header, with whatever subscription.
fn over_events(
    gateway: &Gateway,
    token: &str,
    query: &str,
    seen: &mut Seen,
    until: Instant,
) -> bool {
    let headers = [("last-event-id", seen.last())];
    let events = Events::open_with(gateway, token, query, &headers);
    while Instant::now() < until {
        let Some(event) = events.event_within(SILENCE) else { return true };
        assert!(event.data.get("errors").is_none(), "{event:?}");
        seen.add(&event.id.expect("it has one").into());
    }
    false
}

/// Page by page.
fn by_pages(gateway: &Gateway, token: &str, seen: &mut Seen, until: Instant) -> bool {
    let mut follower = Follower::new(gateway, token);
    follower.cursor = Some(seen.last().to_owned());
    let mut is_silent = false;
    while Instant::now() < until && !is_silent {
        let changes = follower.rest_by(fastrand::u32(1..=50));
        for change in &changes {
            seen.add(&change["cursor"]);
        }
        is_silent = changes.is_empty();
        std::thread::sleep(Duration::from_millis(fastrand::u64(0..50)));
    }
    is_silent
}

on_both! {
    fn clients_that_are_killed_see_each_change_once_and_in_order(database) {
        // Only a known balance is moved by events.
        let lines: Vec<Line> = (1..=CUSTOMERS).map(|number| Line::new(number).balance(10_000, 0)).collect();
        let token = database.program_with("acme", &lines);
        let replicas = [database.serve_with(&[ACME]), database.serve_with(&[ACME])];
        let begin = Follower::caught_up(&replicas[0], &token).cursor.expect("there is always one");
        let done = AtomicBool::new(false);
        let feed = "subscription { cardCustomerChanges { kind customerId } }";
        let customers = "subscription { cardCustomersChanged { email availableBalance } }";
        let (seen, imported) = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS).map(|sender| {
                let replicas = &replicas;
                scope.spawn(move || send(replicas, sender))
            }).collect();
            let (replicas, token, done, begin) = (&replicas, token.as_str(), &done, begin.as_str());
            let mut clients = Vec::new();
            for _ in 0..2 {
                clients.push(scope.spawn(move || restarted(replicas, done, begin, |gateway, seen, until| over_socket(gateway, token, seen, until))));
            }
            for query in [feed, customers] {
                clients.push(scope.spawn(move || restarted(replicas, done, begin, |gateway, seen, until| over_events(gateway, token, query, seen, until))));
            }
            clients.push(scope.spawn(move || restarted(replicas, done, begin, |gateway, seen, until| by_pages(gateway, token, seen, until))));
            // Imports come in between.
            let mut imported = 0;
            while !senders.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                imported += 1;
                database.import("acme", &[Line::new(10_000 + imported)]);
                std::thread::sleep(Duration::from_millis(200));
            }
            for sender in senders {
                sender.join().expect("no panic");
            }
            done.store(true, Ordering::Release);
            let seen = clients.into_iter().map(|client| client.join().expect("no panic"));
            (seen.collect::<Vec<_>>(), imported)
        });
        let mut follower = Follower::new(&replicas[1], &token);
        follower.cursor = Some(begin.clone());
        let mut all = vec![begin];
        all.extend(follower.rest().iter().map(|change| change["cursor"].as_str().expect("a text").to_owned()));
        assert_eq!(all.len(), (1 + SENDERS * EVENTS + imported) as usize, "each event and import is one change");
        for (client, Seen { cursors, starts }) in seen.iter().enumerate() {
            println!("client {client}: {} changes, {starts} starts", cursors.len() - 1);
            assert!(*starts > 5, "{starts}");
            assert_eq!(cursors.len(), all.len(), "client {client}");
            assert!(*cursors == all, "client {client} has seen other changes, or in another order");
        }
    }
}
