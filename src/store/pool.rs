//! The pool of connections, as metrics show it.

use metrics::gauge;
use sea_orm::DbBackend;

use super::database::Store;
use super::sql;

impl Store {
    /// Sets the metrics of the pool, and of the standby: how many connections are used and how many are idle, those
    /// among them that are held for the next read.
    pub fn show_pool(&self) {
        let (open, idle) = if self.db.get_database_backend() == DbBackend::Postgres {
            let pool = self.db.get_postgres_connection_pool();
            (pool.size(), pool.num_idle())
        } else {
            let pool = self.db.get_sqlite_connection_pool();
            (pool.size(), pool.num_idle())
        };
        let idle = u32::try_from(idle + self.reads.primary().held()).unwrap_or(u32::MAX).min(open);
        gauge!("database_connections", "state" => "idle").set(idle);
        gauge!("database_connections", "state" => "in_use").set(open - idle);
        gauge!("database_connections_max").set(self.max_connections);
        sql::OUTAGE.show();
        if let Some(standby) = self.reads.standby() {
            standby.show();
        }
    }

    /// Notes how a probe ended that may have been given up before the database said anything.
    pub fn note_probe(&self, failure: Option<&str>) {
        match failure {
            None => sql::OUTAGE.succeeded(),
            Some(cause) => sql::OUTAGE.failed(cause),
        }
    }
}
