//! A server synchronises by itself.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::json;

use super::world::{LIST, World};
use crate::support::issuer::{ACME, event, from_now, signed, within};
use crate::support::{Gateway, on_both};

/// A server that synchronises each second.
fn serve(world: &World) -> Gateway {
    world.serve_with(&[("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "1s"), ACME])
}

fn total(gateway: &Gateway, token: &str) -> u64 {
    let answer = gateway.get(token, "/v1/card-issuer/customers?limit=1").json();
    answer["data"]["total"].as_u64().expect("a number")
}

on_both! {
    fn customers_come_and_change_by_themselves(database) {
        let world = World::new(database, 120);
        let token = world.database.token("acme");
        let gateway = serve(&world);
        assert!(within(Duration::from_secs(30), || total(&gateway, &token) == 120));
        world.issuer.act(|program| {
            let name = program.customers().next().expect("somebody").yativo_card_id.clone();
            program.set_email(&name, "new@example.com").expect("it is there");
            program.insert_at_front(1);
        });
        assert!(within(Duration::from_secs(30), || {
            let found = gateway.get(&token, "/v1/card-issuer/customers/new@example.com");
            total(&gateway, &token) == 121 && found.status == 200
        }));
        // Cards and identity checks come too.
        let query = "{ cardCustomers(perPage: 100) { nodes { kycStatus } } }";
        assert!(within(Duration::from_secs(30), || {
            let nodes = gateway.query(&token, query).data()["cardCustomers"]["nodes"].take();
            nodes.as_array().expect("a list").iter().any(|node| node["kycStatus"] != json!(null))
        }));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn a_card_event_puts_its_customer_to_the_front(database) {
        let world = World::new(database, 30);
        world.sync_with(&["--details"]);
        let (name, token_of_card) = world.issuer.act(|program| {
            let holder = program.customers().find(|customer| customer.cards_count() == 1);
            let holder = holder.expect("somebody has a card");
            (holder.yativo_card_id.clone(), "544599049")
        });
        // No event says that the identity check has another state.
        world.issuer.act(|program| program.set_kyc(&name, "expired").expect("it is there"));
        let gateway = serve(&world);
        let token = world.database.token("acme");
        let kyc = || {
            let path = format!("/v1/card-issuer/customers/{name}");
            gateway.get(&token, &path).json()["data"]["kyc_status"].clone()
        };
        let data = json!({ "yativo_card_id": name, "card_id": token_of_card, "status": "Frozen",
            "timestamp": from_now(0) });
        let body = event("evt_1", "card.frozen", &from_now(0), &data);
        let sent = gateway.send(signed(gateway.client(), &gateway.host, "acme", &body));
        assert_eq!(sent.status, 200, "{sent:?}");
        assert!(within(Duration::from_secs(30), || kyc() == "expired"), "{}", kyc());
    }

    fn events_that_waited_are_applied_when_their_customer_comes(database) {
        let world = World::new(database, 10);
        let name = world.issuer.act(|program| {
            let spender = program.customers().find(|customer| customer.cards_count() > 0);
            spender.expect("somebody has a card").yativo_card_id.clone()
        });
        let token = world.database.token("acme");
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Status(500)));
        let gateway = serve(&world);
        let data = json!({ "yativo_card_id": name, "transaction_id": "tx_1", "type": "Payment",
            "amount": 1.50, "currency": "EUR", "billing_amount": 1.50, "billing_currency": "EUR",
            "merchant": "A shop", "status": "Approved", "timestamp": from_now(0) });
        let body = event("evt_1", "transaction.authorized", &from_now(0), &data);
        let sent = gateway.send(signed(gateway.client(), &gateway.host, "acme", &body));
        assert_eq!(sent.json()["data"]["state"], "waiting", "{sent:?}");
        world.issuer.clear_faults();
        let path = format!("/v1/card-issuer/customers/{name}/card-transactions");
        assert!(within(Duration::from_mins(1), || {
            let answer = gateway.get(&token, &path);
            answer.status == 200 && answer.json()["data"]["transactions"][0]["transaction_id"] == "tx_1"
        }));
    }

    fn two_replicas_share_the_work_and_one_goes_on_when_the_other_dies(database) {
        let world = World::new(database, 950);
        let token = world.database.token("acme");
        world.issuer.add_fault(FaultRule::on(LIST, Fault::Slow(Duration::from_millis(100))));
        let first = serve(&world);
        let second = serve(&world);
        assert!(within(Duration::from_secs(30), || world.issuer.calls().of(LIST) >= 3));
        let calls = world.issuer.calls();
        assert_eq!(calls.max_parallel_by_route[LIST], 1, "{calls:?}");
        drop(first);
        assert!(within(Duration::from_mins(1), || total(&second, &token) == 950));
    }

    fn lists_answer_while_the_issuer_does_not(database) {
        let world = World::new(database, 30);
        world.sync();
        let token = world.database.token("acme");
        world.issuer.add_fault(FaultRule::on("*", Fault::Slow(Duration::from_secs(20))));
        let gateway = serve(&world);
        let began = std::time::Instant::now();
        for _ in 0..20 {
            assert_eq!(total(&gateway, &token), 30);
        }
        assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    }
}

#[test]
fn an_interval_of_0_switches_it_off() {
    let world = World::new(crate::support::Database::sqlite(), 3);
    let gateway = world.serve_without_passes();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(world.issuer.calls().total(), 0);
    drop(gateway);
}
