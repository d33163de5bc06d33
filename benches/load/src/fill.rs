//! Customers by the million, made by the database itself: the same ones every
//! time and on both databases.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::database::{Database, Session};
use crate::failure::Result;
use crate::options::Kind;

/// Customers put in by one transaction.
const CHUNK: i64 = 50_000;

/// 2023-01-01, and three years from there, in milliseconds.
const FIRST: i64 = 1_672_531_200_000;
const SPAN: i64 = 94_694_400_000;

/// 2^32 divided by the golden ratio: multiples of it, cut to 32 bits, scatter
/// evenly, and never repeat.
const SCATTER: i64 = 2_654_435_761;

/// What was put in.
pub(crate) struct Filled {
    pub(crate) customers: i64,
    /// Those of the status that the loads filter by.
    pub(crate) active: i64,
    /// Putting the rows in, with all that triggers do about it.
    pub(crate) inserted: Duration,
    /// Tidying up and gathering statistics.
    pub(crate) analyzed: Duration,
}

/// Fills a migrated database that has one program and nothing else.
pub(crate) fn fill(database: &Database, program: &str, customers: i64) -> Result<Filled> {
    let mut session = database.session()?;
    if database.kind == Kind::Sqlite {
        // While it is filled only: a power cut would cost nothing but the run.
        session.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -200000")?;
    }
    let sql = format!("SELECT CAST(id AS BIGINT) FROM programs WHERE name = '{program}'");
    let program = session.number(&sql)?;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let started = Instant::now();
    let mut first = 1;
    while first <= customers {
        let last = customers.min(first + CHUNK - 1);
        let chunk = Chunk { kind: database.kind, program, first, last, customers, now };
        session.execute(&chunk.sql())?;
        first = last + 1;
        if last % (2 * CHUNK) == 0 || last == customers {
            eprintln!("{}: {last} customers after {:.0?}", database.kind, started.elapsed());
        }
    }
    let inserted = started.elapsed();
    analyze(database.kind, &mut session)?;
    let analyzed = started.elapsed().saturating_sub(inserted);
    let active = "SELECT COUNT(*) FROM card_customers WHERE flow_status = 'active'";
    Ok(Filled { customers, active: session.number(active)?, inserted, analyzed })
}

fn analyze(kind: Kind, session: &mut Session) -> Result<()> {
    match kind {
        Kind::Postgres => {
            session.execute("VACUUM (ANALYZE)")?;
            session.execute("CHECKPOINT")
        }
        Kind::Sqlite => session.execute("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)"),
    }
}

/// Customers `first` to `last`.
struct Chunk {
    kind: Kind,
    program: i64,
    first: i64,
    last: i64,
    /// Of the whole database.
    customers: i64,
    now: i64,
}

