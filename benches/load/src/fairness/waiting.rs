//! Events of both programs that wait for customers who never come.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::database::Database;
use crate::failure::Result;

/// In milliseconds.
const HOUR: i64 = 3_600_000;

pub(super) fn put(database: &Database, events: i64) -> Result<()> {
    // 24 digits, behind those of the customers who are there.
    let customer = "'75f0c0de' || substr('' || (1000000000000000 + n), 1, 16)";
    let id = "'evt_1700000000000_' || n";
    let body = format!(
        "'{{\"id\":\"' || {id} || '\",\"type\":\"customer.balance.updated\",\"created_at\":\
         \"2026-01-01T00:00:00.000Z\",\"data\":{{\"customer_id\":\"' || {customer} || \
         '\",\"currency\":\"EUR\",\"ledger_balance\":\"2.00\",\"available_balance\":\"1.50\",\
         \"pending_balance\":\"0.50\",\"updated_at\":\"2026-01-01T00:00:00.000Z\"}}}}'"
    );
    let from = format!(
        "FROM programs CROSS JOIN (WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 \
         FROM s WHERE n < {events}) SELECT n FROM s) AS numbers"
    );
    // Recent ones: old ones are removed.
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let moment = i64::try_from(now)? - HOUR;
    database.session()?.execute(&format!(
        "BEGIN;
INSERT INTO inbox_events (program_id, event_id, event_type, body, received_at, state, reason, moment)
SELECT id, {id}, 'customer.balance.updated', {body}, {moment} + n, 'waiting', \
  'the customer is not known yet', {moment} {from};
INSERT INTO inbox_names (program_id, name, event_id) SELECT id, {customer}, {id} {from};
COMMIT"
    ))?;
    // As the server itself does after a while.
    database.session()?.execute("ANALYZE")
}
