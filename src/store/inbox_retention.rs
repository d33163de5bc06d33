//! What the inbox no longer needs.

use sea_orm::{ConnectionTrait as _, Statement, Value};

use super::database::Store;
use super::sql;
use super::write_tx::EVENTS;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A position in the inbox: when an event was received, its program and its identifier.
pub type InboxPosition = (Timestamp, i32, String);

/// Whether nothing is computed from the body of the event `e` any more. Parameters: the
/// moment before which events are old, and now.
///
/// - A balance event is: the newest one is stored with the wallet.
/// - What moved money is needed with all other events of its subject, until they are all
///   old and the snapshot of the balance includes them. A transaction must be closed, and
///   in the wallet's currency: a refund in another one is converted by its rate.
/// - Card events are always needed: which card an event means depends on all of a
///   customer's, and there are few of them.
fn is_not_needed(before: usize, now: usize) -> String {
    format!(
        "e.state = 'kept' OR (e.state = 'applied' AND (e.subject IS NULL OR ( \
         e.subject NOT LIKE 'cards:%' \
         AND (e.subject NOT LIKE 'transaction:%' OR EXISTS (SELECT 1 FROM card_transactions AS t \
             WHERE t.program_id = e.program_id AND t.transaction_id = substr(e.subject, 13) \
             AND t.status NOT IN ('authorized', 'partially_reversed') \
             AND t.billing_currency = t.currency)) \
         AND NOT EXISTS (SELECT 1 FROM inbox_events AS o WHERE o.program_id = e.program_id \
             AND o.subject = e.subject AND o.subject IS NOT NULL AND o.state = 'applied' \
             AND (o.received_at >= ${before} OR o.moment > COALESCE((SELECT b.base_at \
                 FROM wallet_balances AS b WHERE b.program_id = o.program_id \
                 AND b.customer_id = o.customer_id AND b.base_at <= ${now}), o.moment - 1))))))"
    )
}

impl Store {
    /// Drops the bodies of applied and of ignored events that were received before a
    /// moment and are not needed any more, of at most `limit` events after a position.
    /// Returns the position of the last of them; none at the end.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn drop_event_bodies(
        &self,
        before: Timestamp,
        after: Option<&InboxPosition>,
        limit: u64,
    ) -> Result<Option<InboxPosition>> {
        let first = (i64::MIN, i32::MIN, String::new());
        let (at, program, id) =
            after.map_or(first, |(at, program, id)| (at.millis(), *program, id.clone()));
        let after: [Value; 3] = [at.into(), program.into(), id.into()];
        // By hand: the condition looks at three tables, and the order is the index's.
        let page = "SELECT e.received_at, e.program_id, e.event_id FROM inbox_events AS e \
            WHERE (e.received_at, e.event_id, e.program_id) > ($1, $3, $2) \
            AND e.received_at < $4 ORDER BY e.received_at, e.event_id, e.program_id LIMIT $5";
        let values = after.iter().cloned().chain([before.millis().into(), limit.into()]);
        let backend = self.reads.get_database_backend();
        let page = Statement::from_sql_and_values(backend, page, values);
        let rows = self.reads.query_all_raw(page).await.map_err(sql::failed)?;
        let Some(last) = rows.last() else { return Ok(None) };
        let at: i64 = sql::column(last, 0)?;
        let (program, id): (i32, String) = (sql::column(last, 1)?, sql::column(last, 2)?);
        let drop = format!(
            "UPDATE inbox_events AS e SET body = '' \
             WHERE (e.received_at, e.event_id, e.program_id) > ($1, $3, $2) \
             AND (e.received_at, e.event_id, e.program_id) <= ($4, $6, $5) \
             AND e.body <> '' AND ({})",
            is_not_needed(7, 8)
        );
        let last = [at.into(), program.into(), id.clone().into()];
        let times = [before.millis().into(), Timestamp::now().millis().into()];
        let values = after.into_iter().chain(last).chain(times);
        let drop = Statement::from_sql_and_values(backend, drop, values);
        let write = self.begin_bulk(EVENTS).await?;
        write.execute_raw(drop).await.map_err(sql::failed)?;
        write.commit().await?;
        Ok(Some((sql::time(at)?, program, id)))
    }

    /// Removes events whose bodies are dropped and that were received before a moment, at
    /// most `limit`. Returns how many were removed.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_events(&self, before: Timestamp, limit: u64) -> Result<u64> {
        let backend = self.reads.get_database_backend();
        let old = "SELECT e.program_id, e.event_id FROM inbox_events AS e \
            WHERE e.received_at < $1 AND e.body = '' AND e.state IN ('applied', 'kept') \
            ORDER BY e.received_at LIMIT $2";
        // Most of the time there is none, and no transaction is needed.
        let first = [before.millis().into(), 1_i64.into()];
        let first = Statement::from_sql_and_values(backend, old, first);
        if self.reads.query_one_raw(first).await.map_err(sql::failed)?.is_none() {
            return Ok(0);
        }
        let write = self.begin_bulk(EVENTS).await?;
        // By hand: neither database limits a DELETE itself.
        let text = format!("DELETE FROM inbox_events WHERE (program_id, event_id) IN ({old})");
        let values = vec![before.millis().into(), limit.into()];
        let remove = Statement::from_sql_and_values(backend, text, values);
        let removed = write.execute_raw(remove).await.map_err(sql::failed)?.rows_affected();
        write.commit().await?;
        Ok(removed)
    }
}
