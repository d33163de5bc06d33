//! What becomes of payments of which the issuer has no list: by an event, or by an operator.

use std::time::Duration;

use card_gateway_sandbox::issuer::{Fault, FaultRule};
use serde_json::{Value, json};

use super::world::{FUND, FUND_ROUTE, SWAP, WITHDRAW, World, dollars, fund_body, learn, post};
use crate::support::issuer::{event, from_now, within};
use crate::support::{Gateway, on_both};

const WITHDRAW_ROUTE: &str = "POST /v1/card-issuer/withdraw-from-card";
const SWAP_ROUTE: &str = "POST /v1/card-issuer/master-wallets/swap";

impl World {
    /// Orders something whose answer is lost; returns our identifier of the payment.
    fn lose(
        &self,
        gateway: &Gateway,
        (path, route): (&str, &str),
        fault: Fault,
        key: &str,
        body: &Value,
    ) -> String {
        self.issuer.add_fault(FaultRule::on(route, fault).once());
        let lost = post(gateway, &self.token, path, Some(key), body);
        assert_eq!(lost.status, 504, "{lost:?}");
        let all = self.list(&[]);
        all.last().expect("a payment")["id"].as_str().expect("an id").to_owned()
    }

    /// Runs `fundings resolve`; status, and what was printed.
    fn resolve(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let arguments = [&["fundings", "resolve"], arguments].concat();
        let output =
            self.database.program(&arguments).env("USER", "berta").output().expect("it runs");
        let printed = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(printed).expect("UTF-8"))
    }

    fn listed(&self, id: &str) -> Value {
        self.list(&[]).into_iter().find(|one| one["id"] == id).expect("it is listed")
    }
}

