//! Commands that do not find the database: in the wrong folder, with the wrong address, while
//! the server is away.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

use super::errors;
use crate::support::database::program;
use crate::support::{Database, on_both};

/// Every command that needs a database and does not make one.
const COMMANDS: &[&[&str]] = &[
    &["program", "list"],
    &["token", "create", "--program", "acme"],
    &["token", "list"],
    &["token", "revoke", "x"],
    &["client", "create", "--program", "acme"],
    &["client", "list"],
    &["client", "revoke", "x"],
    &["import", "--program", "acme", "-"],
    &["reconcile"],
    &["sync", "--program", "acme"],
    &["sync", "--all"],
    &["status"],
    &["events", "list"],
    &["events", "show", "x"],
    &["events", "replay", "--all"],
    &["events", "recover", "--program", "acme"],
    &["fundings", "list"],
];

#[test]
fn only_serve_migrate_and_program_create_make_a_database() {
    for command in COMMANDS {
        let database = Database::sqlite();
        let output = database.run(command, "");
        let said = errors(&output);
        assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
        let file = database.folder.path().join("test.db");
        let expected = format!(
            "card-gateway: there is no database sqlite://{}; make it with `card-gateway migrate`, \
             or name another one with DATABASE_URL or --database-url\n",
            file.display()
        );
        assert_eq!(said, expected, "{command:?}");
        let files = std::fs::read_dir(database.folder.path()).expect("a folder").count();
        assert_eq!(files, 0, "{command:?} makes a file");
    }
    for command in [&["migrate"][..], &["program", "create", "--name", "acme"]] {
        let database = Database::sqlite();
        database.succeed(command, "");
        assert!(database.folder.path().join("test.db").exists(), "{command:?}");
        database.succeed(&["program", "list"], "");
    }
    let database = Database::sqlite();
    drop(database.serve());
    assert!(database.folder.path().join("test.db").exists());
}

#[test]
fn the_database_of_the_defaults_is_named_with_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = program().args(["token", "list"]).current_dir(folder.path()).output();
    let said = errors(&output.expect("it runs"));
    let file = folder.path().join("card-gateway.db");
    assert!(said.contains(&format!("there is no database sqlite://{};", file.display())), "{said}");
}

#[test]
fn serve_makes_no_database_that_it_may_not_migrate() {
    let database = Database::sqlite();
    let mut serve = database.program(&["serve", "--listen", "127.0.0.1:0"]);
    let output = serve.env("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", "false").output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(errors(&output).contains("there is no database sqlite://"), "{}", errors(&output));
    assert_eq!(std::fs::read_dir(database.folder.path()).expect("a folder").count(), 0);
}

on_both! {
    fn a_database_without_tables_is_named(database) {
        if database.wire.is_none() {
            std::fs::write(database.folder.path().join("test.db"), "").expect("written");
        }
        for command in COMMANDS {
            let output = database.run(command, "");
            let said = errors(&output);
            assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
            assert!(said.contains("has no tables of card-gateway; run `card-gateway migrate` first"), "{command:?}: {said}");
            assert!(said.contains("the database sqlite:///") || said.contains("the database postgres://"), "{said}");
        }
    }

    fn a_database_with_old_tables_is_named(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        database.execute("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)");
        let output = database.run(&["program", "list"], "");
        assert_eq!(output.status.code(), Some(1));
        let said = errors(&output);
        assert!(said.contains("lacks 1 migration of this version; run `card-gateway migrate` first"), "{said}");
    }

    fn a_database_of_a_newer_version_is_left_alone(database) {
        database.succeed(&["program", "create", "--name", "acme"], "");
        database.execute("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000099_next', 0)");
        for command in [&["program", "list"][..], &["migrate"], &["migrate", "--plan"], &["serve"]] {
            let output = database.run(command, "");
            let said = errors(&output);
            assert_eq!(output.status.code(), Some(1), "{command:?}: {said}");
            assert!(said.contains("was migrated by a newer version of card-gateway"), "{command:?}: {said}");
        }
    }

    fn programs_that_do_not_exist_are_told_with_those_that_do(database) {
        database.succeed(&["migrate"], "");
        let said = |command: &[&str]| {
            let output = database.run(command, "");
            assert_eq!(output.status.code(), Some(1), "{command:?}");
            errors(&output)
        };
        let first = said(&["token", "list", "--program", "acme"]);
        assert!(first.contains("it has none yet; create one: card-gateway program create --name NAME"), "{first}");
        database.succeed(&["program", "create", "--name", "acme"], "");
        for name in ["amce", "acm", "acmee"] {
            let near = said(&["token", "create", "--program", name]);
            assert!(near.contains(&format!("there is no program {name} in ")), "{near}");
            assert!(near.contains("did you mean acme?"), "{near}");
        }
        let far = said(&["events", "list", "--program", "initech"]);
        assert!(far.contains("see: card-gateway program list") && !far.contains("did you mean"), "{far}");
    }
}

