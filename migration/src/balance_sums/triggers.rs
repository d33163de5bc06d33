//! The triggers that keep the sums.

use sea_orm_migration::sea_orm::DbBackend;

use super::rule::{CLEAR, KEY, Look, SUMS, added_up, all, contributions, insert};

/// A table whose rows a customer's balance is made of.
struct Part {
    table: &'static str,
    /// How the table's rows are called.
    alias: &'static str,
    key: [&'static str; 2],
    /// The columns on which the balance depends.
    values: &'static [&'static str],
    /// Whether a customer may have none of these rows.
    is_optional: bool,
    /// What else the balance is made of, in the order in which it is looked up from the
    /// changed rows.
    looks: [Look; 2],
}

/// The customer of a changed row.
const fn customer(condition: &'static str) -> Look {
    Look { table: "card_customers", alias: "c", condition, is_optional: false }
}

const CUSTOMERS: Part = Part {
    table: "card_customers",
    alias: "c",
    key: ["program_id", "id"],
    values: &["currency", "safe_deployed", "wallet_address", "gone_at"],
    is_optional: false,
    looks: [Look::WALLET_OF_CUSTOMER, Look::CHAIN_OF_CUSTOMER],
};
const WALLETS: Part = Part {
    table: "wallet_balances",
    alias: "w",
    key: ["program_id", "customer_id"],
    values: &["ledger_minor", "available_minor", "pending_minor", "source", "updated_at"],
    is_optional: true,
    looks: [
        customer("c.program_id = w.program_id AND c.id = w.customer_id"),
        Look::CHAIN_OF_CUSTOMER,
    ],
};
const CHAIN: Part = Part {
    table: "chain_balances",
    alias: "x",
    key: ["wallet_address", "currency"],
    values: &["ledger_minor", "block_time"],
    is_optional: true,
    looks: [
        customer("c.wallet_address = x.wallet_address AND c.currency = x.currency"),
        Look::WALLET_OF_CUSTOMER,
    ],
};
const PARTS: [&Part; 3] = [&CUSTOMERS, &WALLETS, &CHAIN];

impl Part {
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.key.into_iter().chain(self.values.iter().copied())
    }

    fn joined(&self, changed: &str, backend: DbBackend) -> String {
        let [first, second] = self.looks.map(|look| look.looked_up(backend));
        format!("{changed} AS {} {first} {second}", self.alias)
    }

    fn trigger(&self, event: &str) -> String {
        format!("sum_balances_on_{event}_of_{}", self.table)
    }
}

/// Buckets and moments without a live balance.
const EMPTY: &str = "level > 0 AND realtime = 0";

/// The index of [`EMPTY`]: nearly always empty itself, so that a trigger sees at once that
/// nothing is to be removed.
pub(crate) fn index_of_empty() -> String {
    format!("CREATE INDEX balance_sums_empty ON balance_sums (level) WHERE {EMPTY}")
}

/// What a trigger does with the changed rows of a part: SELECTs of these with their `sign`.
fn add(part: &Part, changed: &str, backend: DbBackend) -> String {
    let joined = part.joined(&format!("({changed})"), backend);
    let contributions = contributions(&format!("{}.sign", part.alias), &joined);
    // In one order, so that writers do not deadlock.
    let sums = format!("{} ORDER BY 1, 2, 3, 4", added_up(&contributions));
    let add = SUMS.map(|sum| format!("{sum} = balance_sums.{sum} + excluded.{sum}"));
    format!(
        "{} ON CONFLICT ({KEY}) DO UPDATE SET {}; DELETE FROM balance_sums WHERE {EMPTY};",
        insert(&sums),
        add.join(", ")
    )
}

/// The statements that remove the triggers.
pub(crate) fn remove_triggers(backend: DbBackend) -> Vec<String> {
    let mut statements = Vec::new();
    for part in PARTS {
        for event in ["insert", "update", "delete", "truncate"] {
            let name = part.trigger(event);
            statements.push(if backend == DbBackend::Postgres {
                // Its trigger goes with it.
                format!("DROP FUNCTION IF EXISTS {name} CASCADE")
            } else {
                format!("DROP TRIGGER IF EXISTS {name}")
            });
        }
    }
    statements
}

/// The statements that make the triggers.
pub(crate) fn triggers(backend: DbBackend) -> Vec<String> {
    let of_part = if backend == DbBackend::Postgres { postgres_triggers } else { sqlite_triggers };
    PARTS.into_iter().flat_map(of_part).collect()
}

/// Rows of a part as they are after a change and as they were before it. `row` gives the row
/// of a kind (`new`, `old`), or one without values, as a SELECT.
fn changed(part: &Part, event: &str, row: impl Fn(i32, &str, bool) -> String) -> String {
    let is_optional = part.is_optional;
    let versions = match event {
        "insert" => [Some(row(1, "new", true)), is_optional.then(|| row(-1, "new", false))],
        "update" => [Some(row(1, "new", true)), Some(row(-1, "old", true))],
        _ => [Some(row(-1, "old", true)), is_optional.then(|| row(1, "old", false))],
    };
    versions.into_iter().flatten().collect::<Vec<_>>().join(" UNION ALL ")
}

