//! `doctor`, on a good set-up and on broken ones.

use std::process::{Command, Output};

use card_gateway_sandbox::Fault as ChainFault;
use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions, ProgramSpec};
use serde_json::Value;

use super::{errors, printed};
use crate::support::chain::sandbox;
use crate::support::database::program;
use crate::support::issuer::{ACME, balance, from_now};
use crate::support::{Database, Line, on_both, postgres};

fn issuer() -> Issuer {
    let programs = vec![ProgramSpec::named("acme")];
    let issuer = Issuer::start(IssuerOptions { programs, ..IssuerOptions::default() });
    let issuer = issuer.expect("it starts");
    issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(3) }));
    issuer
}

/// The settings of a gateway that is connected to an issuer.
fn connected(command: &mut Command, issuer: &Issuer, secret: Option<&str>) {
    let keys = issuer.credentials("acme").expect("the program is there");
    command.env("CARD_GATEWAY__ISSUER__BASE_URL", issuer.url());
    command.env("CARD_GATEWAY__ISSUER__ACME__API_KEY", keys.api_key);
    command.env("CARD_GATEWAY__ISSUER__ACME__API_SECRET", secret.unwrap_or(&keys.api_secret));
}

fn run(mut command: Command) -> Output {
    command.output().expect("it runs")
}

/// The lines as pairs of the check and the verdict.
fn verdicts(text: &str) -> Vec<(String, String)> {
    let pair = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        let verdict = words.next().expect("a verdict");
        (words.next().expect("a check"), verdict)
    };
    text.lines().map(pair).collect()
}

/// The line of a check; there is one.
fn line<'a>(text: &'a str, check: &str) -> &'a str {
    let mut lines = text.lines().filter(|line| line.split_whitespace().nth(1) == Some(check));
    let line = lines.next().unwrap_or_else(|| panic!("{check} is not in\n{text}"));
    assert_eq!(lines.next(), None, "{text}");
    line
}

