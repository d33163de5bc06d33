//! Which card a transaction was made with. The issuer's events name cards by the network's
//! token, the API by their identifiers.

use serde_json::{Value, json};

use crate::support::{Database, Gateway, Line, on_both, transaction};

const LIST: &str = "/v1/card-issuer/card-transactions";

/// The identifier of the card of a customer at a place, as `Line::cards` makes it.
fn card_of(line: &Line, at: usize) -> String {
    line.0["cards"][at]["card_id"].as_str().expect("a card").to_owned()
}

/// Customers with one card and with two, of which some have a token, and what they have bought.
struct Shop {
    gateway: Gateway,
    token: String,
    lines: [Line; 4],
}

fn shop(database: &Database) -> Shop {
    let mut lines = [
        Line::new(1).cards(&["active", "frozen"]),
        Line::new(2).cards(&["active"]),
        Line::new(3).cards(&["active", "active"]),
        Line::new(4),
    ];
    lines[0].0["cards"][0]["network_token"] = json!("tok_a");
    let token = database.program_with("acme", &lines);
    let made = [
        (0, Some("tok_a".to_owned())),
        // The other one, as no other card is left.
        (0, Some("tok_b".to_owned())),
        (0, Some(card_of(&lines[0], 1))),
        (0, None),
        (1, Some("tok_x".to_owned())),
        // Either of two.
        (2, Some("tok_y".to_owned())),
        // Nobody's card.
        (3, Some("tok_z".to_owned())),
        (3, Some("afeb85fe-02f8-48da-b61e-84ad0270ffff".to_owned())),
    ];
    let made = made.into_iter().zip(10_000..).map(|((holder, card_id), minute)| {
        let mut made = transaction(lines[holder].id(), minute, 100);
        made.card_id = card_id;
        made
    });
    database.put_transactions("acme", made.collect());
    Shop { gateway: database.serve(), token, lines }
}

impl Shop {
    /// What each transaction should show, oldest first: `cardId`, and its card's.
    fn expected(&self) -> Vec<(Value, Value)> {
        let [first, second, ..] = &self.lines;
        let (a, b, x) = (card_of(first, 0), card_of(first, 1), card_of(second, 0));
        let stranger = json!("afeb85fe-02f8-48da-b61e-84ad0270ffff");
        vec![
            (json!(a), json!(a)),
            (json!(b), json!(b)),
            (json!(b), json!(b)),
            (Value::Null, Value::Null),
            (json!(x), json!(x)),
            (json!("tok_y"), Value::Null),
            (json!("tok_z"), Value::Null),
            (stranger, Value::Null),
        ]
    }
}

on_both! {
    fn graphql_shows_the_card_where_it_is_known(database) {
        let shop = shop(&database);
        let query = "{ cardCustomers { nodes { transactions { nodes { id transactionId createdAt cardId card { id cardId lastFour status } } } } } }";
        let nodes = shop.gateway.query(&shop.token, query).data()["cardCustomers"]["nodes"].take();
        let all = nodes.as_array().expect("a list").iter().flat_map(|of| of["transactions"]["nodes"].as_array().expect("a list"));
        let mut all: Vec<&Value> = all.collect();
        all.sort_by_key(|made| made["createdAt"].as_str().map(str::to_owned));
        let shown: Vec<_> = all.iter().map(|made| (made["cardId"].clone(), made["card"]["cardId"].clone())).collect();
        assert_eq!(shown, shop.expected());
        for made in all {
            let prefixed = |kind: &str, name: &Value| name.as_str().map(|name| format!("{kind}:{name}"));
            assert_eq!(made["id"].as_str().map(str::to_owned), prefixed("transaction", &made["transactionId"]));
            assert_eq!(made["card"]["id"].as_str().map(str::to_owned), prefixed("card", &made["card"]["cardId"]));
        }
        let frozen = nodes.as_array().and_then(|nodes| nodes.last()).expect("the first customer");
        assert_eq!(frozen["transactions"]["nodes"][1]["card"]["status"], "FROZEN", "{frozen}");
    }

    fn cards_are_loaded_once_and_only_where_tokens_have_to_be_understood(database) {
        let shop = shop(&database);
        let statements = |fields: &str| {
            let query = format!("{{ cardCustomers {{ nodes {{ {fields} }} }} }}");
            shop.gateway.query(&shop.token, &query).data();
            database.statements(&shop.gateway);
            shop.gateway.query(&shop.token, &query).data();
            database.statements(&shop.gateway).len()
        };
        assert_eq!(statements("transactions { nodes { id transactionId amount } }"), 2);
        assert_eq!(statements("transactions { nodes { cardId } }"), 3);
        assert_eq!(statements("transactions { nodes { cardId card { status } } } cards { id } cardsCount"), 3);
        let one = |name: &str| {
            let query = format!("{{ cardCustomer(identifier: \"{name}\") {{ transactions(first: 1) {{ nodes {{ cardId }} }} }} }}");
            database.statements(&shop.gateway);
            shop.gateway.query(&shop.token, &query).data();
            database.statements(&shop.gateway).len()
        };
        // The newest of the first customer has no card, that of the fourth one names it itself.
        assert_eq!((one("usr_1"), one("usr_4"), one("usr_3")), (2, 2, 3));
    }

    fn rest_names_cards_as_the_issuer_does_and_says_which_one_that_is(database) {
        let shop = shop(&database);
        let list = shop.gateway.get(&shop.token, LIST).json()["data"]["transactions"].take();
        let list = list.as_array().expect("a list");
        let expected: Vec<Value> = shop.expected().into_iter().rev().map(|(_, card)| card).collect();
        let shown: Vec<Value> = list.iter().map(|made| made["card_uuid"].clone()).collect();
        assert_eq!(shown, expected);
        let names: Vec<&str> = list.iter().rev().map(|made| made["card_id"].as_str().unwrap_or("-")).collect();
        let by_id = card_of(&shop.lines[0], 1);
        let stranger = "afeb85fe-02f8-48da-b61e-84ad0270ffff";
        assert_eq!(names, ["tok_a", "tok_b", &by_id, "-", "tok_x", "tok_y", "tok_z", stranger]);
        let of_one = shop.gateway.get(&shop.token, &format!("{LIST}?customer_id=usr_2")).json();
        assert_eq!(of_one["data"]["transactions"][0]["card_uuid"], card_of(&shop.lines[1], 0));
    }

    fn a_token_that_becomes_known_is_understood_from_then_on(database) {
        let shop = shop(&database);
        let card = || {
            let query = "{ cardCustomer(identifier: \"usr_3\") { transactions { nodes { cardId } } } }";
            shop.gateway.query(&shop.token, query).data()["cardCustomer"]["transactions"]["nodes"][0]["cardId"].take()
        };
        assert_eq!(card(), "tok_y");
        let mut line = shop.lines[2].clone();
        line.0["cards"][1]["network_token"] = json!("tok_y");
        database.import("acme", &[line]);
        assert_eq!(card(), card_of(&shop.lines[2], 1));
    }
}
