//! The first connection to a database. It is opened alone: the pool tries again until its
//! time is over, and then only says that it was.

use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{Connection as _, PgConnection};
use sea_orm::{DbErr, SqlxError};

use super::place::Place;
use super::sql;
use crate::error::{Error, Kind, Result};

/// Where operators name a database.
const NAME_ANOTHER: &str = "name another one with DATABASE_URL or --database-url";

/// What a connection pooler in front of PostgreSQL needs.
const POOLER: &str = "it is behind a connection pooler; set CARD_GATEWAY__DATABASE__POOLER to \
                      session or transaction, as the pooler works";

/// Looks for the database before the pool does. `create`: whether SQLite's file may be made.
///
/// # Errors
/// [`Kind::NotFound`] if there is no such database, otherwise [`Kind::Unavailable`]; the
/// message says why, and what to do.
pub(super) async fn check(url: &str, place: &Place, create: bool, within: Duration) -> Result<()> {
    if let Place::File(path) = place {
        return check_file(path, create);
    }
    if *place == Place::Memory {
        return Ok(());
    }
    let opened = async {
        // Poolers refuse parameters that they do not know.
        let options = url.parse::<PgConnectOptions>()?.extra_float_digits(None);
        PgConnection::connect_with(&options).await?.close().await
    };
    if let Ok(opened) = tokio::time::timeout(within, Box::pin(opened)).await {
        return opened.map_err(|error| explained(place, &error));
    }
    let message = format!("the database {place} does not answer within {within:?}");
    Err(Error::new(Kind::Unavailable, message))
}

/// Why the pool could not be opened.
pub(super) fn failed(place: &Place, error: DbErr) -> Error {
    let explained = if error.to_string().contains("unsupported startup parameter") {
        Some(POOLER.to_owned())
    } else {
        sql::sqlx_error(&error).and_then(|error| what(place, error))
    };
    let message = format!("the database {place} cannot be opened");
    match explained {
        Some(what) => Error::new(Kind::Unavailable, format!("{message}: {what}")),
        None => Error::new(Kind::Unavailable, message).because(error),
    }
}

/// What SQLite would only call "unable to open".
fn check_file(path: &Path, create: bool) -> Result<()> {
    let unavailable = |what: String| Err(Error::new(Kind::Unavailable, what));
    let shown = path.display();
    match std::fs::File::open(path) {
        Ok(file) if file.metadata().is_ok_and(|of| of.is_dir()) => {
            unavailable(format!("{shown} is a folder, and no database; {NAME_ANOTHER}"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.is_dir());
            match (folder, create) {
                (Some(folder), true) => unavailable(format!(
                    "there is no folder {} for the database; make it, or {NAME_ANOTHER}",
                    folder.display()
                )),
                (None, true) => Ok(()),
                (_, false) => {
                    let message = format!(
                        "there is no database sqlite://{shown}; make it with `card-gateway migrate`, \
                         or {NAME_ANOTHER}"
                    );
                    Err(Error::new(Kind::NotFound, message))
                }
            }
        }
        Err(error) => unavailable(format!("the database {shown} cannot be read: {error}")),
    }
}

/// An error with what it means, and what to do.
fn explained(place: &Place, error: &SqlxError) -> Error {
    let what = what(place, error).unwrap_or_else(|| error.to_string());
    Error::new(Kind::Unavailable, format!("the database {place} cannot be opened: {what}"))
}

fn what(place: &Place, error: &SqlxError) -> Option<String> {
    match place {
        Place::Server { host, port, user, database } => {
            of_postgres(error, &format!("{host}:{port}"), user, database)
        }
        Place::File(_) | Place::Memory => of_sqlite(error),
    }
}

fn of_postgres(error: &SqlxError, server: &str, user: &str, database: &str) -> Option<String> {
    let what = match error {
        SqlxError::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused | ErrorKind::NotFound => {
                format!("nobody listens at {server}; is PostgreSQL running there?")
            }
            ErrorKind::TimedOut => format!("{server} does not answer"),
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                format!("there is no way to {server} in the network")
            }
            ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe => {
                format!("{server} has closed the connection; is it a PostgreSQL server?")
            }
            // The system's resolver has no kind of its own.
            _ if error.to_string().contains("lookup address") => {
                let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
                format!("there is no host {host}")
            }
            _ => return None,
        },
        SqlxError::Database(said) => match said.code()?.as_ref() {
            "28P01" => format!("{server} does not accept the password of the user {user}"),
            "28000" => format!("{server} does not let the user {user} in ({})", said.message()),
            "3D000" => {
                format!("there is no database {database} at {server}; make it with createdb")
            }
            "42501" => format!("the user {user} may not connect to the database {database}"),
            "53300" => format!("{server} has no connection left; see its max_connections"),
            "57P03" => format!("{server} is starting or stopping; try again in a moment"),
            _ => return None,
        },
        SqlxError::Tls(_) => {
            format!("there is no TLS connection to {server}; see sslmode ({error})")
        }
        SqlxError::Protocol(_) => format!("{server} does not answer as PostgreSQL does ({error})"),
        _ => return None,
    };
    Some(what)
}

fn of_sqlite(error: &SqlxError) -> Option<String> {
    let SqlxError::Database(said) = error else { return None };
    let what = match sql::sqlite_primary(&said.code()?)? {
        // READONLY, CANTOPEN: the log beside the file is written even by reads.
        8 | 14 => "the file and its folder must be writable",
        // NOTADB.
        26 => "the file is no SQLite database",
        // CORRUPT.
        11 => "the file is damaged; restore a backup",
        _ => return None,
    };
    Some(what.to_owned())
}
