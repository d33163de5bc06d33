//! What goes wrong with the standby, and fails no request.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use super::world::{
    LIST, READ_LAG, READ_URL, SOON, World, balance_of, faults, metric, outages, reads, wait_until,
    wait_until_over,
};
use crate::exports::{MANY, program_with_many};
use crate::support::Gateway;
use crate::support::issuer::{ACME, balance, from_now, within};

const EXPORT: &str = "/export/card-customers.ndjson";
const NODES: &str = "{ cardCustomers { totalCount nodes { email availableBalance } } }";

fn list(gateway: &Gateway, token: &str) {
    let answer = gateway.get(token, LIST);
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Reads over both APIs again and again while something is done; returns how often. None fails.
fn while_it_is_read(gateway: &Gateway, token: &str, work: impl FnOnce()) -> usize {
    let (is_over, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (is_over, answers) = (&is_over, &answers);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    if thread % 2 == 0 {
                        list(gateway, token);
                    } else {
                        assert_eq!(
                            gateway.query(token, NODES).data()["cardCustomers"]["totalCount"],
                            3
                        );
                    }
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        work();
        is_over.store(true, Ordering::Relaxed);
    });
    answers.into_inner()
}

#[test]
fn a_standby_that_is_killed_fails_no_request_and_is_used_again_when_it_is_back() {
    let Some((mut world, token)) = World::with_customers(3) else { return };
    let gateway = world.serve_well();
    world.is_read_at_standby("a list", || list(&gateway, &token));
    for round in 1..=2 {
        let before = reads(&gateway, "standby");
        let answers = while_it_is_read(&gateway, &token, || {
            assert!(within(SOON, || reads(&gateway, "standby") > before));
            world.pair.standby.kill();
            wait_until(&gateway, "unavailable");
        });
        assert!(answers > 10, "{answers}");
        // A write shows meanwhile.
        let shown = format!("{round}.00");
        gateway.take(&balance(&format!("evt_{round}"), "usr_1", &shown, "0.00", &from_now(0)));
        assert_eq!(balance_of(&gateway, &token, "usr_1"), shown);
        assert_eq!(outages(&gateway), round);
        assert!(metric(&gateway, "dependency_failing{dependency=\"standby\"}") > 0.0);
        assert!(metric(&gateway, "standby_used") < 1.0);
        while_it_is_read(&gateway, &token, || {
            world.pair.standby.start();
            wait_until(&gateway, "ok");
        });
        world.is_read_at_standby("a list", || list(&gateway, &token));
        let over = || metric(&gateway, "dependency_failing{dependency=\"standby\"}") < 1.0;
        assert!(within(SOON, over));
    }
    wait_until_over(&gateway);
}

#[test]
fn a_standby_that_freezes_fails_no_request() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let gateway = world.serve_well();
    world.is_read_at_standby("a list", || list(&gateway, &token));
    while_it_is_read(&gateway, &token, || {
        world.standby.freeze();
        wait_until(&gateway, "unavailable");
    });
    list(&gateway, &token);
    assert_eq!(outages(&gateway), 1);
    world.standby.mend();
    wait_until(&gateway, "ok");
    world.is_read_at_standby("a list", || list(&gateway, &token));
}

#[test]
fn an_export_from_a_standby_that_is_killed_is_cut_off_and_the_next_one_is_whole() {
    let Some(mut world) = World::start() else { return };
    let token = program_with_many(&world.database);
    let gateway = world.serve_well();
    world.caught_up();
    let before = reads(&gateway, "standby");
    let request = gateway.client().get(format!("{}{EXPORT}", gateway.host)).bearer_auth(&token);
    let mut response = request.send().expect("an answer");
    assert_eq!((response.status().as_u16(), reads(&gateway, "standby")), (200, before + 1));
    world.pair.standby.kill();
    let mut bytes = Vec::new();
    assert!(response.read_to_end(&mut bytes).is_err(), "it must not look complete");
    let text = gateway.get(&token, EXPORT).text;
    assert_eq!(text.lines().count(), MANY);
    wait_until(&gateway, "unavailable");
    assert_eq!(outages(&gateway), 1);
}

