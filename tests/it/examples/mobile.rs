//! The page of examples/mobile on a phone's screen. The script is in `tests/browser`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::{commands, folder, python};
use crate::support::builders::lines;
use crate::support::chromium::chromium;
use crate::support::{Database, Line, node};

#[test]
fn it_asks_by_hash_loads_more_and_shows_a_balance() {
    let Some(chromium) = chromium() else { return };
    let Some(project) = node::project("tests/browser") else { return };
    if !python() {
        return;
    }
    let database = Database::sqlite();
    let mut customers = lines(15);
    customers.push(Line::new(16).with("flow_status", "otp_verified"));
    customers.push(Line::new(17).balance(1_234, 5));
    let token = database.program_with("acme", &customers);
    let all = commands("mobile");
    let [files, demo] = &all[..] else { panic!("{all:?}") };
    let files = Files::serve(files);
    // The demo, with a setting for it before.
    let (setting, demo) = demo.split_once(' ').expect("two words");
    assert_eq!([demo], *commands("").first_chunk().expect("a command"));
    let (name, origin) = setting.split_once('=').expect("a setting");
    assert_eq!(origin, "http://127.0.0.1:8081");
    let gateway = database.serve_with(&[(name, &files.origin)]);
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&screenshots).expect("a folder");
    let mut command = project.node("mobile.mjs");
    command.args([&files.origin, &gateway.host]).env("TOKEN", token);
    command.env("CHROMIUM", chromium).env("SCREENSHOTS", screenshots);
    node::converse(&mut command, |_| None);
}

/// The server of the page's files.
struct Files {
    server: Child,
    origin: String,
}

impl Files {
    /// Runs the README's command, on a free port.
    fn serve(command: &str) -> Self {
        let anywhere = command.replace(" 8081 ", " 0 ");
        assert_ne!(anywhere, command, "the port is another one");
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec {anywhere}")]).current_dir(folder("mobile"));
        // It prints its address immediately.
        shell.env("PYTHONUNBUFFERED", "1").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = shell.spawn().expect("a shell");
        let mut said = String::new();
        let stdout = server.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut said).expect("UTF-8");
        let origin = said.split_once('(').and_then(|(_, rest)| rest.split_once("/)"));
        let origin = origin.unwrap_or_else(|| panic!("{said}")).0.to_owned();
        Self { server, origin }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
