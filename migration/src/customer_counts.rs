//! How many customers there are, kept by the database itself, so that no
//! list is ever counted and no page is ever reached by skipping rows.
//!
//! For each program there is a tree of counts over creation time, once for
//! all of its customers (`flow_status` is empty), once for each status,
//! once for all further statuses that are nearest to one stage
//! ([`FURTHER`] and the stage), and once for each *facet*: the customers who have
//! all that lists can be filtered by in common ([`facet`]). The root counts everything. A bucket with more
//! than [`SPLIT_ABOVE`] of all customers is split: its 64 children count the
//! same customers by a finer time. So dense times are cut finely, sparse ones
//! not at all, and the page at any offset is found by walking down a few levels.
//!
//! All trees of a program are cut alike, as the tree of all customers is:
//! `is_split` is kept there alone. So the counts of several trees can be added
//! bucket by bucket, and a list may be made of several statuses.
//!
//! A customer who is gone counts nowhere ([`PRESENT`]).
//!
//! Triggers keep the counts in the transaction of the change. On PostgreSQL
//! they work once a statement, over all of its rows; the root is always
//! touched first, and its row lock makes the writers of one program wait for
//! each other, so that none sees a bucket half split.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// What the tree of the further statuses of a stage is named by, before the stage: a
/// tab, which no status contains.
pub const FURTHER: &str = "\t";

/// What the name of a facet's tree begins with, and what its parts are separated by.
pub const FACET: &str = "\t\t";

/// The name of the facet of the customer `row`, in SQL: [`FACET`], and with tabs in between
/// the stage, the status, the identity check, the currency (each empty if there is none),
/// whether the wallet is deployed, and whether there is a card (`1` or `0`).
pub fn facet(row: &str) -> String {
    let flag = |column: &str| format!("CASE WHEN {row}.{column} THEN '1' ELSE '0' END");
    format!(
        "('{FACET}' || COALESCE({row}.stage, {row}.flow_status) || '\t' || {row}.flow_status \
         || '\t' || COALESCE({row}.kyc_status, '') || '\t' || COALESCE({row}.currency, '') \
         || '\t' || {} || '\t' || {})",
        flag("safe_deployed"),
        flag("has_cards")
    )
}

/// The columns on which a customer's trees depend, beside the program and the creation time.
const COUNTED: [&str; 7] =
    ["flow_status", "stage", "kyc_status", "currency", "safe_deployed", "has_cards", "gone_at"];

/// Whether a customer counts, in SQL, behind the alias and a dot: not one who is gone.
pub const PRESENT: &str = "gone_at IS NULL";

/// A bucket with more customers than this is split. So many index entries are passed over in a
/// fraction of a millisecond; finer buckets, of which each facet has its own, cost each insert
/// more than that.
pub const SPLIT_ABOVE: i64 = 1_024;
/// The level of single milliseconds, which are never split.
pub const LAST_LEVEL: i64 = 7;

/// Added to a creation time before it is cut into buckets, so that there is
/// one root: times begin in the year 0, and must not be negative here.
const EPOCH: i64 = 1 << 46;

/// The bucket of a creation time at a level, in SQL.
pub fn bucket(created_at: &str, level: &str) -> String {
    format!("(({created_at} + {EPOCH}) >> {})", shift(level))
}

/// The first creation time of the bucket that begins at `start`, in SQL.
pub fn begin(start: &str, level: &str) -> String {
    format!("((({start}) << {}) - {EPOCH})", shift(level))
}

/// How many bits of a creation time a level leaves out, in SQL.
fn shift(level: &str) -> String {
    format!("(CASE {level} WHEN 0 THEN 62 ELSE 42 - 6 * {level} END)")
}

/// How many bits a level has more than the one above it, in SQL.
pub fn finer(parent_level: &str) -> String {
    format!("(CASE {parent_level} WHEN 0 THEN 26 ELSE 6 END)")
}

const COLUMNS: &str = "(program_id, flow_status, level, start, total, is_split)";
const KEY: &str = "(program_id, flow_status, level, start)";

/// Buckets that should be split.
fn too_large(alias: &str) -> String {
    format!(
        "{alias}.flow_status = '' AND {alias}.is_split = FALSE \
         AND {alias}.total > {SPLIT_ABOVE} AND {alias}.level < {LAST_LEVEL}"
    )
}

