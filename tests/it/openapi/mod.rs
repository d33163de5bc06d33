//! The OpenAPI document is right: every response matches its schema, the samples
//! work, and the reference page shows all of it.

mod validator;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use card_gateway::domain::issuer_routes::ROUTES;
use card_gateway::domain::scope::Scope;
use serde_json::{Value, json};

use self::validator::{Validator, list, text};
use crate::clients;
use crate::support::chain::{sandbox, wallets};
use crate::support::database::program;
use crate::support::issuer::{self, ACME, SECRET};
use crate::support::{Answer, Database, Gateway, Line, on_both, transaction};

const LIST: &str = "/v1/card-issuer/customers";
const ONE: &str = "/v1/card-issuer/customers/{customerId}";
const TRANSACTIONS: &str = "/v1/card-issuer/customers/{customerId}/card-transactions";
const LOOK_UP: &str = "/v1/card-issuer/lookup-customer";
const SUMS: &str = "/v1/card-issuer/customers/aggregate-balances";
const ALL_TRANSACTIONS: &str = "/v1/card-issuer/card-transactions";
const CARDS: &str = "/v1/yativo-card/customers/{yativoCardId}/cards";
const ALL_CARDS: &str = "/v1/yativo-card/customers/cards";
/// The routes that move money.
const MONEY: [&str; 3] = [
    "/v1/card-issuer/fund-customer",
    "/v1/card-issuer/withdraw-from-card",
    "/v1/card-issuer/master-wallets/swap",
];
const EXPORT: &str = "/export/card-customers.ndjson";
const EXPORT_AS_CSV: &str = "/export/card-customers.csv";
const WEBHOOK: &str = "/webhooks/yativo/{program}";
const TOKEN: &str = "/v1/auth/token";
const TOKEN_FOR_API_KEY: &str = "/v1/apikey/token";
const RENEWED: &str = "/v1/auth/refresh-token";
const RENEWED_BY_GET: &str = "/v1/authentication/refresh-token";

/// The document that a gateway serves.
struct Document(Value);

impl Document {
    fn of(gateway: &Gateway) -> Self {
        Self(gateway.get("", "/openapi.json").json())
    }

    /// The only operation of a path that is answered here, and its method.
    fn operation(&self, path: &str) -> (&str, &Value) {
        let own = self.operations(path).into_iter().filter(|(_, one)| !is_forwarded(one));
        let [(method, operation)] = own.collect::<Vec<_>>()[..] else { panic!("{path}") };
        (method, operation)
    }

    /// All operations of a path, and their methods.
    fn operations(&self, path: &str) -> Vec<(&str, &Value)> {
        let item = self.0["paths"][path].as_object().expect("a path");
        let operations = item.iter().filter(|(_, one)| one["responses"].is_object());
        operations.map(|(method, operation)| (method.as_str(), operation)).collect()
    }

    /// The paths with an operation that is answered here.
    fn paths(&self) -> impl Iterator<Item = &str> {
        let paths = self.0["paths"].as_object().expect("paths").keys().map(String::as_str);
        paths.filter(|path| self.operations(path).iter().any(|(_, one)| !is_forwarded(one)))
    }

    /// A response matches the document: its status, headers and body.
    fn holds(&self, path: &str, answer: &Answer) {
        let read = Validator(&self.0);
        let (_, operation) = self.operation(path);
        let described = operation["responses"].get(answer.status.to_string());
        let described = read.at(described.unwrap_or_else(|| panic!("{path}: {answer:?}")));
        for (name, header) in described["headers"].as_object().expect("headers") {
            let header = read.at(header);
            assert_eq!(header["required"], true, "{name}");
            let value = answer.header(name);
            let number = value.parse::<i64>().map(Value::from);
            let whole = header["schema"]["type"] == "integer";
            let value = if whole { number.unwrap_or_default() } else { value.into() };
            assert_eq!(read.faults(&header["schema"], &value, name), [""; 0], "{answer:?}");
        }
        assert_eq!(answer.header("content-type"), "application/json");
        let schema = &described["content"]["application/json"]["schema"];
        assert_eq!(read.faults(schema, &answer.json(), "body"), [""; 0], "{path}: {}", answer.text);
    }

