//! Where a database is, in words for operators: without its password.

use std::fmt;
use std::path::PathBuf;

use sea_orm::SqlxError;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// Where a database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// SQLite's file.
    File(PathBuf),
    /// A database of SQLite that ends with the process.
    Memory,
    /// A database of a PostgreSQL server.
    Server {
        /// The name or address of the server's machine, or the folder of its socket.
        host: String,
        port: u16,
        user: String,
        database: String,
    },
}

impl Place {
    /// That of an address.
    pub(super) fn of(url: &str) -> Result<Self, SqlxError> {
        if !url.starts_with("sqlite:") {
            let options: PgConnectOptions = url.parse()?;
            let host = match options.get_socket() {
                Some(socket) => socket.display().to_string(),
                None => options.get_host().to_owned(),
            };
            let user = options.get_username().to_owned();
            // As PostgreSQL does it.
            let database = options.get_database().unwrap_or(&user).to_owned();
            return Ok(Self::Server { host, port: options.get_port(), user, database });
        }
        let options: SqliteConnectOptions = url.parse()?;
        let file = options.get_filename();
        if url.contains(":memory:") || url.contains("mode=memory") {
            return Ok(Self::Memory);
        }
        Ok(Self::File(std::path::absolute(file).unwrap_or_else(|_| file.to_owned())))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "sqlite://{}", path.display()),
            Self::Memory => f.write_str("sqlite::memory:"),
            Self::Server { host, port, user, database } => {
                write!(f, "postgres://{user}@{host}:{port}/{database}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_shown_without_its_password() {
        for (url, shown) in [
            ("sqlite:///var/lib/cards.db?mode=rwc", "sqlite:///var/lib/cards.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            (
                "postgres://me:hunter2@db.example/cards?sslmode=require",
                "postgres://me@db.example:5432/cards",
            ),
            ("postgresql://me:hunter2@db.example:6432", "postgres://me@db.example:6432/me"),
        ] {
            assert_eq!(Place::of(url).expect("an address").to_string(), shown);
        }
    }
}
