//! Several calls with one key at the same time, on several replicas.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};

use super::world::{FUND, FUND_ROUTE, World, fund_body, post};
use crate::support::on_both;

on_both! {
    fn parallel_calls_with_one_key_pay_once(database) {
        let world = World::new(database);
        let who = world.customer();
        let replicas = [world.serve(), world.serve()];
        for (round, fault) in [
            Fault::Slow(Duration::from_millis(200)), Fault::lost_answer(),
        ].into_iter().enumerate() {
            world.issuer.add_fault(FaultRule::on(FUND_ROUTE, fault).once());
            let cents = 3_000 + i64::try_from(round).expect("small");
            let key = format!("key-{round}");
            let statuses: Vec<u16> = std::thread::scope(|scope| {
                let call = |number: usize| {
                    let (token, who, key, gateway) = (&world.token, &who, key.as_str(), &replicas[number % 2]);
                    scope.spawn(move || post(gateway, token, FUND, Some(key), &fund_body(who, cents)).status)
                };
                let calls: Vec<_> = (0..8).map(call).collect();
                calls.into_iter().map(|call| call.join().expect("no panic")).collect()
            });
            assert!(statuses.iter().all(|status| matches!(status, 200 | 409 | 504)), "{statuses:?}");
            let answers: Vec<String> = replicas.iter().map(|gateway| world.learn(gateway, &key, &who, cents).text).collect();
            assert_eq!(answers[0], answers[1]);
            let payments = world.payments(cents);
            assert_eq!(payments.len(), 1, "{statuses:?} {payments:?}");
            assert!(answers[0].contains(&payments[0].id), "{}", answers[0]);
            println!("8 calls on 2 replicas: {statuses:?}, 1 payment");
        }
    }
}
