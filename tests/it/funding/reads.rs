//! Payments over GraphQL and by command.

use serde_json::json;

use super::world::{WITHDRAW, World, post};
use crate::support::issuer::{event, from_now};
use crate::support::on_both;

const FIELDS: &str = "id customerId type status statusMessage amount currency sourceChain \
    pricingMode issuerId issuerStatus issuerCode sentAt endedAt createdAt";

on_both! {
    fn payments_are_listed_by_customer_and_found_by_id(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        for cents in [1_000, 2_000, 6_000_000] {
            world.fund(&gateway, None, &who, cents);
        }
        assert_eq!(post(&gateway, &world.token, WITHDRAW, None, &json!({ "id": who, "amount": 1 })).status, 200);
        let query = format!("{{ cardCustomer(identifier: \"{who}\") {{ id fundings(perPage: 3) {{ totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ id }} }} nodes {{ {FIELDS} }} }} }} }}");
        let customer = gateway.query(&world.token, &query).data()["cardCustomer"].take();
        let list = &customer["fundings"];
        assert_eq!((&list["totalCount"], &list["pageInfo"]["hasNextPage"]), (&json!(4), &json!(true)));
        let shown: Vec<_> = list["nodes"].as_array().expect("a list").iter()
            .map(|one| json!([one["type"], one["status"], one["amount"], one["issuerCode"]])).collect();
        assert_eq!(shown, [
            json!(["WITHDRAWAL", "SUCCEEDED", "1.00", null]),
            json!(["FUNDING", "REFUSED", "60000.00", "DAILY_LIMIT_EXCEEDED"]),
            json!(["FUNDING", "SUCCEEDED", "20.00", null]),
        ]);
        assert_eq!(list["nodes"][2]["customerId"], customer["id"]);
        assert_eq!((&list["nodes"][2]["sourceChain"], &list["nodes"][2]["pricingMode"]), (&json!("SOL"), &json!("SEND_X")));
        let rest = format!("{{ cardCustomer(identifier: \"{who}\") {{ fundings(first: 3, after: {}) {{ nodes {{ amount }} }} }} }}", list["pageInfo"]["endCursor"]);
        assert_eq!(gateway.query(&world.token, &rest).data()["cardCustomer"]["fundings"]["nodes"], json!([{ "amount": "10.00" }]));
        // All customers of a page, in one go.
        let all = "{ cardCustomers(perPage: 40) { nodes { yativoCardId fundings(perPage: 4) { totalCount nodes { amount } } } } }";
        let nodes = gateway.query(&world.token, all).data()["cardCustomers"]["nodes"].take();
        for node in nodes.as_array().expect("a list") {
            let count = if node["yativoCardId"] == who.as_str() { 4 } else { 0 };
            assert_eq!(node["fundings"]["totalCount"], count, "{node}");
            assert_eq!(node["fundings"]["nodes"].as_array().map(Vec::len), Some(count));
        }
        // One by its id; nobody else's, and no other text.
        let id = &list["nodes"][2]["id"];
        let one = format!("{{ cardFunding(id: {id}) {{ {FIELDS} }} }}");
        assert_eq!(gateway.query(&world.token, &one).data()["cardFunding"], list["nodes"][2]);
        let stranger = world.token_of("other", "money");
        assert_eq!(gateway.query(&stranger, &one).data()["cardFunding"], json!(null));
        assert_eq!(gateway.query(&world.token, "{ cardFunding(id: \"nothing\") { id } }").data()["cardFunding"], json!(null));
        // The command says the same.
        let text = world.database.succeed(&["fundings", "list", "--program", "acme"], "");
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(text.lines().any(|line| line.contains("refused") && line.ends_with("DAILY_LIMIT_EXCEEDED")), "{text}");
        assert_eq!(world.database.succeed(&["fundings", "list", "--program", "other"], ""), "");
        assert_eq!(world.database.succeed(&["fundings", "list", "--unknown"], ""), "");
    }

    fn events_tell_how_far_a_payment_has_come(database) {
        let world = World::new(database);
        let (gateway, who) = (world.serve(), world.customer());
        let answer = world.fund(&gateway, None, &who, 1_500);
        let id = answer.json()["data"]["transfer_id"].take();
        let status = || world.list(&[])[0]["issuer_status"].clone();
        let data = json!({ "transfer_id": id, "yativo_card_id": who, "amount": 1, "currency": "USD", "status": "hop2_processing" });
        gateway.take(&event("evt_1", "customer.funded", &from_now(0), &data));
        assert_eq!(status(), "hop2_processing");
        // A failure names no transfer: the issuer is asked, and says what it is.
        let data = json!({ "yativo_card_id": who, "amount": 1, "currency": "USD" });
        gateway.take(&event("evt_2", "customer.funding.failed", &from_now(0), &data));
        let followed = crate::support::issuer::within(std::time::Duration::from_secs(15), || status() == "completed");
        assert!(followed, "{}", status());
    }
}
