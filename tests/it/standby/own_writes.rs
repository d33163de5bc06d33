//! What was committed before a request came is in its answer: whoever has written it, and
//! however far behind the standby is.

use std::time::Duration;

use serde_json::json;

use super::world::{LIST, READ_URL, World, balance_of, reads, wait_until};
use crate::issuer_routes::replicas::each_step_shows;
use crate::issuer_routes::world::World as IssuerWorld;
use crate::support::issuer::{balance, from_now};
use crate::support::pgbouncer::PgBouncer;
use crate::support::{Database, Gateway, Line};

fn total(gateway: &Gateway, token: &str) -> i64 {
    let graphql = gateway.query(token, "{ cardCustomers { totalCount } }").data();
    let rest = gateway.get(token, LIST).json();
    assert_eq!(graphql["cardCustomers"]["totalCount"], rest["data"]["total"]);
    rest["data"]["total"].as_i64().expect("a number")
}

/// The standby stands still: whatever is written shows at once all the same, through each
/// replica. `synchronous_commit` is that of the database.
fn shows_while_the_standby_stands_still(synchronous_commit: &str) {
    let Some((world, token)) = World::with_customers(3) else { return };
    let name = &world.name;
    world.at_primary(&format!(
        "ALTER DATABASE {name} SET synchronous_commit = {synchronous_commit}"
    ));
    let (one, two) = (world.serve_well(), world.serve_well());
    for gateway in [&one, &two] {
        world.are_read_at_standby("a balance", || {
            assert_eq!(balance_of(gateway, &token, "usr_1"), "1.00");
        });
    }
    world.pause();
    // Nothing was written since, so that the standby may answer.
    world.are_read_at_standby("a balance", || {
        assert_eq!(balance_of(&one, &token, "usr_1"), "1.00");
    });
    for number in 0..10_u32 {
        let shown = format!("{number}.50");
        let event = balance(&format!("evt_{number}"), "usr_1", &shown, "0.00", &from_now(0));
        assert_eq!(one.take(&event), "applied");
        assert_eq!(balance_of(&two, &token, "usr_1"), shown);
        assert_eq!(balance_of(&one, &token, "usr_1"), shown);
        world.database.import("acme", &[Line::new(10 + number)]);
        assert_eq!(total(&one, &token), 4 + i64::from(number));
        assert_eq!(total(&two, &token), 4 + i64::from(number));
    }
    let stored = "SELECT available_minor FROM wallet_balances WHERE customer_id = \
        (SELECT id FROM card_customers WHERE external_customer_id = 'usr_1')";
    assert_eq!((world.at_standby(stored), world.at_primary(stored)), ("100".into(), "950".into()));
    world.is_read_at_primary("a balance", || {
        assert_eq!(balance_of(&one, &token, "usr_1"), "9.50");
    });
    assert!(reads(&two, "behind") >= 10);
    // Once the standby has it all, it is used again by itself.
    world.resume();
    for gateway in [&one, &two] {
        world.are_read_at_standby("a balance", || {
            assert_eq!(balance_of(gateway, &token, "usr_1"), "9.50");
        });
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }
}

#[test]
fn writes_show_at_once_where_commits_wait_for_the_disk() {
    shows_while_the_standby_stands_still("on");
}

#[test]
fn writes_show_at_once_where_commits_do_not_wait_for_the_disk() {
    shows_while_the_standby_stands_still("off");
}

/// The same database for a world with an issuer.
fn database_of(world: &World) -> Database {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (url, wire) = (world.database.url.clone(), None);
    Database { url, wire, folder, postgres: None, wrapper: Vec::new() }
}

/// A world with an issuer, and with a standby of its database.
fn with_issuer(world: &World) -> IssuerWorld {
    let mut issuer = IssuerWorld::synchronised(database_of(world));
    issuer.environment.push((READ_URL.to_owned(), world.read_url()));
    issuer
}

