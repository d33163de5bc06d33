//! The counts that the database keeps are exact, however the rows are changed:
//! totals and every page equal those of a plain count and sort.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tokio::runtime::Runtime;

use crate::support::builders::lines;
use crate::support::{Database, Gateway, Line, on_both};

/// Statuses, each with the stage that it is nearest to if it is not a stage itself.
const STATUSES: [(&str, Option<&str>); 6] = [
    ("active", None),
    ("kyc_initiated", None),
    ("otp_requested", None),
    ("kyc_rejected", Some("kyc_initiated")),
    ("made up", Some("kyc_initiated")),
    // One word may mean several stages: the step that comes with it decides.
    ("made up", Some("active")),
];

/// A change of the rows, made behind the gateway's back.
#[derive(Clone, Debug)]
enum Change {
    /// A number of customers from a time on, some milliseconds apart.
    Insert { count: u32, from: i64, apart: i64, status: usize },
    /// Every n-th customer of a status gets another one.
    Status { every: u32, from: usize, to: usize },
    /// Every n-th customer moves in time.
    Move { every: u32, by: i64 },
    /// Every n-th customer of a status is deleted.
    Delete { every: u32, status: usize },
    /// Every n-th customer is gone, or those are back.
    Gone { every: u32, back: bool },
    /// Every n-th customer gets another e-mail address, which no count minds.
    Email { every: u32 },
    /// Every n-th customer gets what lists are filtered by.
    Facet { every: u32, column: usize },
}

/// Dense and sparse times: within one millisecond, within a minute, over years.
fn change() -> impl Strategy<Value = Change> {
    let apart = prop::sample::select(vec![0, 0, 1, 40, 7_000, 90_000_000]);
    let moments = [0_i64, 1_767_225_600_000, 1_767_225_600_017, 1_780_000_000_000, -86_400_000];
    let from = prop::sample::select(moments.to_vec());
    let by = prop::sample::select(vec![1_i64, -1, 64, 20_000_000, -900_000_000]);
    prop_oneof![
        4 => (1_u32..700, from, apart, 0_usize..6)
            .prop_map(|(count, from, apart, status)| Change::Insert { count, from, apart, status }),
        2 => (1_u32..5, 0_usize..6, 0_usize..6)
            .prop_map(|(every, from, to)| Change::Status { every, from, to }),
        1 => (2_u32..9, by).prop_map(|(every, by)| Change::Move { every, by }),
        2 => (1_u32..5, 0_usize..6).prop_map(|(every, status)| Change::Delete { every, status }),
        2 => (1_u32..5, any::<bool>()).prop_map(|(every, back)| Change::Gone { every, back }),
        1 => (1_u32..5).prop_map(|every| Change::Email { every }),
        2 => (1_u32..5, 0_usize..4).prop_map(|(every, column)| Change::Facet { every, column }),
    ]
}

/// The change as one statement, the same on both databases. `next` is the
/// first free number; the last digits of an identifier are its number.
fn statement(change: &Change, next: u32) -> String {
    let nth = |every: u32| {
        format!("WHERE program_id = 1 AND CAST(substr(id, 13) AS INTEGER) % {every} = 0")
    };
    let stage = |at: usize| STATUSES[at].1.map_or("NULL".to_owned(), |stage| format!("'{stage}'"));
    match change {
        Change::Insert { count, from, apart, status } => format!(
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) \
             INSERT INTO card_customers (program_id, id, yativo_card_id, email, email_key, \
               flow_status, stage, safe_deployed, created_at) \
             SELECT 1, substr('000000000000000000000000', 1, 24 - length(CAST({next} + i AS TEXT))) \
               || CAST({next} + i AS TEXT), 'y', 'e@x', 'e@x', '{}', {}, FALSE, {from} + CAST(i AS BIGINT) * {apart} \
             FROM n WHERE TRUE",
            STATUSES[*status].0,
            stage(*status)
        ),
        Change::Status { every, from, to } => format!(
            "UPDATE card_customers SET flow_status = '{}', stage = {} {} AND flow_status = '{}'",
            STATUSES[*to].0,
            stage(*to),
            nth(*every),
            STATUSES[*from].0
        ),
        Change::Move { every, by } => {
            format!("UPDATE card_customers SET created_at = created_at + {by} {}", nth(*every))
        }
        Change::Delete { every, status } => format!(
            "DELETE FROM card_customers {} AND flow_status = '{}'",
            nth(*every),
            STATUSES[*status].0
        ),
        Change::Gone { every, back } => {
            let gone_at = if *back { "NULL" } else { "1" };
            format!("UPDATE card_customers SET gone_at = {gone_at} {}", nth(*every))
        }
        Change::Facet { every, column } => {
            let set = [
                "kyc_status = 'approved'",
                "currency = 'EUR'",
                "safe_deployed = TRUE",
                "has_cards = TRUE",
            ];
            format!("UPDATE card_customers SET {} {}", set[*column], nth(*every))
        }
        Change::Email { every } => {
            format!("UPDATE card_customers SET email = 'f@x' {}", nth(*every))
        }
    }
}

