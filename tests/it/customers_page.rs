//! The page of customers: it is small, comes from the program alone, and people can use it
//! without a query.

use std::fs;
use std::path::Path;

use card_gateway_sandbox::EUR;
use regex::Regex;
use reqwest::header::ACCEPT_ENCODING;
use serde_json::json;

use crate::support::balancer::Balancer;
use crate::support::chain::{sandbox, wallet};
use crate::support::chromium::chromium;
use crate::support::issuer::{ACME, balance, from_now, transaction, within};
use crate::support::{Database, Gateway, Line, missing, node};

/// Maximum size of the page with scripts and styles, compressed.
const MOST: usize = 100_000;

/// The page as a browser gets it: its size, its content security policy, its text.
fn load(gateway: &Gateway, path: &str, encoding: &str) -> (usize, String, String) {
    let request = gateway.client().get(format!("{}{path}", gateway.host));
    let answer = request.header(ACCEPT_ENCODING, encoding).send().expect("an answer");
    assert_eq!(answer.status().as_u16(), 200, "{path}");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    let body = answer.bytes().expect("a body");
    (body.len(), policy, String::from_utf8_lossy(&body).into_owned())
}

/// Whether the program has the page; if not, that has been printed to standard error.
fn is_here(gateway: &Gateway) -> bool {
    let (.., page) = load(gateway, "/customers", "identity");
    let is_here = !page.contains("not part of this build");
    if !is_here {
        missing::skip("OF THE PAGE OF CUSTOMERS", "The program was built without it (no npm?)");
    }
    is_here
}

#[test]
fn it_is_small_and_comes_from_nowhere_else() {
    let database = Database::sqlite();
    let gateway = database.serve();
    if !is_here(&gateway) {
        return;
    }
    let (.., page) = load(&gateway, "/customers", "identity");
    assert!(!page.contains("=\"/") && !page.contains("http"), "{page}");
    let name = Regex::new("\"(customers/assets/[^\"]+)\"").expect("an expression");
    let files: Vec<String> =
        name.captures_iter(&page).map(|found| format!("/{}", &found[1])).collect();
    assert!(files.len() >= 2, "a script and a style: {files:?}");
    let mut total = 0;
    for path in files.iter().map(String::as_str).chain(["/customers"]) {
        let (size, policy, _) = load(&gateway, path, "gzip");
        total += size;
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "));
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let (.., plain) = load(&gateway, path, "identity");
        assert!(!plain.contains("import("), "{path} loads something else later");
    }
    assert!((5_000..MOST).contains(&total), "{total} bytes");
    let moved = load(&gateway, "/customers/", "identity");
    assert!(moved.2 == page);
}

#[test]
fn it_can_be_switched_off_and_links_to_no_graphiql_that_is_off() {
    let database = Database::sqlite();
    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__CUSTOMERS_PAGE", "false")]);
    let get = |path: &str| gateway.send(gateway.client().get(format!("{}{path}", gateway.host)));
    for path in ["/customers", "/customers/"] {
        assert_eq!(get(path).status, 404, "{path}");
    }
    let front = gateway.client().get(&gateway.host).header("accept", "application/json");
    assert_eq!(gateway.send(front).json()["links"]["customers"], json!(null));

    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__GRAPHIQL", "off")]);
    if is_here(&gateway) {
        let (.., page) = load(&gateway, "/customers", "identity");
        assert!(page.contains("<body data-graphiql=\"off\">"), "{page}");
        let front = gateway.client().get(&gateway.host).header("accept", "application/json");
        assert_eq!(gateway.send(front).json()["links"]["customers"], "/customers");
    }
}

/// 25 customers: the first with cards and a balance, the third without a wallet, the 23rd with
/// a balance that cannot be read, two in the identity check.
fn customers() -> Vec<Line> {
    (1..=25)
        .map(|number| {
            let line = Line::new(number);
            match number {
                1 => line.balance(1_000, 0).cards(&["active", "frozen"]),
                3 | 4 => line
                    .with("flow_status", "kyc_initiated")
                    .with("kyc_status", "in_progress")
                    .with("currency", json!(null))
                    .with("safe_deployed", false),
                23 => line.with("wallet_address", wallet(number).to_checksum(None)),
                _ => line.balance(i64::from(number) * 1_234, 0),
            }
        })
        .collect()
}

/// In a real browser that reaches nothing but this machine. Screenshots are in
/// `target/screenshots`.
#[test]
fn a_support_desk_can_use_it_in_a_browser() {
    let Some(browser) = chromium() else { return };
    let Some(project) = node::project("tests/browser") else { return };
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&screenshots).expect("a folder");
    let database = Database::sqlite();
    let token = database.program_with("acme", &customers());
    // It has expired when it is needed.
    let expired = ["token", "create", "--program", "acme", "--expires-in", "1s"];
    let expired = database.succeed(&expired, "");

    let chain = sandbox(25);
    chain.break_balance(EUR, wallet(23), false);
    let rpc = chain.url();
    let settings = [ACME, ("CARD_GATEWAY__CHAIN__RPC_URLS", rpc.as_str())];
    let balancer = Balancer::start();
    let start = || {
        let gateway = database.serve_with(&settings);
        let address = gateway.host.trim_start_matches("http://").parse().expect("an address");
        balancer.add(address);
        let ready = within(std::time::Duration::from_secs(10), || balancer.uses(address));
        assert!(ready, "it does not become ready: {}", gateway.log_text());
        Some((gateway, address))
    };
    let mut gateway = start();
    if !is_here(&gateway.as_ref().expect("it runs").0) {
        return;
    }
    let limits = [
        ("CARD_GATEWAY__LIMITS__RATE_BURST", "20"),
        ("CARD_GATEWAY__LIMITS__RATE_PER_SECOND", "5"),
    ];
    let limited = database.serve_with(&limits);

    let mut script = project.node("customers/page.mjs");
    script.arg(format!("http://{}", balancer.address)).env("TOKEN", &token);
    script.env("EXPIRED", expired).env("LIMITED", &limited.host);
    script.env("CHROMIUM", browser).env("SCREENSHOTS", screenshots);
    let output = node::converse(&mut script, |line| {
        let take = |body: &str| gateway.as_ref().expect("it runs").0.take(body);
        let now = from_now(0);
        match line.split_once(' ').unwrap_or((line, "")) {
            ("balance", amount) => take(&balance("evt_1", "usr_1", amount, "0.00", &now)),
            ("transaction", _) => {
                take(&transaction("evt_2", "authorized", "usr_1", "tx_1", "3.20", &now))
            }
            ("away", _) => {
                if let Some((_, address)) = gateway.take() {
                    balancer.remove(address);
                }
                String::new()
            }
            ("back", _) => {
                gateway = start();
                String::new()
            }
            _ => return None,
        };
        Some("done".to_owned())
    });
    assert!(output.contains("page of ") && output.contains("back"), "{output}");
}
