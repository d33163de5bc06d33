//! How old changes are removed. Each program keeps the number up to which that has happened, so
//! that a client whose place is before it learns that changes are missing.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::database::Store;
use super::sql;
use super::write_tx::{EVENTS, lock_change_retention};
use crate::domain::time::Timestamp;
use crate::error::Result;

/// Notes up to which number the changes of each program are removed now: those up to `$1`.
const MARK: &str = "UPDATE programs SET changes_removed_to = (SELECT MAX(c.seq) FROM changes AS c \
      WHERE c.program_id = programs.id AND c.seq <= $1) \
    WHERE EXISTS (SELECT 1 FROM changes AS c WHERE c.program_id = programs.id AND c.seq <= $1)";
/// Removes what is noted. A change that has come in between is not, and stays.
const REMOVE: &str = "DELETE FROM changes WHERE seq > $1 AND seq <= $2 AND seq <= \
    (SELECT p.changes_removed_to FROM programs AS p WHERE p.id = changes.program_id)";

impl Store {
    /// Removes the oldest changes of all programs behind the number `after`, at most `limit`,
    /// as long as they were made before `before`. Returns the number of the last one of them;
    /// none if there is none, or if another process is removing changes.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn remove_changes(
        &self,
        before: Timestamp,
        after: i64,
        limit: i64,
    ) -> Result<Option<i64>> {
        let backend = self.reads.get_database_backend();
        // In the order of numbers, whose index is there anyway: an index of times would cost
        // each change something. Times grow with the numbers, or nearly so where clocks differ:
        // then some changes stay a little longer.
        let oldest = format!(
            "SELECT c.seq, c.changed_at FROM changes AS c WHERE c.seq > $1 ORDER BY c.seq {}",
            sql::limit(backend, 2)
        );
        let values = [after.into(), limit.into()];
        let oldest = Statement::from_sql_and_values(backend, oldest, values);
        let rows = self.reads.query_all_raw(oldest).await.map_err(sql::failed)?;
        let mut last = None;
        for row in &rows {
            let changed_at: i64 = sql::column(row, 1)?;
            if changed_at >= before.millis() {
                break;
            }
            last = Some(sql::column::<i64>(row, 0)?);
        }
        let Some(last) = last else { return Ok(None) };
        let write = self.begin_bulk(EVENTS).await?;
        if backend == DbBackend::Postgres {
            let lock = Statement::from_string(backend, lock_change_retention());
            let lock = write.query_one_raw(lock).await.map_err(sql::failed)?;
            let is_ours: bool = lock.as_ref().map_or(Ok(false), |row| sql::column(row, 0))?;
            if !is_ours {
                write.roll_back().await;
                return Ok(None);
            }
        }
        let mark = Statement::from_sql_and_values(backend, MARK, [last.into()]);
        write.execute_raw(mark).await.map_err(sql::failed)?;
        let remove = [after.into(), last.into()];
        let remove = Statement::from_sql_and_values(backend, REMOVE, remove);
        write.execute_raw(remove).await.map_err(sql::failed)?;
        write.commit().await?;
        Ok(Some(last))
    }
}
