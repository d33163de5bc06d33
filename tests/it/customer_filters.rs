//! Filtered lists of customers agree with a plain model over the whole data: totals, pages by
//! number and by cursor in both directions, in every order.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization as _;

use crate::support::builders::minute;
use crate::support::walk;
use crate::support::{Database, Gateway, Line, on_both};

const FIELDS: &str = "id email externalCustomerId yativoCardId flowStatus issuerFlowStatus kycStatus \
    currency safeDeployed cardsCount createdAt updatedAt";

static ORDERS: [&str; 5] =
    ["CREATED_AT_DESC", "CREATED_AT_ASC", "UPDATED_AT_DESC", "UPDATED_AT_ASC", "EMAIL_ASC"];

const STATUSES: [&str; 6] =
    ["active", "kyc_initiated", "card_created", "kyc_rejected", "made_up", "otp_verified"];
/// Names with capitals, and with accents in both of Unicode's forms.
const NAMES: [&str; 8] =
    ["ana", "Anatol", "jos\u{e9}", "Jose\u{301}", "JOS\u{c9}_b", "mira", "\u{df}", "Mi%_ra"];
const DOMAINS: [&str; 4] = ["example.com", "Example.org", "exam.de", "\u{fc}ber.de"];

/// A customer with a bit of everything.
pub(crate) fn any_line(number: u32) -> impl Strategy<Value = Line> {
    let pick = |count: usize| 0..count;
    (pick(6), pick(4), pick(4), any::<bool>(), pick(4), pick(8), pick(4), 0_u32..60).prop_map(
        move |(status, kyc, currency, safe, cards, name, domain, at)| {
            let mut line = Line::new(number)
                .with("flow_status", STATUSES[status])
                .with(
                    "kyc_status",
                    [Value::Null, json!("approved"), json!("rejected"), json!("pending")][kyc]
                        .clone(),
                )
                .with(
                    "currency",
                    [Value::Null, json!("EUR"), json!("USD"), json!("GBP")][currency].clone(),
                )
                .with("safe_deployed", safe)
                .with("email", format!("{}{}@{}", NAMES[name], number % 3, DOMAINS[domain]))
                .with(
                    "external_customer_id",
                    if number.is_multiple_of(5) {
                        Value::Null
                    } else {
                        json!(format!("{}-{number}", NAMES[(name + 3) % 8]))
                    },
                )
                .with("yativo_card_id", format!("Yativo_{}_{number}", NAMES[number as usize % 8]))
                .with("created_at", minute(at));
            line = match cards {
                0 => line,
                1 => line.cards(&["voided"]),
                2 => line.cards(&["active", "voided"]),
                _ => line.cards(&["frozen"]),
            };
            line
        },
    )
}

#[derive(Clone, Debug)]
struct Case {
    filter: Value,
    status: Option<&'static str>,
    order: &'static str,
    size: usize,
    page: usize,
}

/// The times at which ranges begin and end: within the data, before and after.
fn time() -> impl Strategy<Value = String> {
    (0_u32..70).prop_map(minute)
}

fn range() -> impl Strategy<Value = Value> {
    (prop::option::of(time()), prop::option::of(time()))
        .prop_map(|(from, to)| json!({ "from": from, "to": to }))
}

fn some_of(values: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop::collection::vec(prop::sample::select(values), 0..4).prop_map(|some| json!(some))
}

/// A member of the filter: mostly absent.
fn maybe(of: impl Strategy<Value = Value> + 'static) -> BoxedStrategy<Option<Value>> {
    prop_oneof![3 => Just(None), 1 => of.prop_map(Some)].boxed()
}

fn search() -> impl Strategy<Value = Value> {
    let words = [
        "an",
        "ANA",
        "jos\u{e9}",
        "JOSE\u{301}",
        "mi%",
        "mi",
        "example",
        "EXAM",
        "\u{dc}ber",
        "yativo_ANA",
        "000000",
        "nobody",
        "  ana ",
    ];
    prop::sample::select(words.to_vec()).prop_map(|word| json!(word))
}