#[test]
fn each_call_shows_through_the_other_replica_although_the_standby_is_always_late() {
    let Some(world) = World::start() else { return };
    let issuer = with_issuer(&world);
    world.caught_up();
    // Whatever is read there is this old.
    world.pair.standby.sql("ALTER SYSTEM SET recovery_min_apply_delay = '400ms'");
    world.pair.standby.sql("SELECT pg_reload_conf()");
    each_step_shows(&issuer);
}

#[test]
fn each_call_shows_through_the_other_replica_of_a_standby_that_keeps_up() {
    let Some(world) = World::start() else { return };
    let issuer = with_issuer(&world);
    each_step_shows(&issuer);
    assert!(!world.standby.take().is_empty());
}

#[test]
fn a_customer_whom_a_read_brings_from_the_issuer_is_in_its_answer() {
    let Some(world) = World::start() else { return };
    let mut issuer = IssuerWorld::new(database_of(&world));
    issuer.environment.push((READ_URL.to_owned(), world.read_url()));
    let names: Vec<String> = issuer.issuer.act(|program| {
        program.customers().take(6).map(|customer| customer.yativo_card_id.clone()).collect()
    });
    let gateway = issuer.serve();
    wait_until(&gateway, "ok");
    let token = issuer.token("acme");
    // The first read finds nobody, has the customer stored, and finds the customer then.
    for (number, name) in names.iter().enumerate() {
        world.caught_up();
        match number % 3 {
            0 => {
                let query = "query($i: ID!) { cardCustomer(identifier: $i) { yativoCardId } }";
                let found = gateway.query_with(&token, query, &json!({ "i": name })).data();
                assert_eq!(found["cardCustomer"]["yativoCardId"], json!(name));
            }
            1 => assert_eq!(gateway.get(&token, &format!("{LIST}/{name}")).status, 200, "{name}"),
            _ => {
                let path = format!("/v1/card-issuer/lookup-customer?yativo_card_id={name}");
                assert_eq!(gateway.get(&token, &path).status, 200, "{name}");
            }
        }
    }
    assert!(reads(&gateway, "repeated") >= 1, "{}", gateway.get("", "/metrics").text);
    assert_eq!(gateway.warnings(), Vec::<String>::new());
}

#[test]
fn behind_poolers_by_transaction_writes_show_as_well() {
    let Some((world, token)) = World::with_customers(2) else { return };
    let start = |server| PgBouncer::in_front_of(server, "transaction", 4);
    let (Some(primary), Some(standby)) =
        (start(&world.pair.primary), start(world.pair.standby.server()))
    else {
        return;
    };
    let url = |port| world.pair.primary.url_at(&world.name, port);
    let (folder, wrapper) = (tempfile::TempDir::new().expect("a folder"), Vec::new());
    let database =
        Database { url: url(primary.port()), wire: None, folder, postgres: None, wrapper };
    let settings = [
        crate::support::issuer::ACME,
        ("CARD_GATEWAY__DATABASE__POOLER", "transaction"),
        (READ_URL, &url(standby.port())),
    ];
    let (one, two) = (database.serve_with(&settings), database.serve_with(&settings));
    for gateway in [&one, &two] {
        wait_until(gateway, "ok");
    }
    world.pause();
    for number in 0..5_u32 {
        let shown = format!("{number}.25");
        one.take(&balance(&format!("evt_{number}"), "usr_1", &shown, "0.00", &from_now(0)));
        assert_eq!(balance_of(&two, &token, "usr_1"), shown);
    }
    world.resume();
    let is_used = || {
        let before = reads(&two, "standby");
        assert_eq!(balance_of(&two, &token, "usr_1"), "4.25");
        reads(&two, "standby") > before
    };
    assert!(crate::support::issuer::within(Duration::from_secs(20), is_used));
    assert_eq!(two.warnings(), Vec::<String>::new());
}
