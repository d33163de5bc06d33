//! Customers who are gone at the issuer, and who come back.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Approval, Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{LIST, ONE, World};
use crate::support::issuer::{ACME, event, from_now, signed, within};
use crate::support::watcher::{Received, Socket};
use crate::support::{Gateway, on_both};

const STATUS: &str = "GET /v1/card-issuer/status";

/// Lets customers vanish at the issuer; they are named.
fn vanish(world: &World, names: &[String]) {
    world.issuer.act(|program| {
        for name in names {
            program.vanish(name).expect("it is there");
        }
    });
}

/// Runs a synchronisation that succeeds: what it says, and what it notes.
fn noted(world: &World, arguments: &[&str]) -> (String, String) {
    let output = world.run_with(arguments);
    assert!(output.status.success(), "{output:?}");
    let [said, noted] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    (said, noted)
}

fn holder(world: &World) -> String {
    world.issuer.act(|program| {
        let holder = program.customers().find(|customer| customer.cards_count() > 0);
        holder.expect("a customer has a card").yativo_card_id.clone()
    })
}

/// A purchase of the customer.
fn purchase(id: &str, name: &str) -> String {
    let data = json!({ "yativo_card_id": name, "transaction_id": format!("tx_{id}"), "type": "Payment",
        "amount": 1.50, "currency": "EUR", "billing_amount": 1.50, "billing_currency": "EUR",
        "merchant": "A shop", "status": "Approved", "timestamp": from_now(0) });
    event(id, "transaction.authorized", &from_now(0), &data)
}

fn send(gateway: &Gateway, body: &str) -> Value {
    gateway.send(signed(gateway.client(), &gateway.host, "acme", body)).json()["data"]["state"]
        .take()
}

fn found(gateway: &Gateway, token: &str, name: &str) -> u16 {
    gateway.get(token, &format!("/v1/card-issuer/customers/{name}")).status
}

fn one(world: &World, sql: &str) -> String {
    world.database.texts(sql).pop().unwrap_or_default()
}