    /// A response has this status and matches the document.
    fn holds_with(&self, status: u16, path: &str, answer: &Answer) {
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        self.holds(path, answer);
    }
}

/// Whether calls of an operation go on to the issuer.
fn is_forwarded(operation: &Value) -> bool {
    operation["tags"][0] == "issuer"
}

#[test]
fn the_printed_document_is_the_one_that_is_served_and_committed() {
    let nowhere = tempfile::tempdir().expect("a folder");
    let mut command = program();
    command.arg("openapi").current_dir(nowhere.path()).env("DATABASE_URL", "none");
    let printed = command.output().expect("it runs");
    assert!(printed.status.success());
    let printed = String::from_utf8(printed.stdout).expect("UTF-8");
    let gateway = Database::sqlite().serve();
    let served = gateway.get("", "/openapi.json");
    assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
    assert_eq!(served.text, printed);
    assert_eq!(served.json()["openapi"], "3.1.0");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed = fs::read_to_string(path).expect("openapi.json is committed");
    assert!(printed == committed, "openapi.json is out of date; run: just openapi");
    let refused = gateway.send(gateway.client().post(format!("{}/openapi.json", gateway.host)));
    assert_eq!((refused.status, refused.header("allow")), (405, "GET,HEAD"));
}

#[test]
fn every_route_behind_the_authentication_names_its_scope() {
    let document = Document::of(&Database::sqlite().serve());
    let mut looked_at = 0;
    for path in document.0["paths"].as_object().expect("paths").keys() {
        for (_, operation) in document.operations(path) {
            if operation["security"] == json!([{}]) {
                continue;
            }
            let scope = text(&operation["security"][0]["token"][0]);
            assert!(scope.parse::<Scope>().is_ok(), "{path}: {scope}");
            let pair = json!({ "api_key": [scope], "api_secret": [scope] });
            assert_eq!(operation["security"], json!([{ "token": [scope] }, pair]), "{path}");
            let words = text(&operation["description"]);
            assert!(words.ends_with(&format!("Needs the scope `{scope}`.")), "{path}: {words}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 50, "{looked_at}");
}

#[test]
fn it_has_every_route_and_nothing_else() {
    let document = Document::of(&Database::sqlite().serve());
    let described = document.paths().map(|path| (path, document.operation(path).0));
    let expected = [
        (LIST, "get"),
        (ONE, "get"),
        (TRANSACTIONS, "get"),
        (TOKEN, "post"),
        (TOKEN_FOR_API_KEY, "post"),
        (RENEWED, "post"),
        (RENEWED_BY_GET, "get"),
        (LOOK_UP, "get"),
        (SUMS, "get"),
        (ALL_TRANSACTIONS, "get"),
        (CARDS, "get"),
        (ALL_CARDS, "get"),
        (WEBHOOK, "post"),
        (EXPORT, "get"),
        (EXPORT_AS_CSV, "get"),
    ];
    let money = MONEY.map(|path| (path, "post"));
    let expected = expected.into_iter().chain(money);
    assert_eq!(described.collect::<BTreeSet<_>>(), expected.collect());
    // A route that is added without `routes!` is missing from the document.
    for file in ["rest/mod.rs", "rest/tokens.rs", "webhooks/endpoint.rs", "export/mod.rs"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        assert!(!fs::read_to_string(source).expect("text").contains(".route("), "{file}");
    }
    let routes = ROUTES.iter().filter(|route| route.is_forwarded());
    let routes = routes.map(|route| (route.path, route.method.as_ref().to_lowercase()));
    let all = document.0["paths"].as_object().expect("paths").keys();
    let forwarded = all.flat_map(|path| {
        let operations = document.operations(path).into_iter().filter(|(_, one)| is_forwarded(one));
        operations.map(|(method, _)| (path.as_str(), method.to_owned())).collect::<Vec<_>>()
    });
    assert_eq!(forwarded.collect::<BTreeSet<_>>(), routes.collect::<BTreeSet<_>>());
    // Webhook and exports do not exist under the old prefix.
    let servers = |of: &Value| list(of).iter().map(|of| of["url"].clone()).collect::<Vec<_>>();
    assert_eq!(servers(&document.0["servers"]), ["/", "/api"]);
    for path in [WEBHOOK, EXPORT, EXPORT_AS_CSV] {
        assert_eq!(servers(&document.operation(path).1["servers"]), ["/"]);
    }
}

/// Customers of all kinds with transactions; a token for them.
fn customers(database: &Database) -> String {
    let statuses = ["active", "frozen", "blocked", "lost", "voided"];
    let lines = [
        Line::new(1).balance(10_115, 1_925).cards(&statuses),
        Line::new(2).balance(-5, 5).with("currency", "GBP"),
        Line::new(3)
            .with("safe_deployed", false)
            .with("currency", Value::Null)
            .with("kyc_status", Value::Null)
            .with("external_customer_id", Value::Null)
            .with("flow_status", "otp_requested"),
    ];
    let token = database.program_with("acme", &lines);
    let id = lines[0].id();
    let mut bare = transaction(id, 2, -1);
    (bare.merchant, bare.merchant_category) = (None, None);
    (bare.merchant_city, bare.merchant_country) = (None, None);
    (bare.authorized_at, bare.settled_at) = (None, None);
    database.put_transactions("acme", vec![transaction(id, 1, 3_850), bare]);
    token
}

on_both! {
    fn every_response_matches_its_schema(database) {
        let token = customers(&database);
        let gateway = database.serve();
        let document = Document::of(&gateway);
        let get = |path: &str| gateway.get(&token, path);
        for prefix in ["/v1", "/api/v1"] {
            let customers = format!("{prefix}/card-issuer/customers");
            for query in ["", "?include_balances=false", "?page=9", "?status=active&limit=1"] {
                document.holds_with(200, LIST, &get(&format!("{customers}{query}")));
            }
            for number in 1..=3 {
                let one = format!("{customers}/yativo_card_customer_{number}");
                document.holds_with(200, ONE, &get(&one));
                document.holds_with(200, TRANSACTIONS, &get(&format!("{one}/card-transactions")));
            }
            for (path, query) in [(LIST, ""), (ONE, "/nobody"), (TRANSACTIONS, "/nobody/card-transactions")] {
                let at = format!("{customers}{query}");
                document.holds_with(401, path, &gateway.get("nonsense", &at));
                let replaced = gateway.client().put(format!("{}{at}", gateway.host)).bearer_auth(&token);
                document.holds_with(405, path, &gateway.send(replaced));
            }
            let (issuer, cards) = (format!("{prefix}/card-issuer"), format!("{prefix}/yativo-card/customers"));
            for (status, path, at) in [
                (200, LOOK_UP, format!("{issuer}/lookup-customer?external_id=usr_1")),
                (200, LOOK_UP, format!("{issuer}/lookup-customer?id=000000000000000000000003")),
                (400, LOOK_UP, format!("{issuer}/lookup-customer")),
                (400, LOOK_UP, format!("{issuer}/lookup-customer?email=%00")),
                (404, LOOK_UP, format!("{issuer}/lookup-customer?card_id=nobody")),
                (200, SUMS, format!("{issuer}/customers/aggregate-balances")),
                (200, ALL_TRANSACTIONS, format!("{issuer}/card-transactions")),
                (200, ALL_TRANSACTIONS, format!("{issuer}/card-transactions?customer_id=usr_1&status=settled")),
                (400, ALL_TRANSACTIONS, format!("{issuer}/card-transactions?limit=0")),
                (404, ALL_TRANSACTIONS, format!("{issuer}/card-transactions?customer_id=nobody")),
                (200, CARDS, format!("{cards}/usr_1/cards")),
                (404, CARDS, format!("{cards}/nobody/cards")),
                (400, CARDS, format!("{cards}/%00/cards")),
                (200, ALL_CARDS, format!("{cards}/cards?limit=3")),
                (200, ALL_CARDS, format!("{cards}/cards?external_customer_id=usr_1")),
                (400, ALL_CARDS, format!("{cards}/cards?status=x")),
                (404, ALL_CARDS, format!("{cards}/cards?customer_id=nobody")),
            ] {
                document.holds_with(status, path, &get(&at));
            }
            document.holds_with(400, LIST, &get(&format!("{customers}?page=0&status=x")));
            for (path, rest) in [(ONE, ""), (TRANSACTIONS, "/card-transactions")] {
                document.holds_with(400, path, &get(&format!("{customers}/%00{rest}")));
                document.holds_with(404, path, &get(&format!("{customers}/nobody{rest}")));
            }
        }
    }

    fn responses_of_the_token_routes_match_their_schemas(database) {
        customers(&database);
        let pair = clients::create(&database, "acme", &[]);
        let gateway = database.serve();
        let document = Document::of(&gateway);
        let post = |path: &str, body: &str| {
            let request = gateway.client().post(format!("{}{path}", gateway.host));
            gateway.send(request.header("content-type", "application/json").body(body.to_owned()))
        };
        let good = json!({ "api_key": pair.key, "api_secret": pair.secret }).to_string();
        let bad = json!({ "api_key": pair.key, "api_secret": "not-the-secret" }).to_string();
        for path in [TOKEN, TOKEN_FOR_API_KEY] {
            document.holds_with(200, path, &post(path, &good));
            document.holds_with(401, path, &post(path, &bad));
            document.holds_with(400, path, &post(path, "nonsense"));
            document.holds_with(413, path, &post(path, &" ".repeat(20_000)));
            let untyped = gateway.client().post(format!("{}{path}", gateway.host));
            document.holds_with(401, path, &gateway.send(untyped));
            document.holds_with(405, path, &gateway.get("", path));
        }
        let token = clients::token(&gateway, &pair);
        document.holds_with(200, RENEWED_BY_GET, &gateway.get(&token, RENEWED_BY_GET));
        document.holds_with(401, RENEWED_BY_GET, &gateway.get("nonsense", RENEWED_BY_GET));
        document.holds_with(401, RENEWED, &post(RENEWED, ""));
        let renewed = gateway.client().post(format!("{}{RENEWED}", gateway.host));
        document.holds_with(200, RENEWED, &gateway.send(renewed.bearer_auth(&token)));
        let answers = (0..12).map(|number| {
            let guess = json!({ "api_key": format!("guess_{number:04}"), "api_secret": "not-the-secret" });
            post(TOKEN, &guess.to_string())
        });
        let answers: Vec<Answer> = answers.collect();
        document.holds_with(429, TOKEN, &answers[11]);
    }

    fn the_rate_limit_response_matches_its_schema(database) {
        let token = customers(&database);
        let gateway = database.serve_with(&[
            ("CARD_GATEWAY__LIMITS__RATE_BURST", "1"), ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "1"),
        ]);
        let document = Document::of(&gateway);
        let refused = (0..5).map(|_| gateway.get(&token, LIST)).find(|answer| answer.status == 429);
        document.holds(LIST, &refused.expect("one is refused"));
    }

    fn balances_from_the_blockchain_match_the_schema(database) {
        let chain = sandbox(2);
        let token = database.program_with("acme", &wallets(2));
        let gateway = database.serve_on(&[&chain], &[]);
        let document = Document::of(&gateway);
        let list = gateway.get(&token, LIST);
        assert_eq!(list.json()["data"]["customers"][0]["balance_freshness"], "on_chain");
        document.holds_with(200, LIST, &list);
        document.holds_with(200, ONE, &gateway.get(&token, &format!("{LIST}/usr_1")));
    }

    fn webhook_responses_match_their_schemas(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME]);
        let document = Document::of(&gateway);
        let (now, soon) = (issuer::from_now(0), issuer::from_now(1));
        let known = issuer::balance("evt_1", "usr_1", "5.00", "0.00", &now);
        let unknown = issuer::balance("evt_2", "nobody", "5.00", "0.00", &soon);
        let kept = issuer::event("evt_3", "voucher.created", &now, &json!({}));
        for (body, state) in [(known.as_str(), "applied"), (&unknown, "waiting"), (&kept, "kept"), ("no JSON", "failed")] {
            for duplicate in [false, true] {
                let answer = gateway.deliver(body);
                document.holds_with(200, WEBHOOK, &answer);
                let receipt = answer.json()["data"].take();
                assert_eq!(receipt["duplicate"], duplicate, "{receipt}");
                assert!(duplicate || receipt["state"] == state, "{receipt}");
            }
        }
        document.holds_with(413, WEBHOOK, &gateway.deliver(&" ".repeat(256 * 1024 + 1)));
        let unsigned = gateway.client().post(format!("{}/webhooks/yativo/acme", gateway.host));
        document.holds_with(401, WEBHOOK, &gateway.send(unsigned));
        document.holds_with(405, WEBHOOK, &gateway.get("", "/webhooks/yativo/acme"));
    }
}

