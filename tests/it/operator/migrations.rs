//! `migrate --plan`, and migrations without the right to make tables.

use super::errors;
use crate::support::{Database, on_both, postgres};

on_both! {
    fn a_plan_lists_what_would_be_applied_and_applies_nothing(database) {
        let plan = || database.run(&["migrate", "--plan"], "");
        let all = plan();
        assert!(all.status.success(), "{}", errors(&all));
        let names = String::from_utf8(all.stdout.clone()).expect("UTF-8");
        let first = names.lines().next();
        assert_eq!(first, Some("m20261123_000001_create_programs"), "{names}");
        let count = names.lines().count();
        assert!(errors(&all).contains(&format!("{count} migrations would be applied")), "{}", errors(&all));
        assert_eq!(plan().stdout, all.stdout, "nothing was applied");
        if database.wire.is_none() {
            assert_eq!(std::fs::read_dir(database.folder.path()).expect("a folder").count(), 0);
        } else {
            let tables = database.texts("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'");
            assert!(tables.is_empty(), "{tables:?}");
        }
        assert_eq!(database.succeed(&["migrate"], ""), format!("applied {count} migrations"));
        let none = plan();
        assert!(none.status.success() && none.stdout.is_empty());
        assert!(errors(&none).contains("is up to date"), "{}", errors(&none));
        database.execute("DELETE FROM seaql_migrations WHERE version = (SELECT max(version) FROM seaql_migrations)");
        let last = plan();
        assert_eq!(String::from_utf8_lossy(&last.stdout).lines().next(), names.lines().last());
        assert!(errors(&last).contains("1 migration would be applied"), "{}", errors(&last));
        assert_eq!(database.run(&["migrate", "--plan", "--verify"], "").status.code(), Some(2));
    }
}

#[test]
fn a_user_that_may_not_make_tables_is_told_so_and_can_still_plan() {
    let Some(mut database) = Database::postgres() else { return };
    let server = postgres::server().expect("it runs");
    let name = database.postgres.clone().expect("it has a name");
    let role = format!("reader_of_{name}");
    server.maintain(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"));
    database.as_superuser("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let port = database.wire.as_ref().expect("PostgreSQL is behind one").port();
    let owner = std::mem::replace(
        &mut database.url,
        format!("postgres://{role}:reader@127.0.0.1:{port}/{name}"),
    );
    let plan = database.run(&["migrate", "--plan"], "");
    assert!(plan.status.success(), "{}", errors(&plan));
    assert!(String::from_utf8_lossy(&plan.stdout).lines().count() > 10);
    let refused = database.run(&["migrate"], "");
    assert_eq!(refused.status.code(), Some(1));
    let said = errors(&refused);
    assert!(
        said.contains(&format!("the user {role} may not make tables in the database")),
        "{said}"
    );
    assert!(said.contains("GRANT CREATE") && !said.contains(" at line "), "{said}");
    // Once the tables are there and may be read, nothing has to be made.
    let reader = std::mem::replace(&mut database.url, owner);
    database.succeed(&["program", "create", "--name", "acme"], "");
    database.as_superuser(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    database.url = reader;
    assert_eq!(database.succeed(&["migrate"], ""), "the database is up to date");
    assert!(database.succeed(&["program", "list"], "").ends_with("acme"));
    let refused = database.run(&["program", "create", "--name", "other"], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(!errors(&refused).contains(" at line "), "{}", errors(&refused));
    database.as_superuser(&format!("DROP OWNED BY {role}"));
    server.maintain(&format!("DROP ROLE {role}"));
}
