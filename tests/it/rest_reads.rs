//! The old API's reads beside the list, one customer and its transactions: look-ups, sums,
//! cards and transactions of a program.

use serde_json::{Value, json};

use crate::support::{Answer, Database, Gateway, Line, on_both, transaction};

const LOOK_UP: &str = "/v1/card-issuer/lookup-customer";
const TRANSACTIONS: &str = "/v1/card-issuer/card-transactions";
const CARDS: &str = "/v1/yativo-card/customers/cards";

/// Two programs that know customers by the same names; the second has one more.
fn filled(database: &Database) -> ([String; 2], Gateway) {
    let line = |number: u32, mark: u32| {
        let mut line = Line::new(number)
            .balance(i64::from(mark), 5)
            .cards(&["active", "frozen", "lost", "voided"]);
        for (card, at) in line.0["cards"].as_array_mut().expect("cards").iter_mut().zip(0..) {
            card["network_token"] = json!(format!("{number}00{at}"));
            card["last_four"] = json!(format!("{mark:02}{at:02}"));
        }
        line
    };
    let ours = [
        line(1, 11),
        line(2, 11).with("currency", "USD"),
        line(3, 11).with("currency", Value::Null).with("safe_deployed", false),
    ];
    let theirs = [line(1, 99), line(2, 99), line(4, 99)];
    let tokens = [("acme", ours), ("globex", theirs)].map(|(name, lines)| {
        let token = database.program_with(name, &lines);
        let cents = if name == "acme" { 11 } else { 99 };
        let of = |line: &Line| {
            let id = line.id().to_owned();
            (1..=2).map(move |at| {
                let mut made = transaction(&id, at, cents);
                if at == 2 {
                    made.status = card_gateway::domain::transaction::TransactionStatus::Declined;
                    made.card_id = Some("544599049".to_owned());
                }
                made
            })
        };
        database.put_transactions(name, lines.iter().flat_map(of).collect());
        token
    });
    (tokens, database.serve())
}

/// The data of an answer that must be good.
fn data(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["data"].take()
}

/// The error of an answer: its status, its code and its message.
fn error(answer: &Answer) -> (u16, String, String) {
    let json = answer.json();
    let text = |name: &str| json[name].as_str().expect("a text").to_owned();
    assert_eq!(json["success"], false);
    (answer.status, text("error"), text("message"))
}

