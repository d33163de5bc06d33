//! Brings the schema up to date.

use std::time::Duration;

use card_gateway_migration::{Migrator, MigratorTrait as _};
use sea_orm::{ConnectionTrait as _, DbBackend, DbErr, Statement};

use super::database::Store;
use super::place::Place;
use super::pooler::Pooler;
use super::sql;
use crate::error::{Error, Kind, Result};

/// How long several processes that migrate one SQLite file wait for each other.
const MIGRATION_TRIES: usize = 50;
const MIGRATION_PAUSE: Duration = Duration::from_millis(100);

impl Store {
    /// Brings the schema up to date; says how many migrations it applied.
    ///
    /// Several replicas may start at once: on PostgreSQL one migrates while
    /// the others wait for it, on SQLite they take turns.
    ///
    /// # Errors
    /// If the database refuses.
    pub async fn migrate(&self) -> Result<usize> {
        // A user that may not create tables can still start on a database that is up to date.
        if self.pending_migrations().await?.is_empty() {
            return Ok(0);
        }
        if self.db.get_database_backend() == DbBackend::Postgres {
            let lock = self.lock_migrations().await?;
            let pending = Migrator::get_pending_migrations_read_only(&lock);
            let pending = pending.await.map_err(|error| self.not_migrated(error))?.len();
            if pending > 0 {
                Migrator::up(&lock, None).await.map_err(|error| self.not_migrated(error))?;
            }
            self.forget_prepared(&lock).await?;
            lock.commit().await.map_err(sql::failed)?;
            return Ok(pending);
        }
        // SQLite has no lock to wait for: a process that finds the file busy
        // tries again, and finds less to do.
        let mut first_error = None;
        for _ in 0..MIGRATION_TRIES {
            let tried = async {
                let pending = self.pending_migrations().await?.len();
                if pending > 0 {
                    Migrator::up(&*self.db, None)
                        .await
                        .map_err(|error| self.not_migrated(error))?;
                }
                Ok(pending)
            };
            match tried.await {
                Ok(applied) => return Ok(applied),
                Err(error) => first_error = first_error.or(Some(error)),
            }
            tokio::time::sleep(MIGRATION_PAUSE).await;
        }
        Err(first_error.unwrap_or_else(Error::timeout))
    }

    /// Holds other replicas' migrations up until the transaction ends.
    async fn lock_migrations(&self) -> Result<sea_orm::DatabaseTransaction> {
        use sea_orm::TransactionTrait as _;
        const LOCK: &str = "SELECT pg_advisory_xact_lock(4207849484)";
        let lock = self.db.begin().await.map_err(sql::failed)?;
        lock.execute_unprepared("SET LOCAL statement_timeout = 0").await.map_err(sql::failed)?;
        lock.execute_unprepared(LOCK).await.map_err(sql::failed)?;
        self.forget_prepared(&lock).await?;
        Ok(lock)
    }

    /// The library of migrations prepares its statements, under names. Behind a pooler by
    /// transaction they would stay on a connection that others get next.
    async fn forget_prepared(&self, lock: &sea_orm::DatabaseTransaction) -> Result<()> {
        if self.pooler == Pooler::Transaction {
            lock.execute_unprepared("DEALLOCATE ALL").await.map_err(sql::failed)?;
        }
        Ok(())
    }

    /// The names of the migrations that the database lacks. This only reads: the user may not
    /// be allowed to make tables.
    ///
    /// # Errors
    /// If the database does not answer, has migrations that this program does not know, or does
    /// not let its user read.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let applied = self.applied_migrations().await?;
        let known: Vec<String> =
            Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect();
        if let Some(newer) = applied.iter().find(|name| !known.contains(name)) {
            let message = format!(
                "the database {} was migrated by a newer version of card-gateway, with {newer}; \
                 use that version, or restore a backup",
                self.place
            );
            return Err(Error::new(Kind::Conflict, message));
        }
        Ok(known.into_iter().filter(|name| !applied.contains(name)).collect())
    }

    /// The names of the migrations that were applied.
    async fn applied_migrations(&self) -> Result<Vec<String>> {
        let backend = self.db.get_database_backend();
        let exists = match backend {
            DbBackend::Postgres => "SELECT 1 WHERE to_regclass('seaql_migrations') IS NOT NULL",
            _ => "SELECT 1 FROM sqlite_schema WHERE name = 'seaql_migrations'",
        };
        let exists = self.db.query_one_raw(Statement::from_string(backend, exists)).await;
        if exists.map_err(sql::failed)?.is_none() {
            return Ok(Vec::new());
        }
        let applied = "SELECT version FROM seaql_migrations";
        let rows = self.db.query_all_raw(Statement::from_string(backend, applied)).await;
        let rows = rows.map_err(|error| {
            if !sql::is_forbidden(&error) {
                return sql::failed(error);
            }
            let message = "the database does not let its user read the tables; grant the rights \
                that the guide for operators names";
            Error::new(Kind::Forbidden, message).because(error)
        })?;
        rows.iter().map(|row| row.try_get_by_index(0).map_err(sql::failed)).collect()
    }

    /// The names of all migrations, in order.
    pub fn migrations() -> Vec<String> {
        Migrator::migrations().iter().map(|migration| migration.name().to_owned()).collect()
    }

    /// Why the schema cannot be read or changed.
    fn not_migrated(&self, error: DbErr) -> Error {
        let place = &self.place;
        if matches!(&error, DbErr::Custom(what) if what.contains("its file is missing")) {
            let message = format!(
                "the database {place} was migrated by a newer version of card-gateway; use that \
                 version, or restore a backup"
            );
            return Error::new(Kind::Conflict, message);
        }
        if let (true, Place::Server { user, .. }) = (sql::is_forbidden(&error), place) {
            let message = format!(
                "the user {user} may not make tables in the database {place}; migrate with a user \
                 that owns its schema, or `GRANT CREATE, USAGE ON SCHEMA public TO {user}`"
            );
            return Error::new(Kind::Forbidden, message).because(error);
        }
        sql::failed(error)
    }
}
