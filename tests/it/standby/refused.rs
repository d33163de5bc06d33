//! Servers that are no standby of the database, or none any more.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::world::{
    LIST, READ_URL, SOON, World, balance_of, faults, outages, reads, wait_until, wait_until_over,
};
use crate::support::Gateway;
use crate::support::issuer::{ACME, balance, from_now, within};
use crate::support::postgres::standby::{Pair, Standby};

/// What the log says of the only outage.
fn cause(gateway: &Gateway) -> String {
    let lines = faults(gateway);
    let line = lines.first().unwrap_or_else(|| panic!("{}", gateway.log_text()));
    line["cause"].as_str().expect("a cause").to_owned()
}

#[test]
fn a_standby_that_became_a_primary_is_not_used() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let gateway = world.serve_well();
    world.is_read_at_standby("a list", || drop(gateway.get(&token, LIST)));
    world.pair.standby.sql("SELECT pg_promote()");
    wait_until(&gateway, "unavailable");
    assert!(cause(&gateway).contains("no standby"), "{}", cause(&gateway));
    // Both go on alone, and the gateway's is the primary.
    let rename = "UPDATE card_customers SET external_customer_id = 'usr_of_the_other'";
    world.at_standby(&format!("{rename} WHERE external_customer_id = 'usr_1'"));
    gateway.take(&balance("evt_1", "usr_1", "7.50", "0.00", &from_now(0)));
    for _ in 0..10 {
        world.is_read_at_primary("a balance", || {
            assert_eq!(balance_of(&gateway, &token, "usr_1"), "7.50");
        });
    }
    assert_eq!(outages(&gateway), 1);
}

#[test]
fn the_primary_and_a_copy_of_another_database_are_no_standbys() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let Some(other) = Pair::start() else { return };
    let (host, port) = other.standby.server().host_port();
    // It is there under the same name.
    other.primary.maintain(&format!("CREATE DATABASE {}", world.name));
    let there = format!("SELECT count(*) FROM pg_database WHERE datname = '{}'", world.name);
    assert!(within(SOON, || other.standby.sql(&there) == "1"));
    let another = format!("postgres://postgres@{host}:{port}/{}", world.name);
    for (url, expected) in [(&world.database.url, "no standby"), (&another, "no copy")] {
        let gateway = world.database.serve_with(&[ACME, (READ_URL, url)]);
        wait_until(&gateway, "unavailable");
        assert!(within(SOON, || outages(&gateway) == 1));
        assert!(cause(&gateway).contains(expected), "{}", cause(&gateway));
        assert_eq!(gateway.get(&token, LIST).json()["data"]["total"], 3);
        assert_eq!(reads(&gateway, "standby"), 0);
    }
}

/// Connects clients to two ports in turn, or to the first alone.
fn in_turn(ports: [u16; 2], both: &Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let both = Arc::clone(both);
    std::thread::spawn(move || {
        for (turn, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let at = if both.load(Ordering::Relaxed) { turn % 2 } else { 0 };
            let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, ports[at])) else { continue };
            let ends = [(&client, &server), (&server, &client)];
            for (from, to) in ends.map(|(from, to)| (from.try_clone(), to.try_clone())) {
                let (Ok(mut from), Ok(mut to)) = (from, to) else { continue };
                std::thread::spawn(move || {
                    // Its end is the end of the connection.
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
    port
}

#[test]
fn an_address_that_leads_to_several_standbys_is_not_used() {
    let Some((world, token)) = World::with_customers(3) else { return };
    let second = Standby::of(&world.pair.primary).expect("a second standby");
    // One of them stands still.
    second.sql("SELECT pg_wal_replay_pause()");
    let ports = [world.pair.standby.server(), second.server()].map(|server| server.host_port().1);
    let both = Arc::new(AtomicBool::new(true));
    let port = in_turn(ports, &both);
    let url = world.pair.primary.url_at(&world.name, port);
    let gateway = world.database.serve_with(&[ACME, (READ_URL, &url)]);
    for round in 0..20_u32 {
        let shown = format!("{round}.75");
        gateway.take(&balance(&format!("evt_{round}"), "usr_1", &shown, "0.00", &from_now(0)));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(balance_of(&gateway, &token, "usr_1"), shown));
            }
        });
    }
    second.sql("SELECT pg_wal_replay_resume()");
    // So many at once need several connections.
    let is_noticed = within(SOON, || {
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| assert_eq!(balance_of(&gateway, &token, "usr_1"), "19.75"));
            }
        });
        outages(&gateway) >= 1
    });
    assert!(is_noticed);
    assert!(cause(&gateway).contains("several servers"), "{}", cause(&gateway));
    // Once all new connections lead to the same server, the standby is used.
    both.store(false, Ordering::Relaxed);
    wait_until_over(&gateway);
    let is_used = || {
        let before = reads(&gateway, "standby");
        assert_eq!(balance_of(&gateway, &token, "usr_1"), "19.75");
        reads(&gateway, "standby") > before
    };
    assert!(within(SOON, is_used), "{}", gateway.log_text());
}