/// SQLite has triggers for rows only. Before a customer is deleted, not after it: then the
/// wallet is gone, too.
fn sqlite_triggers(part: &Part) -> Vec<String> {
    let row = |sign: i32, kind: &str, has_values: bool| {
        let columns = part.columns().map(|column| {
            if has_values || part.key.contains(&column) {
                format!("{kind}.{column} AS {column}")
            } else {
                format!("NULL AS {column}")
            }
        });
        format!("SELECT {sign} AS sign, {}", columns.collect::<Vec<_>>().join(", "))
    };
    let trigger = |event: &str, when: String| {
        let (name, time) = (part.trigger(event), time_of(part, event));
        let body = add(part, &changed(part, event, row), DbBackend::Sqlite);
        let (event, table) = (event.to_uppercase(), part.table);
        format!(
            "CREATE TRIGGER {name} {time} {event} ON {table} FOR EACH ROW {when} BEGIN {body} END"
        )
    };
    let differs = part.columns().map(|column| format!("OLD.{column} IS NOT NEW.{column}"));
    let differs = format!("WHEN {}", differs.collect::<Vec<_>>().join(" OR "));
    vec![
        trigger("insert", String::new()),
        trigger("update", differs),
        trigger("delete", String::new()),
    ]
}

fn time_of(part: &Part, event: &str) -> &'static str {
    if event == "delete" && !part.is_optional { "BEFORE" } else { "AFTER" }
}

/// One function for each kind of change: they differ in where the changes are.
fn postgres_triggers(part: &Part) -> Vec<String> {
    let table = part.table;
    let mut statements = Vec::new();
    for (event, tables) in [
        ("insert", "NEW TABLE AS new_rows"),
        ("update", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("delete", "OLD TABLE AS old_rows"),
    ] {
        let name = part.trigger(event);
        let (time, upper) = (time_of(part, event), event.to_uppercase());
        if time == "BEFORE" {
            // For each row: when the statement has ended, the wallets are gone, too.
            let columns = part.columns().map(|column| format!("OLD.{column} AS {column}"));
            let row = format!("SELECT -1 AS sign, {}", columns.collect::<Vec<_>>().join(", "));
            statements.push(postgres_function(
                &name,
                LOOK_UP,
                &add(part, &row, DbBackend::Postgres),
                "OLD",
            ));
            statements.push(format!(
                "CREATE TRIGGER {name} BEFORE {upper} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
            ));
            continue;
        }
        let changed = changed(part, event, |sign, kind, has_values| {
            postgres_rows(part, event, sign, kind, has_values)
        });
        let body =
            format!("{}{}", lock_chain(part, event), add(part, &changed, DbBackend::Postgres));
        statements.push(postgres_function(&name, LOOK_UP, &body, "NULL"));
        statements.push(format!(
            "CREATE TRIGGER {name} AFTER {upper} ON {table} REFERENCING {tables} \
             FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        ));
    }
    let name = part.trigger("truncate");
    let body = format!("{CLEAR}; {};", insert(&all()));
    statements.push(postgres_function(&name, "", &body, "NULL"));
    statements.push(format!(
        "CREATE TRIGGER {name} AFTER TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    ));
    statements
}

/// The rows of a transition table. Those of which an update has left all values alone are
/// left out.
fn postgres_rows(part: &Part, event: &str, sign: i32, kind: &str, has_values: bool) -> String {
    if !has_values {
        let columns = part.columns().map(|column| {
            if part.key.contains(&column) { column.to_owned() } else { format!("NULL AS {column}") }
        });
        let columns = columns.collect::<Vec<_>>().join(", ");
        return format!("SELECT {sign} AS sign, {columns} FROM {kind}_rows");
    }
    let columns = part.columns().collect::<Vec<_>>().join(", ");
    if event != "update" {
        return format!("SELECT {sign} AS sign, {columns} FROM {kind}_rows");
    }
    let other = if kind == "new" { "old" } else { "new" };
    format!(
        "SELECT {sign} AS sign, {columns} FROM (SELECT {columns} FROM {kind}_rows \
         EXCEPT SELECT {columns} FROM {other}_rows) AS {kind}"
    )
}

/// A writer of the chain's balances takes the locks of the programs whose customers it sees.
/// It does not see a customer who is just being written with such a wallet: so that one's
/// writer waits for the chain's, and the other way round.
fn lock_chain(part: &Part, event: &str) -> String {
    if part.is_optional || event == "delete" {
        return String::new();
    }
    // Looked up for each row, in the order in which the others lock.
    let Look { table, alias, condition, .. } = Look::CHAIN_OF_CUSTOMER;
    format!(
        "PERFORM 1 FROM (SELECT wallet_address, currency FROM new_rows ORDER BY 1, 2) AS c \
         CROSS JOIN LATERAL (SELECT 1 FROM {table} AS {alias} WHERE {condition} FOR SHARE) AS {alias}; "
    )
}

/// A function is planned once a connection, perhaps while the tables are empty, and
/// PostgreSQL knows nothing of the changed rows: it is to look all others up.
const LOOK_UP: &str = "SET enable_seqscan = off SET enable_hashjoin = off \
    SET enable_mergejoin = off SET jit = off";

fn postgres_function(name: &str, settings: &str, body: &str, result: &str) -> String {
    format!(
        "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {settings} AS $$ \
         BEGIN {body} RETURN {result}; END $$"
    )
}