/// The database by a door of the test's own.
struct Door {
    runtime: Runtime,
    db: DatabaseConnection,
}

impl Door {
    fn open(database: &Database) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let db = runtime.block_on(sea_orm::Database::connect(database.url.as_str()));
        Self { runtime, db: db.expect("it answers") }
    }

    fn run(&self, sql: &str) {
        self.runtime.block_on(self.db.execute_unprepared(sql)).expect("it is done");
    }

    fn rows(&self, sql: &str) -> Vec<sea_orm::QueryResult> {
        let statement = Statement::from_string(self.db.get_database_backend(), sql);
        self.runtime.block_on(self.db.query_all_raw(statement)).expect("it answers")
    }

    /// The list by a plain sort.
    fn sorted(&self, filter: &str) -> Vec<String> {
        let rows = self.rows(&format!(
            "SELECT id FROM card_customers WHERE program_id = 1 AND gone_at IS NULL {filter} \
             ORDER BY created_at DESC, id DESC"
        ));
        rows.iter().map(|row| row.try_get_by_index(0).expect("an id")).collect()
    }
}

/// A page of the list of a status by the old API, against the plain sort.
fn compare_by_status(gateway: &Gateway, token: &str, door: &Door, status: &str, page: usize) {
    let expected = door.sorted(&format!("AND flow_status = '{status}'"));
    let page = 1 + page % (expected.len().div_ceil(50) + 2);
    let words = status.replace(' ', "+");
    let path = format!("/v1/card-issuer/customers?limit=50&page={page}&status={words}");
    let answer = gateway.get(token, &path);
    if expected.is_empty()
        && STATUSES.iter().any(|(word, stage)| *word == status && stage.is_some())
    {
        assert_eq!(answer.status, 400, "nobody has it: {}", answer.text);
        return;
    }
    let data = answer.json()["data"].take();
    assert_eq!(data["total"], expected.len(), "{status}");
    let customers = data["customers"].as_array().expect("a list").iter();
    let ids: Vec<&str> = customers.map(|one| one["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, expected.chunks(50).nth(page - 1).unwrap_or_default(), "{status} page {page}");
}

/// A page of a list, by number and in both directions, against the plain sort.
fn compare(gateway: &Gateway, token: &str, door: &Door, status: Option<&str>, page: usize) {
    let filter = status.map(|stage| format!("AND '{stage}' IN (flow_status, stage)"));
    let newest = door.sorted(&filter.unwrap_or_default());
    let oldest: Vec<String> = newest.iter().rev().cloned().collect();
    let page = 1 + page % (newest.len().div_ceil(50) + 2);
    let filter = status.map(|text| format!(", status: {}", text.to_uppercase()));
    let filter = filter.unwrap_or_default();
    let list = |order: &str| {
        format!(
            "cardCustomers(page: {page}, perPage: 50, orderBy: {order}{filter}) \
             {{ totalCount nodes {{ id }} pageInfo {{ hasNextPage }} }}"
        )
    };
    let query =
        format!("{{ newest: {} oldest: {} }}", list("CREATED_AT_DESC"), list("CREATED_AT_ASC"));
    let data = gateway.query(token, &query).data();
    for (name, expected) in [("newest", newest), ("oldest", oldest)] {
        let list = &data[name];
        assert_eq!(list["totalCount"], expected.len(), "{status:?}");
        let nodes = list["nodes"].as_array().expect("a list").iter();
        let ids: Vec<&str> = nodes.map(|node| node["id"].as_str().expect("an id")).collect();
        let mut chunks = expected.chunks(50).skip(page - 1);
        assert_eq!(ids, chunks.next().unwrap_or_default(), "{name} {status:?} page {page}");
        assert_eq!(list["pageInfo"]["hasNextPage"], chunks.next().is_some());
    }
}

fn verified(database: &Database) {
    let said = database.succeed(&["migrate", "--verify"], "");
    assert!(said.contains("the counts of customers are correct"), "{said}");
}

on_both! {
    fn counts_are_exact_after_any_change(database) {
        let token = database.program_with("acme", &[]);
        database.program_with("globex", &lines(3));
        let gateway = database.serve();
        let door = Door::open(&database);
        let mut runner = TestRunner::new(Config::with_cases(1));
        let changes = prop::collection::vec((change(), any::<prop::sample::Index>()), 40);
        let changes = changes.new_tree(&mut runner).expect("changes").current();
        let mut next = 1;
        for (change, page) in &changes {
            door.run(&statement(change, next));
            if let Change::Insert { count, .. } = change {
                next += count;
            }
            for stage in [None, Some("active"), Some("kyc_initiated"), Some("otp_requested")] {
                compare(&gateway, &token, &door, stage, page.index(1_000));
            }
            for (status, _) in &STATUSES[..5] {
                compare_by_status(&gateway, &token, &door, status, page.index(1_000));
            }
        }
        verified(&database);
    }

    fn buckets_of_dense_times_are_split(database) {
        // Ten thousand within ten seconds: the tree has to go far down.
        let token = database.program_with("acme", &[]);
        let gateway = database.serve();
        let door = Door::open(&database);
        let from = 1_767_225_600_000;
        door.run(&statement(&Change::Insert { count: 10_000, from, apart: 1, status: 0 }, 1));
        for number in 0..20 {
            let one = Change::Insert { count: 1, from: from + 500, apart: 1, status: 0 };
            door.run(&statement(&one, 10_001 + number));
        }
        for page in [0, 1, 7, 99, 150, 199, 200, 201] {
            compare(&gateway, &token, &door, None, page);
            compare(&gateway, &token, &door, Some("active"), page);
        }
        let sql = "SELECT MAX(total) FROM customer_counts WHERE is_split = FALSE AND level < 7 AND flow_status = ''";
        let largest: i64 = door.rows(sql)[0].try_get_by_index(0).expect("a number");
        assert!(largest <= 257, "a bucket of {largest} is left whole");
        verified(&database);
    }

    fn counts_are_exact_after_concurrent_writes(database) {
        let token = database.program_with("acme", &[]);
        std::thread::scope(|scope| {
            for writer in 0..4_u32 {
                let database = &database;
                scope.spawn(move || {
                    for round in 0..3 {
                        // The same customers by all writers, in other orders and stages.
                        let status = |number: u32| STATUSES[((number + writer + round) % 4) as usize].0;
                        let shared = (1..=400).map(|number| Line::new(number).with("flow_status", status(number)));
                        let own = (1..=300).map(|number| Line::new(1_000 * (writer + 1) + number));
                        let mut lines: Vec<Line> = shared.chain(own).collect();
                        if writer % 2 == 1 {
                            lines.reverse();
                        }
                        database.import("acme", &lines);
                    }
                });
            }
        });
        let gateway = database.serve();
        let total = gateway.query(&token, "{ cardCustomers { totalCount } }").data();
        assert_eq!(total["cardCustomers"]["totalCount"], 400 + 4 * 300);
        verified(&database);
    }

    fn wrong_counts_are_found_and_repaired(database) {
        let rejected = Line::new(1_201).with("flow_status", "kyc_rejected");
        // So many that the root is split.
        database.program_with("acme", &[lines(1_200), vec![rejected]].concat());
        verified(&database);
        let door = Door::open(&database);
        for damage in [
            "UPDATE customer_counts SET total = total + 1 WHERE level = 0 AND flow_status = ''",
            "DELETE FROM customer_counts WHERE level = 1",
            "DELETE FROM customer_counts WHERE flow_status = 'active'",
            "DELETE FROM customer_counts WHERE flow_status LIKE '_kyc_initiated'",
            "UPDATE customer_counts SET total = total + 1 WHERE flow_status = 'kyc_rejected'",
            "DELETE FROM customer_counts",
            "UPDATE customer_counts SET is_split = FALSE WHERE level = 0",
        ] {
            door.run(damage);
            let found = database.run(&["migrate", "--verify"], "");
            assert_eq!(found.status.code(), Some(1), "{damage}");
            assert!(String::from_utf8_lossy(&found.stderr).contains("counts of customers are wrong"));
            let said = database.succeed(&["migrate", "--repair", "--verify"], "");
            assert!(said.contains("were rebuilt") && said.contains("are correct"), "{said}");
        }
    }

    fn a_deleted_program_has_no_counts(database) {
        database.program_with("acme", &lines(300));
        let token = database.program_with("globex", &lines(5));
        Door::open(&database).run("DELETE FROM programs WHERE name = 'acme'");
        verified(&database);
        let gateway = database.serve();
        let total = gateway.query(&token, "{ cardCustomers { totalCount } }").data();
        assert_eq!(total["cardCustomers"]["totalCount"], 5);
    }
}
