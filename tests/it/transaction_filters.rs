//! Filtered lists of transactions, of the whole program and of one customer, agree with a plain
//! model over the whole data.

use card_gateway::domain::money::Minor;
use card_gateway::domain::transaction::{Transaction, TransactionStatus, TransactionType};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::walk;
use crate::support::{Database, Gateway, Line, on_both, transaction};

const FIELDS: &str = "id transactionId customerId cardId type status amount currency merchant merchantCategory merchantCountry createdAt";
const STATUSES: [TransactionStatus; 4] = [
    TransactionStatus::Settled,
    TransactionStatus::Authorized,
    TransactionStatus::Declined,
    TransactionStatus::PartiallyReversed,
];
const TYPES: [TransactionType; 3] =
    [TransactionType::Purchase, TransactionType::Refund, TransactionType::Withdrawal];
/// With two decimals, none and three.
const CURRENCIES: [&str; 4] = ["EUR", "USD", "JPY", "KWD"];
const MERCHANTS: [&str; 5] = ["Caf\u{e9} Milo", "cafe\u{301} Zwei", "Coop", "coop 2", "\u{c4}pfel"];

fn card(number: usize) -> String {
    uuid::Uuid::from_u128(number as u128 + 1).to_string()
}

fn any_transaction(number: u32) -> impl Strategy<Value = Transaction> {
    (0_usize..4, 0_usize..3, 0_usize..4, 0_usize..6, 0_usize..4, 0_i64..3_000, 0_u32..12, 1_u32..4)
        .prop_map(move |(status, kind, currency, merchant, held, amount, at, customer)| {
            let mut made = transaction(Line::new(customer).id(), number, amount);
            made.created_at = transaction(Line::new(customer).id(), at, 1).created_at;
            made.status = STATUSES[status];
            made.transaction_type = TYPES[kind];
            CURRENCIES[currency].clone_into(&mut made.currency);
            made.amount = Minor::new(amount * if kind == 1 { -1 } else { 1 }).expect("small");
            made.merchant = MERCHANTS.get(merchant).map(|name| (*name).to_owned());
            made.merchant_category = (kind != 2).then(|| ["5411", "5812"][merchant % 2].to_owned());
            made.merchant_country =
                (held != 1).then(|| ["DE", "FR", "US"][merchant % 3].to_owned());
            made.card_id = (held != 0).then(|| card(held));
            made
        })
}

fn maybe(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Option<Value>> {
    prop_oneof![3 => Just(None), 1 => of.prop_map(Some)].boxed()
}

fn some_of(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::sample::select(values), 0..3).prop_map(|some| json!(some))
}

#[derive(Clone, Debug)]
struct Case {
    filter: Value,
    size: usize,
    page: usize,
    customer: Option<u32>,
}

