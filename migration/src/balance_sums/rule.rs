//! What each customer counts, in SQL.

use sea_orm_migration::sea_orm::DbBackend;

/// The level of the sum over all customers.
pub const LASTING: i64 = 0;
/// The level of the sums by bucket.
pub const BUCKETS: i64 = 1;
/// The level of the sums by millisecond.
pub const MOMENTS: i64 = 2;
/// How many bits of a time a bucket leaves out: it is 8.2 seconds long.
pub const BUCKET_BITS: u32 = 13;
/// How many bits of an amount are low.
pub const LOW_BITS: u32 = 32;

/// The columns that are sums: how many customers have a wallet, of how many the balance is
/// live, or read from the chain; and the amounts.
pub const SUMS: [&str; 9] = [
    "customers",
    "realtime",
    "on_chain",
    "ledger_high",
    "ledger_low",
    "available_high",
    "available_low",
    "pending_high",
    "pending_low",
];
pub(super) const KEY: &str = "program_id, level, start, currency";

/// Rows that a customer's balance is made of: the customer `c`, the wallet's balance `w` or
/// the chain's balance `x`.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) table: &'static str,
    pub(super) alias: &'static str,
    /// Which row belongs to the rows so far.
    pub(super) condition: &'static str,
    /// Whether there may be none.
    pub(super) is_optional: bool,
}

impl Look {
    pub(super) const WALLET_OF_CUSTOMER: Self = Self {
        table: "wallet_balances",
        alias: "w",
        condition: "w.program_id = c.program_id AND w.customer_id = c.id",
        is_optional: true,
    };
    pub(super) const CHAIN_OF_CUSTOMER: Self = Self {
        table: "chain_balances",
        alias: "x",
        condition: "x.wallet_address = c.wallet_address AND x.currency = c.currency",
        is_optional: true,
    };

    /// Joins the rows to all rows so far, in whatever way is best.
    pub(super) fn joined(self) -> String {
        let Self { table, alias, condition, is_optional } = self;
        let join = if is_optional { "LEFT" } else { "CROSS" };
        format!("{join} JOIN {table} AS {alias} ON {condition}")
    }

    /// Looks the rows up for each of the rows so far: they are few. PostgreSQL would read
    /// the whole table, if it believes that it is small, without `OFFSET 0`; SQLite keeps the
    /// order of a CROSS JOIN.
    pub(super) fn looked_up(self, backend: DbBackend) -> String {
        if backend != DbBackend::Postgres {
            return self.joined();
        }
        let Self { table, alias, condition, is_optional } = self;
        let join = if is_optional { "LEFT" } else { "INNER" };
        format!(
            "{join} JOIN LATERAL (SELECT * FROM {table} AS {alias} WHERE {condition} OFFSET 0) \
             AS {alias} ON TRUE"
        )
    }
}

/// Whether a customer `c` is there and has a wallet, in SQL.
const COUNTS: &str = "c.safe_deployed AND c.gone_at IS NULL";

/// What each customer counts, times the column `sign` of `sign_of`, as a SELECT.
pub(super) fn contributions(sign_of: &str, joined: &str) -> String {
    let is_live = "w.source = 'live'";
    let is_younger = "x.block_time > w.updated_at";
    let by_chain = format!("(x.block_time IS NOT NULL AND (w.updated_at IS NULL OR {is_younger}))");
    // Nothing less than zero is held: see `Balance::from` of the gateway.
    let available = format!(
        "(CASE WHEN {is_live} AND w.pending_minor < 0 THEN w.ledger_minor ELSE w.available_minor END)"
    );
    let pending =
        format!("(CASE WHEN {is_live} AND w.pending_minor > 0 THEN w.pending_minor ELSE 0 END)");
    let lasting = |chain: &str, wallet: &str, while_live: &str| {
        format!(
            "CASE WHEN l.level > {LASTING} THEN {while_live} \
             WHEN {by_chain} THEN {chain} ELSE COALESCE({wallet}, 0) END"
        )
    };
    let live = format!("(CASE WHEN {is_live} THEN 1 ELSE 0 END)");
    let not_live = "(CASE WHEN w.source <> 'live' THEN 1 ELSE 0 END)";
    let columns = [
        (format!("CASE l.level WHEN {LASTING} THEN 1 ELSE 0 END"), "customers"),
        (lasting("0", &live, "1"), "realtime"),
        (lasting("1", not_live, "-1"), "on_chain"),
        (lasting("x.ledger_minor", "w.ledger_minor", "w.ledger_minor - x.ledger_minor"), "ledger"),
        (
            lasting("x.ledger_minor", &available, &format!("{available} - x.ledger_minor")),
            "available",
        ),
        (lasting("0", &pending, &pending), "pending"),
    ];
    let columns = columns.map(|(value, name)| format!("{value} AS {name}")).join(", ");
    let start = format!(
        "CASE l.level WHEN {LASTING} THEN 0 WHEN {BUCKETS} THEN w.updated_at >> {BUCKET_BITS} \
         ELSE w.updated_at END"
    );
    format!(
        "SELECT {sign_of} AS sign, c.program_id, l.level, {start} AS start, \
           COALESCE(c.currency, '') AS currency, {columns} \
         FROM {joined} CROSS JOIN (SELECT {LASTING} AS level UNION ALL SELECT {BUCKETS} \
           UNION ALL SELECT {MOMENTS}) AS l \
         WHERE {COUNTS} AND (l.level = {LASTING} OR ({is_live} AND {is_younger}))"
    )
}

/// [`contributions`], added up: as the columns of [`KEY`] and [`SUMS`].
pub(super) fn added_up(contributions: &str) -> String {
    let low = (1_i64 << LOW_BITS) - 1;
    let sums = SUMS.map(|sum| {
        let part = match sum.rsplit_once('_') {
            Some((amount, "high")) => format!("(p.{amount} >> {LOW_BITS})"),
            Some((amount, "low")) => format!("(p.{amount} & {low})"),
            _ => format!("p.{sum}"),
        };
        format!("CAST(SUM(p.sign * {part}) AS BIGINT) AS {sum}")
    });
    format!(
        "SELECT p.program_id, p.level, p.start, p.currency, {} FROM ({contributions}) AS p \
         GROUP BY p.program_id, p.level, p.start, p.currency",
        sums.join(", ")
    )
}

/// All that customers count now, added up: what the table must hold.
pub fn all() -> String {
    let [wallet, chain] = [Look::WALLET_OF_CUSTOMER, Look::CHAIN_OF_CUSTOMER].map(Look::joined);
    added_up(&contributions("1", &format!("card_customers AS c {wallet} {chain}")))
}

/// Removes all sums.
pub(super) const CLEAR: &str = "DELETE FROM balance_sums";

/// Adds sums to the table.
pub(super) fn insert(sums: &str) -> String {
    format!("INSERT INTO balance_sums ({KEY}, {}) {sums}", SUMS.join(", "))
}
