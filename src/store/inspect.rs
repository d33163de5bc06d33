//! What the operator's checks ask the database itself.

use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use super::database::Store;
use super::sql;
use crate::domain::time::Timestamp;
use crate::error::Result;

impl Store {
    /// The database's name and version, like `PostgreSQL 15.4`.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn version(&self) -> Result<String> {
        let postgres = self.db.get_database_backend() == DbBackend::Postgres;
        let (name, sql) = if postgres {
            ("PostgreSQL", "SELECT current_setting('server_version')")
        } else {
            ("SQLite", "SELECT sqlite_version()")
        };
        let version: Option<String> = self.ask(sql).await?;
        Ok(format!("{name} {}", version.unwrap_or_default()))
    }

    /// The time of the database's clock; none for SQLite, which has ours.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn clock(&self) -> Result<Option<Timestamp>> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            return Ok(None);
        }
        let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let millis: Option<i64> = self.ask(now).await?;
        millis.map(sql::time).transpose()
    }

    /// Whether the user may make tables.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn may_make_tables(&self) -> Result<bool> {
        if self.db.get_database_backend() != DbBackend::Postgres {
            return Ok(true);
        }
        let may = "SELECT has_schema_privilege(current_schema(), 'CREATE')";
        Ok(self.ask(may).await?.unwrap_or(false))
    }

    /// The one value of a query without parameters.
    async fn ask<T: sea_orm::TryGetable>(&self, sql: &str) -> Result<Option<T>> {
        let query = Statement::from_string(self.db.get_database_backend(), sql);
        let row = self.db.query_one_raw(query).await.map_err(sql::failed)?;
        row.map_or(Ok(None), |row| row.try_get_by_index(0)).map_err(sql::failed)
    }
}
