//! Settings of the database.

use std::time::Duration;

use toml::Value;

use super::parse::{boolean, connections, database_url, duration, nonzero_duration, one_of, text};
use super::reader::Reader;

/// Settings of the database. No `Debug`: the address can contain a password.
#[derive(Clone)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// `postgres://…` of a standby that answers reads; none: the database answers them.
    pub read_url: Option<String>,
    /// A standby that is further behind is not used.
    pub read_lag: Duration,
    /// Maximum number of open connections.
    pub max_connections: u32,
    /// How long a request waits for a connection.
    pub acquire_timeout: Duration,
    /// Maximum duration of one statement; PostgreSQL only.
    pub statement_timeout: Duration,
    /// What is between the gateway and PostgreSQL.
    pub pooler: Pooler,
    /// Whether `serve` applies pending migrations first.
    pub auto_migrate: bool,
}

/// What is between the gateway and PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooler {
    /// Nothing.
    None,
    /// A pooler in session mode.
    Session,
    /// A pooler in transaction mode.
    Transaction,
}

const READ_URL: &str = "database.read_url";

pub(super) fn database(read: &mut Reader) -> Database {
    let poolers = [
        ("none", Pooler::None),
        ("session", Pooler::Session),
        ("transaction", Pooler::Transaction),
    ];
    let url = read.get("database.url", database_url);
    let read_url = read.get(READ_URL, maybe_postgres);
    if read_url.is_some() && read.value("database.url").as_str().is_some_and(is_sqlite) {
        let what = "needs PostgreSQL, and database.url is SQLite, which has no standby";
        read.error(READ_URL, what);
    }
    Database {
        url,
        read_url,
        read_lag: read.get("database.read_lag", nonzero_duration),
        max_connections: read.get("database.max_connections", connections),
        acquire_timeout: read.get("database.acquire_timeout", duration),
        statement_timeout: read.get("database.statement_timeout", duration),
        pooler: read.get("database.pooler", |value| one_of(value, &poolers)),
        auto_migrate: read.get("database.auto_migrate", boolean),
    }
}

fn is_sqlite(url: &str) -> bool {
    url.starts_with("sqlite:")
}

/// The error must not repeat the text, which can contain a password.
fn maybe_postgres(value: &Value) -> Result<Option<String>, String> {
    if text(value)?.is_empty() {
        return Ok(None);
    }
    let what =
        "must be a postgres:// address; in a password, # / ? and @ are written %23 %2F %3F %40";
    match database_url(value) {
        Ok(url) if !is_sqlite(&url) => Ok(Some(url)),
        _ => Err(what.to_owned()),
    }
}
