//! The settings of the standby, and what operators see of it.

use std::process::Output;

use super::world::{READ_LAG, READ_URL, World, wait_until};
use crate::support::database::program;

const DATABASE: (&str, &str) = ("DATABASE_URL", "postgres://me@db.example/cards");

fn run(command: &str, settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = program();
    program.arg(command).envs(settings.iter().copied()).current_dir(folder.path());
    program.output().expect("it runs")
}

/// The errors of settings that are refused.
fn errors(settings: &[(&str, &str)]) -> String {
    let output = run("serve", settings);
    assert_eq!(output.status.code(), Some(2));
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn the_password_of_the_standby_is_hidden() {
    let url = "postgres://me:hunter2@standby.example/cards?sslmode=require&password=hunter2";
    let output = run("config", &[DATABASE, (READ_URL, url), (READ_LAG, "3s")]);
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success());
    let expected = "read_url = \"postgres://me:[hidden]@standby.example/cards?sslmode=require&password=[hidden]\" # DATABASE_READ_URL";
    assert!(shown.contains(expected), "{shown}");
    assert!(shown.contains("read_lag = \"3s\" # CARD_GATEWAY__DATABASE__READ_LAG"), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_standby_of_sqlite_is_refused_with_one_sentence() {
    let url = (READ_URL, "postgres://me:hunter2@standby.example/cards");
    let said = "card-gateway: database.read_url (DATABASE_READ_URL) needs PostgreSQL, and database.url is SQLite, which has no standby\n";
    assert_eq!(errors(&[url]), said);
    assert_eq!(errors(&[url, ("DATABASE_URL", "sqlite://cards.db")]), said);
    // What is wrong with the database's own address is said alone.
    let both = errors(&[url, ("DATABASE_URL", "mysql://db.example/cards")]);
    assert_eq!(both.lines().count(), 1, "{both}");
}

#[test]
fn an_address_that_is_not_of_postgresql_is_refused_with_one_sentence() {
    for url in [
        "sqlite://hunter2.db",
        "http://me:hunter2@db.example",
        "hunter2",
        "postgres://me:hunter2#x@db/cards",
    ] {
        let said = errors(&[DATABASE, (READ_URL, url)]);
        let begin =
            "card-gateway: database.read_url (DATABASE_READ_URL) must be a postgres:// address";
        assert!(said.starts_with(begin) && said.lines().count() == 1, "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let said = errors(&[DATABASE, (READ_LAG, "0s")]);
    assert!(
        said.contains("database.read_lag (CARD_GATEWAY__DATABASE__READ_LAG) must not be 0"),
        "{said}"
    );
    // Empty is none.
    assert!(run("config", &[(READ_URL, "")]).status.success());
}

/// The line of `doctor` about the standby.
fn doctor(world: &World, url: &str) -> String {
    let mut doctor = world.database.program(&["doctor"]);
    doctor.env(READ_URL, url).env(READ_LAG, "1s");
    let output = doctor.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = text.lines().filter(|line| line.split_whitespace().nth(1) == Some("standby"));
    let lines: Vec<&str> = lines.collect();
    let [line] = lines.as_slice() else { panic!("{text}") };
    (*line).to_owned()
}

#[test]
fn operators_see_how_the_standby_does() {
    let Some((mut world, _)) = World::with_customers(1) else { return };
    let gateway = world.serve_well();
    let request = gateway.client().get(&gateway.host).header("accept", "application/json");
    assert_eq!(gateway.send(request).json()["standby"], "ok");
    let request = gateway.client().get(&gateway.host).header("accept", "text/html");
    let page = gateway.send(request).text;
    assert!(page.contains("<dt>Reads at the standby of the database</dt><dd>ok</dd>"), "{page}");
    let url = world.read_url().replace("postgres://postgres@", "postgres://postgres:hunter2@");
    let line = doctor(&world, &url);
    assert!(line.starts_with("ok") && line.ends_with("follows the primary"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
    let line = doctor(&world, &world.database.url);
    assert!(line.starts_with("warn") && line.contains("it is no standby"), "{line}");
    world.pair.standby.kill();
    let line = doctor(&world, &url);
    assert!(
        line.starts_with("warn") && line.contains("is not used, so that the primary"),
        "{line}"
    );
    wait_until(&gateway, "unavailable");
    // Without the setting, nothing is said of it.
    let gateway = world.database.serve();
    assert_eq!(gateway.get("", "/readyz").json().get("standby"), None);
    assert!(!gateway.get("", "/metrics").text.contains("\nstandby_used "));
}
