//! A list that moves while it is read.

use std::collections::BTreeSet;

use card_gateway_sandbox::issuer::{Fault, FaultRule, Program};

use super::world::{LIST, World};
use crate::support::{Database, on_both};

/// Lets the list move in one of many ways before each of the first pages is answered.
fn schedule(world: &World, seed: u64) {
    world.issuer.clear_faults();
    let mut rng = fastrand::Rng::with_seed(seed);
    for page in 0..rng.u64(1..8) {
        let count = rng.usize(1..40);
        let fault = match rng.u8(0..4) {
            0 => Fault::insert_at_front(count),
            1 => Fault::remove_from_middle(count),
            2 => Fault::reorder(seed),
            _ => Fault::before(move |program: &mut Program| {
                program.insert_at_front(count);
                program.remove_from_middle(count);
            }),
        };
        world.issuer.add_fault(FaultRule::on(LIST, fault).after(page).once());
    }
}

fn names_at_issuer(world: &World) -> BTreeSet<String> {
    world.issuer.act(|program| {
        program.customers().map(|customer| customer.yativo_card_id.clone()).collect()
    })
}

/// After each pass: whoever was there all the time is here. After a quiet pass, both
/// sides say the same.
fn goes_through(database: Database, schedules: std::ops::Range<u64>) {
    let world = World::new(database, 420);
    let gateway = world.database.serve();
    for seed in schedules {
        let before = names_at_issuer(&world);
        schedule(&world, seed);
        world.sync();
        let after = names_at_issuer(&world);
        let here: BTreeSet<String> = world.at_gateway(&gateway).into_keys().collect();
        let there_all_the_time: BTreeSet<&String> = before.intersection(&after).collect();
        let lost: Vec<_> =
            there_all_the_time.into_iter().filter(|name| !here.contains(*name)).collect();
        assert!(lost.is_empty(), "schedule {seed} has lost {lost:?}");
    }
    world.issuer.clear_faults();
    drop(gateway);
    // A schedule may remove more than can be gone at once.
    world.sync_with(&["--accept-gone"]);
    world.agrees();
}

on_both! {
    fn nobody_is_lost(database) {
        goes_through(database, 0..25);
    }

    #[ignore = "200 schedules take minutes"]
    fn nobody_is_lost_in_200_schedules(database) {
        goes_through(database, 100..300);
    }
}
