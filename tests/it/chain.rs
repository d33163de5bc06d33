//! Balances from the chain: how often it is asked, what clients see, and what
//! they see when it fails.

use std::time::{Duration, Instant};

use alloy_primitives::U256;
use card_gateway_sandbox::{EUR, Fault, Sandbox};
use serde_json::{Value, json};

use crate::support::chain::{eth_calls, euros, sandbox, wallet, wallets};
use crate::support::{Gateway, Line, on_both};

const BALANCES: &str =
    "id ledgerBalance availableBalance pendingBalance balanceFreshness balanceUpdatedAt";
/// Settings without a cache, and with a time-out of one second.
const IMPATIENT: &[(&str, &str)] =
    &[("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s"), ("CARD_GATEWAY__CHAIN__TIMEOUT", "1s")];

fn list(per_page: u32) -> String {
    format!("{{ cardCustomers(perPage: {per_page}) {{ nodes {{ {BALANCES} }} }} }}")
}

/// The balance that a client sees of customer `number`.
fn one(gateway: &Gateway, token: &str, number: u32) -> (Value, Option<Value>) {
    let query = format!("{{ cardCustomer(identifier: \"usr_{number}\") {{ {BALANCES} }} }}");
    let mut answer = gateway.query(token, &query).json();
    (answer["data"]["cardCustomer"].take(), answer.get("errors").cloned())
}

