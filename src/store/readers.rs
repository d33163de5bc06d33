//! The servers that are read: the primary, and a standby for requests that only read.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::reads::Reads;
use super::standby::attempt::Attempt;
use super::standby::server::Standby;

/// Where reads go: to the standby within an [`Attempt`], to the primary otherwise.
#[derive(Debug)]
pub(super) struct Readers {
    primary: Arc<Reads>,
    standby: Option<Arc<Standby>>,
}

impl Readers {
    /// The primary alone.
    pub(super) const fn new(primary: Arc<Reads>) -> Self {
        Self { primary, standby: None }
    }

    /// The same primary, with a standby.
    pub(super) fn with_standby(&self, standby: Arc<Standby>) -> Self {
        Self { primary: Arc::clone(&self.primary), standby: Some(standby) }
    }

    /// The primary.
    pub(super) const fn primary(&self) -> &Arc<Reads> {
        &self.primary
    }

    /// The standby, if there is one.
    pub(super) const fn standby(&self) -> Option<&Arc<Standby>> {
        self.standby.as_ref()
    }

    /// The standby, if that is where the current request is read.
    pub(super) fn current(&self) -> Option<(&Arc<Standby>, Arc<Attempt>)> {
        let standby = self.standby.as_ref()?;
        Some((standby, Attempt::current()?))
    }

    /// Gives all connections back, and holds none from now on.
    pub(super) async fn close(&self) {
        if let Some(standby) = &self.standby {
            standby.close().await;
        }
        self.primary.close();
    }

    async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self.current() {
            Some((standby, attempt)) => standby.rows(&attempt, statement).await,
            None => self.primary.rows(statement).await,
        }
    }
}

/// Queries use the held connections, everything else the pool of the primary.
#[async_trait::async_trait]
impl ConnectionTrait for Readers {
    fn get_database_backend(&self) -> DbBackend {
        self.primary.pool().get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.primary.pool().execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.primary.pool().execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.rows(statement).await?.into_iter().next())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.rows(statement).await
    }
}