fn case() -> impl Strategy<Value = Case> {
    const STAGES: &[&str] =
        &["ACTIVE", "KYC_INITIATED", "CARD_CREATED", "OTP_VERIFIED", "SAFE_DEPLOYING"];
    let flag = || any::<bool>().prop_map(|flag| json!(flag));
    let members = (
        (
            maybe(some_of(STAGES)),
            maybe(some_of(&["active", "kyc_rejected", "made_up", "none", "a\0b"])),
            maybe(some_of(&["APPROVED", "REJECTED", "PENDING", "EXPIRED"])),
            maybe(some_of(&["EUR", "USD", "GBP"])),
        ),
        (
            maybe(flag()),
            maybe(flag()),
            maybe(range()),
            maybe(Just(json!("updated"))),
            maybe(search()),
        ),
    );
    let status = prop_oneof![4 => Just(None), 1 => prop::sample::select(STAGES).prop_map(Some)];
    (members, status, prop::sample::select(&ORDERS[..]), 1_usize..30, 1_usize..5).prop_map(
        |(
            ((stages, words, kyc, currencies), (safe, cards, created, updated, search)),
            status,
            order,
            size,
            page,
        )| {
            let mut filter = json!({});
            for (name, value) in [
                ("statuses", stages),
                ("issuerFlowStatuses", words),
                ("kycStatuses", kyc),
                ("currencies", currencies),
                ("safeDeployed", safe),
                ("hasCards", cards),
                ("createdAt", created),
                ("updatedAt", updated),
                ("search", search),
            ] {
                if let Some(value) = value {
                    filter[name] = value;
                }
            }
            Case { filter, status, order, size, page }
        },
    )
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

/// Whether a text begins with another one, whatever the cases and forms are.
pub(crate) fn begins(text: &str, with: &str) -> bool {
    let plain = |text: &str| -> String { text.to_lowercase().nfd().collect() };
    let (text, with) = (plain(text), plain(with.trim()));
    text.starts_with(&with)
}

/// The model: whether a customer, as the list shows it, belongs to a filtered list.
fn belongs(node: &Value, case: &Case) -> bool {
    let filter = &case.filter;
    let among = |name: &str, field: &str| {
        filter[name].as_array().is_none_or(|wanted| wanted.contains(&node[field]))
    };
    let flag = |name: &str, value: bool| filter[name].is_null() || filter[name] == value;
    let within = |name: &str, field: &str| {
        let (range, at) = (&filter[name], text(&node[field]));
        (range["from"].is_null() || text(&range["from"]) <= at)
            && (range["to"].is_null() || at < text(&range["to"]))
    };
    let email = text(&node["email"]);
    let domain = email.split_once('@').map_or("", |(_, domain)| domain);
    let names = [
        email,
        domain,
        text(&node["externalCustomerId"]),
        text(&node["yativoCardId"]),
        text(&node["id"]),
    ];
    case.status.is_none_or(|status| node["flowStatus"] == status)
        && among("statuses", "flowStatus")
        && among("issuerFlowStatuses", "issuerFlowStatus")
        && among("kycStatuses", "kycStatus")
        && among("currencies", "currency")
        && flag("safeDeployed", node["safeDeployed"] == true)
        && flag("hasCards", node["cardsCount"] != 0)
        && within("createdAt", "createdAt")
        && within("updatedAt", "updatedAt")
        && (filter["search"].is_null()
            || names.iter().any(|name| begins(name, text(&filter["search"]))))
}

fn sorted(all: &[Value], case: &Case) -> Vec<Value> {
    let mut found: Vec<&Value> = all.iter().filter(|node| belongs(node, case)).collect();
    let key = |node: &Value| {
        let value = match case.order {
            "EMAIL_ASC" => text(&node["email"]).to_lowercase(),
            order if order.starts_with("UPDATED") => text(&node["updatedAt"]).to_owned(),
            _ => text(&node["createdAt"]).to_owned(),
        };
        (value, text(&node["id"]).to_owned())
    };
    found.sort_by_key(|node| key(node));
    if case.order.ends_with("DESC") {
        found.reverse();
    }
    found.into_iter().map(|node| node["id"].clone()).collect()
}

struct World {
    gateway: Gateway,
    token: String,
    all: Vec<Value>,
    /// Times of changes within the data.
    moments: Vec<String>,
}

impl World {
    fn of(database: &Database, runner: &mut TestRunner, count: u32) -> Self {
        let line = |number, runner: &mut TestRunner| {
            any_line(number).new_tree(runner).expect("a line").current()
        };
        let lines: Vec<Line> = (1..=count).map(|number| line(number, runner)).collect();
        let token = database.program_with("acme", &lines);
        for chunk in lines.chunks(25).skip(1) {
            let changed: Vec<Line> = chunk
                .iter()
                .step_by(3)
                .cloned()
                .map(|line| {
                    line.with("wallet_address", "0x52908400098527886E0F7030069857D2E4169EE7")
                })
                .collect();
            database.import("acme", &changed);
        }
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000"),
            ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "100000"),
        ]);
        let mut all = Vec::new();
        for page in 1..=count.div_ceil(100) {
            let query = format!(
                "{{ cardCustomers(page: {page}, perPage: 100) {{ nodes {{ {FIELDS} }} }} }}"
            );
            all.extend(
                gateway.query(&token, &query).data()["cardCustomers"]["nodes"]
                    .as_array()
                    .expect("a list")
                    .clone(),
            );
        }
        assert_eq!(all.len(), count as usize);
        let mut moments: Vec<String> =
            all.iter().map(|node| text(&node["updatedAt"]).to_owned()).collect();
        moments.sort();
        moments.dedup();
        Self { gateway, token, all, moments }
    }

    fn list(&self, case: &Case, arguments: &Value) -> Value {
        let query = "query($filter: CardCustomerFilter, $status: CardCustomerStatus, $order: CardCustomerOrder, $page: Int, $perPage: Int,
            $first: Int, $after: String, $last: Int, $before: String) {
            cardCustomers(filter: $filter, status: $status, orderBy: $order, page: $page, perPage: $perPage, first: $first, after: $after, last: $last, before: $before) {
                totalCount nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";
        let mut variables =
            json!({ "filter": case.filter, "status": case.status, "order": case.order });
        for (name, value) in arguments.as_object().expect("an object") {
            variables[name] = value.clone();
        }
        self.gateway.query_with(&self.token, query, &variables).data()["cardCustomers"].take()
    }

    /// Everything that a case says, against the model.
    fn check(&self, mut case: Case) {
        if !case.filter["updatedAt"].is_null() {
            let at = |part: usize| &self.moments[self.moments.len() * part / 4];
            case.filter["updatedAt"] = match case.size % 3 {
                0 => json!({ "from": at(1) }),
                1 => json!({ "to": at(2) }),
                _ => json!({ "from": at(1), "to": at(3) }),
            };
        }
        let expected = sorted(&self.all, &case);
        let page = self.list(&case, &json!({ "page": case.page, "perPage": case.size }));
        assert_eq!(page["totalCount"], expected.len(), "{case:?}");
        let mut chunks = expected.chunks(case.size).skip(case.page - 1);
        assert_eq!(walk::ids(&page), chunks.next().unwrap_or_default(), "page {case:?}");
        assert_eq!(page["pageInfo"]["hasNextPage"], chunks.next().is_some(), "{case:?}");
        walk::both_ways(
            |part| self.list(&case, part),
            case.size,
            4,
            &expected,
            &format!("{case:?}"),
        );
    }
}

