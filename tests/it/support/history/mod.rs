//! Events about many customers, and what they add up to.

mod cards;
mod customer;
mod purchase;

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use card_gateway::domain::ledger::event::TYPES;
use fastrand::Rng;
use serde_json::{Value, json};

use self::customer::{Customer, WITHOUT_EFFECT};
use super::gateway::client;
use super::issuer::{ACME, event, seconds, signed};
use super::{Database, Gateway, Line};

const CUSTOMERS: u32 = 25;
/// How long ago the history begins.
const BEFORE_MILLIS: i64 = 3_600_000;
/// How much later than the import cards change.
const AFTER_MILLIS: i64 = 5_000;
/// Events that are sent at the same time.
pub(crate) const SENDERS: usize = 4;

/// Random events of customers, in order.
struct History {
    /// Bodies of events; those of one event stand together.
    bodies: Vec<String>,
    customers: Vec<Customer>,
}

/// Random events, of different identifiers.
fn history(count: usize, mut customers: Vec<Customer>, rng: &mut Rng) -> History {
    let mut bodies = Vec::with_capacity(count);
    let now = seconds() * 1_000;
    let moment = |millis: i64| {
        let at = chrono::DateTime::from_timestamp_millis(millis).expect("a moment");
        at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
    };
    for number in 0..count {
        let passed = i64::try_from(number).expect("small");
        let id = format!("evt_{number:05}");
        let customer = &mut customers[rng.usize(..CUSTOMERS as usize)];
        let at = moment(now - BEFORE_MILLIS + passed);
        let (event_type, data) = customer.next(&id, &at, rng);
        let is_card =
            matches!(event_type.split_once('.'), Some(("card", change)) if !change.contains('.'));
        let at = if is_card { moment(now + AFTER_MILLIS + passed) } else { at };
        // Some events are wrong at first: the issuer corrects them.
        if rng.u8(..16) == 0
            && let Some(wrong) = spoiled(&data)
            && !WITHOUT_EFFECT.contains(&event_type.as_str())
        {
            bodies.push(event(&id, &event_type, &at, &wrong));
        }
        bodies.push(event(&id, &event_type, &at, &data));
    }
    History { bodies, customers }
}

/// The data with an amount that is not the same in minor units, if it has one.
fn spoiled(data: &Value) -> Option<Value> {
    let mut wrong = data.clone();
    let names = ["amount_minor", "ledger_balance_minor"];
    let amount = names.iter().find_map(|name| data.get(*name)?.as_i64().map(|at| (*name, at)));
    let (name, minor) = amount?;
    wrong[name] = json!(minor + 1);
    Some(wrong)
}

/// A gateway that is sent events, and can be replaced by another one.
pub(crate) struct Target<'a> {
    pub(crate) database: &'a Database,
    gateway: RwLock<Option<Gateway>>,
    host: RwLock<String>,
    next: AtomicUsize,
    acknowledged: Mutex<HashSet<String>>,
    done: AtomicBool,
    count: usize,
}

impl Target<'_> {
    /// Does something with the gateway that runs now.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Gateway) -> T) -> T {
        work(self.gateway.read().expect("no panic").as_ref().expect("it runs"))
    }

    /// Ends the gateway with a signal, and starts another one.
    pub(crate) fn restart(&self, signal: &str) {
        let mut gateway = self.gateway.write().expect("no panic");
        let mut old = gateway.take().expect("it runs");
        old.signal(signal);
        old.wait();
        let new = self.database.serve_with(&[ACME]);
        new.host.clone_into(&mut self.host.write().expect("no panic"));
        *gateway = Some(new);
    }

    /// Waits until so many thousandths of the events are under way, or all are.
    pub(crate) fn wait_for(&self, thousandths: usize) {
        let due = self.count * thousandths / 1_000;
        while self.next.load(Ordering::Relaxed) < due && !self.done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_micros(fastrand::u64(50..2_000)));
        }
    }

    /// How many events were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged.lock().expect("no panic").len()
    }

    /// Whether everything was acknowledged.
    pub(crate) fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed)
    }
}

