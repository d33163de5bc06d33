//! A user of PostgreSQL that may read and write, and not make tables.

use crate::support::issuer::{ACME, balance, from_now};
use crate::support::watcher::Socket;
use crate::support::{Database, Line, postgres};

const NO_MIGRATIONS: (&str, &str) = ("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", "false");

/// The statements of the guide, for this user.
fn grants(role: &str) -> String {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operators.md");
    let guide = std::fs::read_to_string(guide).expect("the guide");
    let (_, rest) = guide.split_once("```sql\n").expect("the guide has them");
    let (sql, _) = rest.split_once("```").expect("an end");
    assert!(sql.contains("TO cards_app"), "{sql}");
    sql.replace("cards_app", role)
}

/// A migrated database, and one whose user has the rights of the guide.
fn granted() -> Option<(Database, Database, String)> {
    let owner = Database::postgres()?;
    let server = postgres::server()?;
    let name = owner.postgres.clone().expect("it is on PostgreSQL");
    owner.succeed(&["migrate"], "");
    let role = format!("app_of_{name}");
    server.maintain(&format!("CREATE ROLE {role} LOGIN PASSWORD 'app'"));
    let mut app = Database::postgres()?;
    let port = owner.wire.as_ref().expect("PostgreSQL is behind one").port();
    app.url = format!("postgres://{role}:app@127.0.0.1:{port}/{name}");
    app.postgres = Some(name);
    Some((owner, app, role))
}

/// Runs a command; its status, standard output and standard error.
fn run(app: &Database, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = app.program(arguments);
    let output = command.env(NO_MIGRATIONS.0, NO_MIGRATIONS.1).output().expect("it runs");
    let [out, said] = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).expect("UTF-8").trim_end().to_owned());
    (output.status.code(), out, said)
}

#[test]
fn the_rights_of_the_guide_are_enough() {
    let Some((owner, app, role)) = granted() else { return };
    // It says what is missing, before and after a part of it is there.
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let (status, _, said) = run(&app, &serve);
    assert_eq!(status, Some(1));
    assert!(said.contains("grant the rights"), "{said}");
    let server = postgres::server().expect("it runs");
    server.sql(app.postgres.as_deref().expect("a name"), &grants(&role));
    let (status, name, said) = run(&app, &["program", "create", "--name", "acme"]);
    assert_eq!((status, name.as_str()), (Some(0), "acme"), "{said}");
    let file = app.folder.path().join("customers");
    let lines: Vec<String> =
        (1..=3).map(|number| Line::new(number).cards(&["active"]).0.to_string()).collect();
    std::fs::write(&file, lines.join("\n")).expect("a file");
    let (status, _, said) =
        run(&app, &["import", "--program", "acme", file.to_str().expect("text")]);
    assert_eq!(status, Some(0), "{said}");
    let (_, token, _) = run(&app, &["token", "create", "--program", "acme"]);
    let gateway = app.serve_with(&[ACME, NO_MIGRATIONS]);
    let mut socket = Socket::connect(&gateway, &token);
    socket.subscribe(
        "a",
        "subscription { cardCustomerBalance(identifier: \"usr_1\") { availableBalance } }",
    );
    socket.next("a");
    gateway.take(&balance("evt_1", "usr_1", "7.50", "0.00", &from_now(0)));
    assert_eq!(socket.next("a")["cardCustomerBalance"]["availableBalance"], "7.50");
    let list = gateway.query(
        &token,
        "{ cardCustomers(status: ACTIVE) { totalCount } cardCustomersSummary { byStatus { count } } }",
    );
    assert_eq!(list.data()["cardCustomers"]["totalCount"], 3);
    for path in ["/readyz", "/v1/card-issuer/customers"] {
        assert_eq!(gateway.get(&token, path).status, 200, "{path}");
    }
    for command in [
        &["events", "replay", "--all"][..],
        &["events", "list"],
        &["status"],
        &["token", "list"],
        &["client", "create", "--program", "acme"],
    ] {
        let (status, _, said) = run(&app, command);
        assert_eq!(status, Some(0), "{command:?}: {said}");
    }
    assert_eq!(gateway.warnings(), Vec::<String>::new());
    // It could not have made a table, and the owner's next migration is found missing.
    let may = format!("SELECT has_schema_privilege('{role}', 'public', 'CREATE')");
    assert_eq!(app.as_superuser(&may), "f");
    drop(gateway);
    let newest =
        "DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)";
    app.as_superuser(newest);
    let (status, _, said) = run(&app, &serve);
    assert_eq!(status, Some(1));
    let expected = "lacks 1 migration of this version; run `card-gateway migrate` first";
    assert!(said.contains(expected), "{said}");
    // Nor does it start on a database of a version to come.
    app.as_superuser("INSERT INTO seaql_migrations VALUES ('m999_of_tomorrow', 0)");
    let (status, _, said) = run(&app, &serve);
    assert_eq!(status, Some(1));
    assert!(said.contains("newer version of card-gateway, with m999_of_tomorrow"), "{said}");
    drop(owner);
}

#[test]
fn an_empty_database_lacks_migrations_and_stays_empty() {
    let Some(database) = Database::postgres() else { return };
    let (status, _, said) = run(&database, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(status, Some(1));
    assert!(said.contains("has no tables of card-gateway; run `card-gateway migrate`"), "{said}");
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(database.texts(tables), Vec::<String>::new());
}
