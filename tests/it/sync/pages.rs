//! A pass over the list.

use card_gateway_sandbox::issuer::{Dialect, Fault, FaultRule};

use super::world::{LIST, World};
use crate::support::{Database, Line, on_both};

on_both! {
    fn all_customers_come_and_a_second_pass_finds_nothing_new(database) {
        let world = World::new(database, 250);
        assert_eq!(world.sync(), "acme: 250 customers in 3 calls: 250 new, 0 changed, 0 gone");
        world.agrees();
        assert_eq!(world.sync(), "acme: 250 customers in 3 calls: 0 new, 0 changed, 0 gone");
        assert_eq!(world.issuer.calls().of(LIST), 6 + 3, "and three of this test");
        world.agrees();
    }

    fn what_has_changed_at_the_issuer_changes_here(database) {
        let world = World::new(database, 120);
        world.sync();
        let names: Vec<String> = world.issuer.act(|program| {
            program.customers().map(|customer| customer.yativo_card_id.clone()).take(5).collect()
        });
        world.issuer.act(|program| {
            program.set_email(&names[0], "new@example.com").expect("it is there");
            program.set_external_id(&names[1], Some("usr_new")).expect("it is there");
            program.set_external_id(&names[2], None).expect("it is there");
            program.insert_at_front(1);
        });
        assert_eq!(world.sync(), "acme: 121 customers in 2 calls: 1 new, 3 changed, 0 gone");
        world.agrees();
    }

    fn the_number_of_cards_is_known_before_the_cards_are(database) {
        let world = World::new(database, 60);
        world.sync();
        let gateway = world.serve_without_passes();
        let token = world.database.token("acme");
        let query = "{ cardCustomers(perPage: 100) { nodes { yativoCardId cardsCount cards { cardId isVoid } } } }";
        let agrees = |all_known: bool| {
            let answer = gateway.query(&token, query).data();
            let nodes = answer["cardCustomers"]["nodes"].as_array().expect("a list").clone();
            assert_eq!(nodes.len(), 60);
            for node in nodes {
                let name = node["yativoCardId"].as_str().expect("a text");
                let there = world.issuer.act(|program| {
                    program.customer(name).expect("it is there").cards_count()
                });
                assert_eq!(node["cardsCount"], there, "{node}");
                let cards = node["cards"].as_array().expect("a list");
                let known = cards.iter().filter(|card| card["isVoid"] == false).count();
                assert_eq!(known, if all_known { there } else { 0 }, "{node}");
            }
        };
        agrees(false);
        world.sync_with(&["--details"]);
        agrees(true);
    }

    fn an_empty_program_is_one_call(database) {
        let world = World::new(database, 0);
        assert_eq!(world.sync(), "acme: 0 customers in 1 call: 0 new, 0 changed, 0 gone");
    }

    fn nobody_is_doubled_where_the_issuer_gives_fewer_names(database) {
        let world = World::new(database, 30);
        let fewer = Dialect { fewer_identifiers: true, ..Dialect::default() };
        world.issuer.set_dialect(fewer);
        world.sync();
        world.issuer.set_dialect(Dialect::default());
        assert_eq!(world.sync(), "acme: 30 customers in 1 call: 0 new, 0 changed, 0 gone");
        world.agrees();
    }

    fn customers_of_a_file_are_taken_over_and_keep_what_the_issuer_does_not_say(database) {
        let world = World::new(database, 3);
        let name = world.issuer.act(|program| {
            let customer = program.customers().next().expect("there are three");
            customer.yativo_card_id.clone()
        });
        let line = Line::new(7).with("yativo_card_id", name.as_str());
        world.database.import("acme", std::slice::from_ref(&line));
        assert_eq!(world.sync(), "acme: 3 customers in 1 call: 2 new, 1 changed, 0 gone");
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let query = format!("{{ cardCustomer(identifier: \"{name}\") {{ id kycStatus walletAddress }} }}");
        let answer = gateway.query(&token, &query).data();
        assert_eq!(answer["cardCustomer"]["id"], line.0["id"]);
        assert_eq!(answer["cardCustomer"]["walletAddress"], line.0["wallet_address"]);
    }

    fn a_page_that_comes_twice_loses_nobody(database) {
        let world = World::new(database, 250);
        world.issuer.add_fault(FaultRule::on(LIST, Fault::RepeatedPage).after(1).once());
        // Who was on the page that did not come is found by a second sweep.
        assert_eq!(world.sync(), "acme: 250 customers in 6 calls: 250 new, 0 changed, 0 gone");
        world.agrees();
    }
}

#[test]
fn an_unchanged_pass_touches_no_row_of_a_customer_and_tells_nobody() {
    let Some(database) = Database::postgres() else { return };
    let world = World::new(database, 150);
    world.sync();
    // PostgreSQL gives a row that is written a new place and a new transaction.
    let places = |table: &str, key: &str| {
        let sql = format!(
            "SELECT md5(string_agg(ctid::text || xmin::text, ',' ORDER BY {key})) FROM {table}"
        );
        world.database.as_superuser(&sql)
    };
    let tables = [
        ("card_customers", "id"),
        ("wallet_balances", "customer_id"),
        ("issuer_customers", "customer_id"),
        ("changes", "seq"),
    ];
    let before = tables.map(|(table, key)| places(table, key));
    assert_eq!(world.sync(), "acme: 150 customers in 2 calls: 0 new, 0 changed, 0 gone");
    assert_eq!(tables.map(|(table, key)| places(table, key)), before);
}

#[test]
fn all_programs_with_a_key_pair_are_synchronised() {
    let world = World::new(Database::sqlite(), 2);
    world.database.succeed(&["program", "create", "--name", "other"], "");
    let mut all = world.database.program(&["sync", "--all"]);
    let output = all.envs(world.environment()).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(text, "acme: 2 customers in 1 call: 2 new, 0 changed, 0 gone\n");
    let mut other = world.database.program(&["sync", "--program", "other"]);
    let output = other.envs(world.environment()).output().expect("it runs");
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("CARD_GATEWAY__ISSUER__OTHER__API_KEY"), "{errors}");
    let none = world.database.run(&["sync", "--all"], "");
    assert_eq!(none.status.code(), Some(2), "{none:?}");
}
