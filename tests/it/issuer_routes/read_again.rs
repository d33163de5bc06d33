//! A read right after a call that has changed something shows the change.

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{CUSTOMERS, PREFIX, UNFINISHED, World, call};
use crate::support::issuer::within;
use crate::support::watcher::Events;
use crate::support::{Database, on_both};

const ONE: &str = "GET /v1/card-issuer/customers/{customerId}";

on_both! {
    fn the_next_read_shows_what_was_done(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let other = world.serve();
        let holder = world.holder("acme");
        let path = format!("{PREFIX}/{}/cards/{}", holder.name, holder.card);
        let query = format!("{{ cardCustomer(identifier: \"{}\") {{ cards {{ isFrozen isLost }} }} }}", holder.name);
        for (action, frozen, lost) in [("freeze", true, false), ("unfreeze", false, false), ("lost", false, true)] {
            let answer = call(&gateway.host, &token, "POST", &format!("{path}/{action}"), &Value::Null);
            assert_eq!(answer.status, 200, "{}", answer.text);
            for replica in [&gateway, &other] {
                let card = replica.query(&token, &query).data()["cardCustomer"]["cards"][0].take();
                assert_eq!(card, json!({ "isFrozen": frozen, "isLost": lost }), "{action}");
                let rest = replica.get(&token, &format!("/v1/card-issuer/customers/{}", holder.name)).json();
                let card = &rest["data"]["cards"][0];
                assert_eq!((&card["is_frozen"], &card["is_lost"]), (&json!(frozen), &json!(lost)));
            }
        }
        let again = call(&gateway.host, &token, "POST", &format!("{path}/lost"), &Value::Null);
        assert_eq!((again.status, &again.json()["error_code"]), (409, &json!("CARD_ALREADY_LOST")));
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn a_new_customer_is_here_at_once_and_follows_each_step(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let body = json!({ "email": "mira@example.com", "external_customer_id": "usr_new" });
        let added = call(&gateway.host, &token, "POST", &format!("{PREFIX}/onboard"), &body);
        assert_eq!(added.status, 201, "{}", added.text);
        let name = added.json()["data"]["yativo_card_id"].take();
        let name = name.as_str().expect("a name");
        let state = || {
            let query = "{ cardCustomer(identifier: \"usr_new\") { yativoCardId issuerFlowStatus kycStatus } cardCustomers { totalCount } }";
            let data = gateway.query(&token, query).data();
            let one = &data["cardCustomer"];
            assert_eq!(one["yativoCardId"], name);
            (one["issuerFlowStatus"].clone(), one["kycStatus"].clone(), data["cardCustomers"]["totalCount"].clone())
        };
        assert_eq!(state(), (json!("otp_requested"), json!("PENDING"), json!(CUSTOMERS + 1)));
        let verify = format!("{PREFIX}/{name}/verify-otp");
        let wrong = call(&gateway.host, &token, "POST", &verify, &json!({ "otp": "000000" }));
        assert_eq!(wrong.status, 400, "{}", wrong.text);
        assert_eq!(call(&gateway.host, &token, "POST", &verify, &json!({ "otp": "123456" })).status, 200);
        assert_eq!(state().0, "otp_verified");
        // The identity check goes on at the issuer; asking for its state brings it here.
        world.issuer.act(|program| program.set_kyc(name, "approved").expect("it is there"));
        let status = call(&gateway.host, &token, "GET", &format!("{PREFIX}/{name}/kyc-status"), &Value::Null);
        assert_eq!(status.json()["data"]["kyc_status"], "approved", "{}", status.text);
        assert_eq!(state().1, "APPROVED");
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn subscribers_see_it(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let holder = world.holder("acme");
        let watch = Events::open(&gateway, &token, "subscription { cardCustomersChanged { yativoCardId cards { isFrozen } } }");
        let path = format!("{PREFIX}/{}/cards/{}/freeze", holder.name, holder.card);
        assert_eq!(call(&gateway.host, &token, "POST", &path, &Value::Null).status, 200);
        let seen = watch.next().to_string();
        assert!(seen.contains(&holder.name) && seen.contains("\"isFrozen\":true"), "{seen}");
    }
}

#[test]
fn an_answer_waits_two_seconds_at_most_and_the_rest_comes_behind_it() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    world.issuer.add_fault(FaultRule::on(ONE, Fault::Slow(Duration::from_secs(4))).once());
    let path = format!("{PREFIX}/{}/cards/{}/freeze", holder.name, holder.card);
    let began = Instant::now();
    assert_eq!(call(&gateway.host, &token, "POST", &path, &Value::Null).status, 200);
    let took = began.elapsed();
    assert!(took >= Duration::from_secs(2) && took < Duration::from_millis(3_900), "{took:?}");
    let is_frozen = || {
        let one = gateway.get(&token, &format!("/v1/card-issuer/customers/{}", holder.name)).json();
        one["data"]["cards"][0]["is_frozen"] == true
    };
    assert!(within(Duration::from_secs(10), is_frozen));
}

#[test]
fn what_cannot_be_read_at_once_is_read_by_the_synchronisation() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    let wanted = || {
        let sql = "SELECT CAST(COUNT(*) AS TEXT) FROM issuer_customers WHERE wanted_at IS NOT NULL";
        world.database.texts(sql).concat()
    };
    assert_eq!(wanted(), "0");
    // The answer says too little to be read.
    world.issuer.add_fault(FaultRule::on(ONE, Fault::Html(200)));
    let path = format!("{PREFIX}/{}/cards/{}", holder.name, holder.card);
    let answer = call(&gateway.host, &token, "POST", &format!("{path}/freeze"), &Value::Null);
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(within(Duration::from_secs(10), || wanted() == "1"));
    world.issuer.clear_faults();
    let mut sync = world.database.program(&["sync", "--program", "acme", "--details", "due"]);
    assert!(
        sync.envs(world.environment.iter().cloned()).output().expect("it runs").status.success()
    );
    assert_eq!(wanted(), "0");
    // And so is a call whose answer was lost after it was done.
    let route = "POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/unfreeze";
    world.issuer.add_fault(FaultRule::on(route, Fault::lost_answer()).once());
    let answer = call(&gateway.host, &token, "POST", &format!("{path}/unfreeze"), &Value::Null);
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("may have been done"), "{}", answer.text);
    assert_eq!(wanted(), "1");
}

