//! Events about many customers, and what they add up to.

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use super::gateway::client;
use super::issuer::{ACME, balance, event, seconds, signed, transaction};
use super::{Database, Gateway, Line};

const CUSTOMERS: u32 = 25;
/// Events that are sent at the same time.
pub(crate) const SENDERS: usize = 4;

/// The balance of a customer, by plain sums over the history in order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    available: i64,
    pending: i64,
}

fn cents(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// The events in the order in which they happen, and what they add up to.
fn history(count: usize, rng: &mut Rng) -> (Vec<String>, BTreeMap<String, Sum>) {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    let mut holds: BTreeMap<String, Vec<(String, i64)>> = BTreeMap::new();
    let mut bodies = Vec::with_capacity(count);
    let start = seconds() * 1_000 - 3_600_000;
    for number in 0..count {
        let millis = start + i64::try_from(number).expect("small");
        let at = chrono::DateTime::from_timestamp_millis(millis).expect("a moment");
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let me = format!("usr_{}", rng.u32(1..=CUSTOMERS));
        let id = format!("evt_{number:05}");
        let first = !sums.contains_key(&me);
        let sum = sums.entry(me.clone()).or_default();
        let held = holds.entry(me.clone()).or_default();
        let amount = rng.i64(100..2_000);
        let body = match rng.u8(..10) {
            _ if first => {
                *sum = Sum { available: 50_000 + amount, pending: 0 };
                balance(&id, &me, &cents(sum.available), "0.00", &at)
            }
            // A balance event reports the same sums.
            0 => balance(&id, &me, &cents(sum.available), &cents(sum.pending), &at),
            1 => {
                sum.available += amount;
                let data = json!({ "external_customer_id": me, "amount": cents(amount) });
                event(&id, "customer.funded", &at, &data)
            }
            2 => {
                sum.available += amount;
                let name = format!("txn_{number}");
                transaction(&id, "refund.created", &me, &name, &cents(amount), &at)
            }
            3..6 if !held.is_empty() => {
                let (name, amount) = held.swap_remove(rng.usize(..held.len()));
                sum.pending -= amount;
                let stage = if rng.bool() { "settled" } else { "reversed" };
                if stage == "reversed" {
                    sum.available += amount;
                }
                transaction(&id, stage, &me, &name, &cents(amount), &at)
            }
            _ => {
                sum.available -= amount;
                sum.pending += amount;
                let name = format!("txn_{number}");
                held.push((name.clone(), amount));
                transaction(&id, "authorized", &me, &name, &cents(amount), &at)
            }
        };
        bodies.push(body);
    }
    (bodies, sums)
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
    let lines: Vec<Line> = (1..=CUSTOMERS).map(Line::new).collect();
    let token = database.program_with("acme", &lines);
    let (mut bodies, sums) = history(events, &mut rng);
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
    let listed = database.succeed(&["events", "list"], "");
    let applied = |line: &&str| line.contains("  applied  ");
    let stored: Vec<&str> =
        listed.lines().filter(applied).filter_map(|line| line.split_whitespace().nth(2)).collect();
    let unique: HashSet<&str> = stored.iter().copied().collect();
    let acknowledged = target.acknowledged.into_inner().expect("no panic");
    println!(
        "{events} events, {} of them twice, acknowledged after {} tries; {} in the inbox",
        bodies.len() - events,
        tries.into_inner(),
        stored.len()
    );
    assert_eq!((acknowledged.len(), stored.len(), unique.len()), (events, events, events));
    assert!(acknowledged.iter().all(|id| unique.contains(id.as_str())));
    for (customer, Sum { available, pending }) in &sums {
        let expected =
            json!([cents(available + pending), cents(*available), cents(*pending), "REALTIME"]);
        assert_eq!(gateway.balance_of(&token, customer), expected, "{customer}");
    }
    println!("the balances of {} customers are the model's", sums.len());
}