on_both! {
    fn random_filters_orders_and_pages_agree_with_a_plain_model(database) {
        let mut runner = TestRunner::new(Config::with_cases(96));
        let world = World::of(&database, &mut runner, 240);
        runner.run(&case(), |case| {
            world.check(case);
            Ok(())
        }).expect("they agree");
        assert!(database.succeed(&["migrate", "--verify"], "").contains("the counts of customers are correct"));
    }

    fn each_condition_and_each_pair_agrees_in_every_order(database) {
        let mut runner = TestRunner::new(Config::default());
        let world = World::of(&database, &mut runner, 120);
        let conditions = [
            ("statuses", json!(["ACTIVE", "KYC_INITIATED"])), ("issuerFlowStatuses", json!(["kyc_rejected", "active"])),
            ("kycStatuses", json!(["APPROVED"])), ("currencies", json!(["EUR", "GBP"])), ("safeDeployed", json!(true)),
            ("hasCards", json!(false)), ("createdAt", json!({ "from": minute(10), "to": minute(50) })),
            ("updatedAt", json!("updated")), ("search", json!("jos\u{e9}")),
        ];
        for (at, (one, value)) in conditions.iter().enumerate() {
            for (number, (other, more)) in conditions.iter().skip(at).enumerate() {
                let filter = json!({ *one: value, *other: more });
                let order = ORDERS[(at + number) % 5];
                world.check(Case { filter, status: None, order, size: 7, page: 2 });
            }
        }
    }

    fn nobody_is_doubled_or_lost_by_cursor_while_others_come_and_change(database) {
        let line = |number: u32| Line::new(number).with("created_at", minute(number % 7)).with("email", format!("{}@example.com", number * 7919 % 101));
        let token = database.program_with("acme", &(1..=60).map(line).collect::<Vec<_>>());
        let gateway = database.serve();
        for order in ["CREATED_AT_DESC", "CREATED_AT_ASC", "EMAIL_ASC", "UPDATED_AT_ASC"] {
            let (mut seen, mut after, mut next) = (Vec::new(), Value::Null, 1_000_u32);
            loop {
                let query = format!("query($after: String) {{ cardCustomers(filter: {{ search: \"yativo\" }}, orderBy: {order}, first: 7, after: $after) {{ nodes {{ id }} pageInfo {{ endCursor hasNextPage }} }} }}");
                let page = gateway.query_with(&token, &query, &json!({ "after": after })).data()["cardCustomers"].take();
                seen.extend(walk::ids(&page));
                after = page["pageInfo"]["endCursor"].clone();
                if page["pageInfo"]["hasNextPage"] == false || seen.len() > 200 {
                    break;
                }
                if next < 1_004 {
                    // Nobody of before moves in this order: others come, and of those one changes.
                    database.import("acme", &[line(next), line(1_000).with("currency", if next.is_multiple_of(2) { "GBP" } else { "USD" })]);
                    next += 1;
                }
            }
            let of_before: Vec<&Value> = seen.iter().filter(|id| text(id) < "00000000000000000000003d").collect();
            assert_eq!(of_before.len(), 60, "{order}");
            let mut once = of_before.clone();
            once.sort_by_key(|id| text(id));
            once.dedup();
            assert_eq!(once.len(), 60, "{order}");
        }
    }

    fn what_cannot_be_a_filter_is_refused_by_name(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        let words: Vec<String> = (0..51).map(|number| format!("word{number}")).collect();
        for (filter, named) in [
            (json!({ "search": "a" }), "filter.search must have at least 2 characters"),
            (json!({ "search": " a " }), "filter.search must have at least 2 characters"),
            (json!({ "search": "a\0b" }), "filter.search must not contain control characters"),
            (json!({ "issuerFlowStatuses": words }), "filter.issuerFlowStatuses must not have more than 50 items"),
        ] {
            let query = "query($filter: CardCustomerFilter) { cardCustomers(filter: $filter) { nodes { id } } }";
            let answer = gateway.query_with(&token, query, &json!({ "filter": filter }));
            assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
            assert!(answer.text.contains(named), "{}", answer.text);
        }
        for filter in ["{}", "null", "{ search: null, createdAt: {} }", "{ updatedAt: { from: null } }"] {
            let query = format!("{{ cardCustomers(filter: {filter}) {{ totalCount nodes {{ id }} }} }}");
            assert_eq!(gateway.query(&token, &query).data()["cardCustomers"]["totalCount"], 1, "{filter}");
        }
    }

    fn a_card_decides_whether_there_are_cards_whoever_states_it(database) {
        let token = database.program_with("acme", &[Line::new(1).cards(&["active"]), Line::new(2)]);
        let gateway = database.serve_with(&[crate::support::issuer::ACME]);
        let holders = || {
            let query = "{ cardCustomers(filter: { hasCards: true }) { totalCount nodes { externalCustomerId } } }";
            gateway.query(&token, query).data()["cardCustomers"].take()
        };
        let one = json!({ "totalCount": 1, "nodes": [{ "externalCustomerId": "usr_1" }] });
        assert_eq!(holders(), one);
        let card = json!({ "external_customer_id": "usr_1", "card_id": "tok_1" });
        let event = |id, kind, ago| crate::support::issuer::event(id, kind, &crate::support::issuer::from_now(ago), &card);
        assert_eq!(gateway.take(&event("evt_1", "card.voided", 1_000)), "applied");
        assert_eq!(holders(), json!({ "totalCount": 0, "nodes": [] }));
        database.import("acme", &[Line::new(2).cards(&["frozen"])]);
        assert_eq!(holders(), json!({ "totalCount": 1, "nodes": [{ "externalCustomerId": "usr_2" }] }));
        database.import("acme", &[Line::new(2).cards(&["voided"])]);
        assert_eq!(holders(), json!({ "totalCount": 0, "nodes": [] }));
    }

    fn a_total_that_would_read_too_much_is_refused_and_its_page_is_not(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        database.execute(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) \
             INSERT INTO card_customers (program_id, id, yativo_card_id, yativo_key, email, email_key, flow_status, safe_deployed, created_at) \
             SELECT 1, 'f' || substr('00000000000000000000000', 1, 23 - length(CAST(i AS TEXT))) || CAST(i AS TEXT), \
               'y', 'y', 'common@x', 'common@x', 'active', FALSE, 1767225600000 + CAST(i AS BIGINT) * 1000 FROM n WHERE TRUE",
        );
        let gateway = database.serve();
        let query = "{ cardCustomers(filter: { search: \"common\" }, first: 3) { nodes { email } } }";
        assert_eq!(gateway.query(&token, query).data()["cardCustomers"]["nodes"], json!([{ "email": "common@x" }, { "email": "common@x" }, { "email": "common@x" }]));
        let answer = gateway.query(&token, "{ cardCustomers(filter: { search: \"common\" }) { totalCount } }");
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{}", answer.text);
        assert!(answer.text.contains("would have to read more than 200,000 customers"), "{}", answer.text);
        // What the counts know costs nothing, however many there are.
        let query = "{ a: cardCustomers(filter: { safeDeployed: false, currencies: [EUR] }) { totalCount }
            b: cardCustomers(filter: { safeDeployed: false }) { totalCount } }";
        assert_eq!(gateway.query(&token, query).data(), json!({ "a": { "totalCount": 0 }, "b": { "totalCount": 200_001 } }));
    }
}
