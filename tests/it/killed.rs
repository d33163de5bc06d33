//! What was acknowledged is there once, however often the server is killed.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use fastrand::Rng;
use serde_json::json;

use crate::support::gateway::client;
use crate::support::issuer::{ACME, balance, event, seconds, signed, transaction};
use crate::support::{Database, Gateway, Line, on_both};

const CUSTOMERS: u32 = 25;
const SENDERS: usize = 4;

/// How hard it is tried.
struct Trial {
    events: usize,
    kills: usize,
}

/// What a customer has, by plain sums over the history in its order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sum {
    available: i64,
    pending: i64,
}

fn cents(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

/// Events about many customers, in the order in which they happen, and what
/// they add up to.
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
            // The issuer counts as we do, so that a balance event says the same.
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

/// Sends events until all are acknowledged, while the gateway is killed.
fn survive(database: &Database, trial: &Trial) {
    let seed = u64::from(std::process::id());
    println!("the seed is {seed}");
    let mut rng = Rng::with_seed(seed);
    let lines: Vec<Line> = (1..=CUSTOMERS).map(Line::new).collect();
    let token = database.program_with("acme", &lines);
    let (mut bodies, sums) = history(trial.events, &mut rng);
    // Nearby events come in in any order, and every tenth one twice.
    for part in bodies.chunks_mut(40) {
        rng.shuffle(part);
    }
    let twice: Vec<String> = bodies.iter().step_by(10).cloned().collect();
    bodies.extend(twice);
    let gateway = RwLock::new(Some(database.serve_with(&[ACME])));
    let host =
        RwLock::new(gateway.read().expect("no panic").as_ref().expect("it runs").host.clone());
    let (next, done) = (AtomicUsize::new(0), AtomicBool::new(false));
    let acknowledged: Mutex<HashSet<String>> = Mutex::default();
    let tries = AtomicUsize::new(0);
    let kills = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| {
                    let client = client();
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(body) = bodies.get(at) else { return };
                        loop {
                            tries.fetch_add(1, Ordering::Relaxed);
                            let host = host.read().expect("no panic").clone();
                            let sent = signed(&client, &host, "acme", body).send();
                            if sent.is_ok_and(|answer| answer.status() == 200) {
                                break;
                            }
                            std::thread::sleep(Duration::from_millis(5));
                        }
                        let id = serde_json::from_str::<serde_json::Value>(body).expect("JSON");
                        let id = id["id"].as_str().expect("a text").to_owned();
                        acknowledged.lock().expect("no panic").insert(id);
                    }
                })
            })
            .collect();
        let killer = scope.spawn(|| {
            let mut rng = Rng::with_seed(seed);
            for kills in 1..=trial.kills {
                // Spread over the events, at no moment in particular.
                let due = bodies.len() * kills / (trial.kills + 1);
                while next.load(Ordering::Relaxed) < due && !done.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_micros(rng.u64(50..2_000)));
                }
                let mut gateway = gateway.write().expect("no panic");
                gateway.take().expect("it runs").signal("KILL");
                let new = database.serve_with(&[ACME]);
                new.host.clone_into(&mut host.write().expect("no panic"));
                *gateway = Some(new);
            }
            trial.kills
        });
        for sender in senders {
            sender.join().expect("no panic");
        }
        done.store(true, Ordering::Relaxed);
        killer.join().expect("no panic")
    });
    let gateway: Gateway = gateway.into_inner().expect("no panic").expect("it runs");
    let listed = database.succeed(&["events", "list"], "");
    let applied = |line: &&str| line.contains("  applied  ");
    let kept: Vec<&str> =
        listed.lines().filter(applied).filter_map(|line| line.split_whitespace().nth(2)).collect();
    let unique: HashSet<&str> = kept.iter().copied().collect();
    let acknowledged = acknowledged.into_inner().expect("no panic");
    println!(
        "{} events, {} of them twice, acknowledged after {} tries and {kills} kills; {} in the inbox",
        trial.events,
        bodies.len() - trial.events,
        tries.into_inner(),
        kept.len()
    );
    assert_eq!(
        (acknowledged.len(), kept.len(), unique.len()),
        (trial.events, trial.events, trial.events)
    );
    assert!(acknowledged.iter().all(|id| unique.contains(id.as_str())));
    for (customer, Sum { available, pending }) in &sums {
        let expected =
            json!([cents(available + pending), cents(*available), cents(*pending), "REALTIME"]);
        assert_eq!(gateway.balance_of(&token, customer), expected, "{customer}");
    }
    println!("the balances of {} customers are the model's", sums.len());
}

on_both! {
    fn what_was_acknowledged_survives(database) {
        survive(&database, &Trial { events: 200, kills: 5 });
    }

    #[ignore = "takes minutes; run with: cargo test --test it killed -- --ignored --nocapture"]
    fn what_was_acknowledged_survives_fifty_kills(database) {
        survive(&database, &Trial { events: 2_000, kills: 50 });
    }
}