on_both! {
    fn all_is_well(database) {
        let (chain, issuer) = (sandbox(1), issuer());
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve_with(&[ACME]);
        gateway.take(&balance("evt_1", "usr_1", "2.00", "0.00", &from_now(0)));
        let doctor = |arguments: &[&str]| {
            let mut doctor = database.program(&[&["doctor"], arguments].concat());
            connected(&mut doctor, &issuer, None);
            doctor.env(ACME.0, ACME.1).env("CARD_GATEWAY__CHAIN__RPC_URLS", format!("{}?key=hunter2", chain.url()));
            run(doctor)
        };
        let output = doctor(&[]);
        let text = printed(&output);
        assert_eq!(output.status.code(), Some(0), "{text}");
        let checks = ["settings", "database", "migrations", "rights", "programs", "chain", "issuer", "webhooks", "clock"];
        assert_eq!(verdicts(&text), checks.map(|check| (check.to_owned(), "ok".to_owned())), "{text}");
        let engine = if database.wire.is_some() { "PostgreSQL" } else { "SQLite" };
        assert!(line(&text, "database").contains(engine), "{text}");
        assert!(line(&text, "chain").contains("endpoint 1 answers for chain 100"), "{text}");
        assert!(line(&text, "issuer").contains("acme: the key pair works"), "{text}");
        assert!(line(&text, "webhooks").contains("acme has a secret; the last event came"), "{text}");
        assert!(line(&text, "clock").contains("the issuer's"), "{text}");
        for secret in ["hunter2", "whsec"] {
            assert!(!text.contains(secret), "{text}");
        }
        // The same as JSON, one object a line.
        let json = printed(&doctor(&["--json"]));
        for (object, check) in json.lines().zip(checks) {
            let object: Value = serde_json::from_str(object).expect("JSON");
            assert_eq!((&object["check"], &object["verdict"], &object["advice"]), (&check.into(), &"ok".into(), &Value::Null));
            assert!(object["found"].is_string());
        }
        assert_eq!(json.lines().count(), checks.len());
    }

    fn what_is_broken_is_told_with_what_to_do(database) {
        let (wrong, limited, issuer) = (sandbox(1), sandbox(1), issuer());
        wrong.set_fault(Some(ChainFault::WrongChain(1)));
        limited.set_fault(Some(ChainFault::Status(401, None)));
        database.succeed(&["program", "create", "--name", "acme"], "");
        let mut doctor = database.program(&["doctor"]);
        connected(&mut doctor, &issuer, Some("not_the_secret"));
        doctor.env("CARD_GATEWAY__WEBHOOKS__SECRETS__AMCE", "whsec_1");
        let urls = format!("{}?key=hunter2,{}?key=hunter2", wrong.url(), limited.url());
        doctor.env("CARD_GATEWAY__CHAIN__RPC_URLS", urls);
        let output = run(doctor);
        let text = printed(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        let expected = [("settings", "ok"), ("database", "ok"), ("migrations", "ok"), ("rights", "ok"), ("programs", "ok"),
            ("chain", "fail"), ("chain", "fail"), ("issuer", "fail"), ("webhooks", "warn"), ("webhooks", "warn"), ("clock", "ok")];
        assert_eq!(verdicts(&text), expected.map(|(check, verdict)| (check.to_owned(), verdict.to_owned())), "{text}");
        for part in [
            "endpoint 1 is not used: it is of chain 1, not of 100; correct CARD_GATEWAY__CHAIN__RPC_URLS",
            "endpoint 2 cannot be used: it refuses the access, key or plan (status 401)",
            "acme: the issuer does not accept the program's credentials",
            "check CARD_GATEWAY__ISSUER__ACME__API_KEY and …__API_SECRET with the issuer",
            "acme has no secret, so all its events are refused; set CARD_GATEWAY__WEBHOOKS__SECRETS__ACME",
            "amce has a secret, but there is no such program; did you mean CARD_GATEWAY__WEBHOOKS__SECRETS__ACME?",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        for secret in ["hunter2", "whsec", "not_the_secret"] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    fn missing_tables_are_a_warning_if_serve_makes_them_and_else_a_failure(database) {
        if database.wire.is_none() {
            std::fs::write(database.folder.path().join("test.db"), "").expect("written");
        }
        let doctor = |auto_migrate: &str| {
            let mut doctor = database.program(&["doctor"]);
            doctor.env("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", auto_migrate);
            let output = run(doctor);
            (output.status.code(), printed(&output))
        };
        let (status, text) = doctor("true");
        assert_eq!(status, Some(0), "{text}");
        assert!(line(&text, "migrations").starts_with("warn  migrations  there are no tables yet; "), "{text}");
        let (status, text) = doctor("false");
        assert_eq!(status, Some(1), "{text}");
        assert!(line(&text, "migrations").ends_with("; run `card-gateway migrate`"), "{text}");
    }
}

#[test]
fn a_database_that_is_not_there_does_not_hide_the_other_checks() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut doctor = program();
    doctor.args(["doctor", "--database-url", "postgres://me:hunter2@127.0.0.1:1/cards"]);
    let output = run({
        doctor
            .env("CARD_GATEWAY__CHAIN__RPC_URLS", "http://127.0.0.1:1/")
            .current_dir(folder.path());
        doctor
    });
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(line(&text, "database").contains("nobody listens at 127.0.0.1:1"), "{text}");
    assert!(
        line(&text, "chain").contains("endpoint 1 cannot be used: nobody listens there"),
        "{text}"
    );
    assert!(line(&text, "issuer").starts_with("ok"), "{text}");
    assert!(line(&text, "clock").starts_with("ok"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    // Nor is one made.
    let mut doctor = program();
    doctor.arg("doctor").current_dir(folder.path());
    let text = printed(&run(doctor));
    assert!(line(&text, "database").contains("there is no database sqlite://"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn every_mistake_of_the_settings_is_a_line() {
    let mut doctor = program();
    doctor.arg("doctor").env("CARD_GATEWAY__LOG__LEVEL", "inof");
    doctor.env("CARD_GATEWAY__SERVER__PORT", "80");
    let output = run(doctor);
    let text = printed(&output);
    assert_eq!(
        (output.status.code(), text.lines().count()),
        (Some(1), 2),
        "{text}{}",
        errors(&output)
    );
    for line in text.lines() {
        assert!(line.starts_with("fail  settings    ") && line.contains("; correct it"), "{text}");
    }
    let mut doctor = program();
    doctor.args(["doctor", "--json"]).env("CARD_GATEWAY__LOG__LEVEL", "inof");
    let object: Value = serde_json::from_str(&printed(&run(doctor))).expect("JSON");
    assert_eq!((&object["check"], &object["verdict"]), (&"settings".into(), &"fail".into()));
}

#[test]
fn a_user_that_may_not_write_is_told() {
    let Some(mut database) = Database::postgres() else { return };
    let server = postgres::server().expect("it runs");
    let name = database.postgres.clone().expect("it has a name");
    database.succeed(&["program", "create", "--name", "acme"], "");
    let role = format!("doctor_of_{name}");
    server.maintain(&format!("CREATE ROLE {role} LOGIN PASSWORD 'reader'"));
    database.as_superuser("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    database.as_superuser(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"));
    let port = database.wire.as_ref().expect("PostgreSQL is behind one").port();
    database.url = format!("postgres://{role}:reader@127.0.0.1:{port}/{name}");
    let rights = |database: &Database| {
        let output = run(database.program(&["doctor"]));
        let text = printed(&output);
        (output.status.code(), line(&text, "rights").to_owned())
    };
    let (status, text) = rights(&database);
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("nothing can be written") && text.contains("permission denied"),
        "{text}"
    );
    database.as_superuser(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"
    ));
    let (status, text) = rights(&database);
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.starts_with("warn  rights      the user may read and write, but not make tables; "),
        "{text}"
    );
    database.as_superuser(&format!("DROP OWNED BY {role}"));
    server.maintain(&format!("DROP ROLE {role}"));
}
