//! The page of examples/mobile on a phone's screen. The script is in `tests/mobile`.

use std::fs;
use std::path::Path;

use super::{commands, folder};
use crate::support::builders::lines;
use crate::support::chromium::chromium;
use crate::support::{Database, Line, node};

/// Where the README serves the page.
const README: &str = "http://127.0.0.1:8081";

#[test]
fn it_asks_by_hash_loads_more_and_shows_a_balance() {
    let Some(chromium) = chromium() else { return };
    let Some(project) = node::project("tests/mobile") else { return };
    let database = Database::sqlite();
    let mut customers = lines(15);
    customers.push(Line::new(16).with("flow_status", "otp_verified"));
    customers.push(Line::new(17).balance(1_234, 5));
    let token = database.program_with("acme", &customers);
    // What the README tells the gateway, but for the page's origin.
    let all = commands("mobile");
    let setting = all.iter().find_map(|line| line.split(' ').next()?.split_once('='));
    let (setting, origin) = setting.expect("a setting");
    assert_eq!(origin, README);
    let screenshots = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    fs::create_dir_all(&screenshots).expect("a folder");
    let mut gateway = None;
    let mut command = project.node("mobile.mjs");
    command.arg(folder("mobile")).arg(&screenshots);
    command.env("TOKEN", token).env("CHROMIUM", chromium);
    node::converse(&mut command, |line| {
        let origin = line.strip_prefix("origin ")?;
        let gateway = gateway.insert(database.serve_with(&[(setting, origin)]));
        Some(gateway.host.clone())
    });
    assert!(gateway.is_some(), "the page was served");
}