on_both! {
    fn a_customer_who_vanishes_disappears_and_comes_back(database) {
        let world = World::new(database, 230);
        world.sync_with(&["--details"]);
        let names = world.names();
        let gone = holder(&world);
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let path = format!("/v1/card-issuer/customers/{gone}");
        let before = gateway.get(&token, &path).json();
        let id = before["data"]["id"].as_str().expect("an id").to_owned();
        let email = before["data"]["email"].as_str().expect("an address").to_owned();
        let mut vanished: Vec<String> = names[100..105].to_vec();
        if !vanished.contains(&gone) {
            vanished[0].clone_from(&gone);
        }
        vanish(&world, &vanished);
        // Three pages, each of the five alone, and one who is there.
        assert_eq!(world.sync(), "acme: 225 customers in 9 calls: 0 new, 0 changed, 5 gone");
        world.agrees();
        for name in [&gone, &id, &email] {
            assert_eq!(found(&gateway, &token, name), 404, "{name}");
            let query = format!("{{ cardCustomer(identifier: \"{name}\") {{ id }} }}");
            assert_eq!(gateway.query(&token, &query).data()["cardCustomer"], Value::Null);
        }
        assert_eq!(gateway.get(&token, &format!("{path}/card-transactions")).status, 404);
        let list = gateway.get(&token, "/v1/card-issuer/customers?page=3&limit=100").json();
        assert_eq!(list["data"]["total"], 225);
        assert_eq!(list["data"]["customers"].as_array().map(Vec::len), Some(25));
        let counts = "{ all: cardCustomers { totalCount } active: cardCustomers(status: ACTIVE) { totalCount nodes { id } } }";
        let counts = gateway.query(&token, counts).data();
        assert_eq!(counts["all"]["totalCount"], 225);
        for way in ["--verify", "--repair", "--verify"] {
            world.database.succeed(&["migrate", way], "");
        }
        assert_eq!(gateway.query(&token, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 225);
        // Those who are gone are not asked for again.
        assert_eq!(world.sync(), "acme: 225 customers in 3 calls: 0 new, 0 changed, 0 gone");
        world.issuer.act(|program| program.reappear(&gone).expect("it was dropped"));
        assert_eq!(world.sync(), "acme: 226 customers in 3 calls: 0 new, 1 changed, 0 gone");
        world.agrees();
        assert_eq!(gateway.get(&token, &path).json(), before, "with all that it had");
        world.database.succeed(&["migrate", "--verify"], "");
    }

    fn a_customer_who_was_only_not_seen_is_not_gone(database) {
        let world = World::new(database, 230);
        world.sync();
        // The list hides the second page from each of the three sweeps.
        for page in [1, 4, 7] {
            world.issuer.add_fault(FaultRule::on(LIST, Fault::RepeatedPage).after(page).once());
        }
        let said = world.sync();
        // Their own pages say more than the list.
        assert_eq!(said, "acme: 230 customers in 109 calls: 0 new, 100 changed, 0 gone");
        assert_eq!(world.issuer.calls().of(ONE), 100, "each was asked for alone");
        world.agrees();
    }

    fn an_answer_that_is_no_404_of_the_issuer_makes_nobody_gone(database) {
        let world = World::new(database, 30);
        world.sync();
        let name = world.names()[7].clone();
        vanish(&world, std::slice::from_ref(&name));
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let faults = [Fault::Html(404), Fault::Html(410), Fault::Status(500), Fault::Status(403),
            Fault::Status(410), Fault::CutJson];
        for fault in faults {
            world.issuer.clear_faults();
            world.issuer.add_fault(FaultRule::on(ONE, fault.clone()));
            let said = world.run_with(&[]);
            assert!(!String::from_utf8_lossy(&said.stdout).contains("1 gone"), "{said:?}");
            assert_eq!(found(&gateway, &token, &name), 200, "{fault:?}");
        }
        world.issuer.clear_faults();
        assert!(world.sync().ends_with("1 gone"));
        assert_eq!(found(&gateway, &token, &name), 404);
    }

    fn an_issuer_that_answers_404_for_everybody_makes_nobody_gone(database) {
        let world = World::new(database, 30);
        world.sync();
        vanish(&world, &world.names()[..2]);
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Status(404)));
        let (said, note) = noted(&world, &[]);
        assert!(said.ends_with("0 gone\n"), "{said}");
        assert!(note.contains("but also for one of its list: nobody is taken for gone"), "{note}");
        world.issuer.clear_faults();
        assert!(world.sync().ends_with("2 gone"));
    }

    fn a_program_that_lists_nobody_has_lost_its_customers_only_while_it_is_approved(database) {
        let world = World::new(database, 30);
        world.sync();
        vanish(&world, &world.names());
        let suspend = |approval: Approval| {
            Fault::before(move |program| program.spec.approval = approval)
        };
        world.issuer.add_fault(FaultRule::on(STATUS, suspend(Approval::Suspended)).after(1));
        let (said, note) = noted(&world, &["--accept-gone"]);
        assert!(said.ends_with("0 gone\n"), "{said}");
        assert!(note.contains("does not say that the program is approved"), "{note}");
        world.issuer.clear_faults();
        world.issuer.act(|program| program.spec.approval = Approval::Approved);
        assert!(world.sync().ends_with("30 gone"));
        world.agrees();
    }

    fn many_customers_are_gone_only_if_an_operator_says_so(database) {
        let world = World::new(database, 230);
        world.sync();
        vanish(&world, &world.names()[50..151]);
        world.issuer.take_calls();
        let (said, note) = noted(&world, &[]);
        assert!(said.ends_with("0 gone\n"), "{said}");
        assert!(note.contains("101 of 230 customers of acme are on no page"), "{note}");
        assert!(note.contains("`card-gateway sync --program acme --accept-gone`"), "{note}");
        assert_eq!(world.issuer.take_calls().of(ONE), 0, "none was asked for in vain");
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let total = || gateway.get(&token, "/v1/card-issuer/customers").json()["data"]["total"].take();
        assert_eq!(total(), 230);
        assert!(world.sync_with(&["--accept-gone"]).ends_with("101 gone"));
        assert_eq!(total(), 129);
        world.agrees();
    }

    fn events_for_a_customer_who_is_gone_wait(database) {
        let world = World::new(database, 30);
        world.sync();
        let name = holder(&world);
        vanish(&world, std::slice::from_ref(&name));
        world.sync();
        let gateway = world.database.serve_with(&[ACME]);
        let token = world.database.token("acme");
        assert_eq!(send(&gateway, &purchase("evt_1", &name)), "waiting");
        let listed = world.database.succeed(&["events", "list", "--program", "acme"], "");
        assert!(listed.contains("evt_1") && listed.contains("waiting"), "{listed}");
        world.issuer.act(|program| program.reappear(&name).expect("it was dropped"));
        world.sync();
        let path = format!("/v1/card-issuer/customers/{name}/card-transactions");
        assert!(within(Duration::from_secs(10), || {
            let answer = gateway.get(&token, &path).json();
            answer["data"]["transactions"][0]["transaction_id"] == "tx_evt_1"
        }));
    }

    fn after_30_days_nothing_is_left_but_the_identifiers_of_events(database) {
        let world = World::new(database, 30);
        world.sync_with(&["--details"]);
        let name = holder(&world);
        let other = world.names().into_iter().find(|other| *other != name).expect("thirty");
        let gateway = world.database.serve_with(&[ACME]);
        let paid = purchase("evt_1", &name);
        assert_eq!(send(&gateway, &paid), "applied");
        let frozen = json!({ "yativo_card_id": name, "card_id": "544599049", "status": "Frozen",
            "timestamp": from_now(0) });
        send(&gateway, &event("evt_2", "card.frozen", &from_now(0), &frozen));
        // A wallet that is somebody else's too, and one that is not.
        for (of, wallet) in [(&name, "shared"), (&other, "shared")] {
            world.database.execute(&format!("UPDATE card_customers SET wallet_address = '{wallet}' WHERE yativo_card_id = '{of}'"));
        }
        world.database.execute("INSERT INTO chain_balances (wallet_address, currency, ledger_minor, block_number, block_time) VALUES ('shared', 'EUR', 1, 1, 1)");
        let id = one(&world, &format!("SELECT id FROM card_customers WHERE yativo_card_id = '{name}'"));
        vanish(&world, std::slice::from_ref(&name));
        assert!(world.sync().ends_with("1 gone"));
        let day = 24 * 60 * 60 * 1_000_i64;
        let tables = ["card_customers", "cards", "card_transactions", "wallet_balances",
            "issuer_customers", "inbox_events"];
        let rows = || tables.map(|table| {
            let column = if table == "card_customers" { "id" } else { "customer_id" };
            one(&world, &format!("SELECT CAST(COUNT(*) AS TEXT) FROM {table} WHERE {column} = '{id}'"))
        });
        let age = |days: i64| {
            let gone_at = chrono::Utc::now().timestamp_millis() - days * day;
            world.database.execute(&format!("UPDATE card_customers SET gone_at = {gone_at} WHERE id = '{id}'"));
        };
        age(29);
        world.sync();
        let kept = rows();
        assert!(kept[0] == "1" && kept[1] != "0" && kept[2] == "1" && kept[5] == "2", "{kept:?}");
        age(31);
        world.sync();
        assert_eq!(rows(), ["0"; 6], "{tables:?}");
        let bodies = "SELECT body FROM inbox_events WHERE event_id IN ('evt_1', 'evt_2')";
        assert_eq!(world.database.texts(bodies), ["", ""]);
        assert_eq!(one(&world, "SELECT wallet_address FROM chain_balances"), "shared", "another has it");
        assert_eq!(send(&gateway, &paid), "applied", "it is known: nothing is done again");
        assert_eq!(one(&world, "SELECT CAST(COUNT(*) AS TEXT) FROM inbox_events"), "2");
        vanish(&world, std::slice::from_ref(&other));
        world.sync();
        world.database.execute("UPDATE card_customers SET gone_at = 1 WHERE gone_at IS NOT NULL");
        world.sync();
        assert_eq!(one(&world, "SELECT wallet_address FROM chain_balances"), "", "nobody has it");
        world.database.succeed(&["migrate", "--verify"], "");
        // A customer who comes back later is new.
        world.issuer.act(|program| program.reappear(&name).expect("it was dropped"));
        assert!(world.sync().contains("1 new"));
        world.agrees();
    }

    fn an_import_brings_a_customer_back(database) {
        let world = World::new(database, 30);
        world.sync_with(&["--details"]);
        let name = holder(&world);
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let path = format!("/v1/card-issuer/customers/{name}");
        let before = gateway.get(&token, &path).json()["data"].take();
        vanish(&world, std::slice::from_ref(&name));
        world.sync();
        assert_eq!(found(&gateway, &token, &name), 404);
        let line = json!({ "id": before["id"], "yativo_card_id": name, "email": before["email"],
            "flow_status": before["flow_status"], "created_at": before["created_at"] });
        world.database.succeed(&["import", "--program", "acme", "-"], &line.to_string());
        let after = gateway.get(&token, &path).json()["data"].take();
        assert_eq!(after["cards"], before["cards"], "with all that it had");
        // The operator knows better than the issuer.
        assert!(world.sync().ends_with("0 gone"));
        assert_eq!(found(&gateway, &token, &name), 200);
        world.database.succeed(&["migrate", "--verify"], "");
    }

    fn subscribers_hear_of_it(database) {
        let world = World::new(database, 30);
        world.sync();
        let names = world.names();
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let mut socket = Socket::connect(&gateway, &token);
        socket.subscribe("one", &format!("subscription {{ cardCustomerBalance(identifier: \"{}\") {{ yativoCardId }} }}", names[3]));
        assert_eq!(socket.next("one")["cardCustomerBalance"]["yativoCardId"], *names[3]);
        let mut list = Socket::connect(&gateway, &token);
        list.subscribe("all", "subscription { cardCustomersChanged { yativoCardId } }");
        // It is watching once it gets a change of another customer.
        let mut number = 0;
        while list.receive_within(Duration::from_millis(500)) == Received::Nothing {
            number += 1;
            world.issuer.act(|program| program.set_email(&names[7], &format!("new{number}@example.com")).expect("it is there"));
            world.sync();
        }
        vanish(&world, &names[3..4]);
        assert!(world.sync().ends_with("1 gone"));
        let code = |socket: &mut Socket, id: &str| loop {
            match socket.receive() {
                Received::Message(message) if message["payload"]["errors"].is_null()
                    && message["type"] == "next" => {}
                Received::Message(message) => {
                    assert_eq!(message["id"], id, "{message}");
                    let errors = if message["type"] == "error" { &message["payload"] } else { &message["payload"]["errors"] };
                    break errors[0]["extensions"]["code"].clone();
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(code(&mut socket, "one"), "NOT_FOUND");
        assert_eq!(code(&mut list, "all"), "CHANGES_MISSED");
        let mut again = Socket::connect(&gateway, &token);
        again.subscribe("all", "subscription { cardCustomersChanged { yativoCardId } }");
        std::thread::sleep(Duration::from_secs(1));
        world.issuer.act(|program| program.reappear(&names[3]).expect("it was dropped"));
        world.sync();
        assert_eq!(again.next("all")["cardCustomersChanged"]["yativoCardId"], *names[3]);
    }
}