/// Sends events until all are acknowledged, while `trouble` is made. In the end,
/// each is in the inbox once, and balances are what the events add up to.
pub(crate) fn survive(
    database: &Database,
    events: usize,
    seed: u64,
    trouble: impl FnOnce(&Target<'_>) + Send,
) {
    println!("the seed is {seed}");
    let mut rng = Rng::with_seed(seed);
    let customers: Vec<Customer> = (1..=CUSTOMERS).map(Customer::new).collect();
    let lines: Vec<Line> = customers.iter().map(Customer::line).collect();
    let token = database.program_with("acme", &lines);
    let History { mut bodies, customers } = history(events, customers, &mut rng);
    // Nearby events come in in any order, and every tenth one twice.
    for part in bodies.chunks_mut(40) {
        rng.shuffle(part);
    }
    let twice: Vec<String> = bodies.iter().step_by(10).cloned().collect();
    bodies.extend(twice);
    let gateway = database.serve_with(&[ACME]);
    let target = Target {
        database,
        host: RwLock::new(gateway.host.clone()),
        gateway: RwLock::new(Some(gateway)),
        next: AtomicUsize::new(0),
        acknowledged: Mutex::default(),
        done: AtomicBool::new(false),
        count: bodies.len(),
    };
    let tries = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| {
                    let client = client();
                    loop {
                        let at = target.next.fetch_add(1, Ordering::Relaxed);
                        let Some(body) = bodies.get(at) else { return };
                        loop {
                            tries.fetch_add(1, Ordering::Relaxed);
                            let host = target.host.read().expect("no panic").clone();
                            if target.is_done() {
                                // Something else has failed.
                                return;
                            }
                            match signed(&client, &host, "acme", body).send() {
                                Ok(answer) if answer.status() == 200 => break,
                                Ok(answer) => assert_eq!(answer.status(), 503, "send it again"),
                                // It is being replaced.
                                Err(_) => {}
                            }
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        let id = serde_json::from_str::<Value>(body).expect("JSON");
                        let id = id["id"].as_str().expect("a text").to_owned();
                        target.acknowledged.lock().expect("no panic").insert(id);
                    }
                })
            })
            .collect();
        let trouble = scope.spawn(|| {
            let failed = std::panic::catch_unwind(AssertUnwindSafe(|| trouble(&target)));
            if let Err(panic) = failed {
                target.done.store(true, Ordering::Relaxed);
                std::panic::resume_unwind(panic);
            }
        });
        for sender in senders {
            sender.join().expect("no panic");
        }
        target.done.store(true, Ordering::Relaxed);
        trouble.join().expect("no panic");
    });
    let gateway = target.gateway.into_inner().expect("no panic").expect("it runs");
    let acknowledged = target.acknowledged.into_inner().expect("no panic");
    let listed = database.succeed(&["events", "list"], "");
    let states = states(&listed);
    println!(
        "{events} events, {} bodies, acknowledged after {} tries; in the inbox: {:?}",
        bodies.len(),
        tries.into_inner(),
        counts(&states)
    );
    // Each is stored once, and none has failed or waits for a customer.
    assert_eq!((acknowledged.len(), states.len()), (events, events));
    assert!(acknowledged.iter().all(|id| states.contains_key(id.as_str())));
    let unfit =
        states.iter().find(|(_, state)| !matches!(**state, "applied" | "kept" | "ambiguous"));
    assert_eq!(unfit, None);
    for customer in &customers {
        assert_is_as_in_model(&gateway, &token, customer);
    }
    println!("the balances and the cards of {} customers are the model's", customers.len());
}

/// The state of each event, except for other bodies under its identifier.
fn states(listed: &str) -> BTreeMap<&str, &str> {
    let mut states = BTreeMap::new();
    for line in listed.lines() {
        let mut words = line.split_whitespace().skip(1);
        let (state, id) = (words.next().expect("a state"), words.next().expect("an identifier"));
        if state != "conflicting" {
            assert_eq!(states.insert(id, state), None, "{id} is there twice");
        }
    }
    states
}

fn counts<'a>(states: &BTreeMap<&str, &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for state in states.values() {
        *counts.entry(*state).or_default() += 1;
    }
    counts
}

fn assert_is_as_in_model(gateway: &Gateway, token: &str, customer: &Customer) {
    let name = customer.name();
    let found = gateway.balance_of(token, &name);
    assert_eq!(found, customer.balance().unwrap_or(json!([null, null, null, null])), "{name}");
    let query = format!("{{ cardCustomer(identifier: \"{name}\") {{ cards {{ status }} }} }}");
    let cards = gateway.query(token, &query).data()["cardCustomer"]["cards"].take();
    let cards = cards.as_array().expect("a list").iter().map(|card| card["status"].clone());
    assert_eq!(cards.collect::<Value>(), customer.cards.statuses(), "{name}");
}

#[test]
fn a_history_has_events_of_every_documented_type() {
    let customers = (1..=CUSTOMERS).map(Customer::new).collect();
    let History { bodies, .. } = history(2_000, customers, &mut Rng::with_seed(1));
    for event_type in TYPES {
        let member = format!("\"type\":\"{event_type}\"");
        assert!(bodies.iter().any(|body| body.contains(&member)), "{event_type}");
    }
}
