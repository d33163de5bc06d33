//! Schemathesis, an independent tool, reads the descriptions of the APIs
//! and tries whatever follows from it, in requests that are the same each time.
//! What a description cannot say is said in `tests/schemathesis`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::support::builders::lines;
use crate::support::issuer::{ACME, SECRET};
use crate::support::{Database, missing, transaction};

/// How long a run may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// Whether this Python will do.
const SUITS: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

#[test]
fn it_finds_nothing_in_rest() {
    if let Some(said) = run("/openapi.json", "rest.py") {
        assert!(said.contains("Tested: 18\n"), "{said}");
    }
}

#[test]
fn it_finds_nothing_in_graphql() {
    if let Some(said) = run("/graphql", "graphql.py") {
        assert!(said.contains("Selected: 24/24\n"), "{said}");
    }
}

/// Runs it against a gateway of its own, with the rules and the configuration of that name;
/// what it has said, if it is here.
fn run(description: &str, rules: &str) -> Option<String> {
    let program = program()?;
    let database = Database::sqlite();
    let customers = lines(30).into_iter().map(|line| line.cards(&["active", "voided"]));
    let customers: Vec<_> = customers.collect();
    let token = database.program_with("acme", &customers);
    let transactions = (1..=30).map(|number| transaction(customers[6].id(), number, 3_850));
    database.put_transactions("acme", transactions.collect());
    let gateway = database.serve_with(&[ACME]);
    let source = source();
    // Whatever it leaves behind goes with the database.
    let output = database.folder.path().join("said");
    let said = File::create(&output).expect("a file");
    let mut command = Command::new(program);
    command.arg("--config-file").arg(source.join(rules).with_extension("toml"));
    command.arg("run").arg(format!("{}{description}", gateway.host));
    command.args(["--phases", "examples,coverage,fuzzing,stateful", "--checks", "all"]);
    // Those have no answer without an issuer.
    command.args(["--exclude-tag", "issuer"]);
    command.args(["--no-color", "--header", &format!("Authorization: Bearer {token}")]);
    command.env("SCHEMATHESIS_HOOKS", source.join(rules)).env("WEBHOOK_SECRET", SECRET);
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(database.folder.path());
    command.stdout(said.try_clone().expect("a file")).stderr(said);
    let mut child = command.spawn().expect("it starts");
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().expect("it can be asked") {
            Some(ended) => break Some(ended),
            None if begun.elapsed() > PATIENCE => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if ended.is_none() {
        let _ = child.kill();
        let _ = child.wait();
    }
    let said = fs::read_to_string(output).expect("UTF-8");
    assert!(ended.is_some_and(|status| status.success()), "{ended:?}\n{said}");
    // Warnings remain: this token may not pay, and there is no issuer to ask.
    assert!(!said.contains('❌') && !said.contains('🚫'), "{said}");
    Some(said)
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis")
}

/// The program; `None` where it cannot be had or only the fast tests run, which has
/// been printed to standard error.
fn program() -> Option<PathBuf> {
    const TESTS: &str = "WITH SCHEMATHESIS";
    if missing::left_out(TESTS) {
        return None;
    }
    let installed = install();
    if let Err(missing) = &installed {
        missing::skip(TESTS, missing);
    }
    installed.ok()
}

/// Installs the program once, into an environment of its own.
fn install() -> Result<PathBuf, String> {
    let suits = Command::new("python3").args(["-c", SUITS]).output();
    if !suits.is_ok_and(|output| output.status.success()) {
        return Err("there is no Python 3.11 or newer with venv and pip".to_owned());
    }
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("schemathesis");
    // One at a time, also of other runs.
    let turn = File::create(environment.with_extension("turn")).expect("a file");
    turn.lock().expect("a turn");
    let wanted = source().join("requirements.lock");
    let installed = environment.join("installed.lock");
    let bytes = |path: &Path| fs::read(path).ok();
    if bytes(&wanted) != bytes(&installed) {
        let mut venv = Command::new("python3");
        finish(venv.args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
        finish(pip.arg("--requirement").arg(&wanted))?;
        fs::copy(&wanted, &installed).expect("a copy");
    }
    Ok(environment.join("bin/schemathesis"))
}

/// Runs a command to its end; what it complains about, if it fails.
fn finish(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {errors}")) }
}
