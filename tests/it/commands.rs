//! The commands: their output and exit status.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::json;

use crate::support::builders::lines;
use crate::support::database::program;
use crate::support::issuer::within;
use crate::support::{Database, Line, on_both};

on_both! {
    fn programs_are_created_once_and_listed(database) {
        assert_eq!(database.succeed(&["program", "create", "--name", "acme-2"], ""), "acme-2");
        let again = database.run(&["program", "create", "--name", "acme-2"], "");
        assert_eq!(again.status.code(), Some(1));
        let said = String::from_utf8(again.stderr).expect("UTF-8");
        assert!(said.contains("the program acme-2 exists already"), "{said}");
        for bad in ["", "Acme", "a_b", "-a", "a-", "a--b", &"a".repeat(65)] {
            assert_eq!(database.run(&["program", "create", "--name", bad], "").status.code(), Some(2), "{bad}");
        }
        assert!(database.succeed(&["program", "list"], "").ends_with("acme-2"));
        let missing = database.run(&["token", "create", "--program", "nobody"], "");
        assert_eq!((missing.status.code(), missing.stdout.len()), (Some(1), 0));
    }

    fn an_import_keeps_the_good_lines_and_reports_the_bad_ones(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        let good = Line::new(1).0.to_string();
        let bad = Line::new(2).with("flow_status", "").with("email", json!(null)).0.to_string();
        let other = Line::new(3).0.to_string();
        let input = format!("{good}\n{bad}\n\nnonsense\n{other}");
        let output = database.run(&["import", "--program", "acme", "-"], &input);
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(said.contains("line 2: email is missing; flow_status must not be empty"), "{said}");
        assert!(said.contains("line 4: not valid: "), "{said}");
        assert!(said.contains("2 lines were bad"), "{said}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("imported 2 customers"));
        let token = database.token("acme");
        let gateway = database.serve();
        let list = gateway.query(&token, "{ cardCustomers { totalCount } }").data();
        assert_eq!(list["cardCustomers"]["totalCount"], 2);
    }

    fn importing_twice_changes_nothing_and_updates_by_id(database) {
        let all: Vec<Line> = lines(250).into_iter().map(|line| line.cards(&["active", "frozen"])).collect();
        let token = database.program_with("acme", &all);
        let gateway = database.serve();
        let everything = "{ cardCustomers(perPage: 100, page: 2) { totalCount nodes { id email flowStatus ledgerBalance cards { cardId status } } } }";
        let before = gateway.query(&token, everything).data();
        database.import("acme", &all);
        assert_eq!(gateway.query(&token, everything).data(), before);
        // The same customer twice in one file: the later line counts.
        let changed = [
            Line::new(7).with("email", "old@example.com"),
            Line::new(7).with("email", "new@example.com").with("flow_status", "card_created")
                .with("external_customer_id", json!(null)).cards(&["lost", "active"]),
        ];
        database.import("acme", &changed);
        let one = gateway.get(&token, "/v1/card-issuer/customers/NEW@example.com").json()["data"].take();
        assert_eq!((&one["flow_status"], &one["external_id"]), (&json!("card_created"), &json!(null)));
        assert_eq!(one["ledger_balance_minor"], 12, "a line without a balance leaves it alone");
        assert_eq!(one["cards"].as_array().map(Vec::len), Some(2));
        assert_eq!(gateway.get(&token, "/v1/card-issuer/customers/usr_7").status, 404);
    }

    fn an_import_restores_neither_an_older_balance_nor_a_stolen_card(database) {
        let card = json!({ "card_id": "afeb85fe-02f8-48da-b61e-84ad02704167", "last_four": "4242", "card_type": "virtual",
            "status": "active", "created_at": "2026-04-25T10:00:00Z" });
        let mut stolen = card.clone();
        stolen["is_stolen"] = json!(true);
        let newer = Line::new(1).balance(500, 0).with("cards", vec![stolen]);
        let token = database.program_with("acme", &[newer]);
        let mut older = Line::new(1).balance(300, 0).with("cards", vec![card]);
        older.0["balance"]["updated_at"] = json!("2026-05-12T14:29:59.999Z");
        database.import("acme", &[older]);
        let gateway = database.serve();
        let one = gateway.get(&token, "/v1/card-issuer/customers/usr_1").json()["data"].take();
        assert_eq!(one["ledger_balance_minor"], 500);
        assert_eq!((&one["cards_count"], &one["cards"][0]["status"]), (&json!(0), &json!("voided")));
    }

    fn the_same_rules_hold_within_one_file(database) {
        let card = |stolen: bool| json!({ "card_id": "afeb85fe-02f8-48da-b61e-84ad02704167", "last_four": "4242",
            "card_type": "virtual", "status": "active", "is_stolen": stolen, "created_at": "2026-04-25T10:00:00Z" });
        let newer = Line::new(1).balance(500, 0).with("cards", vec![card(true)]);
        let mut older = Line::new(1).balance(300, 0).with("cards", vec![card(false)]);
        older.0["balance"]["updated_at"] = json!("2026-05-12T14:29:59.999Z");
        for (name, between) in [("near", 0), ("far", 1_500)] {
            let mut all = vec![newer.clone()];
            all.extend((2..2 + between).map(Line::new));
            all.push(older.clone());
            let token = database.program_with(name, &all);
            let gateway = database.serve();
            let one = gateway.get(&token, "/v1/card-issuer/customers/usr_1").json()["data"].take();
            assert_eq!((&one["ledger_balance_minor"], &one["cards"][0]["is_stolen"]), (&json!(500), &json!(true)), "{name}");
        }
    }

    fn byte_order_marks_and_windows_line_ends_are_accepted(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        let line = |number: u32| Line::new(number).0.to_string();
        let windows = format!("\u{feff}{}\r\n{}\r\n", line(1), line(2));
        let said = database.succeed(&["import", "--program", "acme", "-"], &windows);
        assert_eq!(said, "imported 2 customers into acme");
        let list = r#"["69f0bdf29a84752db9cc8ff9","y","e","a@b","active",null,null,true,null,"2026-04-25T10:00:00Z"]"#;
        let output = database.run(&["import", "--program", "acme", "-"], list);
        assert!(String::from_utf8_lossy(&output.stderr).contains("line 1: not valid: not a JSON object"));
        let missing = database.run(&["import", "--program", "acme", "nothing-here"], "");
        assert_eq!(missing.status.code(), Some(1));
    }

    fn an_identifier_means_the_most_specific_then_the_newest_customer(database) {
        // Onboarded again: the same address and external id, but another customer.
        let old = Line::new(1).with("email", "same@example.com").with("external_customer_id", "same");
        let new = Line::new(2).with("email", "Same@example.com").with("external_customer_id", "same");
        // The external id is another customer's id.
        let odd = Line::new(3).with("external_customer_id", old.id());
        let id = old.id().to_owned();
        let token = database.program_with("acme", &[old, new, odd]);
        let gateway = database.serve();
        let found = |name: &str| gateway.get(&token, &format!("/v1/card-issuer/customers/{name}")).json()["data"]["id"].take();
        assert_eq!(found("same"), Line::new(2).id());
        assert_eq!(found("SAME@EXAMPLE.COM"), Line::new(2).id());
        assert_eq!(found(&id), id.as_str());
    }

    fn migrations_go_up_and_down(database) {
        let applied = database.succeed(&["migrate"], "");
        assert!(applied.starts_with("applied "), "{applied}");
        assert_eq!(database.succeed(&["migrate"], ""), "the database is up to date");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            use card_gateway_migration::MigratorTrait as _;
            let db = sea_orm::Database::connect(database.url.as_str()).await.expect("it answers");
            card_gateway_migration::Migrator::down(&db, None).await.expect("down");
            let store = database.store().await;
            assert!(!store.pending_migrations().await.expect("it answers").is_empty());
        });
        let refused = database.program(&["serve"]).env("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", "false").output().expect("it runs");
        assert_eq!(refused.status.code(), Some(1));
        let said = String::from_utf8(refused.stderr).expect("UTF-8");
        assert!(said.contains("run `card-gateway migrate` first"), "{said}");
    }

    fn two_replicas_may_start_at_once_on_an_empty_database(database) {
        std::thread::scope(|scope| {
            let start = || scope.spawn(|| database.run(&["migrate"], "").status.success());
            let all = [start(), start(), start()];
            for one in all {
                assert!(one.join().expect("no panic"));
            }
        });
    }

    fn a_long_import_needs_little_memory(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        let mut child = database.program(&["import", "--program", "acme", "-"])
            .stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut input = child.stdin.take().expect("it is piped");
        let padding = "x".repeat(2_000);
        for number in 1..=20_000 {
            let line = Line::new(number).balance(1, 1).cards(&["active"]).with("padding", padding.as_str());
            writeln!(input, "{}", line.0).expect("it reads");
        }
        // 50 MB were read; the peak memory must stay far below that.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak");
        let kib: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
        drop(input);
        assert!(child.wait().expect("it ends").success());
        assert!(kib < 100 * 1024, "{kib} KiB");
    }
}

