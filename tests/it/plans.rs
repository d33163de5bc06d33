//! Every statement of the lists and look-ups is served by an index: the plan
//! is asked of the database, for the very text that it was sent.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use serde_json::json;

use crate::support::builders::minute;
use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::within;
use crate::support::{Database, Gateway, Line, on_both, transaction};

/// Big enough for a planner to care, in several programs.
fn filled(database: &Database) -> String {
    let lines: Vec<Line> = (1..=1_500)
        .map(|number| {
            let status = match number % 10 {
                0 => "kyc_initiated",
                5 => "kyc_rejected",
                _ => "active",
            };
            Line::new(number)
                .balance(1, 1)
                .cards(&["active"])
                .with("flow_status", status)
                .with("created_at", minute(number))
        })
        .collect();
    for name in ["globex", "initech"] {
        database.program_with(name, &lines);
    }
    let token = database.program_with("acme", &lines);
    let transactions =
        lines.iter().take(200).flat_map(|line| (0..5).map(|at| transaction(line.id(), at, 1)));
    database.put_transactions("acme", transactions.collect());
    token
}

/// Conditions that leave many customers, and such that leave few.
fn conditions() -> Vec<(&'static str, serde_json::Value)> {
    vec![
        ("statuses", json!(["ACTIVE", "OTP_VERIFIED"])),
        ("issuerFlowStatuses", json!(["kyc_rejected"])),
        ("kycStatuses", json!(["APPROVED"])),
        ("kycStatuses", json!(["EXPIRED"])),
        ("currencies", json!(["EUR", "USD"])),
        ("safeDeployed", json!(true)),
        ("hasCards", json!(true)),
        ("createdAt", json!({ "from": minute(100), "to": minute(1_200) })),
        ("createdAt", json!({ "from": minute(700), "to": minute(705) })),
        ("updatedAt", json!({ "from": "2026-01-01T00:00:00Z" })),
        ("updatedAt", json!({ "from": "2100-01-01T00:00:00Z" })),
        ("search", json!("customer")),
        ("search", json!("customer77")),
    ]
}

/// Queries with each condition alone in three orders, and with each pair.
fn filtered() -> Vec<(String, serde_json::Value)> {
    let query = |order: &str, ends: &str| {
        format!(
            "query($filter: CardCustomerFilter) {{ cardCustomers(filter: $filter, orderBy: {order}, {ends}) {{ totalCount edges {{ cursor }} }} }}"
        )
    };
    let conditions = conditions();
    let mut queries = Vec::new();
    for (at, (one, value)) in conditions.iter().enumerate() {
        for order in ["CREATED_AT_DESC", "CREATED_AT_ASC", "UPDATED_AT_DESC", "EMAIL_ASC"] {
            for ends in ["first: 20", "last: 20", "page: 2"] {
                queries.push((query(order, ends), json!({ *one: value })));
            }
        }
        for (other, more) in conditions.iter().skip(at + 1).filter(|(other, _)| other != one) {
            for ends in ["first: 20", "page: 2"] {
                queries
                    .push((query("CREATED_AT_DESC", ends), json!({ *one: value, *other: more })));
            }
        }
    }
    queries
}

/// Whether a statement finds its customers by a condition, and sorts them.
fn is_gathered(sql: &str) -> bool {
    sql.contains("ORDER BY (")
}

/// The index that a walk in a list's order must use, and so no other one.
fn index_of(sql: &str) -> Option<&'static str> {
    let is_walk = !is_gathered(sql) && !sql.contains(" AS f") && sql.contains("|| '')");
    let order = sql.rsplit("ORDER BY ").next()?;
    match order.split(' ').next()? {
        "c.created_at" if is_walk => Some("card_customers_newest"),
        "u.updated_at" if is_walk => Some("customer_updates_latest"),
        "c.email_key" if is_walk => Some("card_customers_by_address"),
        _ => None,
    }
}