on_both! {
    fn an_operator_settles_a_payment_and_its_key_gets_the_truth(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        assert_eq!(world.fund(&gateway, None, &who, 50_000).status, 200);
        let body = json!({ "id": who, "amount": 12.34 });
        let id = world.lose(&gateway, (WITHDRAW, WITHDRAW_ROUTE), Fault::lost_answer(), "w", &body);
        let made = world.payments(1_234)[0].id.clone();
        let (status, printed) = world.resolve(&[&id, "--paid", "--issuer-id", &made, "--by", "Anna B."]);
        assert_eq!((status, printed), (Some(0), format!("{id} is succeeded, by Anna B.\n")));
        let told = post(&gateway, &world.token, WITHDRAW, Some("w"), &body);
        let data = told.json()["data"].take();
        assert_eq!((told.status, &data["withdrawal_id"], &data["amount_minor"]), (200, &json!(made), &json!(1_234)), "{told:?}");
        assert_eq!(world.payments(1_234).len(), 1);
        let listed = world.listed(&id);
        assert_eq!((&listed["state"], &listed["resolved_by"]), (&json!("succeeded"), &json!("Anna B.")));
        assert!(listed["ended_at"].is_string(), "{listed}");
        let text = world.database.succeed(&["fundings", "list"], "");
        assert!(text.lines().any(|line| line.contains(&id) && line.ends_with("(by Anna B.)")), "{text}");
        // Clients learn that, but not who has done it.
        let query = format!("{{ cardFunding(id: \"{id}\") {{ status issuerId statusMessage }} }}");
        let shown = gateway.query(&world.token, &query);
        assert_eq!(shown.data()["cardFunding"]["status"], "SUCCEEDED");
        assert!(shown.text.contains("An operator") && !shown.text.contains("Anna"), "{}", shown.text);

        // One that was not made can be ordered again with its key, and is made once.
        let body = json!({ "from_token": "USDC", "to_token": "EUR", "amount": 43.21 });
        let id = world.lose(&gateway, (SWAP, SWAP_ROUTE), Fault::Reset, "s", &body);
        assert_eq!(post(&gateway, &world.token, SWAP, Some("s"), &body).status, 409);
        assert_eq!(world.payments(4_321).len(), 0);
        assert_eq!(world.resolve(&[&id, "--never-sent"]), (Some(0), format!("{id} is never_sent, by berta\n")));
        assert_eq!(world.listed(&id)["resolved_by"], "berta");
        let answers = [(), ()].map(|()| post(&gateway, &world.token, SWAP, Some("s"), &body));
        assert_eq!((answers[0].status, &answers[0].text), (200, &answers[1].text), "{answers:?}");
        assert_eq!(world.payments(4_321).len(), 1);

        // What the issuer calls it may be unknown.
        let body = json!({ "from_token": "USDC", "to_token": "EUR", "amount": 1.23 });
        let id = world.lose(&gateway, (SWAP, SWAP_ROUTE), Fault::lost_answer(), "t", &body);
        assert_eq!(world.resolve(&[&id, "--paid"]).0, Some(0));
        let told = post(&gateway, &world.token, SWAP, Some("t"), &body);
        assert_eq!((told.status, &told.json()["data"]["swap_id"]), (200, &Value::Null), "{told:?}");
        assert_eq!(world.payments(123).len(), 1);
        assert!(world.list(&["--unknown"]).is_empty());
    }

    fn only_an_unknown_payment_is_settled_and_only_in_one_way(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let paid = world.fund(&gateway, None, &who, 50_000).json()["data"]["transfer_id"].take();
        let known = world.list(&[])[0]["id"].as_str().expect("an id").to_owned();
        let (status, said) = world.resolve(&[&known, "--never-sent"]);
        assert_eq!(status, Some(1), "{said}");
        assert!(said.contains("is `succeeded`: what has become of it is known already"), "{said}");
        let (status, said) = world.resolve(&["nothing", "--paid"]);
        assert_eq!((status, said.as_str()), (Some(1), "card-gateway: there is no payment nothing\n"));
        let body = json!({ "id": who, "amount": 2.5 });
        let id = world.lose(&gateway, (WITHDRAW, WITHDRAW_ROUTE), Fault::lost_answer(), "w", &body);
        let paid = paid.as_str().expect("an id");
        for (arguments, code, words) in [
            (vec![], 2, "--paid"),
            (vec!["--paid", "--never-sent"], 2, "cannot be used with"),
            (vec!["--never-sent", "--issuer-id", "x"], 2, "cannot be used with"),
            (vec!["--paid", "--issuer-id", "a b"], 2, "visible ASCII"),
            (vec!["--paid", "--issuer-id", paid], 1, "another payment has the issuer's identifier"),
            (vec!["--paid", "--by", "a\nb"], 2, "--by must be a name"),
        ] {
            let (status, said) = world.resolve(&[&[id.as_str()], &arguments[..]].concat());
            assert_eq!(status, Some(code), "{arguments:?}: {said}");
            assert!(said.contains(words), "{arguments:?}: {said}");
        }
        assert_eq!(world.listed(&id)["state"], "unknown");
        assert_eq!(world.payments(250).len(), 1);
    }

    fn money_that_comes_back_to_the_master_wallet_tells_of_its_withdrawal(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        assert_eq!(world.fund(&gateway, None, &who, 50_000).status, 200);
        let currency = world.issuer.act(|program| program.customer(&who).and_then(|of| of.currency).expect("one").code());
        let members = [
            ("master_wallet.withdrawal", json!({ "amount": 3.21, "amount_minor": 321, "destination_address": "x", "tx_hash": "0x1", "status": "settled" }), 321),
            ("master_wallet.deposit", json!({ "settlement_id": "st_1", "deposit_amount": 4.32, "deposit_amount_minor": 432, "wallet_balance": 9, "tx_hash": "0x1", "status": "settled" }), 432),
        ];
        for (event_type, mut data, cents) in members {
            let body = json!({ "id": who, "amount": dollars(cents) });
            world.lose(&gateway, (WITHDRAW, WITHDRAW_ROUTE), Fault::lost_answer(), event_type, &body);
            let made = world.payments(cents)[0].id.clone();
            data["withdrawal_id"] = json!(made);
            data["yativo_card_id"] = json!(who);
            data["currency"] = json!(currency);
            gateway.take(&event(&format!("evt_{cents}"), event_type, &from_now(0), &data));
            let known = learn(&gateway, &world.token, WITHDRAW, event_type, &body);
            assert_eq!((known.status, &known.json()["data"]["withdrawal_id"]), (200, &json!(made)), "{known:?}");
            assert_eq!(world.payments(cents).len(), 1);
        }
        assert!(within(Duration::from_secs(5), || world.list(&["--unknown"]).is_empty()));
    }

    fn an_operator_and_a_running_gateway_do_not_both_settle(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let body = fund_body(&who, 1_500);
        let id = world.lose(&gateway, (FUND, FUND_ROUTE), Fault::lost_answer(), "f", &body);
        assert!(within(Duration::from_secs(20), || world.listed(&id)["state"] == "succeeded"));
        let (status, said) = world.resolve(&[&id, "--never-sent"]);
        assert_eq!(status, Some(1), "{said}");
        assert_eq!(world.learn(&gateway, "f", &who, 1_500).status, 200);
        assert_eq!(world.payments(1_500).len(), 1);
    }
}
