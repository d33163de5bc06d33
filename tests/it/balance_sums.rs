//! The sums of balances that the database keeps are those of the rule that decides which
//! balance of a customer counts, however the rows are changed, and as time passes.

use std::time::Duration;

use card_gateway::domain::balance::{
    BalanceSource, ChainBalance, Freshness, Outcome, Stored, WalletBalance, resolve,
};
use card_gateway::domain::money::{Minor, Total};
use card_gateway::domain::time::Timestamp;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};

use crate::support::chain::{sandbox, wallet, wallets};
use crate::support::issuer::{self, ACME};
use crate::support::{Database, Gateway, Line, on_both};

const HOUR: i64 = 3_600_000;
const AGGREGATE: &str = "/v1/card-issuer/customers/aggregate-balances";

/// A change of the rows, made behind the gateway's back.
#[derive(Clone, Debug)]
enum Change {
    /// Customers of a program, with and without a wallet and a currency.
    Customers { program: i32, count: u32 },
    /// Every n-th customer of a program gets a balance of the issuer's of about this age.
    Wallets { program: i32, every: u32, source: &'static str, age: i64, apart: i64, large: bool },
    /// The chain says something of every n-th wallet, about so long ago.
    Chain { every: u32, age: i64, apart: i64, large: bool },
    /// Every n-th customer gets another currency, or none.
    Currency { every: u32, currency: &'static str },
    /// Every n-th customer has a wallet now, or has none.
    Deployed { every: u32, is: bool },
    /// Every n-th customer is gone, or has come back.
    Gone { every: u32, is: bool },
    /// Every n-th customer gets another wallet.
    Address { every: u32, by: u32 },
    /// Every n-th customer gets another e-mail address, on which no balance depends.
    Email { every: u32 },
    /// Every n-th row of a table is deleted.
    Delete { table: &'static str, every: u32 },
}

/// Ages around the longest ages of the two gateways, and others.
fn ages() -> impl Strategy<Value = i64> {
    let about =
        [-1_000, 0, 1_000, HOUR / 2, HOUR / 2 - 5_000, 2 * HOUR, 2 * HOUR - 5_000, HOUR, 48 * HOUR];
    prop::sample::select(about.to_vec())
}

fn change() -> impl Strategy<Value = Change> {
    let apart = || prop::sample::select(vec![0_i64, 1, 37, 8_192, 60_000]);
    let source = prop::sample::select(vec!["live", "live", "live", "reconciliation"]);
    let currency = prop::sample::select(vec!["'EUR'", "'USD'", "'GBP'", "NULL"]);
    let table = prop::sample::select(vec!["card_customers", "wallet_balances", "chain_balances"]);
    prop_oneof![
        3 => (1..3, 1_u32..60).prop_map(|(program, count)| Change::Customers { program, count }),
        6 => (1..3, 1_u32..5, source, ages(), apart(), any::<bool>()).prop_map(
            |(program, every, source, age, apart, large)| Change::Wallets { program, every, source, age, apart, large }),
        4 => (1_u32..5, ages(), apart(), any::<bool>())
            .prop_map(|(every, age, apart, large)| Change::Chain { every, age, apart, large }),
        1 => (2_u32..6, currency).prop_map(|(every, currency)| Change::Currency { every, currency }),
        2 => (2_u32..6, any::<bool>()).prop_map(|(every, is)| Change::Deployed { every, is }),
        2 => (2_u32..6, any::<bool>()).prop_map(|(every, is)| Change::Gone { every, is }),
        1 => (2_u32..6, 0_u32..9).prop_map(|(every, by)| Change::Address { every, by }),
        1 => (1_u32..4).prop_map(|every| Change::Email { every }),
        2 => (3_u32..9, table).prop_map(|(every, table)| Change::Delete { table, every }),
    ]
}

/// The number of a customer, which its identifier ends in.
const NUMBER: &str = "CAST(substr(id, 13) AS INTEGER)";

/// The change as one statement, the same on both databases. `next` is the first free number.
fn statement(change: &Change, next: u32) -> String {
    let now = Timestamp::now().millis();
    // Amounts of which a few are more than 64 bits hold.
    let amount = |number: &str, large: bool| {
        if large {
            format!("(9007199254740991 - {number})")
        } else {
            format!("(CAST({number} AS BIGINT) * 101 - 500)")
        }
    };
    match change {
        Change::Customers { program, count } => format!(
            "WITH RECURSIVE n (i) AS (SELECT {next} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {next} + {count}) \
             INSERT INTO card_customers (program_id, id, yativo_card_id, email, email_key, flow_status, \
               safe_deployed, currency, wallet_address, created_at) \
             SELECT {program}, substr('000000000000000000000000', 1, 24 - length(CAST(i AS TEXT))) || CAST(i AS TEXT), \
               'y', 'e@x', 'e@x', 'active', i % 7 <> 0, \
               CASE i % 5 WHEN 0 THEN 'USD' WHEN 1 THEN 'GBP' WHEN 2 THEN NULL ELSE 'EUR' END, \
               CASE WHEN i % 4 = 0 THEN NULL ELSE 'wallet ' || CAST(i % 9 AS TEXT) END, 0 \
             FROM n WHERE TRUE"
        ),
        Change::Wallets { program, every, source, age, apart, large } => {
            let ledger = amount(NUMBER, *large);
            // Of some less than nothing is held; of others nothing is known.
            let pending =
                if *source == "live" { format!("({NUMBER} % 4 - 1)") } else { "0".to_owned() };
            let at = format!("{} + CAST({NUMBER} % 41 AS BIGINT) * {apart}", now - age);
            format!(
                "INSERT INTO wallet_balances (program_id, customer_id, base_ledger_minor, base_available_minor, \
                   base_pending_minor, base_at, base_event, source, ledger_minor, available_minor, pending_minor, updated_at) \
                 SELECT program_id, id, 0, 0, 0, 0, '', '{source}', {ledger} - {pending}, {ledger} - 2 * {pending}, {pending}, {at} \
                 FROM card_customers WHERE program_id = {program} AND {NUMBER} % {every} = 0 \
                 ON CONFLICT (program_id, customer_id) DO UPDATE SET source = excluded.source, \
                   ledger_minor = excluded.ledger_minor, available_minor = excluded.available_minor, \
                   pending_minor = excluded.pending_minor, updated_at = excluded.updated_at"
            )
        }
        Change::Chain { every, age, apart, large } => format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 8), \
               k (currency) AS (SELECT 'EUR' UNION ALL SELECT 'USD' UNION ALL SELECT 'GBP') \
             INSERT INTO chain_balances (wallet_address, currency, ledger_minor, block_number, block_time) \
             SELECT 'wallet ' || CAST(i AS TEXT), currency, {}, 1, {} + CAST(i AS BIGINT) * {apart} \
             FROM n CROSS JOIN k WHERE i % {every} = 0 \
             ON CONFLICT (wallet_address, currency) DO UPDATE SET ledger_minor = excluded.ledger_minor, \
               block_time = excluded.block_time",
            amount("i", *large),
            now - age
        ),
        Change::Currency { every, currency } => {
            format!("UPDATE card_customers SET currency = {currency} WHERE {NUMBER} % {every} = 0")
        }
        Change::Deployed { every, is } => {
            format!("UPDATE card_customers SET safe_deployed = {is} WHERE {NUMBER} % {every} = 0")
        }
        Change::Gone { every, is } => {
            let at = if *is { "1" } else { "NULL" };
            format!("UPDATE card_customers SET gone_at = {at} WHERE {NUMBER} % {every} = 0")
        }
        Change::Address { every, by } => format!(
            "UPDATE card_customers SET wallet_address = 'wallet ' || CAST(({NUMBER} + {by}) % 9 AS TEXT) \
             WHERE {NUMBER} % {every} = 0"
        ),
        Change::Email { every } => {
            format!("UPDATE card_customers SET email = 'f@x' WHERE {NUMBER} % {every} = 0")
        }
        Change::Delete { table, every } => {
            let number = match *table {
                "card_customers" => NUMBER.to_owned(),
                "wallet_balances" => NUMBER.replace("id", "customer_id"),
                _ => "CAST(substr(wallet_address, 8) AS INTEGER)".to_owned(),
            };
            format!("DELETE FROM {table} WHERE {number} % {every} = 0")
        }
    }
}

/// What is stored of a customer's balance.
struct Row {
    program: i64,
    currency: Option<String>,
    stored: Stored,
}

/// What is stored of all customers with a wallet.
fn rows(database: &Database) -> Vec<Row> {
    let number = |column: &str| format!("COALESCE(CAST({column} AS TEXT), '')");
    let columns = [
        "c.program_id",
        "c.currency",
        "w.source",
        "w.ledger_minor",
        "w.available_minor",
        "w.pending_minor",
        "w.updated_at",
        "x.ledger_minor",
        "x.block_time",
    ]
    .map(number)
    .join(" || ',' || ");
    let texts = database.texts(&format!(
        "SELECT {columns} FROM card_customers AS c \
         LEFT JOIN wallet_balances AS w ON w.program_id = c.program_id AND w.customer_id = c.id \
         LEFT JOIN chain_balances AS x ON x.wallet_address = c.wallet_address AND x.currency = c.currency \
         WHERE c.safe_deployed AND c.gone_at IS NULL"
    ));
    let row = |text: &String| {
        let cells: Vec<&str> = text.split(',').collect();
        let minor =
            |at: usize| Minor::new(cells[at].parse().expect("an amount")).expect("in range");
        let time = |at: usize| {
            Timestamp::from_millis(cells[at].parse().expect("a time")).expect("in range")
        };
        let wallet = (!cells[2].is_empty()).then(|| {
            let source: BalanceSource = cells[2].parse().expect("a source");
            let pending = source.knows_holds().then(|| minor(5));
            WalletBalance {
                ledger: minor(3),
                available: minor(4),
                pending,
                source,
                updated_at: time(6),
            }
        });
        let chain = (!cells[7].is_empty()).then(|| ChainBalance {
            ledger: minor(7),
            block: 1,
            at: time(8),
        });
        Row {
            program: cells[0].parse().expect("a number"),
            currency: (!cells[1].is_empty()).then(|| cells[1].to_owned()),
            stored: Stored { wallet, chain },
        }
    };
    texts.iter().map(row).collect()
}

/// The sums by the rule, one customer after the other, as the old API prints them.
fn expected(rows: &[Row], program: i64, now: Timestamp, max_age: i64) -> Value {
    let mut by_currency = Vec::new();
    for currency in ["EUR", "GBP", "USD"] {
        let (mut ledger, mut available, mut pending) = (0_i128, 0_i128, None::<i128>);
        let (mut realtime, mut on_chain) = (0, 0);
        let mine = rows.iter().filter(|row| row.program == program);
        for row in mine.filter(|row| row.currency.as_deref() == Some(currency)) {
            let Outcome::Known(balance) = resolve(true, row.stored, None, now, max_age) else {
                continue;
            };
            ledger += i128::from(balance.ledger.get());
            available += i128::from(balance.available.get());
            if let Some(held) = balance.pending {
                *pending.get_or_insert(0) += i128::from(held.get());
            }
            match balance.freshness {
                Freshness::Realtime => realtime += 1,
                Freshness::OnChain => on_chain += 1,
            }
        }
        let number = |total: i128| Total::new(total).json_number(2);
        if realtime + on_chain > 0 {
            by_currency.push(json!([
                currency,
                number(ledger),
                number(available),
                pending.map(number),
                realtime,
                on_chain
            ]));
        }
    }
    let with_wallets = rows.iter().filter(|row| row.program == program).count();
    json!({ "by_currency": by_currency, "wallets": with_wallets })
}

/// What the old API says, with its moment. Amounts are compared as they are written.
fn said(gateway: &Gateway, token: &str) -> (Value, Timestamp) {
    let answer = gateway.get(token, AGGREGATE);
    assert_eq!(answer.status, 200, "{}", answer.text);
    let written: serde_json::Map<String, Value> = {
        let quoted = quoted(&answer.text);
        serde_json::from_str(&quoted).unwrap_or_else(|error| panic!("{error}: {quoted}"))
    };
    let data = &written["data"];
    let sums = data["by_currency"].as_array().expect("a list").iter().map(|of| {
        assert_eq!(
            of["customer_count"].as_i64().expect("a number"),
            of["realtime_count"].as_i64().expect("a number")
                + of["on_chain_count"].as_i64().expect("a number")
        );
        json!([
            of["currency"],
            of["total_ledger_balance"],
            of["total_available_balance"],
            of["total_pending_balance"],
            of["realtime_count"],
            of["on_chain_count"]
        ])
    });
    let at = Timestamp::parse(data["fetched_at"].as_str().expect("a time")).expect("a time");
    (
        json!({ "by_currency": sums.collect::<Vec<_>>(), "wallets": data["customers_with_wallets"] }),
        at,
    )
}

/// With amounts as texts: a JSON reader would round them.
fn quoted(text: &str) -> String {
    let mut parts = text.split("_balance\":");
    let mut quoted = parts.next().expect("a part").to_owned();
    for part in parts {
        let end = part.find([',', '}']).expect("an end");
        let (amount, rest) = part.split_at(end);
        let amount = if amount == "null" { "null".to_owned() } else { format!("\"{amount}\"") };
        for part in ["_balance\":", amount.as_str(), rest] {
            quoted.push_str(part);
        }
    }
    quoted
}

/// Both gateways say of both programs what the rule says.
fn compare(database: &Database, gateways: &[(Gateway, i64)], tokens: &[String; 2], after: &str) {
    let rows = rows(database);
    for (gateway, max_age) in gateways {
        for (token, program) in tokens.iter().zip(1..) {
            let (said, at) = said(gateway, token);
            let rule = expected(&rows, program, at, *max_age);
            assert_eq!(said, rule, "program {program}, {max_age} ms, after {after}");
        }
    }
}

#[test]
fn the_triggers_look_every_row_up() {
    let database = Database::sqlite();
    database.succeed(&["migrate"], "");
    let triggers =
        database.texts("SELECT sql FROM sqlite_master WHERE name LIKE 'sum_balances_on_%'");
    assert_eq!(triggers.len(), 9);
    for trigger in triggers {
        let body = trigger.split(" BEGIN ").nth(1).expect("a body").trim_end_matches("END");
        for statement in body.split(';').filter(|part| !part.trim().is_empty()) {
            // What a changed row has does not matter.
            let mut parts = statement.split("new.").flat_map(|part| part.split("old."));
            let mut text = parts.next().expect("a part").to_owned();
            for part in parts {
                text.push_str("'1'");
                text.push_str(part.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_'));
            }
            let plan: Vec<String> = database.with_connection(async |connection| {
                let explain =
                    Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {text}"));
                let rows = connection
                    .query_all_raw(explain)
                    .await
                    .unwrap_or_else(|error| panic!("{error}: {text}"));
                rows.iter().map(|row| row.try_get("", "detail").expect("a line")).collect()
            });
            // The changed rows themselves, and the levels, are in no table.
            let scans = |line: &&String| {
                line.starts_with("SCAN ")
                    && !line.contains("CONSTANT ROW")
                    && !line.contains("balance_sums_empty")
            };
            let changed = if text.contains("AS x CROSS JOIN") {
                "SCAN x"
            } else if text.contains("AS w CROSS JOIN") {
                "SCAN w"
            } else {
                "SCAN c"
            };
            for line in plan.iter().filter(scans) {
                assert!(
                    [changed, "SCAN l", "SCAN p"].contains(&line.as_str()),
                    "{line}: {trigger}"
                );
            }
        }
    }
}

fn verified(database: &Database) {
    let said = database.succeed(&["migrate", "--verify"], "");
    assert!(said.contains("the sums of balances are correct"), "{said}");
}

/// Two programs, and gateways that take live balances for young for two hours, and for half
/// an hour.
fn two_programs(database: &Database) -> ([String; 2], Vec<(Gateway, i64)>) {
    let tokens = ["acme", "globex"].map(|name| database.program_with(name, &[]));
    let gateway = |age: &str| {
        database.serve_with(&[
            ("CARD_GATEWAY__BALANCES__REALTIME_MAX_AGE", age),
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000"),
        ])
    };
    (tokens, vec![(gateway("2h"), 2 * HOUR), (gateway("30m"), HOUR / 2)])
}

on_both! {
    fn sums_of_balances_follow_the_rule_after_any_change(database) {
        let (tokens, gateways) = two_programs(&database);
        let mut runner = TestRunner::new(Config::with_cases(1));
        let changes = prop::collection::vec(change(), 60).new_tree(&mut runner).expect("changes").current();
        let first = (1..3).map(|program| Change::Customers { program, count: 120 });
        let mut next = 1;
        for change in first.chain(changes) {
            database.execute(&statement(&change, next));
            if let Change::Customers { count, .. } = change {
                next += count;
            }
            compare(&database, &gateways, &tokens, &format!("{change:?}"));
        }
        verified(&database);
    }

    fn a_live_balance_gives_way_to_the_chains_at_its_millisecond(database) {
        let (tokens, gateways) = two_programs(&database);
        database.execute(&statement(&Change::Customers { program: 1, count: 200 }, 1));
        database.execute(&statement(&Change::Chain { every: 1, age: 0, apart: 0, large: true }, 0));
        // One every 37 milliseconds from now on becomes too old, on either gateway.
        for (age, every) in [(2 * HOUR, 1), (HOUR / 2, 2)] {
            let live = Change::Wallets { program: 1, every, source: "live", age, apart: 37, large: false };
            database.execute(&statement(&live, 0));
        }
        let begun = std::time::Instant::now();
        let mut seen = std::collections::BTreeSet::new();
        while begun.elapsed() < Duration::from_secs(3) {
            compare(&database, &gateways, &tokens, "time");
            seen.insert(said(&gateways[0].0, &tokens[0]).0.to_string());
        }
        assert!(seen.len() > 3, "nothing has become too old: {seen:?}");
        verified(&database);
    }

    fn events_imports_and_readings_of_the_chain_keep_the_sums(database) {
        let chain = sandbox(6);
        let mut lines = wallets(6);
        lines[5] = lines[5].clone().with("safe_deployed", false);
        let token = database.program_with("acme", &lines);
        let other = database.program_with("globex", &[Line::new(1).balance(500, 100), Line::new(2).with("currency", "GBP").balance(7, 0)]);
        let gateway = database.serve_on(&[&chain], &[ACME]);
        let sums = |token: &str| {
            let query = "{ cardCustomersSummary { totalCount byStatus { status count } balances { currency ledger available pending realtimeCount onChainCount } } }";
            gateway.query(token, query).data()["cardCustomersSummary"]["balances"].take()
        };
        assert_eq!(sums(&token), json!([]), "nothing is known");
        for (event, customer, available, pending) in [("evt_1", "usr_1", "30.00", "5.00"), ("evt_2", "usr_2", "10.00", "0.00")] {
            gateway.take(&issuer::balance(event, customer, available, pending, &issuer::from_now(-60_000)));
        }
        let both = |ledger: &str, available: &str, pending: &str| json!([{ "currency": "EUR", "ledger": ledger,
            "available": available, "pending": pending, "realtimeCount": 2, "onChainCount": 0 }]);
        assert_eq!(sums(&token), both("45.00", "40.00", "5.00"));
        gateway.take(&issuer::transaction("evt_3", "authorized", "usr_2", "txn_1", "2.50", &issuer::from_now(-30_000)));
        assert_eq!(sums(&token), both("45.00", "37.50", "7.50"), "a transaction moves it");
        // Nobody asks the chain for the sums; whoever asks for balances makes them known.
        assert_eq!(crate::support::chain::eth_calls(&chain), 0);
        gateway.query(&token, "{ cardCustomers { nodes { ledgerBalance } } }").data();
        let read = json!([{ "currency": "EUR", "ledger": "57.00", "available": "49.50", "pending": "7.50", "realtimeCount": 2, "onChainCount": 3 }]);
        assert!(issuer::within(Duration::from_secs(10), || sums(&token) == read), "{}", sums(&token));
        // An import takes one wallet away, and gives another one to the other program.
        database.import("acme", &[lines[2].clone().with("safe_deployed", false)]);
        let shared = Line::new(3).with("wallet_address", wallet(4).to_checksum(None));
        database.import("globex", &[shared]);
        let left = json!([{ "currency": "EUR", "ledger": "54.00", "available": "46.50", "pending": "7.50", "realtimeCount": 2, "onChainCount": 2 }]);
        assert_eq!(sums(&token), left);
        assert_eq!(sums(&other), json!([
            { "currency": "EUR", "ledger": "10.00", "available": "9.00", "pending": "1.00", "realtimeCount": 1, "onChainCount": 1 },
            { "currency": "GBP", "ledger": "0.07", "available": "0.07", "pending": "0.00", "realtimeCount": 1, "onChainCount": 0 },
        ]));
        verified(&database);
    }

    fn sums_are_exact_after_concurrent_writes(database) {
        let names = ["acme", "globex"];
        let chain = sandbox(60);
        let tokens = names.map(|name| database.program_with(name, &wallets(60)));
        let gateway = database.serve_on(&[&chain], &[("CARD_GATEWAY__BALANCES__CHAIN_TTL", "1ms"), ("CARD_GATEWAY__LIMITS__RATE_BURST", "1000000")]);
        std::thread::scope(|scope| {
            for name in names {
                let database = &database;
                scope.spawn(move || for round in 0..4_u32 {
                    // Balances old and young, currencies and wallets that come and go.
                    let lines = wallets(60).into_iter().zip(0_u32..).map(|(line, at)| {
                        let line = line.with("balance", json!({ "ledger_minor": 10, "available_minor": 10, "pending_minor": 0,
                            "updated_at": issuer::from_now(i64::from(round) - i64::from(at % 3) * HOUR) }));
                        if at % 5 == round { line.with("wallet_address", wallet(at % 7).to_checksum(None)) } else { line }
                    });
                    database.import(name, &lines.collect::<Vec<_>>());
                });
            }
            for token in &tokens {
                let (gateway, chain) = (&gateway, &chain);
                scope.spawn(move || for round in 0..30_u64 {
                    chain.set_balances((1..=60).map(|number| (card_gateway_sandbox::EUR, wallet(number), crate::support::chain::euros(round * 100))));
                    gateway.query(token, "{ cardCustomers(perPage: 60) { nodes { ledgerBalance } } }");
                });
            }
        });
        drop(gateway);
        verified(&database);
    }

    fn wrong_sums_are_found_and_repaired(database) {
        database.program_with("acme", &[Line::new(1).balance(500, 100), Line::new(2).balance(1, 0)]);
        verified(&database);
        for damage in [
            "UPDATE balance_sums SET ledger_low = ledger_low + 1",
            "UPDATE balance_sums SET customers = 3",
            "DELETE FROM balance_sums",
            "INSERT INTO balance_sums SELECT program_id, 2, 7, currency, customers, realtime, on_chain, ledger_high, \
             ledger_low, available_high, available_low, pending_high, pending_low FROM balance_sums",
        ] {
            database.execute(damage);
            let found = database.run(&["migrate", "--verify"], "");
            assert_eq!(found.status.code(), Some(1), "{damage}");
            let errors = String::from_utf8_lossy(&found.stderr).into_owned();
            assert!(errors.contains("sums of balances are wrong"), "{errors}");
            let said = database.succeed(&["migrate", "--repair", "--verify"], "");
            assert!(said.contains("the sums of balances were rebuilt"), "{said}");
            assert!(said.contains("the sums of balances are correct"), "{said}");
        }
    }

    fn a_deleted_program_leaves_the_sums_of_others(database) {
        database.program_with("acme", &[Line::new(1).balance(500, 100)]);
        let token = database.program_with("globex", &[Line::new(1).balance(20, 10)]);
        database.execute("DELETE FROM programs WHERE name = 'acme'");
        verified(&database);
        let data = database.serve().get(&token, AGGREGATE).json()["data"].take();
        assert_eq!(data["by_currency"][0]["total_ledger_balance"], 0.3);
        assert_eq!((&data["total_customers"], &data["customers_with_wallets"]), (&json!(1), &json!(1)));
    }
}
