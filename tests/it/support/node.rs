//! The projects of this repository that run on Node.js.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::missing;

/// The tests of these projects, as they are named when they are skipped.
const TESTS: &str = "THAT NEED NODE.JS";

/// The oldest Node.js that the packages support: major and minor.
const NODE: [u32; 2] = [20, 19];

/// A copy of a project, for one test, with the packages that it needs.
pub(crate) struct Project {
    /// The place of the repository.
    pub(crate) root: TempDir,
    pub(crate) folder: PathBuf,
}

/// The project in a folder of the repository; `None` where there is no Node.js or
/// only the fast tests run, which has been printed to standard error.
pub(crate) fn project(path: &str) -> Option<Project> {
    if !is_here() {
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let root = TempDir::new().expect("a temporary folder");
    let folder = root.path().join(path);
    copy(&source, &folder);
    symlink(packages(path, &source), folder.join("node_modules")).expect("a link");
    Some(Project { root, folder })
}

/// Whether there is a Node.js for these tests; if not, that has been printed to standard error.
pub(crate) fn is_here() -> bool {
    if missing::left_out(TESTS) {
        return false;
    }
    let tools = tools();
    if let Err(missing) = &tools {
        missing::skip(TESTS, missing);
    }
    tools.is_ok()
}

impl Project {
    /// A script of it, to be run with arguments.
    pub(crate) fn node(&self, script: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(script).current_dir(&self.folder);
        command
    }
}

/// Runs a command, which must succeed, and returns its output. `on_line` gets each line
/// that it prints; the result of `on_line` is written to its standard input.
pub(crate) fn converse(
    command: &mut Command,
    mut on_line: impl FnMut(&str) -> Option<String>,
) -> String {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("it is piped");
    let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut stderr = child.stderr.take().expect("it is piped");
    let errors = std::thread::spawn(move || {
        let mut errors = Vec::new();
        let _ = stderr.read_to_end(&mut errors);
        String::from_utf8_lossy(&errors).into_owned()
    });
    let mut output = String::new();
    for line in stdout.lines() {
        let line = line.expect("UTF-8");
        output.push_str(&line);
        output.push('\n');
        if let Some(reply) = on_line(&line) {
            writeln!(stdin, "{reply}").expect("it reads");
        }
    }
    let status = child.wait().expect("it ends");
    let errors = errors.join().expect("no panic");
    assert!(status.success(), "{command:?}: {status}\n{output}{errors}");
    output
}

/// Whether the machine has what the projects need.
fn tools() -> Result<(), String> {
    let node = version("node").ok_or("Node.js was not found: there is no program node")?;
    if node < NODE {
        let [major, minor] = NODE;
        return Err(format!("Node.js is too old: it must be {major}.{minor} or newer"));
    }
    version("npm").map(|_| ()).ok_or_else(|| "npm was not found".to_owned())
}

/// The version of a program, if it is here: major and minor.
fn version(program: &str) -> Option<[u32; 2]> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim_start_matches('v').split('.').map(|part| part.parse().ok());
    Some([numbers.next()??, numbers.next()??])
}

/// Copies a folder without packages that were installed there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        let name = entry.file_name();
        if name == "node_modules" {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            fs::copy(entry.path(), to.join(name)).expect("a copy");
        }
    }
}

/// The packages of a project, which are installed once for each lock file.
fn packages(path: &str, source: &Path) -> PathBuf {
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("npm").join(path);
    fs::create_dir_all(&installed).expect("a folder");
    // One test at a time, also of other runs.
    let turn = File::create(installed.join("turn")).expect("a file");
    turn.lock().expect("a turn");
    let packages = installed.join("node_modules");
    let lock = |folder: &Path| fs::read(folder.join("package-lock.json")).ok();
    // npm writes the file among the packages when it is done.
    if lock(source) != lock(&installed) || !packages.join(".package-lock.json").exists() {
        for name in ["package.json", "package-lock.json"] {
            fs::copy(source.join(name), installed.join(name)).expect("a copy");
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&installed);
        let output = npm.output().expect("npm was found before");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "npm ci in {path}: {errors}");
    }
    packages
}