/// A command against an address. It must fail at once, and not when the time is over in which
/// a connection may come.
fn against(url: &str) -> String {
    let began = Instant::now();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = program();
    let command = command.args(["program", "list", "--database-url", url]);
    command.env("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "2m");
    let output: Output = command.current_dir(folder.path()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1), "{url}");
    let said = errors(&output);
    assert!(began.elapsed() < Duration::from_mins(1), "{url}: {:?}: {said}", began.elapsed());
    assert!(!said.contains("hunter2"), "{said}");
    said
}

#[test]
fn a_server_that_is_not_there_is_told_at_once() {
    let said = against("postgres://me:hunter2@127.0.0.1:1/cards");
    let expected = "card-gateway: the database postgres://me@127.0.0.1:1/cards cannot be opened: \
                    nobody listens at 127.0.0.1:1; is PostgreSQL running there?\n";
    assert_eq!(said, expected);
    let said = against("postgres://me:hunter2@no-such-host.invalid/cards");
    assert!(said.contains("there is no host no-such-host.invalid"), "{said}");
    let said = against("postgres://me:hunter2@localhost/cards?host=/nowhere");
    assert!(said.contains("nobody listens at /nowhere"), "{said}");
}

#[test]
fn a_database_or_role_that_does_not_exist_is_told() {
    let Some(database) = Database::postgres() else { return };
    let url = url::Url::parse(&database.url).expect("an address");
    let mut other = url.clone();
    other.set_path("/no_such_database");
    let said = against(other.as_str());
    assert!(said.contains("there is no database no_such_database at 127.0.0.1:"), "{said}");
    let mut other = url;
    other.set_username("no_such_role").expect("a name");
    let said = against(other.as_str());
    assert!(said.contains("no_such_role"), "{said}");
}

/// A server that refuses every connection with this code of PostgreSQL.
fn refusing(code: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut start = [0; 1024];
            // The start-up message; what it says does not matter.
            let _ = stream.read(&mut start);
            let fields = format!("SFATAL\0VFATAL\0C{code}\0Mno\0\0");
            let length = u32::try_from(fields.len() + 4).expect("short").to_be_bytes();
            let message = [b"E", &length[..], fields.as_bytes()].concat();
            let _ = stream.write_all(&message);
        }
    });
    port
}

#[test]
fn a_server_that_lets_nobody_in_is_told_with_its_reason() {
    for (code, told) in [
        ("28P01", "does not accept the password of the user me"),
        ("28000", "does not let the user me in"),
        ("3D000", "there is no database cards at"),
        ("53300", "has no connection left"),
        ("57P03", "is starting or stopping; try again in a moment"),
        ("42501", "the user me may not connect to the database cards"),
    ] {
        let port = refusing(code);
        let said =
            against(&format!("postgres://me:hunter2@127.0.0.1:{port}/cards?sslmode=disable"));
        assert!(said.contains(told), "{code}: {said}");
    }
}

#[test]
fn what_is_no_database_server_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let said = against(&format!("postgres://me:hunter2@127.0.0.1:{port}/cards"));
    let told = ["is it a PostgreSQL server?", "does not answer as PostgreSQL does"];
    assert!(told.iter().any(|told| said.contains(told)), "{said}");
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let url = format!("postgres://me:hunter2@127.0.0.1:{port}/cards");
    let mut command = program();
    command.args(["program", "list", "--database-url", &url]);
    command.env("CARD_GATEWAY__DATABASE__ACQUIRE_TIMEOUT", "300ms");
    let said = errors(&command.output().expect("it runs"));
    assert!(said.contains("does not answer within 300ms"), "{said}");
}

#[test]
fn a_file_that_cannot_be_a_database_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("notes.txt");
    std::fs::write(&text, "notes, and no database\n".repeat(100)).expect("written");
    let said = against(&format!("sqlite://{}", text.display()));
    assert!(said.contains("the file is no SQLite database"), "{said}");
    let said = against(&format!("sqlite://{}", folder.path().display()));
    assert!(said.contains("is a folder, and no database"), "{said}");
    let nowhere = folder.path().join("nowhere/cards.db");
    let url = format!("sqlite://{}?mode=rwc", nowhere.display());
    let output = program().args(["migrate", "--database-url", &url]).output().expect("it runs");
    let said = errors(&output);
    let told =
        format!("there is no folder {} for the database", folder.path().join("nowhere").display());
    assert!(said.contains(&told), "{said}");
}
