//! A run that is interrupted at any moment goes on where it was.

use std::process::Stdio;
use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};

use super::world::{LIST, World};
use crate::support::on_both;

on_both! {
    fn the_next_run_goes_on_and_ends_at_the_same_state(database) {
        let world = World::new(database, 950);
        // So slow that there is something to interrupt.
        let slow = Fault::Slow(Duration::from_millis(30));
        world.issuer.add_fault(FaultRule::on(LIST, slow));
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..20 {
            let mut command = world.command();
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("it starts");
            std::thread::sleep(Duration::from_millis(rng.u64(50..400)));
            child.kill().expect("it is a process");
            child.wait().expect("it ends");
        }
        world.issuer.clear_faults();
        let said = world.sync();
        assert!(said.starts_with("acme: 950 customers in "), "{said}");
        world.agrees();
        assert_eq!(world.sync(), "acme: 950 customers in 10 calls: 0 new, 0 changed, 0 gone");
    }

    fn a_page_that_was_stored_is_not_read_again(database) {
        let world = World::new(database, 950);
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Slow(Duration::from_mins(1))).after(5));
        let mut command = world.command();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let reached = crate::support::issuer::within(Duration::from_secs(20), || {
            world.issuer.calls().of(LIST) == 6
        });
        assert!(reached, "{:?}", world.issuer.calls());
        // The fifth page is written while the sixth is asked for.
        std::thread::sleep(Duration::from_millis(500));
        child.kill().expect("it is a process");
        child.wait().expect("it ends");
        world.issuer.clear_faults();
        world.issuer.take_calls();
        assert_eq!(world.sync(), "acme: 950 customers in 10 calls: 950 new, 0 changed, 0 gone");
        assert_eq!(world.issuer.calls().of(LIST), 5);
    }
}