#[test]
fn a_client_that_goes_away_takes_nothing_back() {
    let world = World::synchronised(Database::sqlite());
    let (gateway, token) = (world.serve(), world.token("acme"));
    let holder = world.holder("acme");
    let route = "POST /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/freeze";
    world.issuer.add_fault(FaultRule::on(route, Fault::Slow(Duration::from_secs(1))).once());
    let path = format!("{PREFIX}/{}/cards/{}/freeze", holder.name, holder.card);
    let impatient = reqwest::blocking::Client::builder().timeout(Duration::from_millis(300));
    let request = impatient.build().expect("a client").post(format!("{}{path}", gateway.host));
    assert!(request.bearer_auth(&token).send().expect_err("no patience").is_timeout());
    assert!(within(Duration::from_secs(10), || {
        let one = gateway.get(&token, &format!("/v1/card-issuer/customers/{}", holder.name)).json();
        one["data"]["cards"][0]["is_frozen"] == true
    }));
}

on_both! {
    fn a_removed_customer_is_gone_at_once(database) {
        let world = World::synchronised(database);
        let (gateway, token) = (world.serve(), world.token("acme"));
        let mut left = CUSTOMERS;
        let [first, second] = UNFINISHED;
        for (email, method, rest, prefix) in [
            (first, "DELETE", "", "/v1/card-issuer/customers"),
            (second, "POST", "/reset", PREFIX),
        ] {
            let name = world.unfinished(email);
            let path = format!("{prefix}/{name}{rest}");
            let answer = call(&gateway.host, &token, method, &path, &Value::Null);
            assert_eq!(answer.status, 200, "{}", answer.text);
            left -= 1;
            assert_eq!(gateway.get(&token, "/v1/card-issuer/customers").json()["data"]["total"], left);
            assert_eq!(gateway.get(&token, &format!("/v1/card-issuer/customers/{name}")).status, 404);
        }
        // Whom the issuer does not remove stays.
        let holder = world.holder("acme");
        let path = format!("/v1/card-issuer/customers/{}", holder.name);
        assert_eq!(call(&gateway.host, &token, "DELETE", &path, &Value::Null).status, 400);
        assert_eq!(gateway.get(&token, &path).status, 200);
    }
}
