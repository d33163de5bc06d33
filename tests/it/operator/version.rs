//! `--version`, with the commit that the program was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::database::program;

#[test]
fn the_version_says_what_it_was_built_from() {
    let output = program().arg("--version").output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let pattern =
        r"^card-gateway \d+\.\d+\.\d+ \((development build|unknown commit|[0-9a-f]{7,12})\)\n$";
    assert!(regex::Regex::new(pattern).expect("a pattern").is_match(&text), "{text}");
}

/// The build script as a program.
fn build_script(folder: &Path) -> PathBuf {
    let script = folder.join("build");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("build.rs");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut rustc = Command::new(rustc);
    let rustc = rustc.args(["--edition", "2024", "-o"]).arg(&script).arg(source);
    assert!(rustc.status().expect("rustc runs").success());
    script
}

/// What the build script says in a folder.
fn built(script: &Path, folder: &Path, profile: &str, commit: Option<&str>) -> Vec<String> {
    let mut command = Command::new(script);
    command.current_dir(folder).env("PROFILE", profile).env_remove("CARD_GATEWAY_COMMIT");
    command.envs(commit.map(|commit| ("CARD_GATEWAY_COMMIT", commit)));
    let output = command.output().expect("it runs");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("UTF-8").lines().map(str::to_owned).collect()
}

#[test]
fn a_release_has_the_commit_of_its_repository_or_of_the_environment() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = build_script(folder.path());
    let has = |lines: &[String], build: &str| {
        let line = format!("cargo:rustc-env=CARD_GATEWAY_BUILD={build}");
        assert!(lines.contains(&line), "{lines:?}");
    };
    let sources = folder.path().join("sources");
    std::fs::create_dir(&sources).expect("made");
    has(&built(&script, &sources, "release", None), "unknown commit");
    let given = "0123456789ABCDEF0123456789abcdef01234567";
    has(&built(&script, &sources, "release", Some(given)), "0123456789ab");
    has(&built(&script, &sources, "debug", Some(given)), "0123456789ab");
    has(&built(&script, &sources, "release", Some("")), "unknown commit");
    has(&built(&script, &sources, "release", Some("main; rm")), "unknown commit");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments);
        let output = git.current_dir(&sources).output().expect("git runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["commit", "--quiet", "--allow-empty", "--message", "one"]);
    let commit = git(&["rev-parse", "--short=12", "HEAD"]);
    let release = built(&script, &sources, "release", None);
    has(&release, &commit);
    assert!(release.contains(&"cargo:rerun-if-changed=.git/logs/HEAD".to_owned()), "{release:?}");
    // A commit must not make Cargo compile a development build again.
    let development = built(&script, &sources, "debug", None);
    has(&development, "development build");
    assert!(!development.iter().any(|line| line.contains(".git")), "{development:?}");
    // A copy of the sources in a folder of another repository has no commit of its own.
    let copy = sources.join("vendor");
    std::fs::create_dir(&copy).expect("made");
    has(&built(&script, &copy, "release", None), "unknown commit");
}
