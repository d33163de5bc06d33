//! The examples do what their READMEs say: the commands are taken from there and
//! run against a gateway.

mod legacy;
mod mobile;
mod server;
mod service;
mod typescript;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::conversations::blocks;
use crate::support::{Gateway, missing};

const NO_TOKEN: &str = "The token contains invalid characters. Copy it again.\n";

fn folder(example: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(example)
}

/// The commands of an example's README, in order.
fn commands(example: &str) -> Vec<String> {
    let path = folder(example).join("README.md");
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
    let blocks = blocks(&text).into_iter().filter(|block| block.language == "sh");
    blocks.flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// A shell that runs these commands after those of `examples/README.md`, against
/// this gateway.
fn shell(gateway: &Gateway, token: &str, commands: &[String]) -> Command {
    let all = self::commands("");
    let mut script: Vec<String> =
        all.into_iter().filter(|all| all.starts_with("export ")).collect();
    assert_eq!(script.len(), 2, "{script:?}");
    script.extend(commands.iter().cloned());
    let script = script.join("\n").replace("http://127.0.0.1:8080", &gateway.host);
    let mut shell = Command::new("sh");
    shell.args(["-ec", &script.replace("cgw_…", token)]);
    shell
}

/// Whether a test may use Python; if not, that has been printed to standard error.
fn python() -> bool {
    const TESTS: &str = "THAT NEED PYTHON";
    if missing::left_out(TESTS) {
        return false;
    }
    let python = Command::new("python3").arg("--version").output();
    let here = python.is_ok_and(|output| output.status.success());
    if !here {
        missing::skip(TESTS, "Python was not found: there is no program python3");
    }
    here
}