#[test]
fn server_errors_match_their_schemas() {
    let Some(database) = Database::postgres() else { return };
    let token = customers(&database);
    // The request that waits for the only connection gives up before the one that has it.
    let gateway = database.serve_with(&[
        ("CARD_GATEWAY__DATABASE__MAX_CONNECTIONS", "1"),
        ("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "500ms"),
        ("CARD_GATEWAY__SERVER__REQUEST_TIMEOUT", "2500ms"),
        ACME,
    ]);
    let document = Document::of(&gateway);
    let name = database.postgres.as_deref().expect("it is PostgreSQL");
    let sql = |sql: &str| crate::support::postgres::server().expect("it is").sql(name, sql);
    sql("ALTER TABLE wallet_balances RENAME TO elsewhere");
    document.holds_with(500, LIST, &gateway.get(&token, LIST));
    sql("ALTER TABLE elsewhere RENAME TO wallet_balances");
    std::thread::scope(|scope| {
        scope.spawn(|| sql("BEGIN; LOCK TABLE card_customers; SELECT pg_sleep(5); COMMIT"));
        while sql("SELECT 1 FROM pg_locks WHERE relation = 'card_customers'::regclass").is_empty() {
            std::thread::sleep(Duration::from_millis(10));
        }
        let first = scope.spawn(|| gateway.get(&token, LIST));
        std::thread::sleep(Duration::from_millis(200));
        document.holds_with(503, LIST, &gateway.get(&token, LIST));
        let event = issuer::event("evt_1", "voucher.created", &issuer::from_now(0), &json!({}));
        document.holds_with(503, WEBHOOK, &gateway.deliver(&event));
        document.holds_with(504, LIST, &first.join().expect("no panic"));
    });
}

#[test]
fn its_samples_print_what_they_say() {
    let database = Database::sqlite();
    database.succeed(&["program", "create", "--name", "acme"], "");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/customers.ndjson");
    database.succeed(&["import", "--program", "acme", &examples.display().to_string()], "");
    let mira = "69f0bdf29a84752db9cc8ff9";
    database.put_transactions("acme", vec![transaction(mira, 1, 3_850)]);
    let pair = clients::create(&database, "acme", &[]);
    let gateway = database.serve_with(&[ACME]);
    let token = clients::token(&gateway, &pair);
    let document = Document::of(&gateway);
    let has_openssl = Command::new("openssl").arg("version").output().is_ok();
    for path in document.paths() {
        let (method, operation) = document.operation(path);
        let content = operation["responses"]["200"]["content"].as_object().expect("content");
        let (kind, described) = content.iter().next().expect("a body");
        let expected = &described["example"];
        // They need an issuer: see `funding`.
        if MONEY.contains(&path) || method == "post" && !has_openssl {
            continue;
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", text(&operation["x-codeSamples"][0]["source"])]);
        shell.env("GATEWAY", &gateway.host).env("TOKEN", &token).env("SECRET", SECRET);
        shell.env("API_KEY", &pair.key).env("API_SECRET", &pair.secret);
        let output = shell.output().expect("a shell");
        if kind != "application/json" {
            assert_eq!(String::from_utf8_lossy(&output.stdout), text(expected), "{path}");
            continue;
        }
        let mut printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        // What is different each time.
        for member in ["/access_token", "/expires_at", "/data/fetched_at"] {
            if let Some(value) = printed.pointer_mut(member) {
                assert!(value.is_string(), "{value}");
                *value = expected.pointer(member).cloned().unwrap_or_default();
            }
        }
        assert_eq!(printed, *expected, "{path}");
    }
}

/// Examples of errors as well.
#[test]
fn its_examples_match_their_schemas() {
    let document = Document::of(&Database::sqlite().serve());
    let read = Validator(&document.0);
    let mut looked_at = 0;
    for path in document.paths() {
        let (_, operation) = document.operation(path);
        for parameter in list(&operation["parameters"]) {
            let example = parameter.get("example").filter(|example| !example.is_null());
            let faults = example.map(|example| read.faults(&parameter["schema"], example, path));
            assert_eq!(faults.unwrap_or_default(), [""; 0]);
        }
        for (status, answer) in operation["responses"].as_object().expect("answers") {
            let content = &read.at(answer)["content"]["application/json"];
            if content.is_null() {
                // A file has no members.
                assert!(path.starts_with("/export/") && status == "200", "{path} {status}");
                continue;
            }
            let faults = read.faults(&content["schema"], &content["example"], status);
            assert_eq!(faults, [""; 0], "{path}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 30, "only {looked_at} examples");
}

#[test]
fn the_page_shows_everything_and_loads_nothing_from_other_hosts() {
    let gateway = Database::sqlite().serve();
    let page = gateway.get("", "/docs");
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let html = &page.text;
    let document = Document::of(&gateway);
    for path in document.paths() {
        let (method, operation) = document.operation(path);
        let route = format!("<b>{}</b> {path}<", method.to_uppercase());
        assert!(html.contains(&route), "{route}");
        for parameter in list(&operation["parameters"]) {
            let name = format!("<dt><code>{}</code>", text(&parameter["name"]));
            assert!(html.contains(&name), "{name}");
        }
        let curl = text(&operation["x-codeSamples"][0]["source"]);
        assert!(html.contains(&curl.replace('&', "&amp;").replace('"', "&quot;")), "{curl}");
    }
    for route in ROUTES.iter().filter(|route| route.is_forwarded()) {
        let address = format!("<b>{}</b> {}<", route.method.as_ref(), route.path);
        assert!(html.contains(&address) && html.contains(route.summary), "{address}");
    }
    for said in ["data.customers[].ledger_balance", "data.cards[].last_four", "rate_limit_exceeded"]
    {
        assert!(html.contains(&format!("<code>{said}</code>")), "{said}");
    }
    let script = "<script src=\"docs/app.js\" defer></script>";
    assert_eq!(gateway.get("", "/docs/app.js").status, 200);
    let rest = html.replace(script, "");
    assert_ne!(rest, *html);
    for empty in ["{version}", "{about}", "{routes}", "<span>null", ">null<", "src=", "<script"] {
        assert!(!rest.contains(empty), "{empty}");
    }
    // Every link works and stays on this host.
    for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().expect("an end")) {
        match link.strip_prefix('#') {
            Some(place) => assert!(html.contains(&format!("id=\"{place}\"")), "{link}"),
            None if link == "data:," => {}
            None => assert_eq!(gateway.get("", &format!("/{link}")).status, 200, "{link}"),
        }
    }
}

#[test]
fn the_page_and_the_document_need_no_token_and_have_a_strict_policy() {
    let gateway = Database::sqlite().serve();
    for path in ["/openapi.json", "/docs", "/docs/style.css", "/docs/app.js"] {
        let request = gateway.client().get(format!("{}{path}", gateway.host));
        let answer = gateway.send(request);
        assert_eq!(answer.status, 200, "{path}");
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        // The page's own script, and no other one.
        let policy = policy.replace(" script-src 'self';", "");
        assert_eq!(policy == answer.header("content-security-policy"), path != "/docs");
        for lax in ["http", "*", "unsafe", "script"] {
            assert!(!policy.contains(lax), "{policy}");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
}
