//! What an issuer can do wrong. The sync says what it was, and goes on later.

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{Approval, Fault, FaultRule, RateLimit};

use super::world::{LIST, World};
use crate::support::{Database, on_both};

fn world(database: Database) -> World {
    World::new(database, 350)
}

on_both! {
    fn a_fault_that_passes_is_not_noticed(database) {
        let world = world(database);
        for fault in [
            Fault::Status(500),
            Fault::Html(502),
            Fault::CutJson,
            Fault::CutConnection,
            Fault::Reset,
            Fault::Unauthorized,
            Fault::TooManyCalls(1),
        ] {
            world.issuer.clear_faults();
            world.issuer.add_fault(FaultRule::on(LIST, fault.clone()).after(2).once());
            let said = world.sync();
            assert!(said.starts_with("acme: 350 customers in 4 calls: "), "{fault:?}: {said}");
        }
        assert_eq!(world.issuer.calls().early, 0, "Retry-After is kept");
        world.agrees();
    }

    fn a_fault_that_stays_is_told_in_a_sentence_and_the_next_run_goes_on(database) {
        let world = world(database);
        for (fault, cause) in [
            (Fault::Status(500), "internal error"),
            (Fault::Html(200), "cannot be read"),
            (Fault::CutJson, "cannot be read"),
            (Fault::Huge, "larger than the limit"),
            (Fault::Redirect("http://127.0.0.1:1/".into()), "redirect"),
            (Fault::Reset, "cannot be reached"),
        ] {
            world.issuer.clear_faults();
            // Two pages come, the third does not.
            world.issuer.take_calls();
            world.issuer.add_fault(FaultRule::on(LIST, fault.clone()).after(2));
            let said = world.fail();
            assert!(said.contains("page 3 of acme's customers was not read"), "{fault:?}: {said}");
            assert!(said.contains(cause), "{fault:?}: {said}");
            world.issuer.clear_faults();
            world.issuer.take_calls();
            let said = world.sync();
            assert!(said.starts_with("acme: 350 customers in 4 calls: "), "{fault:?}: {said}");
            assert_eq!(world.issuer.calls().of(LIST), 2, "{fault:?}: two pages were there");
        }
        world.agrees();
    }

    fn a_token_that_ends_in_the_middle_is_renewed(database) {
        let world = world(database);
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Unauthorized).after(1).once());
        let said = world.sync();
        assert_eq!(said, "acme: 350 customers in 4 calls: 350 new, 0 changed, 0 gone");
    }
}

#[test]
fn credentials_that_are_not_accepted_are_told() {
    let world = world(Database::sqlite());
    world.issuer.add_fault(FaultRule::on(LIST, Fault::Status(403)));
    let said = world.fail();
    assert!(said.contains("page 1 of acme's customers was not read"), "{said}");
    world.issuer.clear_faults();
    let mut command = world.command();
    command.env("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "another");
    let output = command.output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("does not accept the program's credentials"), "{said}");
    assert!(!said.contains("another process") && output.status.code() == Some(1), "{said}");
}

#[test]
fn a_program_that_is_not_approved_is_told() {
    let world = world(Database::sqlite());
    world.issuer.act(|program| program.spec.approval = Approval::Suspended);
    let said = world.fail();
    assert!(said.contains("NOT_APPROVED"), "{said}");
}

#[test]
fn the_issuers_limit_is_met_once_a_window() {
    let world = world(Database::sqlite());
    let limit = RateLimit { calls: 2, window: Duration::from_secs(2) };
    world.issuer.set_rate_limit(Some(limit));
    let began = Instant::now();
    assert_eq!(world.sync(), "acme: 350 customers in 4 calls: 350 new, 0 changed, 0 gone");
    assert!(began.elapsed() >= Duration::from_secs(2), "it waited");
    let calls = world.issuer.calls();
    assert!(calls.with_status(429) <= 2 && calls.early == 0, "{calls:?}");
}
