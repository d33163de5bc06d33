//! What the inbox no longer needs.

use sea_orm::{ConnectionTrait as _, Statement};

use super::database::Store;
use super::sql;
use crate::domain::time::Timestamp;
use crate::error::Result;

/// A position in the inbox: when an event was received, its program and its identifier.
pub type InboxPosition = (Timestamp, i32, String);

/// Whether nothing is computed from the event `e` any more: the newest snapshot of the
/// balance absorbs it, its transaction is not open, and it is not about a card. Which card
/// an event means depends on all card events of the customer, and there are few of them.
const NOT_NEEDED: &str = "e.state = 'kept' OR (e.state = 'applied' \
    AND e.subject NOT LIKE 'cards:%' \
    AND e.moment <= COALESCE((SELECT b.base_at FROM wallet_balances AS b \
        WHERE b.program_id = e.program_id AND b.customer_id = e.customer_id), e.moment - 1) \
    AND NOT EXISTS (SELECT 1 FROM card_transactions AS t WHERE t.program_id = e.program_id \
        AND t.transaction_id = substr(e.subject, 13) \
        AND t.status IN ('authorized', 'partially_reversed'))) \
    OR (e.state = 'applied' AND e.subject IS NULL)";

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
        after: Option<InboxPosition>,
        limit: u64,
    ) -> Result<Option<InboxPosition>> {
        let first = after.map_or((i64::MIN, i32::MIN, String::new()), |(at, program, id)| {
            (at.millis(), program, id)
        });
        let write = self.begin("").await?;
        let backend = write.get_database_backend();
        // By hand: the condition looks at three tables, and the order is the index's.
        let page = "SELECT e.received_at, e.program_id, e.event_id FROM inbox_events AS e \
            WHERE (e.received_at, e.event_id, e.program_id) > ($1, $3, $2) \
            AND e.received_at < $4 ORDER BY e.received_at, e.event_id, e.program_id LIMIT $5";
        let values = vec![
            first.0.into(),
            first.1.into(),
            first.2.clone().into(),
            before.millis().into(),
            limit.into(),
        ];
        let rows = write.query_all_raw(Statement::from_sql_and_values(backend, page, values)).await;
        let rows = rows.map_err(sql::failed)?;
        let Some(last) = rows.last() else {
            write.roll_back().await;
            return Ok(None);
        };
        let last_at: i64 = sql::column(last, 0)?;
        let (program, id): (i32, String) = (sql::column(last, 1)?, sql::column(last, 2)?);
        let last = (sql::time(last_at)?, program, id.clone());
        let drop = format!(
            "UPDATE inbox_events AS e SET body = '' \
             WHERE (e.received_at, e.event_id, e.program_id) > ($1, $3, $2) \
             AND (e.received_at, e.event_id, e.program_id) <= ($4, $6, $5) \
             AND e.body <> '' AND ({NOT_NEEDED})"
        );
        let values = vec![
            first.0.into(),
            first.1.into(),
            first.2.into(),
            last_at.into(),
            program.into(),
            id.into(),
        ];
        let dropped = Statement::from_sql_and_values(backend, drop, values);
        write.execute_raw(dropped).await.map_err(sql::failed)?;
        write.commit().await?;
        Ok(Some(last))
    }

    /// Removes events whose bodies are dropped and that were received before a moment, at
    /// most `limit`. Returns how many were removed.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_events(&self, before: Timestamp, limit: u64) -> Result<u64> {
        let write = self.begin("").await?;
        // By hand: neither database limits a DELETE itself.
        let text = "DELETE FROM inbox_events WHERE (program_id, event_id) IN ( \
            SELECT e.program_id, e.event_id FROM inbox_events AS e \
            WHERE e.received_at < $1 AND e.body = '' AND e.state IN ('applied', 'kept') \
            ORDER BY e.received_at LIMIT $2)";
        let values = vec![before.millis().into(), limit.into()];
        let remove = Statement::from_sql_and_values(write.get_database_backend(), text, values);
        let removed = write.execute_raw(remove).await.map_err(sql::failed)?.rows_affected();
        write.commit().await?;
        Ok(removed)
    }
}
