//! The guides are correct: their commands are run, their links lead somewhere,
//! and the settings, commands and recipes that they name exist.

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::time::Duration;

use card_gateway_sandbox::Sandbox;
use card_gateway_sandbox::issuer::{
    Fault, FaultRule, Fill, Issuer, IssuerOptions, ProgramSpec, Purchase, SenderOptions,
};
use regex::Regex;
use serde_json::{Value, json};

use crate::support::conversations::{Block, blocks, conversation};
use crate::support::database::program;
use crate::support::easy_issuer::EasyIssuer;
use crate::support::gateway::client;
use crate::support::terminal::Terminal;
use crate::support::{missing, postgres};

/// The guides, which are run from beginning to end. Other pages show no commands.
const GUIDES: [&str; 10] = [
    "backup.md",
    "blockchain.md",
    "connect-a-program.md",
    "following-changes.md",
    "front-end.md",
    "graphql.md",
    "legacy.md",
    "live-balances.md",
    "mobile.md",
    "operators.md",
];

/// Languages of blocks that nothing runs: drawings and code.
const NOT_TYPED: [&str; 5] = ["diff", "mermaid", "rust", "sql", "text"];

#[test]
fn front_end() {
    follow("front-end.md", as_the_readme_begins());
}

#[test]
fn graphql() {
    follow("graphql.md", as_the_readme_begins());
}

#[test]
fn legacy() {
    let mut terminal = Terminal::open(None);
    let issuer = EasyIssuer::start();
    for (name, value) in issuer.settings() {
        terminal.say(&format!("export {name}='{value}'"));
    }
    make_a_program(&mut terminal);
    terminal.say("card-gateway serve &");
    follow("legacy.md", terminal);
    let paid = issuer.issuer.act(|program| program.payments().len());
    assert_eq!(paid, 1, "the guide sends a payment twice, which is made once");
}

#[test]
fn live_balances() {
    let mut terminal = Terminal::open(None);
    make_a_program(&mut terminal);
    follow("live-balances.md", terminal);
}

#[test]
fn blockchain() {
    let mut terminal = Terminal::open(None);
    let sandbox = beside_a_chain(&mut terminal);
    make_a_program(&mut terminal);
    follow("blockchain.md", terminal);
    drop(sandbox);
}

#[test]
fn connect_a_program() {
    let mut terminal = Terminal::open(None);
    let issuer = beside_an_issuer(&mut terminal);
    follow("connect-a-program.md", terminal);
    let recovered = issuer.act(|program| program.deliveries().len());
    assert!(recovered > 0, "the last command of the guide recovers something");
}

#[test]
fn following_changes() {
    follow("following-changes.md", as_the_readme_begins());
}

#[test]
fn mobile() {
    follow("mobile.md", as_the_readme_begins());
}

#[test]
fn operators() {
    let mut terminal = Terminal::open(postgres_programs());
    let sandbox = beside_a_chain(&mut terminal);
    beside_postgres(&mut terminal);
    follow("operators.md", terminal);
    drop(sandbox);
}

#[test]
fn backup() {
    let mut terminal = Terminal::open(postgres_programs());
    make_a_program(&mut terminal);
    beside_postgres(&mut terminal);
    follow("backup.md", terminal);
}

#[test]
fn every_shown_command_belongs_to_a_guide() {
    for file in markdown("docs") {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let mut shown = blocks(&read(&file)).into_iter();
        let typed = shown.any(|block| !NOT_TYPED.contains(&block.language.as_str()));
        assert!(!typed || GUIDES.contains(&&*name), "docs/{name}: no test runs it");
    }
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)").expect("a pattern");
    let mut followed = 0;
    for file in markdown("") {
        for line in prose(&read(&file)).lines() {
            for found in link.captures_iter(line) {
                let to = found.get(1).or(found.get(2)).expect("one of them").as_str();
                if to.contains("://") || to.starts_with("mailto:") {
                    continue;
                }
                followed += 1;
                let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
                let target = if path.is_empty() {
                    file.clone()
                } else {
                    file.parent().expect("a folder").join(path)
                };
                assert!(target.exists(), "{}: {to} is not there", file.display());
                let there = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
                assert!(there, "{}: {to} has no such heading", file.display());
            }
        }
    }
    assert!(followed >= 20, "{followed}");
}

