//! A database transaction that reads one state of the data, however long it takes.
//!
//! A request that is read at the standby has it there. It holds a connection, and keeps the
//! database from tidying up what has changed since: the caller has to bound its time.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, QueryResult, Statement};

use super::connection::Connection;
use super::database::Store;
use super::sql;
use super::standby::server::Standby;
use crate::error::{Error, Result};

/// Rows come in the order of an index, a part at a time. PostgreSQL would rather read and sort
/// a whole table for each part where it takes a condition to leave few rows.
const PLANS: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; \
    SET LOCAL enable_sort = off";

/// A statement that reads: the state is that of this moment.
const READ: &str = "SELECT 1 FROM programs LIMIT 1";

/// An open transaction that only reads. Dropped, its connection is closed, and the transaction
/// ends with it.
pub(super) struct Snapshot {
    connection: Connection,
    /// The standby, if it is there.
    standby: Option<Arc<Standby>>,
    /// Whether no statement has failed or been given up.
    is_sound: bool,
    has_ended: bool,
}

impl Store {
    /// Begins to read the data as they are now. On PostgreSQL, one statement may take as long
    /// as `time`, for ever without one.
    pub(super) async fn snapshot(&self, time: Option<Duration>) -> Result<Snapshot> {
        self.sqlite.check()?;
        let standby = self.reads.current().map(|(standby, _)| Arc::clone(standby));
        let connection = match &standby {
            Some(standby) => standby.lease().await,
            None => self.db.connection().await,
        };
        let connection = connection.map_err(|error| failed(standby.as_deref(), error))?;
        let mut snapshot = Snapshot { connection, standby, is_sound: false, has_ended: false };
        let begin = match self.db.get_database_backend() {
            DbBackend::Postgres => self.begin_snapshot(time),
            _ => format!("BEGIN; {READ}"),
        };
        let begun = snapshot.connection.run(&begin).await;
        begun.map_err(|error| failed(snapshot.standby.as_deref(), error))?;
        snapshot.is_sound = true;
        Ok(snapshot)
    }

    fn begin_snapshot(&self, time: Option<Duration>) -> String {
        let of_session = self.of_transaction.as_deref();
        let of_session = of_session.map_or_else(String::new, |settings| format!("{settings}; "));
        // 0 is none.
        let millis = time.map_or(0, |time| i32::try_from(time.as_millis()).unwrap_or(i32::MAX));
        format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {of_session}\
             SET LOCAL statement_timeout = {millis}; {PLANS}; {READ}"
        )
    }
}

impl Snapshot {
    /// All rows of a statement.
    ///
    /// # Errors
    /// If the database fails; nothing can be read any more then.
    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>> {
        self.is_sound = false;
        let rows = self.connection.rows(statement).await;
        let rows = rows.map_err(|error| failed(self.standby.as_deref(), error))?;
        self.is_sound = true;
        Ok(rows)
    }

    /// Ends it. The connection is used again, unless a statement has failed or been given up.
    pub(super) async fn end(mut self) {
        if self.is_sound {
            self.has_ended = self.connection.run("ROLLBACK").await.is_ok();
        }
    }
}

/// An error of the server that is read.
fn failed(standby: Option<&Standby>, error: DbErr) -> Error {
    match standby {
        Some(standby) => standby.failed(&error),
        None => sql::failed(error),
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        if !self.has_ended {
            self.connection.close_on_drop();
        }
    }
}
