//! Two programs that know the same customers never see each other's.

use serde_json::{Value, json};

use crate::support::{Database, Gateway, Line, on_both, transaction};

/// Everything about a customer that names or could betray its program.
const FIELDS: &str = "id yativoCardId externalCustomerId email walletAddress ledgerBalance
    cards { cardId lastFour } cardsCount transactions { totalCount nodes { transactionId merchant } }";

/// The same ids, e-mail addresses, names and cards in both programs; what differs are
/// four digits, the balance and the transactions. The second program has one customer more.
fn filled(database: &Database) -> (String, String, Gateway) {
    let line = |number: u32, secret: i64| {
        Line::new(number)
            .balance(secret, 0)
            .cards(&["active"])
            .with("external_customer_id", "usr_same")
    };
    let ours = database.program_with("ours", &[line(1, 111), line(2, 111)]);
    let theirs = database.program_with("theirs", &[line(1, 999), line(2, 999), line(3, 999)]);
    for (program, cents) in [("ours", 111), ("theirs", 999)] {
        let mut made = transaction(Line::new(1).id(), 1, cents);
        made.merchant = Some(format!("shop of {program}"));
        database.put_transactions(program, vec![made]);
    }
    (ours, theirs, database.serve())
}

on_both! {
    fn lists_totals_and_look_ups_show_ones_own(database) {
        let (ours, theirs, gateway) = filled(&database);
        for (token, count, balance, shop) in
            [(&ours, 2, "1.11", "shop of ours"), (&theirs, 3, "9.99", "shop of theirs")]
        {
            let query = format!("{{ cardCustomers {{ totalCount nodes {{ {FIELDS} }} }} }}");
            let list = gateway.query(token, &query).data()["cardCustomers"].take();
            assert_eq!(list["totalCount"], count);
            let nodes = list["nodes"].as_array().expect("a list");
            assert_eq!(nodes.len(), count);
            assert!(nodes.iter().all(|node| node["ledgerBalance"] == balance && node["cardsCount"] == 1));
            assert_eq!(nodes[count - 1]["transactions"]["nodes"][0]["merchant"], shop);
            let rest = gateway.get(token, "/v1/card-issuer/customers").json()["data"].take();
            assert_eq!(rest["total"], count);
            let path = "/v1/card-issuer/customers/000000000000000000000001/card-transactions";
            assert_eq!(gateway.get(token, path).json()["data"]["transactions"][0]["merchant"], shop);
        }
    }

    fn anothers_customer_is_answered_like_nobody(database) {
        let (ours, _, gateway) = filled(&database);
        // Number 3 is theirs alone; number 4 nobody's.
        let names = |number: u32| [
            format!("{number:024x}"),
            format!("yativo_card_customer_{number}"),
            format!("customer{number}@example.com"),
        ];
        for (theirs, nobodys) in names(3).iter().zip(names(4).iter()) {
            let query = |name: &str| format!("{{ cardCustomer(identifier: \"{name}\") {{ {FIELDS} }} }}");
            assert_eq!(gateway.query(&ours, &query(theirs)).data(), json!({ "cardCustomer": null }));
            assert_eq!(gateway.query(&ours, &query(theirs)).text, gateway.query(&ours, &query(nobodys)).text);
            for rest in ["", "/card-transactions"] {
                let path = |name: &str| format!("/v1/card-issuer/customers/{name}{rest}");
                let (one, other) = (gateway.get(&ours, &path(theirs)), gateway.get(&ours, &path(nobodys)));
                assert_eq!((one.status, &one.text), (404, &other.text));
            }
        }
    }

    fn a_cursor_of_theirs_is_of_another_list(database) {
        let (ours, theirs, gateway) = filled(&database);
        let query = "{ cardCustomers(first: 1) { edges { cursor node { transactions { edges { cursor } } } } } }";
        let cursor = gateway.query(&theirs, query).data()["cardCustomers"]["edges"][0]["cursor"].take();
        let query = format!("{{ cardCustomers(after: {cursor}) {{ nodes {{ id }} }} }}");
        let answer = gateway.query(&ours, &query);
        assert_eq!(answer.code(), "BAD_USER_INPUT");
        assert!(answer.text.contains("after is a cursor of another list"), "{}", answer.text);
        // And of transactions, though the customer has the same identifier.
        let query = "{ cardCustomer(identifier: \"000000000000000000000001\") { transactions { edges { cursor } } } }";
        let cursor = gateway.query(&theirs, query).data()["cardCustomer"]["transactions"]["edges"][0]["cursor"].take();
        let query = format!("{{ cardCustomer(identifier: \"000000000000000000000001\") {{ transactions(after: {cursor}) {{ nodes {{ amount }} }} }} }}");
        assert_eq!(gateway.query(&ours, &query).code(), "BAD_USER_INPUT");
    }

    fn an_import_into_one_leaves_the_other_alone(database) {
        let (ours, theirs, gateway) = filled(&database);
        let all = "{ cardCustomers { totalCount nodes { FIELDS } } }".replace("FIELDS", FIELDS);
        let before = gateway.query(&theirs, &all).data();
        database.import("ours", &[Line::new(1).with("email", "new@example.com").balance(5, 5), Line::new(3)]);
        assert_eq!(gateway.query(&theirs, &all).data(), before);
        let mine = gateway.query(&ours, &all).data();
        assert_eq!(mine["cardCustomers"]["totalCount"], 3);
    }

    fn every_field_of_the_schema_is_in_these_tests(database) {
        // A root field that is added must be added to the tests above.
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        let query = "{ __schema { queryType { fields { name } } mutationType { name } subscriptionType { fields { name } } } }";
        let schema = gateway.query(&token, query).data()["__schema"].take();
        let names = |of: &Value| -> Vec<String> {
            let fields = of["fields"].as_array().expect("a list").iter();
            fields.filter_map(|field| field["name"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(names(&schema["queryType"]), ["cardCustomers", "cardCustomer"]);
        // Theirs are in the tests of subscriptions.
        assert_eq!(names(&schema["subscriptionType"]), ["cardCustomerBalance", "cardCustomersChanged"]);
        assert_eq!(schema["mutationType"], Value::Null);
    }
}