#[test]
fn settings_and_commands_that_are_named_exist() {
    let setting = Regex::new(r"CARD_GATEWAY__\w+[A-Z]").expect("a pattern");
    let command = Regex::new(r"`card-gateway ([a-z][^`]*)`").expect("a pattern");
    let folder = tempfile::tempdir().expect("a folder");
    let (mut named, mut known) = (BTreeSet::new(), BTreeSet::new());
    for file in markdown("") {
        let text = read(&file).replace("<PROGRAM>", "ACME");
        named.extend(setting.find_iter(&text).map(|found| found.as_str().to_owned()));
        known.extend(command.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    let mut config = program();
    // The values are wrong, which does not matter: the names must be known.
    config.arg("config").envs(named.iter().map(|name| (name, ""))).current_dir(folder.path());
    let output = config.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(named.len() >= 20 && !said.contains("is not a setting"), "{said}");
    assert!(known.len() >= 5, "{known:?}");
    for arguments in known {
        let mut command = program();
        // An unknown flag is an error, even with --help.
        let output = command.args(arguments.split_whitespace()).arg("--help").output();
        assert!(output.expect("it runs").status.success(), "card-gateway {arguments}");
    }
}

#[test]
fn recipes_that_are_named_exist() {
    let named = Regex::new(r"(?m)(?:`|^)just ([a-z-]+)").expect("a pattern");
    let recipes = Regex::new(r"(?m)^([a-z-]+)(?: [^:\n]*)?:").expect("a pattern");
    let justfile = read(&root().join("justfile"));
    let recipes: BTreeSet<&str> = recipes
        .captures_iter(&justfile)
        .map(|found| found.get(1).expect("it is there").as_str())
        .collect();
    let mut looked_at = 0;
    for file in markdown("") {
        for found in named.captures_iter(&read(&file)) {
            looked_at += 1;
            let recipe = &found[1];
            assert!(recipes.contains(recipe), "{}: there is no `just {recipe}`", file.display());
        }
    }
    assert!(looked_at >= 5, "{looked_at}");
}

#[test]
fn slow_tests_that_are_named_exist() {
    let skipped = Regex::new(r"--skip (\w+)").expect("a pattern");
    let test = Regex::new(r"fn (\w+)|mod (\w+)").expect("a pattern");
    let mut tests = String::new();
    for file in files("tests/it", "rs") {
        let text = read(&file);
        tests.extend(test.find_iter(&text).map(|found| format!("{} ", found.as_str())));
    }
    let justfile = read(&root().join("justfile"));
    let mut looked_at = 0;
    for found in skipped.captures_iter(&justfile) {
        looked_at += 1;
        assert!(tests.contains(&found[1]), "justfile: no test is called {}", &found[1]);
    }
    assert!(looked_at >= 1, "the justfile skips nothing");
}

/// A terminal after the README's first steps: there is a program with customers, a
/// token, and a running gateway.
fn as_the_readme_begins() -> Terminal {
    let mut terminal = Terminal::open(None);
    make_a_program(&mut terminal);
    // For the events that subscriptions of the guides wait for.
    terminal.say("export CARD_GATEWAY__WEBHOOKS__SECRETS__ACME=whsec_of_acme");
    terminal.say("card-gateway serve &");
    terminal
}

/// Creates a program with customers and a token, as the README does.
fn make_a_program(terminal: &mut Terminal) {
    let readme = blocks(&read(&root().join("README.md")));
    let consoles = readme.iter().filter(|block| block.language == "console");
    let commands: Vec<_> = consoles.flat_map(|block| conversation(&block.text)).collect();
    let mut program = commands.iter().filter(|(command, _)| {
        let before = ["card-gateway program ", "card-gateway import ", "TOKEN="];
        before.iter().any(|before| command.starts_with(before))
    });
    for _ in 0..3 {
        let (command, printed) = program.next().expect("program, customers and token");
        terminal.check(command, printed);
    }
}

/// Replaces the guides' RPC endpoint by a sandbox, which lives as long as the result.
fn beside_a_chain(terminal: &mut Terminal) -> Sandbox {
    let sandbox = Sandbox::start().expect("a port");
    terminal.instead.push(("https://rpc.internal/".to_owned(), sandbox.url()));
    sandbox
}

/// Replaces the guides' issuer by a sandbox with 20 customers, which lives as long as the
/// result. One of them buys something as soon as there is a subscription.
fn beside_an_issuer(terminal: &mut Terminal) -> Issuer {
    let sender = SenderOptions::every(Duration::from_millis(1));
    let programs = vec![ProgramSpec::named("acme")];
    let options = IssuerOptions { programs, sender, ..IssuerOptions::default() };
    let issuer = Issuer::start(options).expect("a port");
    issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(20) }));
    let buy = Fault::before(|program| {
        let spender = program.customers().find(|customer| customer.cards_count() > 0);
        let spender = spender.expect("somebody has a card").yativo_card_id.clone();
        program.authorize(&spender, Purchase::of(1)).expect("there is money");
    });
    let deliveries = "GET /v1/yativo-card/webhooks/{webhookId}/deliveries";
    issuer.add_fault(FaultRule::on(deliveries, buy).once());
    let keys = issuer.credentials("acme").expect("the program is there");
    terminal.say(&format!("export CARD_GATEWAY__ISSUER__BASE_URL={}", issuer.url()));
    let instead = [
        ("https://crypto-api.yativo.com/api", issuer.url()),
        ("'key_1'", keys.api_key),
        ("'secret_1'", keys.api_secret),
    ];
    terminal.instead.extend(instead.map(|(from, to)| (from.to_owned(), to)));
    issuer
}