fn case() -> impl Strategy<Value = Case> {
    let amount =
        (prop::option::of(-20_i32..30), prop::option::of(-20_i32..30)).prop_map(|(min, max)| {
            let text = |whole: Option<i32>| whole.map(|whole| format!("{whole}.{:02}", 25));
            json!({ "min": text(min), "max": text(max) })
        });
    let at = |minute: u32| transaction(Line::new(1).id(), minute, 1).created_at.to_string();
    let created = (prop::option::of(0_u32..13), prop::option::of(0_u32..13))
        .prop_map(move |(from, to)| json!({ "from": from.map(at), "to": to.map(at) }));
    let words = ["ca", "CAF\u{c9}", "cafe\u{301} z", "coop", "\u{e4}p", "none"];
    (
        (
            maybe(some_of(&["SETTLED", "AUTHORIZED", "DECLINED", "EXPIRED"])),
            maybe(some_of(&["PURCHASE", "REFUND", "WITHDRAWAL"])),
            maybe((0_usize..4).prop_map(|held| json!(card(held)))),
            maybe(some_of(&["EUR", "usd", "JPY", "KWD", "XXX"])),
            maybe(some_of(&["5411", "5812", "0000"])),
        ),
        (
            maybe(some_of(&["DE", "fr", "US"])),
            maybe(created),
            maybe(amount),
            maybe(prop::sample::select(words.to_vec()).prop_map(|word| json!(word))),
        ),
        (1_usize..40, 1_usize..4, prop::option::of(1_u32..4)),
    )
        .prop_map(
            |(
                (statuses, types, card, currencies, categories),
                (countries, created, amount, search),
                (size, page, customer),
            )| {
                let mut filter = json!({});
                for (name, value) in [
                    ("statuses", statuses),
                    ("types", types),
                    ("card", card),
                    ("currencies", currencies),
                    ("merchantCategories", categories),
                    ("merchantCountries", countries),
                    ("createdAt", created),
                    ("amount", amount),
                    ("search", search),
                ] {
                    if let Some(value) = value {
                        filter[name] = value;
                    }
                }
                Case { filter, size, page, customer }
            },
        )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn belongs(node: &Value, case: &Case) -> bool {
    use unicode_normalization::UnicodeNormalization as _;
    let filter = &case.filter;
    let among = |name: &str, field: &str| {
        let is = |wanted: &Value| {
            text(wanted).to_uppercase() == text(&node[field]).to_uppercase()
                && !node[field].is_null()
        };
        filter[name].as_array().is_none_or(|wanted| wanted.iter().any(is))
    };
    let number = |value: &Value| text(value).parse::<f64>().expect("a number");
    let (range, amount, at) = (&filter["createdAt"], &filter["amount"], text(&node["createdAt"]));
    let plain = |text: &str| -> String { text.to_lowercase().nfd().collect() };
    case.customer.is_none_or(|number| node["customerId"] == Line::new(number).id())
        && among("statuses", "status")
        && among("types", "type")
        && (filter["card"].is_null() || filter["card"] == node["cardId"])
        && among("currencies", "currency")
        && among("merchantCategories", "merchantCategory")
        && among("merchantCountries", "merchantCountry")
        && (range["from"].is_null() || text(&range["from"]) <= at)
        && (range["to"].is_null() || at < text(&range["to"]))
        && (amount["min"].is_null() || number(&amount["min"]) <= number(&node["amount"]))
        && (amount["max"].is_null() || number(&node["amount"]) <= number(&amount["max"]))
        && (filter["search"].is_null()
            || plain(text(&node["merchant"])).starts_with(&plain(text(&filter["search"]))))
}

struct World {
    gateway: Gateway,
    token: String,
    all: Vec<Value>,
}

impl World {
    fn of(database: &Database, runner: &mut TestRunner, count: u32) -> Self {
        let token = database.program_with("acme", &(1..=4).map(Line::new).collect::<Vec<_>>());
        let made = (0..count)
            .map(|number| any_transaction(number).new_tree(runner).expect("one").current());
        database.put_transactions("acme", made.collect());
        // What a customer has who is gone is in no list.
        database.put_transactions("acme", vec![transaction(Line::new(4).id(), 9_999, 5)]);
        database.execute(&format!(
            "UPDATE card_customers SET gone_at = 1 WHERE id = '{}'",
            Line::new(4).id()
        ));
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000"),
            ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "100000"),
        ]);
        let mut all = Vec::new();
        for page in 1..=count.div_ceil(100) {
            let query = format!(
                "{{ cardTransactions(page: {page}, perPage: 100) {{ nodes {{ {FIELDS} }} }} }}"
            );
            all.extend(
                gateway.query(&token, &query).data()["cardTransactions"]["nodes"]
                    .as_array()
                    .expect("a list")
                    .clone(),
            );
        }
        assert_eq!(all.len(), count as usize);
        let key = |node: &Value| {
            (text(&node["createdAt"]).to_owned(), text(&node["transactionId"]).to_owned())
        };
        assert!(all.is_sorted_by(|a, b| key(a) > key(b)), "newest first");
        Self { gateway, token, all }
    }

    fn list(&self, case: &Case, arguments: &Value) -> Value {
        let what = "(filter: $filter, page: $page, perPage: $perPage, first: $first, after: $after, last: $last, before: $before) {
            totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
        let (open, close, at) = match case.customer {
            None => ("cardTransactions".to_owned(), "", "/cardTransactions"),
            Some(number) => (
                format!("cardCustomer(identifier: \"usr_{number}\") {{ transactions"),
                "}",
                "/cardCustomer/transactions",
            ),
        };
        let query = format!(
            "query($filter: CardTransactionFilter, $page: Int, $perPage: Int, $first: Int, $after: String, $last: Int, $before: String) {{ {open}{what}{close} }}"
        );
        let mut variables = json!({ "filter": case.filter });
        for (name, value) in arguments.as_object().expect("an object") {
            variables[name] = value.clone();
        }
        let data = self.gateway.query_with(&self.token, &query, &variables).data();
        data.pointer(at).expect("a list").clone()
    }

    fn check(&self, case: &Case) {
        let expected: Vec<Value> = self
            .all
            .iter()
            .filter(|node| belongs(node, case))
            .map(|node| node["id"].clone())
            .collect();
        let page = self.list(case, &json!({ "page": case.page, "perPage": case.size }));
        assert_eq!(page["totalCount"], expected.len(), "{case:?}");
        assert_eq!(
            walk::ids(&page),
            expected.chunks(case.size).nth(case.page - 1).unwrap_or_default(),
            "{case:?}"
        );
        walk::both_ways(
            |part| self.list(case, part),
            case.size,
            3,
            &expected,
            &format!("{case:?}"),
        );
    }
}