/// Sends SIGINT; the process must succeed.
fn interrupted(child: &mut std::process::Child) {
    let id = child.id().to_string();
    let kill = std::process::Command::new("kill").args(["-s", "INT", &id]).status();
    assert!(kill.expect("kill runs").success());
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn errors_of_usage_and_settings_end_with_2_and_are_all_reported() {
    for arguments in
        [&["serv"][..], &["token"], &["import", "x"], &["demo", "--customers", "0"], &["--listen"]]
    {
        let output = program().args(arguments).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = program()
        .arg("serve")
        .env("CARD_GATEWAY__SERVER__LISTEN", "nowhere")
        .env("CARD_GATEWAY__SERVER__PORT", "80")
        .env("CARD_GATEWAY__CHAIN__RPC_URLS", "ftp://example.com")
        .env("CARD_GATEWAY__CHAIN__TIMEOUT", "0s")
        .env("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key")
        .env("CARD_GATEWAY__LIMITS__NESTING", "65")
        .env("CARD_GATEWAY__LOG__FORMAT", "xml")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert_snapshot!("errors_of_settings", String::from_utf8(output.stderr).expect("UTF-8"));
    let output =
        program().args(["serve", "--database-url", "mysql://x"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn config_shows_effective_settings_and_hides_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("card-gateway.toml"), "[server]\nbody_limit = 1000\n")
        .expect("written");
    let output = program()
        .args(["config", "--database-url", "postgres://me:hunter2@db.example/cards"])
        .env("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", "whsec_1")
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}");
    assert!(text.contains("body_limit = 1000 # card-gateway.toml"), "{text}");
    assert!(text.contains("listen = \"127.0.0.1:8080\" # default"), "{text}");
    assert!(!text.contains("hunter2") && !text.contains("whsec"), "{text}");
    let again: toml::Table = text.parse().expect("it is TOML");
    assert!(again.contains_key("webhooks"));
}

#[test]
fn config_prints_every_setting_with_its_origin() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("card-gateway.toml"), "[server]\nbody_limit = 1000\n")
        .expect("written");
    let output = program()
        .args([
            "config",
            "--database-url",
            "postgres://me:hunter2@db.example/cards?sslmode=require",
        ])
        .env("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", "whsec_1")
        .env("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key")
        .env("CARD_GATEWAY__ISSUER__ACME__API_SECRET", "secret")
        .env("CARD_GATEWAY__CHAIN__RPC_URLS", "https://rpc.example/key")
        .current_dir(folder.path())
        .output()
        .expect("it runs");
    assert_snapshot!("config", String::from_utf8(output.stdout).expect("UTF-8"));
}

