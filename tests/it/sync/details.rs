//! What only a customer's own page says: cards, the identity check, the balance's time.

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{ONE, World, plain};
use crate::support::{Gateway, on_both};

/// The members of a customer's own page that both sides must agree on.
const MEMBERS: [&str; 17] = [
    "external_id",
    "email",
    "kyc_status",
    "currency",
    "safe_deployed",
    "ledger_balance",
    "ledger_balance_minor",
    "available_balance",
    "available_balance_minor",
    "pending_balance",
    "pending_balance_minor",
    "balance_freshness",
    "balance_updated_at",
    "cards_count",
    "pin_set",
    "cards",
    "created_at",
];

/// A customer's own page at the issuer and here.
pub(super) fn pages(world: &World, gateway: &Gateway, token: &str, name: &str) -> [Value; 2] {
    let path = format!("/v1/card-issuer/customers/{name}");
    let members = |page: Value| {
        let mut data = page["data"].clone();
        if let Some(cards) = data["cards"].as_array_mut() {
            cards.sort_by_key(|card| card["card_id"].to_string());
            // The network's word; the flags say what it means.
            for card in cards {
                card.as_object_mut().expect("a card").remove("status");
            }
        }
        MEMBERS.iter().map(|member| ((*member).to_owned(), plain(&data[*member]))).collect()
    };
    [members(world.get_from_issuer(&path)), members(gateway.get(token, &path).json())]
}

on_both! {
    fn every_member_of_every_customer_is_the_issuers(database) {
        let world = World::new(database, 60);
        let said = world.sync_with(&["--details"]);
        assert_eq!(said, "acme: 60 customers in 1 call: 60 new, 0 changed, 0 gone; details of 60");
        assert_eq!(world.issuer.calls().of(ONE), 60);
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        for name in world.names() {
            let [there, here] = pages(&world, &gateway, &token, &name);
            assert_eq!(here, there, "{name}");
        }
        assert!(!world.sync_with(&["--details"]).contains("details"), "nobody is due");
    }

    fn whoever_has_changed_is_read_again_and_nobody_else(database) {
        let world = World::new(database, 40);
        world.sync_with(&["--details"]);
        let names = world.names();
        world.issuer.act(|program| {
            program.set_email(&names[3], "new@example.com").expect("it is there");
            program.set_kyc(&names[3], "rejected").expect("it is there");
            program.set_email(&names[7], "newer@example.com").expect("it is there");
        });
        world.issuer.take_calls();
        let said = world.sync_with(&["--details"]);
        assert_eq!(said, "acme: 40 customers in 1 call: 0 new, 2 changed, 0 gone; details of 2");
        assert_eq!(world.issuer.take_calls().of(ONE), 2);
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        for name in [&names[3], &names[7]] {
            let [there, here] = pages(&world, &gateway, &token, name);
            assert_eq!(here, there, "{name}");
        }
    }

    fn one_customer_who_cannot_be_read_does_not_stop_the_others(database) {
        let world = World::new(database, 40);
        world.sync();
        for fault in [Fault::Status(400), Fault::Html(404), Fault::Huge] {
            world.issuer.clear_faults();
            world.issuer.take_calls();
            world.issuer.add_fault(FaultRule::on(ONE, fault.clone()).after(3).once());
            let said = world.sync_with(&["--details", "all"]);
            assert!(said.ends_with("details of 40"), "{fault:?}: {said}");
            assert!(world.issuer.take_calls().of(ONE) >= 40, "{fault:?}");
        }
        // A program that may not see its customers is another matter.
        world.issuer.clear_faults();
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Status(403)));
        let output = world.run_with(&["--details", "all"]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }

    fn whoever_was_not_read_stays_due(database) {
        let world = World::new(database, 40);
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Status(500)).after(10));
        let output = world.run_with(&["--details"]);
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(errors.contains("the details of a customer of acme were not read"), "{errors}");
        assert!(errors.contains("internal error"), "{errors}");
        world.issuer.clear_faults();
        world.issuer.take_calls();
        world.sync_with(&["--details"]);
        let left = world.issuer.take_calls().of(ONE);
        assert!((30..=40).contains(&left), "{left}");
        let gateway = world.database.serve();
        let token = world.database.token("acme");
        let query = "{ cardCustomers(perPage: 100) { nodes { kycStatus } } }";
        let nodes = gateway.query(&token, query).data()["cardCustomers"]["nodes"].take();
        let known = nodes.as_array().expect("a list").iter();
        assert!(known.clone().any(|node| node["kycStatus"] != json!(null)), "{nodes}");
    }
}
