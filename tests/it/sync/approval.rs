//! A program that the issuer has not approved is refused by the old API, as the issuer said
//! at the last synchronisation; a request never asks.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Approval, Fault, FaultRule};

use super::world::World;
use crate::support::issuer::within;
use crate::support::{Line, on_both};

const ROUTES: [&str; 8] = [
    "/v1/card-issuer/customers",
    "/v1/card-issuer/customers/usr_1",
    "/api/card-issuer/customers/usr_1/card-transactions",
    "/v1/card-issuer/lookup-customer?external_id=usr_1",
    "/v1/card-issuer/customers/aggregate-balances",
    "/v1/card-issuer/card-transactions",
    "/v1/yativo-card/customers/cards",
    "/v1/yativo-card/customers/usr_1/cards",
];

on_both! {
    fn a_program_that_is_not_approved_is_refused(database) {
        let world = World::new(database, 3);
        let other = world.database.program_with("globex", &[Line::new(1)]);
        world.database.import("acme", &[Line::new(1)]);
        let token = world.database.token("acme");
        let gateway = world.database.serve_with(&[("CARD_GATEWAY__AUTH__TOKEN_CACHE_TTL", "10ms")]);
        let statuses = || ROUTES.map(|path| gateway.get(&token, path).status);
        assert_eq!(statuses(), [200; 8], "nothing is known yet");
        let approval = |approval| world.issuer.act(|program| program.spec.approval = approval);
        for refusal in [Approval::Suspended, Approval::NotApplied, Approval::Pending] {
            approval(refusal);
            assert_eq!(statuses(), [200; 8], "a request asks nobody");
            world.fail();
            assert!(within(Duration::from_secs(5), || statuses() == [403; 8]), "{:?}", statuses());
            let answer = gateway.get(&token, ROUTES[0]);
            assert_eq!(answer.text, r#"{"success":false,"error":"NOT_APPROVED","message":"The issuer has not approved this program"}"#);
            // Not that of another program; a route that is none, or no token, is what it was.
            assert_eq!(gateway.get(&other, ROUTES[1]).status, 200);
            assert_eq!(gateway.get(&token, "/v1/card-issuer/nothing").status, 404);
            assert_eq!(gateway.get("nonsense", ROUTES[0]).status, 401);
            // GraphQL shows what there is.
            let total = gateway.query(&token, "{ cardCustomers { totalCount } }").data();
            assert!(total["cardCustomers"]["totalCount"].as_i64() >= Some(1));
            approval(Approval::Approved);
            world.sync();
            assert!(within(Duration::from_secs(5), || statuses() == [200; 8]), "{:?}", statuses());
        }
    }

    fn an_issuer_that_does_not_say_leaves_the_status_as_it_was(database) {
        let world = World::new(database, 3);
        world.database.import("acme", &[Line::new(1)]);
        let token = world.database.token("acme");
        world.issuer.add_fault(FaultRule::on("GET /v1/card-issuer/status", Fault::Status(404)));
        world.sync();
        let gateway = world.database.serve();
        assert_eq!(gateway.get(&token, ROUTES[0]).status, 200);
    }
}