/// The trees that a customer counts in, one for each kind `k`.
const KINDS: &str =
    "(SELECT 0 AS kind UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) AS k";

/// The tree of the kind `k` that the customer `row` counts in, in SQL.
fn tree(row: &str) -> String {
    format!(
        "(CASE k.kind WHEN 0 THEN '' WHEN 1 THEN {row}.flow_status \
         WHEN 2 THEN '{FURTHER}' || {row}.stage ELSE {} END)",
        facet(row)
    )
}

/// Whether there is one: only a further status has a stage beside it.
fn has_tree(row: &str) -> String {
    format!("(k.kind <> 2 OR {row}.stage IS NOT NULL)")
}

/// What the counts should be, in SQL, in the columns of the table: a row with the total 1 for
/// each customer and bucket, where the tree over all customers has such a bucket.
pub fn expected() -> String {
    let (tree, has_tree, bucket) = (tree("c"), has_tree("c"), bucket("c.created_at", "l.level"));
    format!(
        "SELECT c.program_id, {tree} AS flow_status, l.level, {bucket} AS start, 1 AS total \
         FROM card_customers AS c CROSS JOIN {levels} \
         JOIN customer_counts AS p ON p.program_id = c.program_id AND p.flow_status = '' \
           AND p.level = l.level AND p.start = {bucket} \
         JOIN {KINDS} ON {has_tree} WHERE c.{PRESENT}",
        levels = levels(LAST_LEVEL)
    )
}

/// Inserts the children of every bucket that `parents` holds as `p`, in all trees.
///
/// `+` keeps SQLite from walking its whole table in the order of the groups:
/// it is to look the parents up, of which there are next to none.
fn insert_children(parents: &str, condition: &str) -> String {
    let plain = if condition.is_empty() { "" } else { "+" };
    let bucket = bucket("c.created_at", "(p.level + 1)");
    let (from, to) = (begin("p.start", "p.level"), begin("p.start + 1", "p.level"));
    let (tree, has_tree) = (tree("c"), has_tree("c"));
    format!(
        "INSERT INTO customer_counts {COLUMNS} \
         SELECT p.program_id, {tree}, p.level + 1, {bucket}, COUNT(*), FALSE \
         FROM {parents} AS p JOIN card_customers AS c ON c.program_id = p.program_id \
           AND c.created_at >= {from} AND c.created_at < {to} AND c.{PRESENT} \
         JOIN {KINDS} ON {has_tree} \
         {condition} GROUP BY {plain}p.program_id, {tree}, {plain}p.level, {bucket}"
    )
}

/// Splits the buckets of one level that are too large, in one or two statements.
fn split_level(backend: DbBackend, level: &str) -> Vec<String> {
    let large = format!("{} AND p.level = {level}", too_large("p"));
    if backend == DbBackend::Postgres {
        let children = insert_children("large", "");
        return vec![format!(
            "WITH large AS (UPDATE customer_counts AS p SET is_split = TRUE WHERE {large} \
             RETURNING p.program_id, p.level, p.start) {children}"
        )];
    }
    let update = format!("UPDATE customer_counts AS p SET is_split = TRUE WHERE {large}");
    vec![insert_children("customer_counts", &format!("WHERE {large}")), update]
}

/// Counts everything anew. The caller's transaction must keep writers away.
///
/// # Errors
/// If the database refuses.
pub async fn rebuild(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    let backend = db.get_database_backend();
    let (tree, has_tree) = (tree("c"), has_tree("c"));
    let roots = format!(
        "INSERT INTO customer_counts {COLUMNS} \
         SELECT c.program_id, {tree}, 0, 0, COUNT(*), FALSE \
         FROM card_customers AS c JOIN {KINDS} ON {has_tree} WHERE c.{PRESENT} \
         GROUP BY c.program_id, {tree}"
    );
    let mut statements = vec!["DELETE FROM customer_counts".to_owned(), roots];
    statements.extend((0..LAST_LEVEL).flat_map(|level| split_level(backend, &level.to_string())));
    for statement in statements {
        db.execute_unprepared(&statement).await?;
    }
    Ok(())
}

