//! Each format's own tool accepts the files. What no tool here can show is in
//! `deploy/README.md`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::{folder, read};
use crate::support::missing;

#[test]
fn prometheus_accepts_the_alert_rules() {
    const TESTS: &str = "OF THE ALERT RULES";
    if missing::left_out(TESTS) {
        return;
    }
    if Command::new("promtool").arg("--version").output().is_err() {
        return missing::skip(TESTS, "there is no promtool, of Debian's package prometheus");
    }
    let promtool = |arguments: &[&str]| {
        Command::new("promtool").args(arguments).current_dir(folder()).output().expect("it runs")
    };
    succeeded(&promtool(&["check", "rules", "prometheus/alerts.yml"]));
    succeeded(&promtool(&["test", "rules", "prometheus/alerts.test.yml"]));
}

#[test]
fn systemd_accepts_the_unit() {
    const TESTS: &str = "OF THE SYSTEMD UNIT";
    if missing::left_out(TESTS) {
        return;
    }
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        return missing::skip(TESTS, "there is no systemd-analyze");
    }
    // It looks for the program, which is somewhere else here.
    let unit = read("systemd/card-gateway.service");
    let unit = unit.replace("/usr/local/bin/card-gateway", env!("CARGO_BIN_EXE_card-gateway"));
    let own = tempfile::tempdir().expect("a folder");
    let file = own.path().join("card-gateway.service");
    fs::write(&file, unit).expect("it can be written");
    let output = Command::new("systemd-analyze").arg("verify").arg(&file).output();
    let output = output.expect("it runs");
    succeeded(&output);
    // A word that it does not know is only a warning.
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("card-gateway.service"), "{said}");
}

#[test]
fn dockerfile_compose_file_and_manifests_are_valid() {
    const TESTS: &str = "OF THE CONTAINERS' FILES";
    if missing::left_out(TESTS) {
        return;
    }
    let programs = match install() {
        Ok(programs) => programs,
        Err(why) => return missing::skip(TESTS, &why),
    };
    let run = |name: &str, arguments: &[&str]| {
        let mut command = Command::new(programs.join(name));
        succeeded(&command.args(arguments).current_dir(folder()).output().expect("it runs"));
    };
    run("hadolint", &["Dockerfile"]);
    run("check-jsonschema", &["--builtin-schema", "vendor.compose-spec", "compose.yaml"]);
    let manifests = fs::read_dir(folder().join("kubernetes")).expect("a folder");
    let manifests = manifests.map(|entry| entry.expect("an entry").path());
    // It has no schema of its own, and lists the others.
    let manifests: Vec<PathBuf> =
        manifests.filter(|path| !path.ends_with("kustomization.yaml")).collect();
    assert_eq!(manifests.len(), 6, "{manifests:?}");
    for manifest in manifests {
        let file = manifest.to_str().expect("UTF-8");
        run("kubernetes-validate", &["--strict", "-k", KUBERNETES, file]);
    }
}

/// The oldest version whose `preStop` can sleep without a feature gate.
const KUBERNETES: &str = "1.30";

#[test]
fn the_kustomization_names_every_manifest_but_those_of_the_operator() {
    let kustomization = read("kubernetes/kustomization.yaml");
    for entry in fs::read_dir(folder().join("kubernetes")).expect("a folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let by_hand = ["kustomization.yaml", "migration.yaml", "secret.example.yaml"];
        let listed = kustomization.contains(&format!("- {name}\n"));
        assert_eq!(listed, !by_hand.contains(&&*name), "{name}");
    }
}

#[test]
fn everything_that_is_compiled_in_is_in_the_image_builders_context() {
    let ignored = read("Dockerfile.dockerignore");
    let folders: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let root = folder().join("..");
    for listed in &folders {
        assert!(root.join(listed).exists(), "{listed} is not there");
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("a file");
    let manifest: toml::Table = manifest.parse().expect("TOML");
    for member in manifest["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a name");
        assert!(member == "." || folders.contains(&member), "{member}");
    }
    // The types of the schema are read from this file.
    assert!(folders.contains(&"schema.graphql"), "{folders:?}");
}

/// Installs the tools once, into an environment of their own; the folder of their programs.
fn install() -> Result<PathBuf, String> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("deploy-tools");
    // One at a time, also of other runs.
    let turn = File::create(environment.with_extension("turn")).expect("a file");
    turn.lock().expect("a turn");
    let wanted = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/requirements.lock");
    let installed = environment.join("installed.lock");
    let bytes = |path: &Path| fs::read(path).ok();
    if bytes(&wanted) != bytes(&installed) {
        let mut venv = Command::new("python3");
        finish(venv.args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        finish(
            pip.args(["--require-hashes", "--only-binary", ":all:", "--requirement"]).arg(&wanted),
        )?;
        fs::copy(&wanted, &installed).expect("a copy");
    }
    Ok(environment.join("bin"))
}

/// Runs a command to its end; what it complains about, if it fails.
fn finish(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("{command:?}: {errors}")) }
}

fn succeeded(output: &Output) {
    let said = [&*output.stdout, b"\n", &*output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}