#[test]
fn each_command_has_a_help_text() {
    for command in [
        &[][..],
        &["serve"],
        &["demo"],
        &["migrate"],
        &["health"],
        &["program", "create"],
        &["token", "create"],
        &["token", "list"],
        &["client", "create"],
        &["client", "add"],
        &["import"],
        &["export"],
        &["reconcile"],
        &["events", "list"],
        &["events", "recover"],
        &["events", "replay"],
        &["events", "send"],
    ] {
        let output = program().args(command).arg("--help").output().expect("it runs");
        assert!(output.status.success(), "{command:?}");
        let name = ["help"].iter().chain(command).copied().collect::<Vec<_>>().join("_");
        assert_snapshot!(name, String::from_utf8(output.stdout).expect("UTF-8"));
    }
}

#[test]
fn a_password_that_breaks_the_address_is_not_shown() {
    for command in ["config", "serve"] {
        let output = program()
            .arg(command)
            .env("DATABASE_URL", "postgres://me:hunter2#x@db/cards")
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(2));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!said.contains("hunter2") && said.contains("%23"), "{said}");
    }
}

#[test]
fn a_closed_pipe_is_not_a_failure() {
    for command in ["schema", "config"] {
        let mut child = program()
            .arg(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

#[test]
fn a_demo_that_is_stopped_early_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = program()
        .args(["demo", "--listen", "127.0.0.1:0", "--customers", "1000000"])
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    std::thread::sleep(Duration::from_millis(1_500));
    interrupted(&mut child);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn an_address_in_use_is_reported_in_one_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let database = Database::sqlite();
    let output = database.run(&["serve", "--listen", &address], "");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        said.contains(&format!("cannot listen on {address}; choose another with --listen")),
        "{said}"
    );
}

#[test]
fn the_demo_is_soon_ready_and_its_lines_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = tempfile::NamedTempFile::new().expect("a file");
    let logged = || std::fs::read_to_string(log.path()).expect("UTF-8");
    let began = Instant::now();
    let mut child = program()
        .args(["demo", "--listen", "127.0.0.1:0"])
        .env("TMPDIR", folder.path())
        .env("CARD_GATEWAY__BALANCES__RECONCILE_INTERVAL", "1s")
        // Soon enough, some balances are old.
        .env("CARD_GATEWAY__BALANCES__REALTIME_MAX_AGE", "30s")
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(log.reopen().expect("a handle"))
        .spawn()
        .expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut text = String::new();
    while !text.contains("Ctrl-C") {
        assert_ne!(output.read_line(&mut text).expect("UTF-8"), 0, "{text}");
    }
    // A few seconds on an idle machine.
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
    let commands: Vec<&str> = text.lines().filter(|line| line.starts_with("curl ")).collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        let answer = std::process::Command::new("sh").args(["-c", command]).output().expect("curl");
        let answer: serde_json::Value = serde_json::from_slice(&answer.stdout).expect("JSON");
        let (graphql, rest) =
            (&answer["data"]["cardCustomers"]["nodes"], &answer["data"]["customers"]);
        let list = if graphql.is_null() { rest } else { graphql };
        assert_eq!(list.as_array().map(Vec::len), Some(3), "{answer}");
    }
    let url = text.lines().find_map(|line| line.strip_prefix("GraphiQL")).expect("the page").trim();
    let host = url.split("/graphiql").next().expect("a host");
    let token = url.split("#token=").nth(1).expect("a token");
    let client = crate::support::gateway::client();
    let ask = |query: &str| {
        let request = client.post(format!("{host}/graphql")).bearer_auth(token);
        let answer = request.json(&json!({ "query": query })).send().expect("an answer");
        let answer: serde_json::Value = answer.json().expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"]["cardCustomers"].clone()
    };
    // New customers come meanwhile.
    let total = ask("{ cardCustomers { totalCount } }")["totalCount"].as_u64();
    assert!(total.is_some_and(|total| (5_000..5_100).contains(&total)), "{total:?}");
    assert!(text.contains("5,000 customers in 50 calls: 5,000 new, 0 changed"), "{text}");
    let list = "{ cardCustomers(status: ACTIVE) { nodes { balanceFreshness availableBalance } } }";
    let nodes = ask(list)["nodes"].as_array().expect("a list").clone();
    for freshness in ["REALTIME", "ON_CHAIN"] {
        assert!(nodes.iter().any(|node| node["balanceFreshness"] == freshness), "{nodes:?}");
    }
    // The sample of GraphiQL: from an e-mail address to a card with money.
    let sample = include_str!("../../web/src/samples/onboarding.graphql");
    let customer = json!({ "email": "mira@example.com", "customer": "mira@example.com" });
    let request = client.post(format!("{host}/graphql")).bearer_auth(token);
    let answer = request.json(&json!({ "query": sample, "variables": customer })).send();
    let answer: serde_json::Value = answer.expect("an answer").json().expect("JSON");
    assert!(answer.get("errors").is_none(), "{answer}");
    let paid = &answer["data"]["fundCardCustomer"];
    assert_eq!(paid["cardFunding"]["status"], "SUCCEEDED", "{answer}");
    assert_eq!(paid["cardCustomer"]["cardsCount"], 1, "{answer}");
    let available = paid["cardCustomer"]["availableBalance"].as_str().expect("a balance");
    assert!(available.parse::<f64>().is_ok_and(|available| available > 15.0), "{answer}");
    // The key pair fetches a token.
    let pair = text.lines().find_map(|line| line.strip_prefix("Key pair")).expect("a key pair");
    let (key, secret) = pair.trim().split_once(' ').expect("a key and a secret");
    let request = client.post(format!("{host}/v1/auth/token"));
    let answer = request.json(&json!({ "api_key": key, "api_secret": secret })).send();
    assert_eq!(answer.expect("an answer").status().as_u16(), 200);
    let watch = text.lines().find_map(|line| line.strip_prefix("  curl ")).expect("a third line");
    let watch = format!("timeout 6 curl {watch}");
    let watched = std::process::Command::new("sh").args(["-c", &watch]).output().expect("curl");
    let watched = String::from_utf8(watched.stdout).expect("UTF-8");
    let changes: Vec<&str> =
        watched.lines().filter(|line| line.contains("availableBalance")).collect();
    assert!(changes.len() >= 3 && !watched.contains("errors"), "{watched}");
    let metrics = client.get(format!("{host}/metrics")).send().expect("an answer");
    let metrics = metrics.text().expect("text");
    let has = |state: &str| {
        let before = format!("webhook_events_total{{state=\"{state}\"}} ");
        metrics.lines().filter_map(|line| line.strip_prefix(&before)).any(|count| count != "0")
    };
    assert!(has("applied"), "{metrics}");
    for state in ["failed", "waiting", "ambiguous", "conflicting"] {
        assert!(!has(state), "{metrics}");
    }
    for path in ["/graphiql", "/docs", "/"] {
        let page = client.get(format!("{host}{path}")).send().expect("an answer");
        assert_eq!(page.status().as_u16(), 200, "{path}");
        let policy = page.headers().get("content-security-policy").expect("a policy");
        assert!(policy.to_str().expect("text").starts_with("default-src 'none'"));
    }
    // Nothing pushes the welcome off the terminal, and wallets hold what they should.
    let read_again = || logged().contains("old balances were read again");
    assert!(within(Duration::from_mins(1), read_again), "{}", logged());
    interrupted(&mut child);
    let logged = logged();
    for unwanted in ["migration", "WARN", "ERROR", "hold something else"] {
        assert!(!logged.contains(unwanted), "{unwanted}: {logged}");
    }
    assert!(logged.lines().count() < 20, "{logged}");
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "the demo leaves nothing behind");
}