impl Chunk {
    fn sql(&self) -> String {
        let made = self.customers_made();
        let Self { program, now, .. } = self;
        let hour = 3_600_000;
        let card = self.hex("h");
        let more = self.hex("g");
        let number = self.hex("n");
        format!(
            "BEGIN;
INSERT INTO card_customers (program_id, id, yativo_card_id, yativo_key, external_customer_id, external_key, \
  email, email_key, has_cards, flow_status, kyc_status, currency, safe_deployed, wallet_address, created_at)
SELECT {program}, id, 'yativo_card_customer_' || substr({card}, 1, 6) || '_' || created_at, \
  'yativo_card_customer_' || substr({card}, 1, 6) || '_' || created_at, \
  CASE WHEN n % 10 > 0 THEN 'usr_' || n END, CASE WHEN n % 10 > 0 THEN 'usr_' || n END, email, email, \
  deployed AND (h / 256 % 20 NOT IN (3, 4) OR n % 3 = 0 AND (h / 256 + 7) % 20 NOT IN (3, 4)), \
  flow_status, \
  CASE flow_status WHEN 'otp_requested' THEN NULL WHEN 'otp_verified' THEN 'pending' \
    WHEN 'kyc_initiated' THEN 'in_progress' ELSE 'approved' END, \
  CASE WHEN flow_status LIKE 'otp%' OR flow_status = 'kyc_initiated' THEN NULL \
    WHEN h % 5 = 0 THEN 'USD' WHEN h % 5 = 1 THEN 'GBP' ELSE 'EUR' END, \
  deployed, \
  CASE WHEN deployed OR flow_status = 'safe_deploying' \
    THEN '0x' || {card} || {more} || {number} || {more} || {card} END, \
  created_at \
FROM {made};
INSERT INTO customer_updates (program_id, customer_id, updated_at)
SELECT {program}, id, CASE WHEN n % 4 = 0 THEN {now} - n % {hour} ELSE created_at END FROM {made};
INSERT INTO wallet_balances (program_id, customer_id, ledger_minor, available_minor, pending_minor, updated_at)
SELECT {program}, id, available + pending, available, pending, {now} - n % {hour} \
FROM (SELECT id, n, h % 400000 AS available, CASE WHEN g % 2 = 0 THEN 0 ELSE 100 + g % 20000 END AS pending \
  FROM {made} WHERE deployed) AS balances;
INSERT INTO cards (program_id, card_id, customer_id, last_four, card_type, status, is_stolen, pin_set, activated_at, created_at)
SELECT {program}, \
  {card} || '-' || substr({more}, 1, 4) || '-4' || substr({more}, 5, 3) || '-800' || k || '-0000' || {number}, \
  id, substr('' || (10000 + g % 10000), 2), \
  CASE WHEN g % 3 = 0 THEN 'physical' ELSE 'virtual' END, status, \
  status = 'voided' AND g % 2 = 0, h % 3 = 0, \
  CASE WHEN flow_status = 'active' THEN made_at + {hour} END, made_at \
FROM (SELECT made.*, k, created_at + {hour} * (k + 1) AS made_at, \
    CASE (h / 256 + 7 * k) % 20 WHEN 0 THEN 'frozen' WHEN 1 THEN 'lost' WHEN 2 THEN 'blocked' \
      WHEN 3 THEN 'voided' WHEN 4 THEN 'voided' ELSE 'active' END AS status \
  FROM {made} CROSS JOIN (SELECT 0 AS k UNION ALL SELECT 1) AS ks WHERE deployed AND (k = 0 OR n % 3 = 0)) AS held;
COMMIT"
        )
    }

    /// A derived table `made`: the number `n`, two scattered ones `h` and `g`,
    /// and what follows from them.
    fn customers_made(&self) -> String {
        let Self { first, last, customers, .. } = self;
        let series = match self.kind {
            Kind::Postgres => {
                format!("(SELECT n FROM generate_series({first}::bigint, {last}) AS s (n))")
            }
            Kind::Sqlite => format!(
                "(WITH RECURSIVE s (n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) \
                 SELECT n FROM s)"
            ),
        };
        let step = SPAN / customers;
        let scattered = format!(
            "(SELECT n, (n * {SCATTER}) & 4294967295 AS h, (n * 40503 + 2147483647) & 4294967295 AS g \
             FROM {series} AS numbers)"
        );
        let timed = format!(
            "(SELECT n, h, g, {FIRST} + (n - 1) * {SPAN} / {customers} + h % {step} AS created_at, \
               h / 65536 % 100 AS part FROM {scattered} AS scattered)"
        );
        let staged = format!(
            "(SELECT n, h, g, created_at, \
               CASE WHEN part < 60 THEN 'active' WHEN part < 70 THEN 'card_created' \
                 WHEN part < 78 THEN 'otp_requested' WHEN part < 84 THEN 'otp_verified' \
                 WHEN part < 90 THEN 'kyc_initiated' WHEN part < 96 THEN 'kyc_completed' \
                 ELSE 'safe_deploying' END AS flow_status, part < 70 AS deployed \
             FROM {timed} AS timed)"
        );
        let id = [self.hex("created_at / 1000"), self.hex("h"), self.hex("g")].join(" || ");
        format!(
            "(SELECT n, h, g, created_at, flow_status, deployed, {id} AS id, \
               'customer' || n || '@example.com' AS email FROM {staged} AS staged) AS made"
        )
    }

    /// Eight hexadecimal digits.
    fn hex(&self, number: &str) -> String {
        match self.kind {
            Kind::Postgres => format!("lpad(to_hex({number}), 8, '0')"),
            Kind::Sqlite => format!("printf('%08x', {number})"),
        }
    }
}
