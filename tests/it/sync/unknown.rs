//! A client asks for a customer before a pass over the list has come by.

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{LIST, ONE, World};
use crate::support::issuer::within;
use crate::support::{Gateway, on_both};

const LOOK_UP: &str = "GET /v1/card-issuer/lookup-customer";

fn find(gateway: &Gateway, token: &str, identifier: &str) -> Value {
    let query = "query ($id: ID!) { cardCustomer(identifier: $id) { yativoCardId email } }";
    gateway.query_with(token, query, &json!({ "id": identifier })).data()["cardCustomer"].take()
}

on_both! {
    fn a_customer_whom_only_the_issuer_knows_is_found_by_each_name(database) {
        let world = World::new(database, 20);
        let token = world.database.token("acme");
        let gateway = world.serve_without_passes();
        let names: Vec<(String, String, String)> = world.issuer.act(|program| {
            let all = program.customers().filter_map(|customer| {
                let external = customer.external_id.clone()?;
                Some((customer.yativo_card_id.clone(), external, customer.email.clone()))
            });
            all.take(3).collect()
        });
        for (at, (card_id, external, email)) in names.iter().enumerate() {
            let name = [card_id, external, email][at];
            assert_eq!(find(&gateway, &token, name)["yativoCardId"], *card_id, "{name}");
            assert_eq!(find(&gateway, &token, card_id)["email"], *email);
        }
        let calls = world.issuer.calls();
        assert_eq!((calls.of(ONE), calls.of(LOOK_UP)), (2, 1));
        world.sync();
        world.agrees();
    }

    fn a_customer_who_is_not_there_is_asked_for_once(database) {
        let world = World::new(database, 2);
        let token = world.database.token("acme");
        let gateway = world.serve_without_passes();
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Slow(Duration::from_millis(300))));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| assert_eq!(find(&gateway, &token, "usr_nobody"), Value::Null));
            }
        });
        assert_eq!(find(&gateway, &token, "usr_nobody"), Value::Null);
        assert_eq!(world.issuer.calls().of(ONE), 1);
        // Names that nobody has do not use up the program's calls.
        for number in 0..40 {
            find(&gateway, &token, &format!("usr_nobody_{number}"));
        }
        assert!(world.issuer.calls().of(ONE) < 30, "{:?}", world.issuer.calls());
    }

    fn the_old_api_asks_too_and_lists_never_do(database) {
        let world = World::new(database, 20);
        let token = world.database.token("acme");
        let gateway = world.serve_without_passes();
        let names = world.names();
        let customers = "/v1/card-issuer/customers";
        assert_eq!(gateway.get(&token, customers).json()["data"]["total"], 0);
        assert_eq!(gateway.query(&token, "{ cardCustomers { totalCount } }").data()["cardCustomers"]["totalCount"], 0);
        assert_eq!(world.issuer.calls().total(), 0);
        assert_eq!(gateway.get(&token, &format!("{customers}/{}", names[3])).status, 200);
        assert_eq!(gateway.get(&token, &format!("{customers}/{}/card-transactions", names[4])).status, 200);
        assert_eq!(gateway.get(&token, &format!("{customers}/usr_nobody")).status, 404);
        let calls = world.issuer.calls();
        assert_eq!((calls.of(ONE), calls.of(LIST)), (3, 0));
        assert_eq!(gateway.get(&token, customers).json()["data"]["total"], 2);
        // Several in one request, each once.
        let query = format!("{{ a: cardCustomer(identifier: \"{}\") {{ email }} b: cardCustomer(identifier: \"{}\") {{ email }} \
            c: cardCustomer(identifier: \"usr_none\") {{ email }} d: cardCustomer(identifier: \"usr_none\") {{ id }} }}", names[5], names[6]);
        let data = gateway.query(&token, &query).data();
        assert!(data["a"]["email"].is_string() && data["b"]["email"].is_string() && data["c"].is_null(), "{data}");
        assert_eq!(world.issuer.calls().of(ONE), 6);
    }

    fn a_customer_who_was_gone_comes_back_with_all_it_had(database) {
        let world = World::new(database, 30);
        world.sync_with(&["--details"]);
        let name = world.issuer.act(|program| {
            let holder = program.customers().find(|customer| customer.cards_count() > 0);
            holder.expect("a customer has a card").yativo_card_id.clone()
        });
        let token = world.database.token("acme");
        let path = format!("/v1/card-issuer/customers/{name}");
        let gateway = world.serve_without_passes();
        let before = gateway.get(&token, &path).json();
        world.issuer.act(|program| program.vanish(&name).expect("it is there"));
        world.sync();
        assert_eq!(gateway.get(&token, &path).status, 404);
        world.issuer.act(|program| program.reappear(&name).expect("it was dropped"));
        assert_eq!(gateway.get(&token, &path).status, 404, "that is remembered for a minute");
        let other = world.serve_without_passes();
        assert_eq!(other.get(&token, &path).json(), before);
        world.agrees();
    }

    fn names_that_cannot_exist_are_not_asked_for(database) {
        let world = World::new(database, 2);
        let token = world.database.token("acme");
        let gateway = world.serve_without_passes();
        let long = "x".repeat(321);
        for name in ["", " ", "  \u{a0} ", "a\nb", "a\0", &long] {
            let query = "query ($id: ID!) { cardCustomer(identifier: $id) { id } }";
            let answer = gateway.query_with(&token, query, &json!({ "id": name })).json();
            assert_eq!(answer["data"]["cardCustomer"], Value::Null, "{name:?}: {answer}");
        }
        assert_eq!(world.issuer.calls().total(), 0);
    }

    fn without_a_key_pair_nobody_is_asked(database) {
        let world = World::new(database, 2);
        let token = world.database.token("acme");
        let gateway = world.database.serve();
        assert_eq!(find(&gateway, &token, &world.names()[0]), Value::Null);
        world.database.succeed(&["program", "create", "--name", "other"], "");
        let other = world.database.token("other");
        let gateway = world.serve_without_passes();
        assert_eq!(find(&gateway, &other, &world.names()[0]), Value::Null);
        assert_eq!(world.issuer.calls().total(), 0);
    }

    fn a_customer_whom_a_client_asks_for_comes_first_when_details_are_read(database) {
        let world = World::new(database, 60);
        world.sync();
        let token = world.database.token("acme");
        let name = world.names().pop().expect("there are sixty");
        let gateway = world.serve_without_passes();
        find(&gateway, &token, &name);
        let wanted = "SELECT customer_id FROM issuer_customers WHERE wanted_at IS NOT NULL";
        assert!(within(Duration::from_secs(10), || world.database.texts(wanted).len() == 1));
        // One is read, then the issuer fails.
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Status(500)).after(1));
        world.run_with(&["--details"]);
        let query = format!("{{ cardCustomer(identifier: \"{name}\") {{ kycStatus }} }}");
        let found = gateway.query(&token, &query).data();
        assert_ne!(found["cardCustomer"]["kycStatus"], Value::Null, "{found}");
    }

    fn an_issuer_that_does_not_answer_is_not_waited_for_long(database) {
        let world = World::new(database, 2);
        let token = world.database.token("acme");
        let gateway = world.serve_without_passes();
        world.issuer.add_fault(FaultRule::on(ONE, Fault::Slow(Duration::from_mins(1))));
        let began = Instant::now();
        assert_eq!(find(&gateway, &token, "usr_nobody"), Value::Null);
        assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    }
}