#[test]
fn the_gateway_starts_without_its_standby() {
    let Some((mut world, token)) = World::with_customers(3) else { return };
    world.pair.standby.kill();
    let gateway = world.serve();
    list(&gateway, &token);
    wait_until(&gateway, "unavailable");
    assert_eq!(outages(&gateway), 1);
    world.pair.standby.start();
    wait_until(&gateway, "ok");
    world.is_read_at_standby("a list", || list(&gateway, &token));
}

#[test]
fn a_standby_that_is_further_behind_than_allowed_is_not_used() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let gateway = world.serve_with(&[(READ_LAG, "1s")]);
    wait_until(&gateway, "ok");
    world.pause();
    gateway.take(&balance("evt_1", "usr_1", "7.50", "0.00", &from_now(0)));
    wait_until(&gateway, "behind");
    assert!(metric(&gateway, "standby_lag_seconds") >= 1.0);
    assert!(metric(&gateway, "standby_used") < 1.0);
    let before = reads(&gateway, "unused");
    world.is_read_at_primary("a balance", || {
        assert_eq!(balance_of(&gateway, &token, "usr_1"), "7.50");
    });
    assert!(reads(&gateway, "unused") >= before + 2);
    let lines = faults(&gateway);
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert!(line["cause"].as_str().is_some_and(|cause| cause.contains("behind")), "{line}");
    world.resume();
    wait_until(&gateway, "ok");
    world.are_read_at_standby("a balance", || {
        assert_eq!(balance_of(&gateway, &token, "usr_1"), "7.50");
    });
    wait_until_over(&gateway);
    assert!(metric(&gateway, "standby_lag_seconds") < 1.0);
}

#[test]
fn a_read_that_the_standby_cancels_is_answered_by_the_primary() {
    let Some((world, token)) = World::with_customers(1) else { return };
    // At the standby alone, this user reads a view that is slow.
    world.at_primary(
        "CREATE ROLE slow_reader LOGIN; ALTER ROLE slow_reader SET search_path = slow, public; \
         CREATE SCHEMA slow; \
         CREATE VIEW slow.card_customers AS \
         SELECT c.* FROM public.card_customers AS c WHERE pg_sleep(5) IS NOT NULL; \
         GRANT USAGE ON SCHEMA slow TO slow_reader; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public, slow TO slow_reader",
    );
    world.pair.standby.sql("ALTER SYSTEM SET max_standby_streaming_delay = 0");
    world.pair.standby.sql("SELECT pg_reload_conf()");
    world.caught_up();
    let url = format!("postgres://slow_reader@127.0.0.1:{}/{}", world.standby.port(), world.name);
    let gateway = world.database.serve_with(&[ACME, (READ_URL, &url)]);
    wait_until(&gateway, "ok");
    let sleeping = "SELECT count(*) FROM pg_stat_activity \
        WHERE usename = 'slow_reader' AND wait_event = 'PgSleep'";
    for round in 1..=2 {
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| {
                // The primary answers the first ones if the standby is behind.
                while reads(&gateway, "repeated") < round {
                    let list = gateway.query(&token, NODES).data();
                    assert_eq!(list["cardCustomers"]["totalCount"], 1);
                }
            });
            assert!(within(SOON, || world.at_standby(sleeping) != "0"));
            // The standby has to lock the table in its turn.
            world.at_primary("BEGIN; LOCK TABLE card_customers IN ACCESS EXCLUSIVE MODE; COMMIT");
            reading.join().expect("no panic");
        });
    }
    // It is no outage: the standby answers the next one.
    let lines = faults(&gateway);
    let [line] = lines.as_slice() else { panic!("{lines:#?}") };
    assert_eq!(line["level"], "WARN", "{line}");
    let cause = line["cause"].as_str().expect("a cause");
    assert!(cause.contains("conflict with recovery"), "{line}");
    wait_until(&gateway, "ok");
}

#[test]
fn a_lost_connection_in_the_middle_of_a_request_repeats_it() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let gateway = world.serve_well();
    world.is_read_at_standby("a list", || list(&gateway, &token));
    for _ in 0..10 {
        let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
            WHERE application_name = 'card-gateway'";
        while_it_is_read(&gateway, &token, || {
            world.at_standby(end);
            std::thread::sleep(Duration::from_millis(30));
        });
    }
    wait_until(&gateway, "ok");
    faults(&gateway);
}
