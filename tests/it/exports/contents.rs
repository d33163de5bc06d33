//! What an export holds.

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::{customers, exported, ndjson};
use crate::customer_filters::{any_line, begins};
use crate::support::builders::{lines, minute};
use crate::support::{Gateway, Line, on_both};

/// Customers of all kinds.
fn varied(count: u32) -> Vec<Line> {
    let mut runner = TestRunner::new(Config::default());
    let line = |number: u32| {
        let line = any_line(number).new_tree(&mut runner).expect("a line").current();
        let number_of_wallet = i64::from(number);
        match number % 4 {
            0 => line.balance(number_of_wallet, 7),
            1 => line.balance(-number_of_wallet, 0),
            _ => line,
        }
    };
    (1..=count).map(line).collect()
}

/// A line as an export writes it: without what has no value, its cards in order.
fn as_exported(line: &Line) -> Value {
    let mut line = line.0.clone();
    let members = line.as_object_mut().expect("an object");
    members.retain(|name, value| !value.is_null() && (name != "cards" || value != &json!([])));
    if let Some(cards) = members.get_mut("cards").and_then(Value::as_array_mut) {
        let key = |card: &Value| (card["created_at"].to_string(), card["card_id"].to_string());
        cards.sort_by_key(|card| std::cmp::Reverse(key(card)));
    }
    line
}

/// What GraphQL says of each customer, by `id`: stage and last change.
fn shown(gateway: &Gateway, token: &str, count: usize) -> Vec<(String, String, String)> {
    let mut all = Vec::new();
    for page in 1..=count.div_ceil(100) {
        let query = format!(
            "{{ cardCustomers(page: {page}, perPage: 100) {{ nodes {{ id flowStatus updatedAt }} }} }}"
        );
        let list = gateway.query(token, &query).data();
        let nodes = list["cardCustomers"]["nodes"].as_array().expect("a list").clone();
        let text = |node: &Value, name: &str| node[name].as_str().expect("a text").to_owned();
        all.extend(nodes.iter().map(|node| {
            (text(node, "id"), text(node, "flowStatus").to_lowercase(), text(node, "updatedAt"))
        }));
    }
    all.sort();
    assert_eq!(all.len(), count);
    all
}

/// Whether a customer is left by a filter: of the customer as exported, its stage, and the time
/// of its last change.
type Test<'a> = Box<dyn Fn(&Value, &str, &str) -> bool + 'a>;

