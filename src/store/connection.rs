//! One connection out of the pool, to either database.

use sea_orm::sea_query::Values;
use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::{AssertSqlSafe, Executor as _, Postgres, Sqlite, query_with, raw_sql};
use sea_orm::{ConnAcquireErr, DatabaseConnection, DbBackend, DbErr, ExecResult};
use sea_orm::{QueryResult, RuntimeErr, SqlxError, Statement};
use sea_query_sqlx::SqlxValues;

use super::waiting::Waiting;

/// A connection that goes back to the pool when it is dropped.
pub(crate) struct Connection {
    to: To,
    /// Whether the server still has what was prepared when the next statement comes.
    keeps_prepared: bool,
    /// Whether a transaction of a statement's own is open.
    is_between: bool,
}

/// The database that a connection leads to.
enum To {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

impl Connection {
    /// Waits for a free connection. A pooler by transaction does not keep what was prepared.
    pub(super) async fn acquire(
        db: &DatabaseConnection,
        keeps_prepared: bool,
    ) -> Result<Self, DbErr> {
        let _waiting = Waiting::begin();
        let connection = if db.get_database_backend() == DbBackend::Postgres {
            db.get_postgres_connection_pool().acquire().await.map(To::Postgres)
        } else {
            db.get_sqlite_connection_pool().acquire().await.map(To::Sqlite)
        };
        let connection = connection.map(|to| Self { to, keeps_prepared, is_between: false });
        connection.map_err(|error| match error {
            SqlxError::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
            SqlxError::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
            error => DbErr::Conn(RuntimeErr::SqlxError(error.into())),
        })
    }

    /// Which database it leads to.
    pub(super) const fn backend(&self) -> DbBackend {
        match &self.to {
            To::Postgres(_) => DbBackend::Postgres,
            To::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// Closes it when it is dropped, instead of giving it back to the pool.
    pub(super) fn close_on_drop(&mut self) {
        match &mut self.to {
            To::Postgres(connection) => connection.close_on_drop(),
            To::Sqlite(connection) => connection.close_on_drop(),
        }
    }

    /// All rows of a statement.
    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (sql, values) = parts(statement);
        let rows = match &mut self.to {
            To::Postgres(connection) => {
                let rows = query_with::<Postgres, _>(sql, values);
                let rows = rows.persistent(self.keeps_prepared).fetch_all(&mut **connection);
                rows.await.map(|rows| rows.into_iter().map(Into::into).collect())
            }
            To::Sqlite(connection) => {
                let rows = query_with::<Sqlite, _>(sql, values).fetch_all(&mut **connection);
                rows.await.map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        rows.map_err(query_failed)
    }

    /// Runs a statement that returns no rows.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (sql, values) = parts(statement);
        let done = match &mut self.to {
            To::Postgres(connection) => {
                let done = query_with::<Postgres, _>(sql, values);
                let done = done.persistent(self.keeps_prepared).execute(&mut **connection);
                done.await.map(Into::into)
            }
            To::Sqlite(connection) => {
                let done = query_with::<Sqlite, _>(sql, values).execute(&mut **connection);
                done.await.map(Into::into)
            }
        };
        done.map_err(exec_failed)
    }

    /// As [`Connection::rows`], in a transaction of the statement's own, which begins so. Where
    /// it fails or is given up, the connection is closed, and the transaction ends with it.
    pub(super) async fn rows_alone(
        &mut self,
        begin: &str,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.is_between = true;
        self.run(begin).await?;
        let rows = self.rows(statement).await?;
        self.run("COMMIT").await?;
        self.is_between = false;
        Ok(rows)
    }

    /// As [`Connection::execute`], in a transaction of the statement's own.
    pub(super) async fn execute_alone(
        &mut self,
        begin: &str,
        statement: Statement,
    ) -> Result<ExecResult, DbErr> {
        self.is_between = true;
        self.run(begin).await?;
        let done = self.execute(statement).await?;
        self.run("COMMIT").await?;
        self.is_between = false;
        Ok(done)
    }

    /// Runs SQL without parameters, several statements perhaps, in one round
    /// trip.
    pub(super) async fn run(&mut self, sql: &str) -> Result<ExecResult, DbErr> {
        let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
        let done = match &mut self.to {
            To::Postgres(connection) => connection.execute(sql).await.map(Into::into),
            To::Sqlite(connection) => connection.execute(sql).await.map(Into::into),
        };
        done.map_err(exec_failed)
    }

    /// As [`Connection::run`], with the rows of all statements.
    pub(super) async fn run_for_rows(&mut self, sql: &str) -> Result<Vec<QueryResult>, DbErr> {
        let sql = raw_sql(AssertSqlSafe(sql.to_owned()));
        let rows = match &mut self.to {
            To::Postgres(connection) => {
                let rows = connection.fetch_all(sql).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
            To::Sqlite(connection) => {
                let rows = connection.fetch_all(sql).await;
                rows.map(|rows| rows.into_iter().map(Into::into).collect())
            }
        };
        rows.map_err(query_failed)
    }

    /// PostgreSQL: sends rows to a `COPY … FROM STDIN`, in its text format.
    pub(super) async fn copy_in(&mut self, statement: &str, rows: &str) -> Result<(), DbErr> {
        let To::Postgres(connection) = &mut self.to else {
            return Err(DbErr::Custom("only PostgreSQL copies".to_owned()));
        };
        let copied = async {
            let mut copy = connection.copy_in_raw(statement).await?;
            copy.send(rows.as_bytes()).await?;
            copy.finish().await
        };
        copied.await.map(drop).map_err(exec_failed)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_between {
            self.close_on_drop();
        }
    }
}

fn parts(statement: Statement) -> (AssertSqlSafe<String>, SqlxValues) {
    let values = SqlxValues(statement.values.unwrap_or(Values(Vec::new())));
    (AssertSqlSafe(statement.sql), values)
}

fn query_failed(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn exec_failed(error: SqlxError) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}
