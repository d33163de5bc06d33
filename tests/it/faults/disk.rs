//! A disk that is full at random moments, with kills in between.

use std::collections::HashSet;
use std::time::Duration;

use fastrand::Rng;

use super::{healed, noticed};
use crate::support::disk::{SmallDisk, limit_files, sqlite_on};
use crate::support::history::{Target, survive};
use crate::support::issuer::{ACME, balance, from_now};
use crate::support::watcher::Events;
use crate::support::{Database, Line, postgres};

/// The signal that a file may not grow would end the process.
const IGNORE_LIMIT: [&str; 3] = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
const ROUNDS: usize = 20;
const EVENTS: usize = 1_500;

/// Waits until the gateway says that it cannot write. Some room may be left in
/// the files: then it goes on writing for a while.
fn wait_until_full(target: &Target<'_>) {
    let mut acknowledged = usize::MAX;
    while target.acknowledged() != acknowledged {
        acknowledged = target.acknowledged();
        std::thread::sleep(Duration::from_millis(100));
    }
    if !target.is_done() {
        noticed(target, "a full disk");
    }
}

/// Fills a disk again and again for a moment. Every other time, the gateway is
/// stopped or killed afterwards.
fn fill_again_and_again(
    target: &Target<'_>,
    seed: u64,
    fill: impl Fn(&Target<'_>),
    free: impl Fn(&Target<'_>),
) {
    let mut rng = Rng::with_seed(seed);
    let mut longest = Duration::ZERO;
    for round in 1..=ROUNDS {
        target.wait_for(1_000 * round / (ROUNDS + 1));
        std::thread::sleep(Duration::from_millis(rng.u64(..20)));
        fill(target);
        if round % 5 == 0 {
            wait_until_full(target);
        }
        std::thread::sleep(Duration::from_millis(rng.u64(10..300)));
        free(target);
        longest = longest.max(healed(target, "a full disk"));
        match round % 4 {
            1 => target.restart("KILL"),
            3 => target.restart("TERM"),
            _ => {}
        }
    }
    println!("{ROUNDS} rounds, healed within {longest:?} each time");
}

#[test]
fn nothing_acknowledged_is_lost_on_a_full_disk_with_sqlite() {
    let Some(disk) = SmallDisk::mount(16) else { return };
    let seed = u64::from(std::process::id());
    survive(&sqlite_on(&disk), EVENTS, seed, |target| {
        fill_again_and_again(target, seed, |_| disk.fill(), |_| disk.free());
    });
}

#[test]
fn nothing_acknowledged_is_lost_when_sqlites_files_may_not_grow() {
    let seed = u64::from(std::process::id()) + 1;
    let mut database = Database::sqlite();
    database.wrapper = IGNORE_LIMIT.map(str::to_owned).to_vec();
    survive(&database, EVENTS, seed, |target| {
        fill_again_and_again(
            target,
            seed,
            |target| target.with(|it| limit_files(it, Some(0))),
            |target| target.with(|it| limit_files(it, None)),
        );
    });
}

#[test]
fn nothing_acknowledged_is_lost_on_a_full_disk_with_postgres() {
    let Some(server) = postgres::server() else { return };
    let Some(user) = server.user() else { return };
    let Some(disk) = SmallDisk::mount(40) else { return };
    let Some(database) = Database::postgres() else { return };
    let name = database.postgres.clone().expect("it has a name");
    let (space, folder) = (format!("small_{name}"), disk.folder_of(user));
    server.maintain(&format!("CREATE TABLESPACE {space} LOCATION '{}'", folder.display()));
    server.maintain(&format!("ALTER DATABASE {name} SET TABLESPACE {space}"));
    let seed = u64::from(std::process::id()) + 2;
    survive(&database, EVENTS, seed, |target| {
        fill_again_and_again(target, seed, |_| disk.fill(), |_| disk.free());
    });
    server.maintain(&format!("DROP DATABASE {name} WITH (FORCE)"));
    server.maintain(&format!("DROP TABLESPACE {space}"));
}

#[test]
fn no_subscriber_sees_an_uncommitted_change() {
    let mut database = Database::sqlite();
    database.wrapper = IGNORE_LIMIT.map(str::to_owned).to_vec();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME]);
    gateway.take(&balance("evt_0", "usr_1", "0.01", "0.00", &from_now(-3_600_000)));
    let query = "subscription { cardCustomerBalance(identifier: \"usr_1\") { availableBalance } }";
    let events = Events::open(&gateway, &token, query);
    let mut acknowledged = HashSet::from(["0.01".to_owned()]);
    let mut refused = 0;
    for number in 2..400 {
        if number % 20 == 0 {
            limit_files(&gateway, (number % 40 == 0).then_some(0));
        }
        // Each amount belongs to one event, which is sent once.
        let amount = format!("{}.{:02}", number / 100, number % 100);
        let at = from_now(number - 3_600_000);
        match gateway
            .deliver(&balance(&format!("evt_{number}"), "usr_1", &amount, "0.00", &at))
            .status
        {
            200 => _ = acknowledged.insert(amount),
            503 => refused += 1,
            status => panic!("{status}"),
        }
    }
    assert!(refused > 100, "{refused}");
    let last = "3.99";
    assert!(acknowledged.contains(last), "the last one is not refused");
    let mut seen = HashSet::new();
    while !seen.contains(last) {
        let amount = events.next()["cardCustomerBalance"]["availableBalance"].take();
        seen.insert(amount.as_str().expect("a text").to_owned());
    }
    let listed = database.succeed(&["events", "list"], "");
    assert_eq!(listed.lines().count(), acknowledged.len(), "what is refused is not there");
    assert_eq!(seen.difference(&acknowledged).collect::<Vec<_>>(), Vec::<&String>::new());
}