/// Removes the triggers, if there are any.
///
/// # Errors
/// If the database refuses.
pub(crate) async fn remove_triggers(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    for event in ["insert", "delete", "update", "truncate"] {
        let remove = if db.get_database_backend() == DbBackend::Postgres {
            // Its trigger goes with it.
            format!("DROP FUNCTION IF EXISTS count_customers_on_{event} CASCADE")
        } else {
            format!("DROP TRIGGER IF EXISTS count_customers_on_{event}")
        };
        db.execute_unprepared(&remove).await?;
    }
    Ok(())
}

/// The index of [`too_large`]: nearly always empty, so that a trigger sees at once that
/// nothing is to be split.
pub(crate) fn index_of_too_large() -> String {
    let name = "customer_counts_too_large";
    let large = too_large("customer_counts").replace("customer_counts.", "");
    format!("CREATE INDEX {name} ON customer_counts (level) WHERE {large}")
}

/// The statements that make the triggers.
pub(crate) fn triggers(backend: DbBackend) -> Vec<String> {
    match backend {
        DbBackend::Postgres => postgres_triggers(),
        _ => sqlite_triggers(),
    }
}

/// One function for each kind of change: they differ in where the changes are.
fn postgres_triggers() -> Vec<String> {
    let counted = COUNTED.join(", ");
    let row = |change: &str, table: &str| {
        format!(
            "SELECT program_id, created_at, {counted}, {change} AS change FROM {table} \
             WHERE {PRESENT}"
        )
    };
    let unique = format!("program_id, id, created_at, {counted}");
    // Rows of which an update has left all of this alone cancel out.
    let only = |one: &str, other: &str| {
        format!("(SELECT {unique} FROM {one} EXCEPT SELECT {unique} FROM {other}) AS of_{one}")
    };
    let updated = format!(
        "{} UNION ALL {}",
        row("1", &only("added", "removed")),
        row("-1", &only("removed", "added"))
    );
    let mut statements = Vec::new();
    for (event, tables, changes) in [
        ("INSERT", "NEW TABLE AS added", row("1", "added")),
        ("DELETE", "OLD TABLE AS removed", row("-1", "removed")),
        ("UPDATE", "OLD TABLE AS removed NEW TABLE AS added", updated),
    ] {
        let name = format!("count_customers_on_{}", event.to_lowercase());
        statements.push(postgres_function(&name, &changes));
        statements.push(format!(
            "CREATE TRIGGER {name} AFTER {event} ON card_customers REFERENCING {tables} \
             FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ));
    }
    statements.push(
        "CREATE FUNCTION count_customers_on_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ \
         BEGIN DELETE FROM customer_counts; RETURN NULL; END $$"
            .to_owned(),
    );
    statements.push(
        "CREATE TRIGGER count_customers_on_truncate AFTER TRUNCATE ON card_customers \
         FOR EACH STATEMENT EXECUTE FUNCTION count_customers_on_truncate()"
            .to_owned(),
    );
    statements
}

fn postgres_function(name: &str, changes: &str) -> String {
    let (tree, has_tree) = (tree("d"), has_tree("d"));
    let each = format!("FROM ({changes}) AS d JOIN {KINDS} ON {has_tree}");
    let add = format!("ON CONFLICT {KEY} DO UPDATE SET total = c.total + excluded.total");
    let child = bucket("d.created_at", "(p.level + 1)");
    let parent = bucket("d.created_at", "depth");
    let split = split_level(DbBackend::Postgres, "depth").concat();
    let any_large = too_large("c");
    format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE depth integer;
BEGIN
  INSERT INTO customer_counts AS c {COLUMNS}
  SELECT d.program_id, {tree}, 0, 0, SUM(d.change), FALSE {each}
  GROUP BY 1, 2 ORDER BY 1, 2 {add};
  IF NOT FOUND THEN RETURN NULL; END IF;
  FOR depth IN 0 .. {last} LOOP
    INSERT INTO customer_counts AS c {COLUMNS}
    SELECT d.program_id, {tree}, p.level + 1, {child}, SUM(d.change), FALSE {each}
    JOIN customer_counts AS p ON p.program_id = d.program_id AND p.flow_status = ''
      AND p.level = depth AND p.start = {parent} AND p.is_split
    GROUP BY 1, 2, 3, 4 {add};
    EXIT WHEN NOT FOUND;
  END LOOP;
  IF EXISTS (SELECT 1 FROM customer_counts AS c WHERE {any_large}) THEN
    FOR depth IN 0 .. {last} LOOP
      {split};
    END LOOP;
  END IF;
  RETURN NULL;
END $$",
        last = LAST_LEVEL - 1
    )
}

/// SQLite has triggers for rows only, and no loops in them.
fn sqlite_triggers() -> Vec<String> {
    let insert = [sqlite_add("NEW"), sqlite_split()].concat();
    let update = [sqlite_remove("OLD"), sqlite_add("NEW"), sqlite_split()].concat();
    let trigger = |event: &str, when: &str, body: &str| {
        let name = event.split_whitespace().next().unwrap_or(event).to_lowercase();
        format!(
            "CREATE TRIGGER count_customers_on_{name} AFTER {event} ON card_customers \
             FOR EACH ROW {when} BEGIN {body} END"
        )
    };
    let columns = ["program_id", "created_at"].into_iter().chain(COUNTED);
    let differs = columns.clone().map(|column| format!("OLD.{column} IS NOT NEW.{column}"));
    let moved = format!("WHEN {}", differs.collect::<Vec<_>>().join(" OR "));
    let event = format!("UPDATE OF {}", columns.collect::<Vec<_>>().join(", "));
    vec![
        trigger("INSERT", "", &insert),
        trigger("DELETE", "", &sqlite_remove("OLD")),
        trigger(&event, &moved, &update),
    ]
}

/// The levels that `l` stands for.
fn levels(last: i64) -> String {
    let rows: Vec<String> = (0..=last).map(|level| format!("SELECT {level} AS level")).collect();
    format!("({}) AS l", rows.join(" UNION ALL "))
}

/// The buckets at some levels that a row counts in, in the trees of a condition.
fn on_path(row: &str, last: i64, trees: &str) -> String {
    let bucket = bucket(&format!("{row}.created_at"), "l.level");
    format!(
        "{} CROSS JOIN customer_counts AS p ON p.program_id = {row}.program_id \
         AND p.flow_status {trees} AND p.level = l.level AND p.start = {bucket}",
        levels(last)
    )
}

fn sqlite_add(row: &str) -> String {
    let add = format!("ON CONFLICT {KEY} DO UPDATE SET total = total + 1;");
    let child = bucket(&format!("{row}.created_at"), "(p.level + 1)");
    let parents = on_path(row, LAST_LEVEL - 1, "= ''");
    let (tree, has_tree) = (tree(row), has_tree(row));
    format!(
        "INSERT INTO customer_counts {COLUMNS} \
         SELECT {row}.program_id, {tree}, 0, 0, 1, FALSE FROM {KINDS} \
         WHERE {has_tree} AND {row}.{PRESENT} {add} \
         INSERT INTO customer_counts {COLUMNS} \
         SELECT p.program_id, {tree}, p.level + 1, {child}, 1, FALSE \
         FROM {parents} CROSS JOIN {KINDS} \
         WHERE p.is_split AND {has_tree} AND {row}.{PRESENT} {add} "
    )
}

fn sqlite_remove(row: &str) -> String {
    let trees = format!("IN ('', {row}.flow_status, '{FURTHER}' || {row}.stage, {})", facet(row));
    let path = on_path(row, LAST_LEVEL, &trees);
    format!(
        "UPDATE customer_counts SET total = total - 1 \
         WHERE rowid IN (SELECT p.rowid FROM {path}) AND {row}.{PRESENT}; "
    )
}

/// Splits what has just become too large. A child that is too large itself
/// has no children yet, and is left to the next row that comes to it.
fn sqlite_split() -> String {
    let children = insert_children("customer_counts", &format!("WHERE {}", too_large("p")));
    // In a trigger an UPDATE cannot give its table another name.
    let (large, finer) = (too_large("customer_counts"), finer("customer_counts.level"));
    format!(
        "{children}; \
         UPDATE customer_counts SET is_split = TRUE WHERE {large} AND EXISTS (\
           SELECT 1 FROM customer_counts AS child \
           WHERE child.program_id = customer_counts.program_id AND child.flow_status = '' \
           AND child.level = customer_counts.level + 1 \
           AND child.start >= customer_counts.start << {finer} \
           AND child.start < (customer_counts.start + 1) << {finer}); "
    )
}