fn postgres_programs() -> Option<&'static Path> {
    postgres::server()?.programs()
}

/// Replaces the guides' PostgreSQL database by one of its own, where there is a server.
fn beside_postgres(terminal: &mut Terminal) {
    if let Some(server) = postgres::server() {
        let url = server.url(&server.create_database());
        terminal.instead.push(("postgres://cards:secret@db.internal/cards".to_owned(), url));
    }
}

/// Runs everything that a guide shows, in its order.
fn follow(guide: &str, mut terminal: Terminal) {
    let blocks = blocks(&read(&root().join("docs").join(guide)));
    assert!(!blocks.is_empty(), "{guide} shows nothing");
    let mut blocks = blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        let look = NOT_TYPED.contains(&block.language.as_str());
        if look || !block.needs.iter().all(|need| is_here(need)) {
            continue;
        }
        match block.language.as_str() {
            "console" | "sh" => terminal.follow(block),
            "graphql" => {
                let variables = blocks.next_if(|next| next.language == "json");
                ask(guide, block, variables, &mut terminal);
            }
            "toml" => {
                let file = terminal.folder.path().join("card-gateway.toml");
                fs::write(file, &block.text).expect("it can be written");
                let said = terminal.say("card-gateway config");
                assert!(said.succeeded, "{guide}:{}: these are no settings", block.line);
            }
            other => panic!("{guide}:{}: nothing can run {other:?}", block.line),
        }
    }
}

/// Whether the machine has what a block needs; if not, that has been printed.
fn is_here(need: &str) -> bool {
    if need == "postgres" {
        return postgres::server().is_some();
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let here = std::env::split_paths(&paths).any(|folder| folder.join(need).is_file());
    if !here {
        missing::skip("OF WHAT THE GUIDES SHOW", &format!("the program {need} was not found"));
    }
    here
}

/// Sends a document, whose response must have no errors.
fn ask(guide: &str, block: &Block, variables: Option<&Block>, terminal: &mut Terminal) {
    let at = format!("{guide}:{}", block.line);
    let variables: Value = variables.map_or(Value::Null, |json| {
        serde_json::from_str(&json.text).unwrap_or_else(|error| panic!("{at}: {error}"))
    });
    let watches = block.text.trim_start().starts_with("subscription");
    let kind = if watches { "text/event-stream" } else { "application/json" };
    let request = client().post(format!("{}/graphql", terminal.host())).header("accept", kind);
    let request = request.bearer_auth(terminal.variable("TOKEN"));
    let body = json!({ "query": block.text, "variables": variables });
    let answer = request.json(&body).send().expect("an answer");
    assert_eq!(answer.status(), 200, "{at}");
    let text = if watches {
        // A subscription to all customers begins with the next change.
        let sent = terminal.say("card-gateway events send --program acme --customer usr_1207");
        assert!(sent.succeeded, "{}", sent.printed);
        let lines = BufReader::new(answer).lines().map(|line| line.expect("an event"));
        let mut data = lines.filter_map(|line| Some(line.strip_prefix("data:")?.to_owned()));
        data.next().unwrap_or_else(|| panic!("{at}: nothing came"))
    } else {
        answer.text().expect("a body")
    };
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{at}: {error}"));
    assert!(answer["errors"].is_null() && answer["data"].is_object(), "{at}: {answer}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The Markdown files in a folder of the repository and below.
fn markdown(folder: &str) -> Vec<PathBuf> {
    files(folder, "md")
}

/// The files of a kind in a folder of the repository and below.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let others = name.starts_with('.') || name == "target" || name == "node_modules";
            if path.is_dir() && !others {
                folders.push(path);
            } else if path.extension().is_some_and(|is| is == extension) {
                found.push(path);
            }
        }
    }
    found
}

/// A text without its code blocks and code words.
fn prose(text: &str) -> String {
    let code = Regex::new(r"(?ms)^```.*?^```$|`[^`\n]*`").expect("a pattern");
    code.replace_all(text, "").into_owned()
}

/// The anchors of a text: its headings, as GitHub names them.
fn anchors(text: &str) -> BTreeSet<String> {
    let fenced = Regex::new(r"(?ms)^```.*?^```$").expect("a pattern");
    let text = fenced.replace_all(text, "");
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| -> String {
        let heading = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    let unique = |name: String| {
        let before = seen.entry(name.clone()).or_default();
        *before += 1;
        if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
    };
    headings.map(name).map(unique).collect()
}
