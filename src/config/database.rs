//! Settings of the database.

use std::time::Duration;

use super::parse::{boolean, connections, database_url, duration, one_of};
use super::reader::Reader;

/// Settings of the database. No `Debug`: the address can contain a password.
#[derive(Clone)]
pub struct Database {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
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

pub(super) fn database(read: &mut Reader) -> Database {
    let poolers = [
        ("none", Pooler::None),
        ("session", Pooler::Session),
        ("transaction", Pooler::Transaction),
    ];
    Database {
        url: read.get("database.url", database_url),
        max_connections: read.get("database.max_connections", connections),
        acquire_timeout: read.get("database.acquire_timeout", duration),
        statement_timeout: read.get("database.statement_timeout", duration),
        pooler: read.get("database.pooler", |value| one_of(value, &poolers)),
        auto_migrate: read.get("database.auto_migrate", boolean),
    }
}
