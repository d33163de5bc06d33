//! An import that stands still in the middle of a transaction.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::issuer::{balance, from_now, signed, within};
use crate::support::{Database, Line};

const SECRETS: [(&str, &str); 2] = [
    ("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", "whsec_of_acme"),
    ("CARD_GATEWAY__WEBHOOKS__SECRETS__OTHER", "whsec_of_acme"),
];

#[test]
fn a_stopped_import_blocks_no_other_program_and_continues_later() {
    let Some(database) = Database::postgres() else { return };
    database.program_with("acme", &[Line::new(1)]);
    let token = database.program_with("other", &[Line::new(1)]);
    let gateway = database.serve_with(&SECRETS);
    let lines: Vec<String> = (1..=20_000).map(|number| Line::new(number).0.to_string()).collect();
    let mut import = database
        .program(&["import", "--program", "acme", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = import.stdin.take().expect("it is piped");
    let feeding = std::thread::spawn(move || input.write_all(lines.join("\n").as_bytes()));
    let pid = import.id().to_string();
    let signal = |name: &str| {
        assert!(
            Command::new("kill").args(["-s", name, &pid]).status().expect("kill runs").success()
        );
    };
    let idle = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                AND state = 'idle in transaction'";
    // Until it stands still where it hurts: between two statements of a transaction.
    assert!(within(Duration::from_secs(20), || {
        signal("STOP");
        std::thread::sleep(Duration::from_millis(20));
        let stuck = database.as_superuser(idle) != "0";
        if !stuck {
            signal("CONT");
            std::thread::sleep(Duration::from_millis(3));
        }
        stuck
    }));
    let send = |program: &str, id: &str| {
        let body = balance(id, "usr_1", "5.00", "0.00", &from_now(0));
        gateway.send(signed(gateway.client(), &gateway.host, program, &body)).status
    };
    // The other program does not notice; this one is well again after seconds.
    let began = Instant::now();
    assert_eq!(send("other", "evt_1"), 200);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(gateway.balance_of(&token, "usr_1")[0], "5.00");
    assert!(within(Duration::from_secs(15), || send("acme", "evt_2") == 200));
    signal("CONT");
    let output = import.wait_with_output().expect("it ends");
    feeding.join().expect("no panic").expect("it reads to the end");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "imported 20000 customers into acme\n");
    let listed = gateway.get(&database.token("acme"), "/v1/card-issuer/customers").json();
    assert_eq!(listed["data"]["total"], 20_000);
}
