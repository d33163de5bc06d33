//! Finds the commit that the program is built from, for `card-gateway --version`.
//!
//! A build for development does not say it: otherwise each commit would make Cargo compile
//! everything again. Without git or without a history (in a container's build), the
//! variable `CARD_GATEWAY_COMMIT` says it.

use std::env;
use std::process::Command;

/// As many digits of the commit as are shown.
const DIGITS: usize = 12;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=CARD_GATEWAY_COMMIT");
    println!("cargo:rustc-env=CARD_GATEWAY_BUILD={}", build());
}

/// What `--version` says in parentheses.
fn build() -> String {
    let given = env::var("CARD_GATEWAY_COMMIT").unwrap_or_default();
    let is_commit = given.len() >= 7 && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_commit {
        return given[..given.len().min(DIGITS)].to_ascii_lowercase();
    }
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") {
        return "development build".to_owned();
    }
    commit().unwrap_or_else(|| "unknown commit".to_owned())
}

/// The commit of the repository whose root is this folder.
fn commit() -> Option<String> {
    // The sources may be a copy in a folder of another repository.
    let prefix = git(&["rev-parse", "--show-prefix"])?;
    if !prefix.is_empty() {
        return None;
    }
    // It has a new line whenever another commit is checked out.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo:rerun-if-changed={log}");
    }
    git(&["rev-parse", &format!("--short={DIGITS}"), "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