/// The statements that a request sends, tokens apart.
fn sent(database: &Database, token: &str) -> Vec<String> {
    let gateway = database.serve();
    gateway.query(token, "{ __typename }").data();
    database.statements(&gateway);
    let lists = ["", "status: ACTIVE,", "status: KYC_INITIATED,"].map(|filter| format!(
        "{{ a: cardCustomers({filter} perPage: 20) {{ edges {{ cursor }} totalCount }}
            b: cardCustomers({filter} first: 20, orderBy: CREATED_AT_ASC) {{ edges {{ cursor }} }} }}"));
    let mut queries = lists.to_vec();
    for (filter, order) in [
        ("", "CREATED_AT_DESC"),
        ("status: ACTIVE,", "CREATED_AT_DESC"),
        ("", "CREATED_AT_ASC"),
        ("", "UPDATED_AT_DESC"),
        ("", "UPDATED_AT_ASC"),
        ("", "EMAIL_ASC"),
    ] {
        let query = format!(
            "{{ cardCustomers({filter} orderBy: {order}, first: 1) {{ edges {{ cursor }} }} }}"
        );
        let cursor =
            gateway.query(token, &query).data()["cardCustomers"]["edges"][0]["cursor"].take();
        for ends in [
            format!("first: 20, after: {cursor}"),
            format!("last: 20, before: {cursor}"),
            "page: 3".to_owned(),
        ] {
            queries.push(format!(
                "{{ cardCustomers({filter} orderBy: {order}, {ends}) {{ edges {{ cursor }} }} }}"
            ));
        }
    }
    queries.push(
        "{ cardCustomers(perPage: 50, page: 3) { nodes { ledgerBalance cardsCount
        a: transactions(perPage: 3) { totalCount nodes { amount } }
        b: transactions(perPage: 3, status: SETTLED) { totalCount nodes { amount } } } } }"
            .to_owned(),
    );
    for filter in ["", "status: ACTIVE,"] {
        queries.push(format!(
            "{{ a: cardCustomers({filter} page: 3, orderBy: CREATED_AT_ASC) {{ nodes {{ id }} }} }}"
        ));
    }
    queries.push("{ cardCustomer(identifier: \"usr_7\") { ledgerBalance cardsCount } }".to_owned());
    queries.push(
        "{ a: cardCustomer(identifier: \"customer7@example.com\") { id }
        b: cardCustomer(identifier: \"000000000000000000000009\") { id } }"
            .to_owned(),
    );
    for query in queries {
        gateway.query(token, &query).data();
    }
    for (query, filter) in filtered() {
        gateway.query_with(token, &query, &json!({ "filter": filter })).data();
    }
    let nobody = gateway.get(token, "/v1/card-issuer/customers?status=nobody");
    assert_eq!(nobody.status, 400);
    for path in [
        "?limit=20",
        "?status=active&include_balances=false",
        "?page=9",
        "?page=9&status=active",
        "?page=2&status=kyc_rejected",
        "/usr_7",
        "/usr_7/card-transactions",
    ] {
        assert_eq!(gateway.get(token, &format!("/v1/card-issuer/customers{path}")).status, 200);
    }
    for path in [
        "/v1/card-issuer/customers/aggregate-balances",
        "/v1/card-issuer/lookup-customer?external_id=usr_7",
        "/v1/card-issuer/lookup-customer?card_id=7",
        "/v1/card-issuer/card-transactions?page=3",
        "/v1/card-issuer/card-transactions?status=declined",
        "/v1/yativo-card/customers/cards?page=3",
        "/v1/yativo-card/customers/cards?status=lost",
    ] {
        assert_eq!(
            gateway.get(token, path).status / 100,
            if path.ends_with("=7") { 4 } else { 2 },
            "{path}"
        );
    }
    let summary = "{ cardCustomersSummary { totalCount byStatus { count } balances { ledger } } }";
    gateway.query(token, summary).data();
    let mut statements = match &database.wire {
        Some(wire) => wire.take(),
        None => gateway.sqlite_statements(),
    };
    statements.sort();
    statements.dedup();
    let asks = |sql: &str| sql.starts_with("SELECT") || sql.starts_with("WITH");
    // What the background asks of the inbox is in a test of its own.
    statements.retain(|sql| asks(sql.trim_start()) && !sql.contains("inbox_events"));
    for sort in ["DESC", "ASC"] {
        let deep = |sql: &String| {
            sql.contains("WITH RECURSIVE") && sql.contains(&format!("c.id {sort} LIMIT"))
        };
        assert!(statements.iter().any(deep), "no page by number in this order: {statements:#?}");
    }
    statements
}

