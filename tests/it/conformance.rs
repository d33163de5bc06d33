//! The gateway as the clients see it that people use: the audits of
//! graphql-http, and the clients graphql-ws and graphql-sse. The scripts are in
//! `tests/conformance`; they print what they need done.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;

use crate::support::issuer::{ACME, balance, from_now};
use crate::support::{Database, Gateway, Line};

/// The oldest Node.js that the clients support.
const NODE: u32 = 20;
/// That there is no Node.js is said once.
static SKIPPED: Once = Once::new();

#[test]
fn the_audits_of_graphql_http_are_all_ok() {
    if let Some(output) = run("audit.mjs") {
        assert!(output.ends_with("61 of 61 ok\n"), "{output}");
    }
}

#[test]
fn the_client_graphql_ws_works() {
    run("socket.mjs");
}

#[test]
fn the_client_graphql_sse_works() {
    run("events.mjs");
}

/// Runs a script against a gateway of its own; it must succeed. Its output.
fn run(script: &str) -> Option<String> {
    let project = project()?;
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1), Line::new(2)]);
    let mut gateway = database.serve_with(&[ACME]);
    let mut node = Command::new("node");
    node.arg(project.join(script)).arg(url(&gateway)).env("TOKEN", token);
    node.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut node = node.spawn().expect("it was found before");
    let mut stdin = node.stdin.take().expect("it is piped");
    let stdout = BufReader::new(node.stdout.take().expect("it is piped"));
    let mut output = String::new();
    for (line, number) in stdout.lines().zip(0_u32..) {
        let line = line.expect("UTF-8");
        output.push_str(&line);
        output.push('\n');
        if let Some(amount) = line.strip_prefix("balance ") {
            let at = from_now(i64::from(number));
            gateway.take(&balance(&format!("evt_{number}"), "usr_1", amount, "0.00", &at));
        } else if line == "restart" {
            gateway.signal("TERM");
            assert!(gateway.wait().success());
            gateway = database.serve_with(&[ACME]);
            writeln!(stdin, "{}", url(&gateway)).expect("it reads");
        }
    }
    let ended = node.wait_with_output().expect("it ends");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{script}: {}\n{output}{errors}", ended.status);
    Some(output)
}

fn url(gateway: &Gateway) -> String {
    format!("{}/graphql", gateway.host)
}

/// The scripts beside the packages that they need; `None` where there is no
/// Node.js, which has been said on standard error.
fn project() -> Option<PathBuf> {
    if let Err(missing) = tools() {
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
        assert!(!ci, "{missing}; on a build machine (CI) that is required");
        SKIPPED.call_once(|| say_loudly(&missing));
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("conformance");
    fs::create_dir_all(&project).expect("a folder");
    // One test at a time, also of other runs.
    let turn = File::create(project.join("turn")).expect("a file");
    turn.lock().expect("a turn");
    install(&source, &project);
    Some(project)
}

/// Not with `eprintln`: what that prints the test harness keeps to itself while
/// tests pass.
fn say_loudly(missing: &str) {
    let line = "=".repeat(78);
    let what = "THE TESTS WITH OTHER PEOPLE'S CLIENTS ARE SKIPPED, NOT PASSED";
    io::stderr().write_all(format!("\n{line}\n{missing}.\n{what}.\n{line}\n").as_bytes()).ok();
}

/// Whether there is what the scripts need.
fn tools() -> Result<(), String> {
    let node = version("node").ok_or("Node.js was not found: there is no program node")?;
    if node < NODE {
        return Err(format!("Node.js is too old: {node}, and not {NODE} or newer"));
    }
    version("npm").map(|_| ()).ok_or_else(|| "npm was not found".to_owned())
}

/// The major version of a program, if it is here.
fn version(program: &str) -> Option<u32> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// Brings a copy of the project up to date. Its packages are installed once.
fn install(source: &Path, project: &Path) {
    let same = |name: &str| {
        let read = |folder: &Path| fs::read(folder.join(name)).ok();
        read(source) == read(project)
    };
    let fresh = !same("package-lock.json");
    for entry in fs::read_dir(source).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        // Not those of somebody who has tried the scripts by hand.
        if name != "node_modules" && !same(&name.to_string_lossy()) {
            fs::copy(entry.path(), project.join(name)).expect("a copy");
        }
    }
    // npm writes this file when it is done.
    if fresh || !project.join("node_modules/.package-lock.json").exists() {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(project);
        let output = npm.output().expect("npm was found before");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "npm ci: {errors}");
    }
}
