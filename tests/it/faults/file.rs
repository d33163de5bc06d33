//! SQLite's file, deleted or replaced under a running gateway.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::support::issuer::{ACME, balance, from_now, within};
use crate::support::{Database, Gateway, Line};

const LIST: &str = "/v1/card-issuer/customers";

fn open() -> (Database, Gateway, String) {
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME]);
    gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(-3_000)));
    assert_eq!(gateway.get("", "/readyz").status, 200);
    (database, gateway, token)
}

/// Nothing is acknowledged or read, and the log gives the reason once.
fn is_refused(gateway: &Gateway, token: &str, file: &Path) {
    let second = Duration::from_secs(1);
    let answer = gateway.deliver(&balance("evt_2", "usr_1", "2.00", "0.00", &from_now(-2_000)));
    assert_eq!(answer.status, 503, "at once, not within a second: {}", answer.text);
    assert!(within(second, || gateway.get("", "/readyz").status == 503));
    assert!(within(second, || gateway.get(token, LIST).status == 503));
    let name = file.file_name().expect("a name").to_str().expect("a text");
    gateway.wait_for_log(|line| {
        let known = line["level"] == "ERROR" && line["file"].as_str()?.contains(name);
        (known && line["message"].as_str()?.contains("deleted or replaced")).then_some(())
    });
    let said = gateway.log_text().matches("was deleted or replaced: nothing").count();
    assert_eq!(said, 1);
}

#[test]
fn a_deleted_file_is_noticed_and_can_come_back() {
    for name in ["test.db", "test.db-wal"] {
        let (database, gateway, token) = open();
        let file = database.folder.path().join(name);
        let aside = database.folder.path().join("aside");
        fs::rename(&file, &aside).expect("it is moved");
        is_refused(&gateway, &token, &file);
        fs::rename(&aside, &file).expect("it is moved back");
        assert!(
            within(Duration::from_secs(1), || gateway.get("", "/readyz").status == 200),
            "{name}"
        );
        assert_eq!(gateway.get(&token, LIST).status, 200);
        gateway.take(&balance("evt_3", "usr_1", "3.00", "0.00", &from_now(-1_000)));
        assert_eq!(gateway.balance_of(&token, "usr_1")[0], "3.00");
    }
}

#[test]
fn a_replaced_file_is_noticed_and_used_after_a_restart() {
    let (database, gateway, token) = open();
    let file = database.folder.path().join("test.db");
    let copy = database.folder.path().join("copy");
    fs::copy(&file, &copy).expect("a copy");
    fs::rename(&copy, &file).expect("it is replaced");
    is_refused(&gateway, &token, &file);
    gateway.signal("KILL");
    drop(gateway);
    let gateway = database.serve_with(&[ACME]);
    assert_eq!(gateway.get("", "/readyz").status, 200);
    gateway.take(&balance("evt_4", "usr_1", "4.00", "0.00", &from_now(0)));
    assert_eq!(gateway.balance_of(&token, "usr_1")[0], "4.00");
}