on_both! {
    fn an_export_has_every_customer_as_imported_in_the_order_of_their_identifiers(database) {
        let all = varied(190);
        let token = database.program_with("acme", &all);
        database.program_with("globex", &lines(3));
        let gateway = database.serve();
        let text = exported(&gateway, &token, "");
        assert!(text.ends_with("}\n"), "each line ends");
        let expected: Vec<Value> = all.iter().map(as_exported).collect();
        assert_eq!(customers(&text), expected);
        // A program without customers has an empty export.
        let token = database.program_with("initech", &[]);
        assert_eq!(exported(&gateway, &token, ""), "");
        assert_eq!(gateway.warnings(), Vec::<String>::new());
    }

    fn each_filter_and_each_pair_leaves_whom_a_model_leaves(database) {
        let all = varied(130);
        let token = database.program_with("acme", &all);
        std::thread::sleep(std::time::Duration::from_millis(5));
        database.import("acme", &all.iter().step_by(3).map(|line| line.clone().with("wallet_address", "0x52908400098527886E0F7030069857D2E4169EE7")).collect::<Vec<_>>());
        let gateway = database.serve();
        let everyone = customers(&exported(&gateway, &token, ""));
        let shown = shown(&gateway, &token, 130);
        let mut moments: Vec<&str> = shown.iter().map(|(_, _, at)| at.as_str()).collect();
        moments.sort_unstable();
        let (early, late) = (moments[40].to_owned(), moments[110].to_owned());
        let (from, to) = (minute(10), minute(50));
        let text = |of: &Value| of.as_str().unwrap_or("").to_owned();
        let has_cards = |of: &Value| of["cards"].as_array().is_some_and(|cards| cards.iter().any(|card| card["status"] != "voided"));
        let found = |of: &Value, search: &str| {
            let email = text(&of["email"]);
            let domain = email.split_once('@').map_or("", |(_, domain)| domain).to_owned();
            let names = [email, domain, text(&of["external_customer_id"]), text(&of["yativo_card_id"]), text(&of["id"])];
            names.iter().any(|name| begins(name, search))
        };
        let filters: Vec<(String, Test<'_>)> = vec![
            ("statuses=active&statuses=kyc_initiated".into(), Box::new(|_, stage, _| ["active", "kyc_initiated"].contains(&stage))),
            ("statuses=safe_deploying".into(), Box::new(|_, stage, _| stage == "safe_deploying")),
            ("issuer_flow_statuses=kyc_rejected&issuer_flow_statuses=made_up".into(), Box::new(|of, _, _| ["kyc_rejected", "made_up"].contains(&of["flow_status"].as_str().unwrap_or("")))),
            ("issuer_flow_statuses=nobody".into(), Box::new(|_, _, _| false)),
            ("kyc_statuses=approved".into(), Box::new(|of, _, _| of["kyc_status"] == "approved")),
            ("currencies=EUR&currencies=GBP".into(), Box::new(|of, _, _| of["currency"] == "EUR" || of["currency"] == "GBP")),
            ("safe_deployed=true".into(), Box::new(|of, _, _| of["safe_deployed"] == true)),
            ("safe_deployed=false".into(), Box::new(|of, _, _| of["safe_deployed"] == false)),
            ("has_cards=true".into(), Box::new(move |of, _, _| has_cards(of))),
            ("has_cards=false".into(), Box::new(move |of, _, _| !has_cards(of))),
            (format!("created_from={from}&created_to={to}"), Box::new(|of, _, _| (from.as_str()..to.as_str()).contains(&of["created_at"].as_str().unwrap_or("")))),
            (format!("updated_from={early}"), Box::new(|_, _, at| at >= early.as_str())),
            (format!("updated_to={late}"), Box::new(|_, _, at| at < late.as_str())),
            ("search=JOS%C3%89".into(), Box::new(move |of, _, _| found(of, "jos\u{e9}"))),
            ("search=example".into(), Box::new(move |of, _, _| found(of, "example"))),
        ];
        for (at, (one, holds)) in filters.iter().enumerate() {
            for (other, also) in filters.iter().skip(at) {
                // A parameter that both have is a list, or given twice.
                let name = |of: &str| of.split('=').next().unwrap_or_default().to_owned();
                if one != other && name(one) == name(other) {
                    continue;
                }
                let query = if one == other { format!("?{one}") } else { format!("?{one}&{other}") };
                let expected: Vec<&Value> = everyone.iter().filter(|of| {
                    let (_, stage, at) = shown.iter().find(|(id, _, _)| of["id"] == id.as_str()).expect("it is shown");
                    holds(of, stage, at) && also(of, stage, at)
                }).collect();
                assert_eq!(customers(&exported(&gateway, &token, &query)).iter().collect::<Vec<_>>(), expected, "{query}");
            }
        }
        // An empty value is none.
        assert_eq!(customers(&exported(&gateway, &token, "?search=&statuses=&created_from=")).len(), 130);
    }

    fn what_is_exported_can_be_imported_and_is_the_same(database) {
        let card = |number: u32, more: Value| {
            let mut card = json!({ "card_id": uuid::Uuid::from_u128(u128::from(number)), "last_four": "4242", "card_type": "physical",
                "status": "frozen", "created_at": minute(number) });
            for (name, value) in more.as_object().expect("an object") {
                card[name] = value.clone();
            }
            card
        };
        let mut all = varied(90);
        all.extend([
            Line::new(201).with("cards", vec![
                card(1, json!({ "is_stolen": true, "network_token": "tok_1" })), card(2, json!({ "pin_set": true })),
                card(3, json!({ "pin_set": false, "activated_at": minute(9) })),
            ]).balance(10_115, 1_925).with("wallet_address", "0x52908400098527886E0F7030069857D2E4169EE7"),
            Line::new(202).with("flow_status", "new_word").with("step", 4).with("next_action", "Call \"us\"\u{2028}, now"),
            Line::new(203).with("flow_status", "new_word").with("safe_deployed", false).with("kyc_status", Value::Null),
            Line::new(204).with("external_customer_id", "\\N, \"{a}\" \u{1f600}").with("email", "=cmd|' /C calc'!A0@example.com"),
            Line::new(205).balance(1, 1),
        ]);
        let token = database.program_with("acme", &all);
        // A stage that its status and cards do not suggest, and a balance that was not live.
        database.execute("UPDATE card_customers SET stage = 'otp_verified' WHERE flow_status = 'made_up'");
        database.execute("UPDATE wallet_balances SET source = 'reconciliation', pending_minor = 0 WHERE customer_id = '0000000000000000000000cd'");
        let gateway = database.serve();
        let first = exported(&gateway, &token, "");
        database.succeed(&["program", "create", "--name", "copy"], "");
        let said = database.succeed(&["import", "--program", "copy", "-"], &first);
        assert_eq!(said, "imported 95 customers into copy");
        let copy = database.token("copy");
        assert_eq!(exported(&gateway, &copy, ""), first);
        assert!(!first.contains("0000000000000000000000cd\",\"balance"), "it was not live");
        // What the APIs show is the same too, but for the one balance that is not in the format.
        let query = "{ cardCustomers(perPage: 100) { totalCount nodes { id yativoCardId externalCustomerId email flowStatus issuerFlowStatus step nextAction
            kycStatus safeDeployed walletAddress currency ledgerBalance availableBalance pendingBalance balanceFreshness balanceUpdatedAt cardsCount createdAt
            cards { cardId lastFour cardType status pinSet activatedAt createdAt } } } }";
        let list = |token: &str| {
            let mut list = gateway.query(token, query).data()["cardCustomers"].take();
            let nodes = list["nodes"].as_array_mut().expect("a list");
            nodes.retain(|node| node["id"] != "0000000000000000000000cd");
            assert_eq!(nodes.len(), 94);
            list
        };
        assert_eq!(list(&token), list(&copy));
        // Importing it once more changes nothing.
        let changes = || database.texts("SELECT CAST(COUNT(*) AS TEXT) FROM changes");
        let before = changes();
        database.succeed(&["import", "--program", "copy", "-"], &first);
        assert_eq!(changes(), before);
    }

    fn callers_without_a_token_and_wrong_parameters_are_refused(database) {
        let token = database.program_with("acme", &lines(2));
        let gateway = database.serve();
        for path in [ndjson(""), "/export/card-customers.csv".to_owned()] {
            for wrong in ["", "cgw_nonsense"] {
                let answer = gateway.get(wrong, &path);
                assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("unauthorized")));
            }
            let posted = gateway.send(gateway.client().post(format!("{}{path}", gateway.host)).bearer_auth(&token));
            assert_eq!((posted.status, posted.header("allow")), (405, "GET,HEAD"));
            let head = gateway.send(gateway.client().head(format!("{}{path}", gateway.host)).bearer_auth(&token));
            assert_eq!((head.status, head.text.as_str()), (200, ""));
        }
        assert_eq!(gateway.get(&token, "/export/cards.csv").status, 404);
        // Every scope includes reading.
        let narrow = database.succeed(&["token", "create", "--program", "acme", "--scope", "read"], "");
        assert_eq!(customers(&exported(&gateway, &narrow, "")).len(), 2);
        let many: Vec<String> = (0..51).map(|number| format!("issuer_flow_statuses=w{number}")).collect();
        for (query, field, what) in [
            ("statuses=ACTIVE", "statuses", "must be one of otp_requested, otp_verified"),
            ("kyc_statuses=approved&kyc_statuses=none", "kyc_statuses", "must be one of pending"),
            ("currencies=eur", "currencies", "must be one of USD, EUR, GBP"),
            ("safe_deployed=yes", "safe_deployed", "must be true or false"),
            ("has_cards=true&has_cards=false", "has_cards", "is given more than once"),
            ("created_from=2026-01-01", "created_from", "must be an RFC 3339 time"),
            ("created_to=x", "created_to", "must be an RFC 3339 time"),
            ("updated_from=x", "updated_from", "must be an RFC 3339 time"),
            ("updated_to=x", "updated_to", "must be an RFC 3339 time"),
            ("search=a", "search", "must have at least 2 characters"),
            ("search=a%00b", "search", "must not contain control characters"),
            ("status=active", "query", "has no parameter status; did you mean statuses?"),
            ("page=1", "query", "has no parameter page; "),
            (&many.join("&"), "issuer_flow_statuses", "must not have more than 50 values"),
        ] {
            let answer = gateway.get(&token, &ndjson(&format!("?{query}")));
            let body = answer.json();
            assert_eq!((answer.status, body["error"].as_str()), (400, Some("validation_error")), "{query}");
            assert!(body["details"][field].as_str().is_some_and(|said| said.starts_with(what)), "{query}: {body}");
        }
        let both = gateway.get(&token, &ndjson("?search=a&page=1")).json();
        assert_eq!(both["details"].as_object().map(serde_json::Map::len), Some(2), "{both}");
    }

    fn the_database_gets_one_statement_for_each_page(database) {
        let all: Vec<Line> = lines(100).into_iter().map(|line| line.cards(&["active", "voided", "frozen"])).collect();
        let token = database.program_with("acme", &all);
        let gateway = database.serve();
        exported(&gateway, &token, "");
        database.statements(&gateway);
        assert_eq!(customers(&exported(&gateway, &token, "?has_cards=true&search=usr_")).len(), 100);
        let statements = database.statements(&gateway);
        let pages = statements.iter().filter(|sql| sql.contains("wallet_balances")).count();
        // A page of a debug build has 40 customers; the last one is empty.
        assert_eq!(pages, 4, "{statements:#?}");
        assert!(statements.len() <= 12, "{statements:#?}");
    }
}