on_both! {
    fn a_page_costs_one_call_and_then_none(database) {
        let sandbox = sandbox(300);
        let token = database.program_with("acme", &wallets(300));
        let gateway = database.serve_on(&[&sandbox], &[]);
        gateway.query(&token, "{ __typename }").data();
        database.statements(&gateway);
        gateway.query(&token, "{ cardCustomers(perPage: 100) { nodes { id cardsCount } } }").data();
        assert_eq!(eth_calls(&sandbox), 0, "balances are not selected");
        database.statements(&gateway);
        for (query, calls) in [(list(20), 1), (list(20), 0), (list(10), 0), (list(100), 1), (list(100), 0)] {
            database.statements(&gateway);
            let data = gateway.query(&token, &query).data();
            assert_eq!(eth_calls(&sandbox), calls, "{query}");
            let asked = database.statements(&gateway);
            // What was read from the chain is stored beside, and the change is recorded.
            let is_read = |sql: &&String| sql.contains("FROM wallet_balances");
            let about = asked.iter().filter(is_read).count();
            assert_eq!(about, 1, "{asked:#?}");
            for node in data["cardCustomers"]["nodes"].as_array().expect("a list") {
                let number = u32::from_str_radix(node["id"].as_str().expect("an id"), 16).expect("hexadecimal");
                let expected = json!({ "id": node["id"], "ledgerBalance": format!("{number}.00"), "availableBalance": format!("{number}.00"),
                    "pendingBalance": null, "balanceFreshness": "ON_CHAIN", "balanceUpdatedAt": null });
                assert_eq!(*node, expected);
            }
        }
        let lists: Vec<String> = (1..=3).map(|page| format!("p{page}: cardCustomers(page: {page}, perPage: 100) {{ nodes {{ ledgerBalance }} }}")).collect();
        // Each list asks for its own wallets, when it has read them: long enough for all three.
        let fresh = database.serve_on(&[&sandbox], &[("CARD_GATEWAY__CHAIN__GATHER", "500ms")]);
        fresh.query(&token, &format!("{{ {} }}", lists.join(" "))).data();
        assert_eq!(eth_calls(&sandbox), 2, "three hundred wallets");
    }

    fn rest_shows_balances_of_the_chain(database) {
        let sandbox = sandbox(2);
        sandbox.set_balances([(EUR, wallet(2), euros(12_040) + U256::from(9))]);
        let token = database.program_with("acme", &wallets(2));
        let gateway = database.serve_on(&[&sandbox], &[]);
        let one = gateway.get(&token, "/v1/card-issuer/customers/usr_2").json()["data"].take();
        for (member, expected) in [
            ("ledger_balance", json!(120.4)), ("ledger_balance_minor", json!(12_040)), ("available_balance", json!(120.4)),
            ("available_balance_minor", json!(12_040)), ("pending_balance", Value::Null), ("pending_balance_minor", Value::Null),
            ("balance_freshness", json!("on_chain")), ("balance_updated_at", Value::Null),
        ] {
            assert_eq!(one[member], expected, "{member}: {one}");
        }
        let list = gateway.get(&token, "/v1/card-issuer/customers").json()["data"]["customers"].take();
        assert_eq!((&list[0]["ledger_balance"], &list[1]["available_balance"]), (&json!(120.4), &json!(1)));
        assert_eq!(eth_calls(&sandbox), 2, "the second customer was remembered");
        gateway.get(&token, "/v1/card-issuer/customers?include_balances=false");
        assert_eq!(eth_calls(&sandbox), 0);
    }

    fn a_fresh_live_balance_goes_before_the_chain_and_an_old_one_does_not(database) {
        let sandbox = sandbox(3);
        let now = chrono::Utc::now();
        let aged = |line: Line, minutes: i64| {
            let at = (now - chrono::Duration::minutes(minutes)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
            line.with("balance", json!({ "ledger_minor": 700, "available_minor": 500, "pending_minor": 200, "updated_at": at }))
        };
        let mut lines = wallets(3);
        lines[0] = aged(lines[0].clone(), 119);
        lines[1] = aged(lines[1].clone(), 121);
        let token = database.program_with("acme", &lines);
        let gateway = database.serve_on(&[&sandbox], &[]);
        let shown = |number| one(&gateway, &token, number).0;
        assert_eq!((&shown(1)["balanceFreshness"], &shown(1)["pendingBalance"]), (&json!("REALTIME"), &json!("2.00")));
        assert_eq!((&shown(2)["balanceFreshness"], &shown(2)["ledgerBalance"]), (&json!("ON_CHAIN"), &json!("2.00")));
        assert_eq!((&shown(3)["balanceFreshness"], &shown(3)["ledgerBalance"]), (&json!("ON_CHAIN"), &json!("3.00")));
        // A notification that comes while the chain is read.
        sandbox.set_fault(Some(Fault::Delay(Duration::from_millis(400))));
        let slow = database.serve_with(&[("CARD_GATEWAY__CHAIN__RPC_URLS", &sandbox.url()), ("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s")]);
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| one(&slow, &token, 2).0);
            std::thread::sleep(Duration::from_millis(150));
            database.import("acme", &[aged(lines[1].clone(), 0)]);
            reading.join().expect("an answer");
        });
        for _ in 0..2 {
            let shown = one(&slow, &token, 2).0;
            assert_eq!((&shown["balanceFreshness"], &shown["ledgerBalance"]), (&json!("REALTIME"), &json!("7.00")), "it has won");
        }
    }

    fn five_hundred_concurrent_reads_cost_one_call(database) {
        let sandbox = sandbox(20);
        let token = database.program_with("acme", &wallets(20));
        let gateway = database.serve_on(&[&sandbox], &[]);
        gateway.query(&token, "{ __typename }").data();
        sandbox.set_fault(Some(Fault::Delay(Duration::from_millis(1_500))));
        let query = list(20);
        let answers: Vec<Value> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..500).map(|_| scope.spawn(|| gateway.query(&token, &query).data())).collect();
            asking.into_iter().map(|asking| asking.join().expect("an answer")).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]));
        assert_eq!(answers[0]["cardCustomers"]["nodes"][0]["ledgerBalance"], "20.00");
        assert_eq!(eth_calls(&sandbox), 1);
    }

    fn a_faulty_endpoint_never_leads_to_a_wrong_balance(database) {
        let sandbox = sandbox(4);
        let elsewhere = Sandbox::start().expect("a port");
        // The first has a live balance, the second one from the chain, the third none.
        let mut lines = wallets(4);
        lines[0] = lines[0].clone().balance(500, 200);
        let token = database.program_with("acme", &lines);
        let filling = database.serve_on(&[&sandbox], IMPATIENT);
        assert_eq!(one(&filling, &token, 2).0["ledgerBalance"], "2.00");
        sandbox.set_fault(Some(Fault::Html));
        let deadline = Instant::now() + Duration::from_secs(5);
        while one(&filling, &token, 2).0["ledgerBalance"] != "2.00" {
            assert!(Instant::now() < deadline, "the read is not stored");
        }
        drop(filling);
        let one_at_a_time = ("CARD_GATEWAY__CHAIN__BATCH", "1");
        for (fault, more) in [
            (Fault::Delay(Duration::from_secs(8)), None),
            (Fault::Status(429, Some(1)), None),
            (Fault::Status(500, None), None),
            (Fault::Html, None),
            (Fault::CutJson, None),
            (Fault::TooLong, None),
            (Fault::Redirect(elsewhere.url()), None),
            (Fault::WrongChain(1), None),
            (Fault::OtherId, None),
            (Fault::StaleHead, None),
            (Fault::UnknownBlock, Some(one_at_a_time)),
            (Fault::GasCap(30_000), None),
        ] {
            sandbox.set_fault(matches!(fault, Fault::WrongChain(_)).then(|| fault.clone()));
            let mut settings = IMPATIENT.to_vec();
            settings.extend(more);
            let gateway = database.serve_on(&[&sandbox], &settings);
            sandbox.set_fault(Some(fault.clone()));
            for _ in 0..2 {
                let began = Instant::now();
                let answer = gateway.query(&token, &list(20));
                let took = began.elapsed();
                assert!(took < Duration::from_millis(1_500), "{fault:?}: {took:?}");
                assert_eq!(answer.status, 200, "{fault:?}");
                let body = answer.json();
                let nodes = &body["data"]["cardCustomers"]["nodes"];
                // Newest first: the fourth, third, second, first.
                let last_known = json!({ "id": Line::new(1).id(), "ledgerBalance": "7.00", "availableBalance": "5.00", "pendingBalance": "2.00",
                    "balanceFreshness": "REALTIME", "balanceUpdatedAt": "2026-05-12T14:30:00.000Z" });
                assert_eq!(nodes[3], last_known, "{fault:?}");
                assert_eq!((&nodes[2]["ledgerBalance"], &nodes[2]["balanceFreshness"]), (&json!("2.00"), &json!("ON_CHAIN")), "{fault:?}");
                assert!(nodes[2]["balanceUpdatedAt"].is_string() && nodes[2]["pendingBalance"].is_null(), "{fault:?}: {nodes}");
                let none = json!({ "id": Line::new(3).id(), "ledgerBalance": null, "availableBalance": null, "pendingBalance": null,
                    "balanceFreshness": null, "balanceUpdatedAt": null });
                assert_eq!(nodes[1], none, "{fault:?}");
                let errors = body["errors"].as_array().expect("errors");
                assert_eq!(errors.len(), 10, "five fields of two customers: {errors:?}");
                assert!(errors.iter().all(|error| error["extensions"]["code"] == "BALANCE_UNAVAILABLE"), "{errors:?}");
                let path = json!(["cardCustomers", "nodes", 1, "ledgerBalance"]);
                assert!(errors.iter().any(|error| error["path"] == path), "{errors:?}");
                let rest = gateway.get(&token, "/v1/card-issuer/customers");
                assert_eq!(rest.status, 200, "{fault:?}");
                let customers = rest.json()["data"]["customers"].take();
                let shown = |at: usize| [&customers[at]["ledger_balance"], &customers[at]["balance_freshness"]];
                assert_eq!(shown(1), [&Value::Null, &Value::Null], "{fault:?}");
                assert_eq!(shown(2), [&json!(2), &json!("on_chain")], "{fault:?}");
                assert_eq!(shown(3), [&json!(7), &json!("realtime")], "{fault:?}");
            }
            assert!(elsewhere.take_calls().is_empty(), "a redirect was followed");
            assert!(!gateway.log_text().contains(&sandbox.url()[7..]), "addresses can hold keys");
            drop(gateway);
        }
    }

    fn one_unreadable_balance_leaves_the_others_intact(database) {
        let sandbox = sandbox(5);
        sandbox.break_balance(EUR, wallet(1), false);
        sandbox.break_balance(EUR, wallet(2), true);
        sandbox.set_balances([(EUR, wallet(3), U256::MAX), (EUR, wallet(4), U256::ZERO)]);
        let token = database.program_with("acme", &wallets(5));
        let gateway = database.serve_on(&[&sandbox], &[]);
        let answer = gateway.query(&token, "{ cardCustomers(orderBy: CREATED_AT_ASC, first: 5) { nodes { ledgerBalance } } }").json();
        let nodes = json!([{ "ledgerBalance": null }, { "ledgerBalance": null }, { "ledgerBalance": null }, { "ledgerBalance": "0.00" }, { "ledgerBalance": "5.00" }]);
        assert_eq!(answer["data"]["cardCustomers"]["nodes"], nodes);
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(3), "{answer}");
        // A call to an address without code succeeds and returns nothing.
        sandbox.remove_code(EUR);
        let gateway = database.serve_on(&[&sandbox], &[]);
        let (shown, errors) = one(&gateway, &token, 5);
        assert_eq!(shown["ledgerBalance"], "5.00", "the last known: the endpoint is not used");
        assert!(errors.is_none() && shown["balanceUpdatedAt"].is_string(), "{shown}");
        let ready = gateway.get("", "/readyz");
        assert_eq!(ready.status, 200);
        assert!(ready.text.contains("not used: the token of EUR has no code"), "{}", ready.text);
        assert_eq!(ready.json()["chain"]["status"], "unavailable");
    }

    fn a_token_without_code_is_not_zero(database) {
        let sandbox = sandbox(2);
        let token = database.program_with("acme", &wallets(2));
        let gateway = database.serve_on(&[&sandbox], IMPATIENT);
        sandbox.remove_code(EUR);
        let (shown, errors) = one(&gateway, &token, 2);
        assert_eq!(shown["ledgerBalance"], Value::Null);
        assert_eq!(errors.expect("an error")[0]["extensions"]["code"], "BALANCE_UNAVAILABLE");
    }

    fn an_endpoint_of_another_chain_is_reported_and_not_used(database) {
        let (wrong, right) = (sandbox(1), sandbox(1));
        wrong.set_balances([(EUR, wallet(1), euros(99_999))]);
        wrong.set_fault(Some(Fault::WrongChain(1)));
        let token = database.program_with("acme", &wallets(1));
        let gateway = database.serve_on(&[&wrong, &right], &[]);
        assert_eq!(one(&gateway, &token, 1).0["ledgerBalance"], "1.00");
        assert!(wrong.take_calls().is_empty());
        let ready = gateway.get("", "/readyz").json();
        assert_eq!(ready["chain"]["endpoints"], json!(["not used: it is of chain 1, not of 100", "ok"]));
        gateway.wait_for_log(|line| line.get("what")?.as_str()?.contains("it is of chain 1").then_some(()));
        let decimals = database.serve_on(&[&right], &[("CARD_GATEWAY__CHAIN__EUR_DECIMALS", "6")]);
        assert!(decimals.get("", "/readyz").text.contains("the token of EUR has 18 decimals, not 6"));
    }

    fn a_failed_endpoint_adds_no_delay_if_another_works(database) {
        let (first, second) = (sandbox(30), sandbox(30));
        let token = database.program_with("acme", &wallets(30));
        let gateway = database.serve_on(&[&first, &second], &[("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s")]);
        first.set_fault(Some(Fault::Status(503, None)));
        for number in 1..=10 {
            assert_eq!(one(&gateway, &token, number).0["ledgerBalance"], format!("{number}.00"));
        }
        assert_eq!((eth_calls(&first), eth_calls(&second)), (3, 10), "three failures, and it is left alone");
        // One that hangs costs its share of the time, once or twice, and no more.
        second.set_fault(Some(Fault::Delay(Duration::from_secs(20))));
        first.set_fault(None);
        std::thread::sleep(Duration::from_secs(6));
        assert_eq!(one(&gateway, &token, 11).0["ledgerBalance"], "11.00", "the first is tried again");
    }

    fn retry_after_of_an_endpoint_is_obeyed(database) {
        let sandbox = sandbox(3);
        let token = database.program_with("acme", &wallets(3));
        let gateway = database.serve_on(&[&sandbox], IMPATIENT);
        sandbox.set_fault(Some(Fault::Status(429, Some(3))));
        one(&gateway, &token, 1);
        assert_eq!(eth_calls(&sandbox), 1);
        sandbox.set_fault(None);
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(2) {
            assert_eq!(one(&gateway, &token, 1).0["ledgerBalance"], Value::Null);
        }
        assert_eq!(eth_calls(&sandbox), 0, "not before it has said so");
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(one(&gateway, &token, 1).0["ledgerBalance"], "1.00");
    }

    fn calls_to_an_endpoint_stay_within_its_rate_limit(database) {
        let sandbox = sandbox(30);
        let token = database.program_with("acme", &wallets(30));
        let mut settings = IMPATIENT.to_vec();
        settings.push(("CARD_GATEWAY__CHAIN__CALLS_PER_SECOND", "3"));
        let gateway = database.serve_on(&[&sandbox], &settings);
        // The probe has used calls of the rate limit; wait until they are back.
        std::thread::sleep(Duration::from_secs(3));
        let began = Instant::now();
        let mut read = 0;
        while began.elapsed() < Duration::from_secs(3) {
            read += usize::from(one(&gateway, &token, 1).0["ledgerBalance"] == "1.00");
        }
        let calls = eth_calls(&sandbox);
        assert!((6..=14).contains(&calls), "three at once, and three a second: {calls}");
        assert!(read >= calls, "who has to wait for long gets the last known: {read}");
    }

    fn a_call_that_is_too_large_is_halved(database) {
        let sandbox = sandbox(100);
        let token = database.program_with("acme", &wallets(100));
        let gateway = database.serve_on(&[&sandbox], &[("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s")]);
        // Enough for some twenty wallets.
        sandbox.set_fault(Some(Fault::GasCap(260_000)));
        let ask = || {
            let data = gateway.query(&token, &list(100)).data();
            assert_eq!(data["cardCustomers"]["nodes"][99]["ledgerBalance"], "1.00");
            eth_calls(&sandbox)
        };
        let first = ask();
        let second = ask();
        assert!((4..=30).contains(&first), "{first}");
        assert!(second < first, "it has learned: {first}, then {second}");
    }

    fn all_balances_of_an_answer_are_of_one_block(database) {
        let sandbox = sandbox(60);
        let total: u32 = (1..=60).sum();
        let token = database.program_with("acme", &wallets(60));
        let gateway = database.serve_on(&[&sandbox], &[("CARD_GATEWAY__CHAIN__BATCH", "10"), ("CARD_GATEWAY__BALANCES__CHAIN_TTL", "300ms")]);
        // The newest customers come first: from one end of the page to the other.
        let (from, to, amount) = (wallet(60), wallet(1), euros(100));
        sandbox.set_fault(Some(Fault::Moving { token: EUR, from, to, amount }));
        let sum = |page: &str| -> u32 {
            let query = format!("{{ cardCustomers({page}) {{ nodes {{ ledgerBalance }} }} }}");
            let data = gateway.query(&token, &query).data();
            let nodes = data["cardCustomers"]["nodes"].as_array().expect("a list").clone();
            let euros = |node: &Value| node["ledgerBalance"].as_str()?.trim_end_matches(".00").parse::<u32>().ok();
            nodes.iter().map(|node| euros(node).expect("it was read")).sum()
        };
        for _ in 0..4 {
            assert_eq!(sum("perPage: 60"), total);
            assert!(eth_calls(&sandbox) >= 6, "several calls");
            std::thread::sleep(Duration::from_millis(400));
            // One page is cached, the other one is not.
            sum("perPage: 30");
            assert_eq!(sum("perPage: 60"), total, "parts of one block, read one after the other");
            std::thread::sleep(Duration::from_millis(400));
        }
    }

    fn blocks_are_not_mixed_even_if_an_endpoint_cannot_read_a_given_block(database) {
        // The endpoint knows no block by its hash, and a block is made all the time.
        let sandbox = sandbox(40);
        let token = database.program_with("acme", &wallets(40));
        let gateway = database.serve_on(&[&sandbox], &[]);
        let sum = |page: &str| -> Option<u32> {
            let query = format!("{{ cardCustomers({page}) {{ nodes {{ ledgerBalance balanceUpdatedAt }} }} }}");
            let answer = gateway.query(&token, &query).json();
            let nodes = answer["data"]["cardCustomers"]["nodes"].as_array().expect("a list").clone();
            // A wallet that was not read just now has another block than the answer.
            let euros = |node: &Value| node["ledgerBalance"].as_str()?.trim_end_matches(".00").parse::<u32>().ok();
            nodes.iter().map(|node| euros(node).filter(|_| node["balanceUpdatedAt"].is_null())).sum()
        };
        sandbox.set_fault(Some(Fault::UnknownBlock));
        let total = sum("perPage: 40").expect("all were read");
        let mut whole = 0;
        for round in 1..=6_u32 {
            // The cached balances are of an older block than the new ones.
            sandbox.set_balances([(EUR, wallet(1), euros(u64::from(1 + round) * 100)), (EUR, wallet(40), euros(u64::from(40 - round) * 100))]);
            sum(&format!("perPage: {}", 5 * round));
            if let Some(found) = sum("perPage: 40") {
                assert_eq!(found, total, "round {round}");
                whole += 1;
            }
        }
        assert!(whole > 0);
    }

    fn an_endpoint_with_invalid_answers_opens_its_circuit_breaker(database) {
        let (stale, second) = (sandbox(20), sandbox(20));
        let token = database.program_with("acme", &wallets(20));
        let gateway = database.serve_on(&[&stale, &second], &[("CARD_GATEWAY__BALANCES__CHAIN_TTL", "0s")]);
        stale.set_fault(Some(Fault::StaleHead));
        for number in 1..=10 {
            assert_eq!(one(&gateway, &token, number).0["ledgerBalance"], format!("{number}.00"));
        }
        assert_eq!((eth_calls(&stale), eth_calls(&second)), (3, 10));
        assert!(gateway.get("", "/readyz").text.contains("left alone for a while"));
    }

    fn a_very_large_read_does_not_fail_others(database) {
        let sandbox = sandbox(2_100);
        let token = database.program_with("acme", &wallets(2_100));
        let gateway = database.serve_on(&[&sandbox], &[("CARD_GATEWAY__CHAIN__CALLS_PER_SECOND", "6"),
            ("CARD_GATEWAY__LIMITS__ALIASES", "21"), ("CARD_GATEWAY__LIMITS__ROOT_FIELDS", "21")]);
        sandbox.set_fault(Some(Fault::Delay(Duration::from_millis(100))));
        let lists: Vec<String> = (1..=21).map(|page| format!("p{page}: cardCustomers(page: {page}, perPage: 100) {{ nodes {{ ledgerBalance }} }}")).collect();
        let much = format!("{{ {} }}", lists.join(" "));
        std::thread::scope(|scope| {
            let asking = scope.spawn(|| {
                let began = Instant::now();
                let status = gateway.query(&token, &much).status;
                (status, began.elapsed())
            });
            std::thread::sleep(Duration::from_millis(300));
            let (status, took) = asking.join().expect("an answer");
            assert_eq!(status, 200);
            assert!(took < Duration::from_millis(3_500), "{took:?}");
        });
        // Within a moment, everything can be read again.
        std::thread::sleep(Duration::from_millis(1_500));
        assert_eq!(one(&gateway, &token, 1).0["ledgerBalance"], "1.00");
    }

    fn wallets_of_customers_who_are_gone_are_not_read_again(database) {
        let sandbox = sandbox(3);
        database.program_with("acme", &wallets(3));
        database.execute("UPDATE card_customers SET gone_at = 1 WHERE external_customer_id = 'usr_2'");
        let mut command = database.program(&["reconcile"]);
        let output = command.env("CARD_GATEWAY__CHAIN__RPC_URLS", sandbox.url()).output().expect("it ends");
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(said.starts_with("read 2 wallets"), "{said}");
    }

    fn two_replicas_reconcile_ten_thousand_wallets_once(database) {
        const COUNT: u32 = 10_000;
        let sandbox = sandbox(COUNT);
        // Some have been notified, long ago and of something else.
        let lines: Vec<Line> = wallets(COUNT)
            .into_iter()
            .enumerate()
            .map(|(at, line)| if at < 10 { line.balance(1, 1) } else { line })
            .collect();
        let token = database.program_with("acme", &lines);
        sandbox.set_fault(Some(Fault::Delay(Duration::from_millis(20))));
        let url = sandbox.url();
        let reconcile = || {
            let mut command = database.program(&["reconcile"]);
            command.env("CARD_GATEWAY__CHAIN__RPC_URLS", &url).env("CARD_GATEWAY__CHAIN__CALLS_PER_SECOND", "1000");
            let output = command.output().expect("it ends");
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{errors}");
            let said = String::from_utf8(output.stdout).expect("UTF-8");
            let number = |word: usize| said.split(' ').nth(word).and_then(|word| word.parse::<u32>().ok()).expect("a number");
            (number(1), number(3))
        };
        let (one, other) = std::thread::scope(|scope| {
            let (one, other) = (scope.spawn(reconcile), scope.spawn(reconcile));
            (one.join().expect("it ends"), other.join().expect("it ends"))
        });
        assert_eq!((one.0 + other.0, one.1 + other.1), (COUNT, 10), "{one:?} {other:?}");
        // Each of them has asked for the tokens' decimals, too.
        assert_eq!(eth_calls(&sandbox), 50 + 2, "full calls, and each once");
        sandbox.set_fault(None);
        assert_eq!(reconcile(), (0, 0), "nothing is old any more");
        let gateway = database.serve();
        let shown = self::one(&gateway, &token, 77).0;
        assert_eq!((&shown["ledgerBalance"], &shown["balanceFreshness"]), (&json!("77.00"), &json!("ON_CHAIN")), "it is stored");
    }

    fn old_balances_are_read_again_in_the_background(database) {
        let sandbox = sandbox(450);
        database.program_with("acme", &wallets(450));
        let gateway = database.serve_on(&[&sandbox], &[("CARD_GATEWAY__BALANCES__RECONCILE_INTERVAL", "1s")]);
        gateway.wait_for_log(|line| (line.get("read")?.as_u64()? == 450).then_some(()));
        assert_eq!(eth_calls(&sandbox), 3, "450 wallets");
        std::thread::sleep(Duration::from_millis(2_500));
        assert_eq!(eth_calls(&sandbox), 0, "they are not old any more");
        let metrics = gateway.get("", "/metrics").text;
        assert!(metrics.contains("balances_reconciled_total 450"), "{metrics}");
    }
}
