//! The guides tell the truth: whatever they show is run, what they link to is
//! there, and what they name exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use card_gateway_sandbox::Sandbox;
use regex::Regex;
use serde_json::{Value, json};

use crate::support::conversations::{Block, blocks};
use crate::support::database::program;
use crate::support::gateway::client;
use crate::support::terminal::Terminal;
use crate::support::{missing, postgres};

/// The guides, which are followed from their beginning to their end. Other pages
/// show nothing to be typed.
const GUIDES: [&str; 5] = ["backup.md", "front-end.md", "legacy.md", "mobile.md", "operators.md"];

#[test]
fn front_end() {
    follow("front-end.md", as_the_readme_begins());
}

#[test]
fn legacy() {
    follow("legacy.md", as_the_readme_begins());
}

#[test]
fn mobile() {
    follow("mobile.md", as_the_readme_begins());
}

#[test]
fn operators() {
    let mut terminal = Terminal::open(postgres_programs());
    let sandbox = Sandbox::start().expect("a port");
    terminal.instead.push(("https://rpc.internal/".to_owned(), sandbox.url()));
    beside_postgres(&mut terminal);
    follow("operators.md", terminal);
}

#[test]
fn backup() {
    let mut terminal = Terminal::open(postgres_programs());
    make_a_program(&mut terminal);
    beside_postgres(&mut terminal);
    follow("backup.md", terminal);
}

#[test]
fn all_that_is_shown_belongs_to_a_guide() {
    for file in markdown("docs") {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        let shown = blocks(&read(&file)).len();
        assert!(shown == 0 || GUIDES.contains(&&*name), "docs/{name}: no test follows it");
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
    for file in markdown("docs").iter().chain([&root().join("README.md")]) {
        let text = read(file).replace("<PROGRAM>", "ACME");
        named.extend(setting.find_iter(&text).map(|found| found.as_str().to_owned()));
        known.extend(command.captures_iter(&text).map(|found| found[1].to_owned()));
    }
    let mut config = program();
    // No value is right for all of them: what counts is whether they are known.
    config.arg("config").envs(named.iter().map(|name| (name, ""))).current_dir(folder.path());
    let output = config.output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(named.len() >= 20 && !said.contains("is not a setting"), "{said}");
    assert!(known.len() >= 5, "{known:?}");
    for arguments in known {
        let mut command = program();
        // A flag that does not exist is complained of before help is given.
        let output = command.args(arguments.split_whitespace()).arg("--help").output();
        assert!(output.expect("it runs").status.success(), "card-gateway {arguments}");
    }
}

/// A terminal in which somebody has done what the README says at first: there is a
/// program with customers, a token, and a gateway.
fn as_the_readme_begins() -> Terminal {
    let mut terminal = Terminal::open(None);
    make_a_program(&mut terminal);
    // For events that are sent to those who watch.
    terminal.say("export CARD_GATEWAY__WEBHOOKS__SECRETS__ACME=whsec_of_acme");
    terminal.say("card-gateway serve &");
    terminal
}

/// A program with customers and a token, made as the README does.
fn make_a_program(terminal: &mut Terminal) {
    let readme = blocks(&read(&root().join("README.md")));
    let first = readme.iter().find(|block| block.text.starts_with("$ card-gateway program create"));
    terminal.follow(first.expect("it begins"));
}

fn postgres_programs() -> Option<&'static Path> {
    postgres::server()?.programs()
}

/// Lets the database of the guides be one of its own, where there is a server.
fn beside_postgres(terminal: &mut Terminal) {
    if let Some(server) = postgres::server() {
        let url = server.url(&server.create_database());
        terminal.instead.push(("postgres://cards:secret@db.internal/cards".to_owned(), url));
    }
}

/// Does everything that a guide shows, in its order.
fn follow(guide: &str, mut terminal: Terminal) {
    let blocks = blocks(&read(&root().join("docs").join(guide)));
    assert!(!blocks.is_empty(), "{guide} shows nothing");
    let mut blocks = blocks.iter().peekable();
    while let Some(block) = blocks.next() {
        if !block.needs.iter().all(|need| is_here(need)) {
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
            other => panic!("{guide}:{}: nobody knows how to try {other:?}", block.line),
        }
    }
}

/// Whether there is what a block needs; what is missing is said loudly.
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

/// Sends a document, which must be answered without errors.
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
        // Something happens, so that there is something to see.
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
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let others = name.starts_with('.') || name == "target" || name == "node_modules";
            if path.is_dir() && !others {
                folders.push(path);
            } else if path.extension().is_some_and(|is| is == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// A text without its code.
fn prose(text: &str) -> String {
    let code = Regex::new(r"(?ms)^```.*?^```$|`[^`\n]*`").expect("a pattern");
    code.replace_all(text, "").into_owned()
}

/// What can be linked to in a text: its headings, as GitHub names them.
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
