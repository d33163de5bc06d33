//! `events recover` says in a sentence what it did.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule, IssuerOptions, Purchase, Time};

use super::world::{FETCH, SUBSCRIPTIONS, World};
use crate::support::{Database, on_both};

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// What a command said that failed.
fn failure(world: &World, arguments: &[&str]) -> (Option<i32>, String) {
    let output = world.run(arguments);
    assert_eq!(output.stdout.len(), 0);
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8").trim_end().to_owned())
}

on_both! {
    fn it_counts_what_is_new_and_what_was_known(database) {
        let world = World::new(database);
        assert!(world.recover("24h").contains(": 0 failed deliveries since "));
        world.purchases(5);
        let sent = world.deliveries();
        // One of them came by another way.
        let body = world.issuer.act(|program| program.deliveries()[0].event.body.to_string());
        let gateway = world.database.serve_with(&[("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", "whsec_of_acme")]);
        gateway.take(&body);
        drop(gateway);
        let said = world.recover("24h");
        assert!(said.starts_with(&format!("acme: {sent} failed deliveries since ")), "{said}");
        assert!(said.ends_with(&format!(": {} events recovered, 1 known before", sent - 1)), "{said}");
        let said = world.recover("24h");
        assert!(said.ends_with(&format!(": 0 events recovered, {sent} known before")), "{said}");
        assert_eq!(world.issuer.calls().of(FETCH), sent as u64);
        assert_eq!(world.inbox("applied"), sent);
    }

    fn only_those_that_are_new_enough_are_fetched(database) {
        let start = Time::now().plus(-5 * DAY);
        let options = IssuerOptions { start: Some(start), ..IssuerOptions::default() };
        let world = World::with(database, options);
        world.purchases(2);
        let old = world.deliveries();
        world.issuer.advance(Duration::from_hours(5 * 24));
        world.purchases(1);
        let new = world.deliveries() - old;
        let said = world.recover("24h");
        assert!(said.contains(&format!(": {new} failed deliver")), "{said}");
        assert_eq!(world.inbox("applied"), new);
        let said = world.recover("30d");
        assert!(said.contains(&format!(": {} failed deliveries", old + new)), "{said}");
        assert!(said.ends_with(&format!(": {old} events recovered, {new} known before")), "{said}");
        assert_eq!(world.issuer.calls().of(FETCH), (old + new) as u64);
    }

    fn many_pages_are_read(database) {
        let mut options = IssuerOptions::default();
        options.sender.failures_allowed = 10_000;
        let world = World::with(database, options);
        world.issuer.act(|program| {
            for _ in 0..150 {
                program.authorize(&world.spender, Purchase::of(1)).expect("there is money");
            }
        });
        world.purchases(1);
        let sent = world.deliveries();
        assert!(sent > 100, "{sent}");
        let said = world.recover("24h");
        assert!(said.ends_with(&format!(": {sent} events recovered, 0 known before")), "{said}");
    }
}

#[test]
fn it_says_why_it_cannot() {
    let world = World::new(Database::sqlite());
    let recover = ["events", "recover", "--program", "acme"];
    let nobody = failure(&world, &["events", "recover", "--program", "nobody"]);
    let place = world.database.url.replace("?mode=rwc", "");
    let text = format!(
        "card-gateway: there is no program nobody in {place}; see: card-gateway program list"
    );
    assert_eq!(nobody, (Some(1), text));
    let output = world.database.run(&recover, "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr).trim_end(),
        "card-gateway: acme is not connected to the issuer: it has no key pair; set \
         CARD_GATEWAY__ISSUER__ACME__API_KEY and …__API_SECRET"
    );
    world.issuer.add_fault(FaultRule::on(SUBSCRIPTIONS, Fault::Status(403)));
    let (status, said) = failure(&world, &recover);
    assert_eq!(status, Some(1));
    let begins = "card-gateway: the failed deliveries of acme were not all read (";
    assert!(said.starts_with(begins) && said.lines().count() == 1, "{said}");
}
