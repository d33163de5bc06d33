//! Two processes that synchronise the same program.

use std::process::Stdio;
use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};

use super::world::{LIST, World};
use crate::support::on_both;

on_both! {
    fn no_page_is_read_by_two_at_a_time(database) {
        let world = World::new(database, 450);
        let slow = Fault::Slow(Duration::from_millis(100));
        world.issuer.add_fault(FaultRule::on(LIST, slow));
        let spawn = || {
            let mut command = world.command();
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("it starts")
        };
        let both = [spawn(), spawn()];
        let mut texts = both.map(|child| {
            let output = child.wait_with_output().expect("it ends");
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).expect("UTF-8")
        });
        texts.sort();
        assert_eq!(texts, [
            "acme: 450 customers in 5 calls: 0 new, 0 changed, 0 gone\n",
            "acme: 450 customers in 5 calls: 450 new, 0 changed, 0 gone\n",
        ]);
        assert_eq!(world.issuer.calls().max_parallel, 1, "one of them waits");
        world.agrees();
    }

    fn another_process_goes_on_when_one_dies(database) {
        let world = World::new(database, 450);
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Slow(Duration::from_mins(1))).after(3).once());
        let mut command = world.command();
        let mut first = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        let reached = crate::support::issuer::within(Duration::from_secs(20), || {
            world.issuer.calls().of(LIST) == 4
        });
        assert!(reached, "{:?}", world.issuer.calls());
        std::thread::sleep(Duration::from_millis(500));
        let second = {
            let mut command = world.command();
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
        };
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(world.issuer.calls().of(LIST), 4, "the first one still has the lease");
        first.kill().expect("it is a process");
        first.wait().expect("it ends");
        let output = second.wait_with_output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(text, "acme: 450 customers in 5 calls: 450 new, 0 changed, 0 gone\n");
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(errors, "another process synchronises acme; waiting for it to end\n");
    }
}
