//! A database that cannot do for a while what it could do before: events are
//! answered 503 meanwhile, and none that was acknowledged is lost.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _};

use super::{healed, noticed};
use crate::support::Database;
use crate::support::history::{SENDERS, Target, survive};

const EVENTS: usize = 300;
const ROUNDS: usize = 3;
/// For how long each fault lasts once it is noticed.
const LASTS: Duration = Duration::from_millis(700);

/// Breaks a database some times while events come, and mends it again.
fn break_and_mend(
    target: &Target<'_>,
    what: &str,
    breaks: impl Fn(&Target<'_>),
    mends: impl Fn(&Target<'_>),
) {
    for round in 1..=ROUNDS {
        target.wait_for(1_000 * round / (ROUNDS + 1));
        breaks(target);
        let (noticed, acknowledged) = (noticed(target, what), target.acknowledged());
        sleep(LASTS);
        // Each sender may have had one on its way.
        let on_their_way = acknowledged + SENDERS;
        assert!(target.acknowledged() <= on_their_way, "acknowledged with {what}");
        mends(target);
        println!("{what}: noticed after {noticed:?}, healed after {:?}", healed(target, what));
    }
}

#[test]
fn privileges_are_revoked_for_a_while() {
    let Some(database) = Database::postgres_owned() else { return };
    let owner = format!("owner_of_{}", database.postgres.as_deref().expect("it has a name"));
    survive(&database, EVENTS, 1, |target| {
        let run = |verb: &str, preposition: &str| {
            let sql = format!("{verb} INSERT ON inbox_events {preposition} {owner}");
            target.database.as_superuser(&sql);
        };
        break_and_mend(target, "no right", |_| run("REVOKE", "FROM"), |_| run("GRANT", "TO"));
        let log = target.with(crate::support::Gateway::log_text);
        // Only those have failed that the history has spoiled.
        let mut failed = log.lines().filter(|line| line.contains("an event cannot be applied"));
        let other = failed.find(|line| !line.contains("are not the same amount"));
        assert_eq!(other, None, "it is no fault of the events");
    });
}

#[test]
fn a_postgres_that_is_read_only_for_a_while() {
    let Some(database) = Database::postgres() else { return };
    let name = database.postgres.clone().expect("it has a name");
    survive(&database, EVENTS, 2, |target| {
        // Sessions keep what they began with.
        let set = |value: &str, end: &str| {
            let set = format!("ALTER DATABASE {name} SET default_transaction_read_only = {value}");
            let sql = format!("SET default_transaction_read_only = off; {set}; {end}");
            target.database.as_superuser(&sql);
        };
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
            WHERE datname = current_database() AND pid <> pg_backend_pid()";
        break_and_mend(target, "read-only", |_| set("on", end), |_| set("off", "SELECT 1"));
    });
}

#[test]
fn postgres_is_unavailable_for_a_while() {
    let Some(database) = Database::postgres() else { return };
    survive(&database, EVENTS, 3, |target| {
        let wire = target.database.wire.as_ref().expect("PostgreSQL is behind one");
        break_and_mend(target, "away", |_| wire.cut(), |_| wire.mend());
    });
}

#[test]
fn a_postgres_that_is_frozen_for_a_while() {
    let Some(database) = Database::postgres() else { return };
    survive(&database, EVENTS, 4, |target| {
        let wire = target.database.wire.as_ref().expect("PostgreSQL is behind one");
        break_and_mend(target, "frozen", |_| wire.freeze(), |_| wire.mend());
    });
}

#[test]
fn backends_are_terminated() {
    let Some(database) = Database::postgres() else { return };
    survive(&database, EVENTS, 5, |target| {
        for thousandth in (50..1_000).step_by(50) {
            target.wait_for(thousandth);
            target.database.as_superuser(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                 WHERE datname = current_database() AND pid <> pg_backend_pid()",
            );
            healed(target, "a backend that was cut off");
        }
    });
}

#[test]
fn a_table_that_another_session_has_locked() {
    let Some(database) = Database::postgres() else { return };
    survive(&database, EVENTS, 6, |target| {
        for thousandth in [300, 600] {
            target.wait_for(thousandth);
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    target.database.as_superuser(
                        "BEGIN; LOCK TABLE inbox_events IN ACCESS EXCLUSIVE MODE; \
                         SELECT pg_sleep(2); COMMIT",
                    );
                });
                noticed(target, "a lock");
            });
            healed(target, "a lock");
        }
    });
}

#[test]
fn a_sqlite_file_that_another_process_has_locked() {
    let database = Database::sqlite();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    survive(&database, EVENTS, 7, |target| {
        let mut options = ConnectOptions::new(target.database.url.clone());
        options.max_connections(1);
        let other = runtime.block_on(sea_orm::Database::connect(options)).expect("it opens");
        let run = |sql: &str| runtime.block_on(other.execute_unprepared(sql)).expect("it works");
        let lock = |_: &Target<'_>| {
            while runtime.block_on(other.execute_unprepared("BEGIN EXCLUSIVE")).is_err() {}
        };
        break_and_mend(target, "a lock", lock, |_| _ = run("COMMIT"));
    });
}

/// Without this, modes of files mean nothing to root.
const OBEY_MODES: [&str; 2] = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];

#[test]
fn a_sqlite_file_that_is_read_only_for_a_while() {
    let mut database = Database::sqlite();
    if is_root() {
        database.wrapper = OBEY_MODES.map(str::to_owned).to_vec();
    }
    survive(&database, EVENTS, 8, |target| {
        let file = target.database.folder.path().join("test.db");
        let set = |mode: u32| {
            let mode = Permissions::from_mode(mode);
            std::fs::set_permissions(&file, mode).expect("it is ours");
        };
        for round in 1..=ROUNDS {
            target.wait_for(1_000 * round / (ROUNDS + 1));
            set(0o444);
            // Open connections do not change: only new ones notice.
            sleep(LASTS);
            set(0o644);
            println!("read-only: healed after {:?}", healed(target, "a read-only file"));
        }
    });
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    id.stdout.trim_ascii() == b"0"
}