pub(crate) async fn plan(db: &DatabaseConnection, sql: &str) -> String {
    let backend = db.get_database_backend();
    let (explain, column) = if backend == DbBackend::Postgres {
        let count = (1..20).take_while(|number| sql.contains(&format!("${number}"))).count();
        // The types of a page by number do not follow from its text.
        let mut types = vec!["integer", "bigint"];
        types.extend(sql.contains("walk.rest").then_some("bigint"));
        types.resize(count.max(types.len()), "unknown");
        let types = if sql.starts_with("WITH") { types[..count].join(", ") } else { String::new() };
        let types = if types.is_empty() { types } else { format!("({types})") };
        let prepare = format!("PREPARE asked {types} AS {sql}");
        db.execute_unprepared(&prepare).await.expect("it is prepared");
        let values = vec!["NULL"; count].join(", ");
        (format!("EXPLAIN EXECUTE asked({values})"), "QUERY PLAN")
    } else {
        (format!("EXPLAIN QUERY PLAN {sql}"), "detail")
    };
    let rows = db.query_all_raw(Statement::from_string(backend, explain)).await.expect("a plan");
    let lines: Vec<String> =
        rows.iter().map(|row| row.try_get("", column).expect("a line")).collect();
    if backend == DbBackend::Postgres {
        db.execute_unprepared("DEALLOCATE asked").await.expect("it is forgotten");
    }
    lines.join("\n")
}

pub(crate) async fn connect(database: &Database) -> DatabaseConnection {
    let mut options = ConnectOptions::new(database.url.clone());
    options.max_connections(1);
    let db = sea_orm::Database::connect(options).await.expect("it answers");
    if db.get_database_backend() == DbBackend::Postgres {
        // With the settings of the gateway's connections.
        for setting in ["plan_cache_mode = force_generic_plan", "jit = off"] {
            db.execute_unprepared(&format!("SET {setting}")).await.expect("it is set");
        }
    }
    db.execute_unprepared("ANALYZE").await.expect("it is analysed");
    if db.get_database_backend() == DbBackend::Postgres {
        // Three programs are no crowd: the planner would rather read everything.
        // So its statistics say that each row stands for a thousand.
        let crowd = "UPDATE pg_class SET reltuples = reltuples * 1000 WHERE reltuples > 0 \
                     AND relnamespace = current_schema()::regnamespace";
        db.execute_unprepared(crowd).await.expect("a superuser may do that");
    }
    db
}