on_both! {
    fn random_filters_and_pages_agree_with_a_plain_model(database) {
        let mut runner = TestRunner::new(Config::with_cases(96));
        let world = World::of(&database, &mut runner, 300);
        runner.run(&case(), |case| {
            world.check(&case);
            Ok(())
        }).expect("they agree");
    }

    fn each_condition_alone_agrees(database) {
        let mut runner = TestRunner::new(Config::default());
        let world = World::of(&database, &mut runner, 200);
        let at = |minute: u32| transaction(Line::new(1).id(), minute, 1).created_at.to_string();
        for filter in [
            json!({}), json!({ "statuses": ["SETTLED"] }), json!({ "statuses": ["SETTLED", "DECLINED"] }), json!({ "types": ["REFUND"] }),
            json!({ "card": card(2) }), json!({ "currencies": ["jpy"] }), json!({ "merchantCategories": ["5411"] }),
            json!({ "merchantCountries": ["FR"] }), json!({ "createdAt": { "from": at(3), "to": at(9) } }),
            json!({ "amount": { "min": "3.50", "max": "20" } }), json!({ "amount": { "max": "-1.01" } }), json!({ "search": "caf\u{e9}" }),
        ] {
            for customer in [None, Some(2)] {
                world.check(&Case { filter: filter.clone(), size: 9, page: 2, customer });
            }
        }
        // A card by either of its names.
        let by = |name: &str| world.list(&Case { filter: json!({ "card": name }), size: 1, page: 1, customer: None }, &json!({}));
        assert_eq!(by(&card(2)), by(&format!("card:{}", card(2))));
        assert_eq!(by(&card(2)), by(&card(2).to_uppercase()));
    }

    fn a_card_finds_what_was_made_with_it_however_that_is_named(database) {
        let mut lines = [Line::new(1).cards(&["active", "frozen"]), Line::new(2).cards(&["active", "active"]), Line::new(3).cards(&["active"])];
        lines[0].0["cards"][0]["network_token"] = json!("tok_a");
        let token = database.program_with("acme", &lines);
        let id = |line: &Line, at: usize| text(&line.0["cards"][at]["card_id"]).to_owned();
        let named = [
            (0, Some("tok_a".to_owned())), (0, Some("tok_b".to_owned())), (0, Some(id(&lines[0], 1))), (0, None),
            (1, Some("tok_c".to_owned())), (1, Some(id(&lines[1], 0))), (2, Some("tok_d".to_owned())), (2, Some(card(7))),
        ];
        let made = named.into_iter().zip(10_000..).map(|((holder, name), minute)| {
            let mut made = transaction(lines[holder].id(), minute, 100);
            made.card_id = name;
            made
        });
        database.put_transactions("acme", made.collect());
        let gateway = database.serve();
        let list = |filter: &Value| {
            let query = "query($filter: CardTransactionFilter) { cardTransactions(filter: $filter) { totalCount nodes { id cardId card { cardId } } } }";
            gateway.query_with(&token, query, &json!({ "filter": filter })).data()["cardTransactions"].take()
        };
        let all = list(&json!({}));
        let all = all["nodes"].as_array().expect("a list");
        for name in [id(&lines[0], 0), id(&lines[0], 1), id(&lines[1], 0), id(&lines[1], 1), id(&lines[2], 0), card(7)] {
            let expected: Vec<&Value> = all.iter().filter(|one| one["cardId"] == name).collect();
            let found = list(&json!({ "card": name }));
            assert_eq!(found["nodes"], json!(expected), "{name}");
            assert_eq!(found["totalCount"], expected.len());
        }
    }

    fn what_cannot_be_a_filter_is_refused_by_name(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        for (filter, named) in [
            (json!({ "search": "a" }), "filter.search must have at least 2 characters"),
            (json!({ "card": "" }), "filter.card must not be empty"),
            (json!({ "currencies": ["E\0R"] }), "filter.currencies must not contain control characters"),
        ] {
            for list in ["cardTransactions(filter: $filter) { nodes { id } }", "cardCustomer(identifier: \"usr_1\") { transactions(filter: $filter) { nodes { id } } }"] {
                let query = format!("query($filter: CardTransactionFilter) {{ {list} }}");
                let answer = gateway.query_with(&token, &query, &json!({ "filter": filter }));
                assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
                assert!(answer.text.contains(named), "{}", answer.text);
            }
        }
    }
}