on_both! {
    fn a_look_up_takes_each_kind_of_name(database) {
        let ([ours, theirs], gateway) = filled(&database);
        let card = uuid::Uuid::from_u128(101);
        for query in [
            "id=000000000000000000000001".to_owned(),
            "id=000000000000000000000001&email=&card_id=".to_owned(),
            "id=000000000000000000000001&id=000000000000000000000001".to_owned(),
            "yativo_card_id=yativo_card_customer_1&unknown=1".to_owned(),
            "customer_id=yativo_card_customer_1".to_owned(),
            "customer_id=000000000000000000000001".to_owned(),
            "external_id=usr_1".to_owned(),
            "email=CUSTOMER1%40example.com".to_owned(),
            format!("card_id={card}"),
            format!("card_id={}", card.to_string().to_uppercase()),
            "card_id=1002".to_owned(),
        ] {
            for (token, mark) in [(&ours, "1101"), (&theirs, "9901")] {
                let found = data(&gateway.get(token, &format!("{LOOK_UP}?{query}")));
                assert_eq!(found["yativo_card_id"], "yativo_card_customer_1", "{query}");
                assert_eq!(found["cards"][2]["last_four"], mark, "{query}: {found}");
            }
        }
        let found = data(&gateway.get(&ours, &format!("{LOOK_UP}?external_id=usr_1")));
        let cards = found["cards"].as_array().expect("cards").clone();
        let card = |at: usize, status: &str| json!({ "card_id": uuid::Uuid::from_u128(100 + at as u128), "last_four": format!("110{at}"),
            "card_type": "virtual", "is_frozen": status == "frozen", "is_lost": status == "lost", "is_blocked": false, "status": status });
        assert_eq!(cards, [card(3, "voided"), card(2, "lost"), card(1, "frozen"), card(0, "active")]);
        let members = "yativo_card_id external_id email flow_status currency token safe_deployed cards_count cards created_at";
        let names: Vec<String> = found.as_object().expect("an object").keys().cloned().collect();
        let mut wanted: Vec<&str> = members.split(' ').collect();
        wanted.sort_unstable();
        assert_eq!(names, wanted);
        assert_eq!((&found["external_id"], &found["cards_count"], &found["token"]), (&json!("usr_1"), &json!(3), &json!("EURe")));
        assert_eq!(data(&gateway.get(&ours, &format!("{LOOK_UP}?external_id=usr_2")))["token"], "USDCe");
        assert_eq!(data(&gateway.get(&ours, &format!("{LOOK_UP}?external_id=usr_3")))["token"], Value::Null);
    }

    fn a_look_up_is_exact_about_its_name(database) {
        let ([ours, _], gateway) = filled(&database);
        let said = "Exactly one of id, yativo_card_id, customer_id, card_id, external_id, email is required";
        for query in ["", "?", "?id=", "?unknown=usr_1", "?id=000000000000000000000001&email=customer1%40example.com", "?external_id=usr_1&email=x%40y"] {
            let answer = gateway.get(&ours, &format!("{LOOK_UP}{query}"));
            assert_eq!(error(&answer), (400, "MISSING_IDENTIFIER".to_owned(), said.to_owned()), "{query}");
        }
        for query in ["id=000000000000000000000001&id=000000000000000000000002".to_owned(), "email=%00".to_owned(), format!("card_id={}", "x".repeat(321))] {
            let answer = gateway.get(&ours, &format!("{LOOK_UP}?{query}"));
            let name = query.split('=').next().expect("a name");
            assert_eq!((answer.status, answer.json()["error"].clone()), (400, json!("validation_error")), "{query}");
            assert!(answer.json()["details"][name].is_string(), "{}", answer.text);
        }
        // A name of another kind, of nobody, and of the other program's customer.
        for query in [
            "id=usr_1", "id=yativo_card_customer_1", "yativo_card_id=usr_1", "customer_id=usr_1", "external_id=customer1%40example.com",
            "email=usr_1", "card_id=usr_1", "card_id=9999", "external_id=nobody", "external_id=usr_4", "card_id=4000",
        ] {
            let answer = gateway.get(&ours, &format!("{LOOK_UP}?{query}"));
            assert_eq!(error(&answer), (404, "CUSTOMER_NOT_FOUND".to_owned(), "Customer not found".to_owned()), "{query}");
        }
    }

    fn transactions_of_all_customers_are_one_list(database) {
        let ([ours, theirs], gateway) = filled(&database);
        for (token, amount, other) in [(&ours, 0.11, "3"), (&theirs, 0.99, "4")] {
            let list = data(&gateway.get(token, TRANSACTIONS));
            assert_eq!((&list["total"], &list["page"], &list["limit"]), (&json!(6), &json!(1), &json!(20)));
            let items = list["transactions"].as_array().expect("a list");
            assert_eq!(items.len(), 6);
            assert!(items.iter().all(|item| item["amount"] == amount), "{list}");
            // Newest first; of one moment, by their names.
            let names: Vec<&str> = items.iter().map(|item| item["transaction_id"].as_str().expect("a name")).collect();
            let mut sorted = names.clone();
            sorted.sort_by_key(|name| (std::cmp::Reverse(name.chars().last()), std::cmp::Reverse(name.to_string())));
            assert_eq!(names, sorted);
            assert_eq!(items[0]["yativo_card_id"], format!("yativo_card_customer_{other}"));
            assert_eq!((&items[0]["card_id"], &items[3]["card_id"]), (&json!("544599049"), &Value::Null));
            let mut paged = Vec::new();
            for page in 1..=4 {
                let part = data(&gateway.get(token, &format!("{TRANSACTIONS}?limit=2&page={page}")));
                assert_eq!(part["total"], 6);
                paged.extend(part["transactions"].as_array().expect("a list").clone());
            }
            assert_eq!(&paged, items);
            let declined = data(&gateway.get(token, &format!("{TRANSACTIONS}?status=declined&limit=2")));
            assert_eq!((&declined["total"], declined["transactions"].as_array().map(Vec::len)), (&json!(3), Some(2)));
        }
        let item = data(&gateway.get(&ours, &format!("{TRANSACTIONS}?limit=1")))["transactions"][0].take();
        let one = "/v1/card-issuer/customers/usr_3/card-transactions?limit=1";
        let mut same = data(&gateway.get(&ours, one))["transactions"][0].take();
        same["yativo_card_id"] = json!("yativo_card_customer_3");
        same["card_id"] = json!("544599049");
        // All cards have another token.
        same["card_uuid"] = Value::Null;
        assert_eq!(item, same, "the members of one customer's list, and three more");
        for name in ["yativo_card_customer_2", "usr_2", "000000000000000000000002", "customer2%40example.com"] {
            let list = data(&gateway.get(&ours, &format!("{TRANSACTIONS}?customer_id={name}&status=settled")));
            assert_eq!(list["total"], 1, "{name}");
            assert_eq!(list["transactions"][0]["yativo_card_id"], "yativo_card_customer_2");
        }
        let nobody = gateway.get(&ours, &format!("{TRANSACTIONS}?customer_id=usr_4"));
        assert_eq!(error(&nobody).1, "CUSTOMER_NOT_FOUND");
        for (query, field) in [("status=nope", "status"), ("page=0", "page"), ("customer_id=%01", "customer_id"), ("customer_id=a&customer_id=b", "customer_id")] {
            let answer = gateway.get(&ours, &format!("{TRANSACTIONS}?{query}"));
            assert_eq!(answer.status, 400);
            assert!(answer.json()["details"][field].is_string(), "{}", answer.text);
        }
    }

    fn cards_of_one_customer_have_the_pages_members(database) {
        let ([ours, theirs], gateway) = filled(&database);
        for (token, mark) in [(&ours, "11"), (&theirs, "99")] {
            for name in ["yativo_card_customer_1", "usr_1", "customer1%40example.com"] {
                let one = data(&gateway.get(token, &format!("/v1/yativo-card/customers/{name}/cards")));
                assert_eq!((&one["yativo_card_id"], &one["total"]), (&json!("yativo_card_customer_1"), &json!(4)));
                let words: Vec<&Value> = one["cards"].as_array().expect("a list").iter().map(|card| &card["status_name"]).collect();
                assert_eq!(words, ["Voided", "Lost", "Frozen", "active"]);
                assert_eq!(one["cards"][2], json!({ "card_id": uuid::Uuid::from_u128(101), "card_type": "virtual", "status_name": "Frozen",
                    "is_frozen": true, "last_four_digits": format!("{mark}01"), "holder_name": null, "activated_at": "2026-01-01T00:01:00.000Z" }));
            }
        }
        for name in ["nobody", "usr_4"] {
            let answer = gateway.get(&ours, &format!("/v1/yativo-card/customers/{name}/cards"));
            assert_eq!(error(&answer).1, "CUSTOMER_NOT_FOUND");
        }
    }

    fn cards_of_all_customers_are_one_list(database) {
        let ([ours, theirs], gateway) = filled(&database);
        for (token, mark) in [(&ours, "11"), (&theirs, "99")] {
            let list = data(&gateway.get(token, CARDS));
            assert_eq!((&list["total"], &list["page"], &list["limit"]), (&json!(12), &json!(1), &json!(20)));
            let items = list["cards"].as_array().expect("a list");
            assert!(items.len() == 12 && items.iter().all(|card| card["last_four_digits"].as_str().is_some_and(|of| of.starts_with(mark))));
            let mut paged = Vec::new();
            for page in 1..=4 {
                paged.extend(data(&gateway.get(token, &format!("{CARDS}?limit=5&page={page}")))["cards"].as_array().expect("a list").clone());
            }
            assert_eq!(&paged, items);
            let lost = data(&gateway.get(token, &format!("{CARDS}?status=lost")));
            assert_eq!((&lost["total"], &lost["cards"][0]["status_name"]), (&json!(3), &json!("Lost")));
        }
        let of_two = format!("{CARDS}?external_customer_id=usr_2");
        let two = data(&gateway.get(&ours, &of_two));
        assert_eq!((&two["total"], &two["cards"][0]["yativo_card_id"], &two["cards"][0]["external_customer_id"]),
            (&json!(4), &json!("yativo_card_customer_2"), &json!("usr_2")));
        for more in ["&customer_id=yativo_card_customer_2", "&customer_id=000000000000000000000002"] {
            assert_eq!(data(&gateway.get(&ours, &format!("{of_two}{more}"))), two);
        }
        let part = data(&gateway.get(&ours, &format!("{of_two}&limit=3&page=2")));
        assert_eq!((&part["total"], part["cards"].as_array().map(Vec::len)), (&json!(4), Some(1)));
        assert_eq!(data(&gateway.get(&ours, &format!("{of_two}&status=frozen")))["total"], 1);
        for other in ["&customer_id=usr_1", "&customer_id=nobody"] {
            assert_eq!(error(&gateway.get(&ours, &format!("{of_two}{other}"))).1, "CUSTOMER_NOT_FOUND");
        }
        let answer = gateway.get(&ours, &format!("{CARDS}?status=stolen"));
        assert_eq!(answer.json()["details"]["status"], "must be one of active, frozen, blocked, lost, voided");
    }

    fn every_prefix_has_every_route(database) {
        let ([ours, _], gateway) = filled(&database);
        for (prefixes, routes) in [
            (["/v1/card-issuer", "/api/v1/card-issuer", "/api/card-issuer"], vec![
                "/customers?limit=1", "/customers/usr_1", "/customers/usr_1/card-transactions", "/lookup-customer?id=",
                "/lookup-customer?external_id=usr_1", "/customers/nobody", "/customers/a/b/c", "/nothing", "/card-transactions?limit=2",
            ]),
            (["/v1/yativo-card", "/api/v1/yativo-card", "/api/yativo-card"], vec![
                "/customers/cards?limit=3", "/customers/usr_1/cards", "/customers/nobody/cards", "/customers/usr_1", "/nothing",
            ]),
        ] {
            for route in routes {
                let [first, others @ ..] = prefixes.map(|prefix| gateway.get(&ours, &format!("{prefix}{route}")));
                for other in others {
                    assert_eq!((other.status, &other.text), (first.status, &first.text), "{route}");
                }
            }
            let unauthorised = gateway.get("nonsense", &format!("{}/customers/usr_1/cards", prefixes[2]));
            assert_eq!(unauthorised.status, 401);
        }
        // The route of the sums goes before the one of a customer.
        let sums = data(&gateway.get(&ours, "/api/card-issuer/customers/aggregate-balances"));
        assert_eq!((&sums["total_customers"], &sums["customers_with_wallets"]), (&json!(3), &json!(2)));
    }

    fn other_methods_are_refused_and_head_is_answered(database) {
        let ([ours, _], gateway) = filled(&database);
        for path in ["/v1/card-issuer/lookup-customer", "/api/card-issuer/customers/aggregate-balances", TRANSACTIONS, CARDS, "/v1/yativo-card/customers/usr_1/cards"] {
            let address = format!("{}{path}", gateway.host);
            let refused = gateway.send(gateway.client().post(&address).bearer_auth(&ours));
            assert_eq!((refused.status, refused.header("allow")), (405, "GET,HEAD"), "{path}");
            assert_eq!(refused.json()["error"], "method_not_allowed");
            let head = gateway.send(gateway.client().head(&address).bearer_auth(&ours));
            let wanted = if path.ends_with("lookup-customer") { 400 } else { 200 };
            assert_eq!((head.status, head.text.as_str()), (wanted, ""), "{path}");
        }
    }
}