on_both! {
    fn no_list_or_look_up_scans_a_table_or_sorts(database) {
        let token = filled(&database);
        let statements = sent(&database, &token);
        assert!(statements.len() >= 14, "{statements:#?}");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let db = connect(&database).await;
            if db.get_database_backend() == DbBackend::Sqlite {
                // The cost of an insert includes its trigger.
                let trigger = "SELECT sql FROM sqlite_master WHERE name = 'count_customers_on_insert'";
                let trigger = Statement::from_string(DbBackend::Sqlite, trigger);
                let row = db.query_one_raw(trigger).await.expect("it answers").expect("there is one");
                let text: String = row.try_get_by_index(0).expect("a text");
                let body = text.split(" BEGIN ").nth(1).expect("a body").trim_end_matches("END");
                let body = body.replace("NEW.flow_status", "'active'").replace("NEW.program_id", "1").replace("NEW.stage", "NULL");
                let body = body.replace("NEW.kyc_status", "'approved'").replace("NEW.currency", "'EUR'");
                let body = body.replace("NEW.safe_deployed", "TRUE").replace("NEW.has_cards", "TRUE");
                let body = body.replace("NEW.created_at", "1767225600000");
                let body = body.replace("NEW.gone_at", "NULL");
                let mut looked = 0;
                for statement in body.split(';').filter(|part| !part.trim().is_empty()) {
                    let plan = plan(&db, statement).await;
                    looked += usize::from(plan.contains("customer_counts_too_large"));
                    let walks = ["SCAN p", "SCAN c", "SCAN customer_counts", "SCAN card_customers"];
                    let walks = plan.lines().map(str::trim).any(|line| walks.contains(&line)
                        || line.starts_with("SCAN p USING") && !line.contains("too_large"));
                    assert!(!walks, "{statement}\n{plan}");
                }
                assert!(looked >= 2, "the index of what is to be split is not used: {body}");
            }
            for sql in &statements {
                let plan = plan(&db, sql).await;
                // Totals of a program's cards and transactions are counted: of a program that
                // has most of the table, PostgreSQL reads the table.
                if sql.trim_start().starts_with("SELECT COUNT(*) FROM") {
                    continue;
                }
                if std::env::var_os("SHOW_PLANS").is_some() {
                    println!("{sql}\n{plan}\n");
                }
                let tables = ["card_customers", "cards", "card_transactions", "wallet_balances", "api_tokens", "t", "programs", "k", "m", "balance_sums", "customer_updates"];
                for table in tables {
                    assert!(!plan.lines().any(|line| {
                        let line = line.trim();
                        line.contains(&format!("Seq Scan on {table}")) || line == format!("SCAN {table}")
                    }), "{sql}\n{plan}");
                }
                // A list walks its program's index and stops after the page, and a
                // total must read it; nothing else may read a whole program.
                let walks = sql.contains("ORDER BY") || sql.contains("COUNT") && !sql.contains("GROUP BY");
                let whole = plan.contains("(program_id=?)") || plan.contains("Cond: (program_id = $1)\n")
                    || plan.ends_with("Cond: (program_id = $1)");
                assert!(walks || !whole, "{sql}\n{plan}");
                if let Some(index) = index_of(sql) {
                    assert!(plan.contains(index), "not by {index}: {sql}\n{plan}");
                }
                // What was found by a condition, and the beginnings of some lists, are sorted.
                if is_gathered(sql) || sql.contains(" AS f") {
                    continue;
                }
                // A bucket of the counts has 64 children at the most, which may be sorted.
                let key = |line: &str| line.trim().strip_prefix("Sort Key: ").map(str::to_owned);
                let start = |key: &str| key.trim_end_matches(" DESC").split('.').next_back() == Some("start");
                let other = |key: String| !(key.starts_with("c_") && start(&key));
                let sorts = plan.lines().filter_map(key).any(other) || plan.contains("TEMP B-TREE");
                // Only counting by customer may sort, and it has a page's customers to sort.
                assert!(!sorts || sql.contains("GROUP BY"), "{sql}\n{plan}");
            }
        });
    }
    fn what_the_inbox_drops_and_what_the_chain_changes_is_looked_up(database) {
        filled(&database);
        database.execute("INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, customer_id, subject, moment) \
            SELECT program_id, 'evt_' || id, 'customer.funded', '{}', created_at, 'applied', id, 'transfer:' || id, created_at FROM card_customers");
        database.execute("INSERT INTO chain_balances (wallet_address, currency, ledger_minor, block_number, block_time) \
            SELECT 'wallet ' || id, 'EUR', 1, 1, 1 FROM card_customers WHERE program_id = 1");
        database.execute("UPDATE card_customers SET wallet_address = 'wallet ' || id");
        database.execute("INSERT INTO changes (program_id, customer_id, changed_at) SELECT program_id, id, 1 FROM card_customers");
        let gateway = database.serve();
        let sent = |gateway: &Gateway| database.statements(gateway).into_iter().map(|sql| sql.trim().to_owned());
        let reads_inbox = |sql: &String| sql.starts_with("UPDATE inbox_events AS e") || sql.contains("FROM inbox_events AS e");
        let mut statements: Vec<String> = Vec::new();
        assert!(within(Duration::from_secs(20), || {
            statements.extend(sent(&gateway).filter(reads_inbox));
            statements.iter().any(|sql| sql.starts_with("DELETE"))
        }), "{statements:#?}");
        drop(gateway);
        let chain = sandbox(1);
        let token = database.program_with("mine", &wallets(1));
        let gateway = database.serve_on(&[&chain], &[]);
        gateway.balance_of(&token, "usr_1");
        let records = |sql: &String| sql.contains("TRUE FROM") && sql.contains("INSERT") || sql.starts_with("SELECT DISTINCT c.program_id");
        assert!(within(Duration::from_secs(20), || {
            statements.extend(sent(&gateway).filter(records));
            statements.iter().any(|sql| sql.contains("TRUE FROM"))
        }), "{statements:#?}");
        drop(gateway);
        statements.sort();
        statements.dedup();
        assert_eq!(statements.len(), 6, "{statements:#?}");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let db = connect(&database).await;
            for sql in &statements {
                if db.get_database_backend() == DbBackend::Postgres {
                    // As the gateway sets it where it looks through the inbox.
                    let is_on = if sql.contains("inbox_events") { "off" } else { "on" };
                    db.execute_unprepared(&format!("SET enable_seqscan = {is_on}")).await.expect("it is set");
                }
                let plan = plan(&db, sql).await;
                let scanned = |table: &str| plan.lines().map(str::trim).any(|line| line.contains(&format!("Seq Scan on {table}"))
                    || line == format!("SCAN {table}"));
                for table in ["inbox_events", "card_customers", "wallet_balances", "chain_balances", "card_transactions", "e", "o", "c", "b", "s", "t"] {
                    assert!(!scanned(table), "{table}: {sql}\n{plan}");
                }
            }
        });
    }
}
