//! The pool of connections, and how a statement outside of a transaction is sent.

use std::ops::Deref;
use std::sync::Arc;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, DbErr};
use sea_orm::{ExecResult, QueryResult, Statement};

use super::connection::Connection;

/// What is between the gateway and PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing.
    #[default]
    None,
    /// A pooler that gives each connection of the gateway one of the server for as long as it
    /// is open.
    Session,
    /// A pooler that gives each transaction a connection of the server. What belongs to a
    /// session cannot be used: prepared statements, settings, LISTEN.
    Transaction,
}

/// The pool. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    db: DatabaseConnection,
    /// How the transaction of a single statement begins, where each needs one.
    begin: Option<Arc<str>>,
}

impl Pool {
    /// A pool. With a `begin`, each statement gets a transaction that begins so.
    pub(super) fn new(db: DatabaseConnection, begin: Option<String>) -> Self {
        Self { db, begin: begin.map(Into::into) }
    }

    /// How the transaction of a single statement begins, where each needs one.
    pub(super) fn begin_alone(&self) -> Option<&str> {
        self.begin.as_deref()
    }

    /// Waits for a free connection.
    pub(super) async fn connection(&self) -> Result<Connection, DbErr> {
        Connection::acquire(&self.db, self.begin.is_none()).await
    }

    /// The pool itself.
    pub(super) fn into_inner(self) -> DatabaseConnection {
        self.db
    }
}

impl Deref for Pool {
    type Target = DatabaseConnection;

    fn deref(&self) -> &DatabaseConnection {
        &self.db
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Pool {
    fn get_database_backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let Some(begin) = &self.begin else { return self.db.execute_raw(statement).await };
        self.connection().await?.execute_alone(begin, statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.db.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if self.begin.is_none() {
            return self.db.query_one_raw(statement).await;
        }
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let Some(begin) = &self.begin else { return self.db.query_all_raw(statement).await };
        self.connection().await?.rows_alone(begin, statement).await
    }
}
