//! Names in the files that have to follow the repository.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use super::{folder, read};
use crate::support::database::program;

#[test]
fn settings_that_are_named_exist() {
    let setting = Regex::new(r"CARD_GATEWAY__\w+[A-Z]").expect("a pattern");
    let mut named = BTreeSet::new();
    for file in files(&folder()) {
        let found = setting.find_iter(&file).map(|found| found.as_str().to_owned());
        named.extend(found.collect::<Vec<_>>());
    }
    assert!(named.len() >= 5, "{named:?}");
    let own = tempfile::tempdir().expect("a folder");
    let mut config = program();
    // The values are wrong, which does not matter: the names must be known.
    config.arg("config").envs(named.iter().map(|name| (name, ""))).current_dir(own.path());
    let said = config.output().expect("it runs").stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(!said.contains("is not a setting"), "{said}");
}

/// The text of each file of a folder and below.
pub(super) fn files(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![fs::read_to_string(path).expect("UTF-8")]
            }
        })
        .collect()
}

#[test]
fn the_image_is_built_with_the_compiler_of_the_repository() {
    let root = folder().join("..");
    let table = |name: &str| {
        let text = fs::read_to_string(root.join(name)).expect("a file");
        text.parse::<toml::Table>().expect("TOML")
    };
    let toolchain = table("rust-toolchain.toml");
    let channel = toolchain["toolchain"]["channel"].as_str().expect("a version");
    let (minor, _patch) = channel.rsplit_once('.').expect("three numbers");
    let dockerfile = read("Dockerfile");
    assert!(dockerfile.contains(&format!("FROM rust:{minor}-")), "{channel}");
    let manifest = table("Cargo.toml");
    let version = manifest["workspace"]["package"]["version"].as_str().expect("a version");
    for file in ["README.md", "kubernetes/deployment.yaml", "kubernetes/migration.yaml"] {
        assert!(read(file).contains(&format!("card-gateway:{version}")), "{file}: {version}");
    }
}

#[test]
fn a_replica_may_take_as_long_to_stop_as_it_needs() {
    // Seconds: preStop, the drain delay, open requests, WebSockets, events.
    let needed = 2 + 5 + 15 + 2 + 2;
    for (file, pattern) in [
        ("kubernetes/deployment.yaml", r"terminationGracePeriodSeconds: (\d+)"),
        ("systemd/card-gateway.service", r"TimeoutStopSec=(\d+)s"),
    ] {
        let pattern = Regex::new(pattern).expect("a pattern");
        let text = read(file);
        let seconds = pattern.captures(&text).expect("a time")[1].parse::<u32>().expect("a number");
        assert!(seconds > needed, "{file}: {seconds}");
    }
}
