//! A gateway that is killed at any moment of a payment.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};

use super::world::{FUND, FUND_ROUTE, World, fund_body};
use crate::support::gateway::client;
use crate::support::{Database, on_both};

/// Kills the gateway while it pays, so many times.
fn survive_kills(database: Database, kills: i64) {
    let world = World::new(database);
    let who = world.customer();
    let slow = Fault::Slow(Duration::from_millis(20));
    world.issuer.add_fault(FaultRule::on(FUND_ROUTE, slow));
    let mut rng = fastrand::Rng::with_seed(u64::from(std::process::id()));
    let mut states = std::collections::BTreeMap::<String, u32>::new();
    let mut gateway = world.serve();
    for kill in 1..=kills {
        let (key, cents) = (format!("key-{kill}"), 1_000 + kill);
        let (url, token) = (format!("{}{FUND}", gateway.host), world.token.clone());
        let (sent, body) = (key.clone(), fund_body(&who, cents));
        // The first call of a gateway fetches a token, too.
        let calling = std::thread::spawn(move || {
            let request = client().post(url).bearer_auth(token).header("Idempotency-Key", sent);
            request.json(&body).send().map(|answer| answer.status().as_u16())
        });
        std::thread::sleep(Duration::from_millis(rng.u64(0..90)));
        gateway.signal("KILL");
        gateway.wait();
        let answered = calling.join().expect("no panic");
        gateway = world.serve();
        let found = world.list(&[]);
        let found = found.iter().rfind(|one| one["amount_minor"] == cents);
        let state = found.map_or("not stored", |one| one["state"].as_str().expect("a word"));
        *states.entry(state.to_owned()).or_default() += 1;
        let known = world.learn(&gateway, &key, &who, cents);
        assert_eq!(known.status, 200, "{known:?}");
        let payments = world.payments(cents);
        assert_eq!(payments.len(), 1, "kill {kill}, {state}, {answered:?}: {payments:?}");
        assert_eq!(known.json()["data"]["transfer_id"], payments[0].id, "{state}");
    }
    println!("{kills} kills; after them: {states:?}");
}

on_both! {
    fn a_payment_survives_a_kill(database) {
        survive_kills(database, 4);
    }

    #[ignore = "takes minutes; run with: cargo test --test it funding::killed -- --ignored --nocapture"]
    fn payments_survive_thirty_kills(database) {
        survive_kills(database, 30);
    }
}
