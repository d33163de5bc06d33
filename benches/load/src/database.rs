//! The databases under load, each in a place of its own.

use std::path::Path;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _, SqliteConnection};
use tokio::runtime::{Builder, Runtime};

use crate::failure::{Result, While as _};
use crate::options::Kind;
use crate::postgres;
use crate::process;

/// What makes a `PostgreSQL` fast or slow, and what would be a lie if untold.
const SETTINGS: [&str; 9] = [
    "shared_buffers",
    "effective_cache_size",
    "work_mem",
    "max_connections",
    "max_parallel_workers_per_gather",
    "jit",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
];

/// An empty database, then a full one.
pub(crate) struct Database {
    pub(crate) kind: Kind,
    pub(crate) url: String,
}

impl Database {
    /// Makes one, below `folder` or on a private server.
    pub(crate) fn make(kind: Kind, folder: &Path) -> Result<Self> {
        let url = match kind {
            Kind::Sqlite => format!("sqlite://{}?mode=rwc", folder.join("load.db").display()),
            Kind::Postgres => {
                if std::env::var_os("TEST_DATABASE_URL").is_some_and(|url| !url.is_empty()) {
                    return Err("TEST_DATABASE_URL is set, but only a private PostgreSQL is put \
                                under load: please unset it"
                        .into());
                }
                let server = postgres::server().ok_or(
                    "PostgreSQL's programs are missing (Debian: apt install postgresql); \
                     --database sqlite does without",
                )?;
                server.url(&server.create_database())
            }
        };
        Ok(Self { kind, url })
    }

    /// A connection for as long as the session lives.
    pub(crate) fn session(&self) -> Result<Session> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = match self.kind {
            Kind::Postgres => {
                let options: PgConnectOptions = self.url.parse()?;
                Connection::Postgres(runtime.block_on(options.connect())?)
            }
            Kind::Sqlite => {
                let options: SqliteConnectOptions = self.url.parse()?;
                Connection::Sqlite(runtime.block_on(options.connect())?)
            }
        };
        Ok(Session { runtime, connection })
    }

    /// The server's first process: the parent of whoever serves us.
    pub(crate) fn postmaster(&self) -> Result<Option<u32>> {
        match self.kind {
            Kind::Sqlite => Ok(None),
            Kind::Postgres => {
                let mut session = self.session()?;
                let backend = session.number("SELECT pg_backend_pid()::bigint")?;
                Ok(Some(process::parent(u32::try_from(backend)?)?))
            }
        }
    }

    /// The database's version, and the settings that matter.
    pub(crate) fn description(&self) -> Result<String> {
        let mut session = self.session()?;
        if self.kind == Kind::Sqlite {
            let version = session.text("SELECT sqlite_version()")?;
            return Ok(format!("SQLite {version}, as the gateway opens it: WAL, synchronous FULL"));
        }
        let version = session.text("SHOW server_version")?;
        let mut settings = Vec::new();
        for name in SETTINGS {
            let value = session.text(&format!("SHOW {name}"))?;
            settings.push(format!("{name} {value}"));
        }
        Ok(format!("PostgreSQL {version}: {}", settings.join(", ")))
    }
}

enum Connection {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

/// An open connection, for one statement after the other.
pub(crate) struct Session {
    runtime: Runtime,
    connection: Connection,
}

/// Our own statements, put together from our own numbers.
macro_rules! on_either {
    ($session:expr, $sql:expr, $method:ident) => {{
        let query = sqlx::raw_sql(AssertSqlSafe($sql.to_owned()));
        match &mut $session.connection {
            Connection::Postgres(connection) => {
                let done = $session.runtime.block_on(query.$method(connection));
                done.map(Row::Postgres)
            }
            Connection::Sqlite(connection) => {
                let done = $session.runtime.block_on(query.$method(connection));
                done.map(Row::Sqlite)
            }
        }
    }};
}

enum Row<P, S> {
    Postgres(P),
    Sqlite(S),
}

impl Session {
    /// Runs statements.
    pub(crate) fn execute(&mut self, sql: &str) -> Result<()> {
        on_either!(self, sql, execute).during(sql)?;
        Ok(())
    }

    /// The one number that a statement returns.
    pub(crate) fn number(&mut self, sql: &str) -> Result<i64> {
        Ok(match on_either!(self, sql, fetch_one).during(sql)? {
            Row::Postgres(row) => row.try_get(0)?,
            Row::Sqlite(row) => row.try_get(0)?,
        })
    }

    /// The one text that a statement returns.
    pub(crate) fn text(&mut self, sql: &str) -> Result<String> {
        Ok(match on_either!(self, sql, fetch_one).during(sql)? {
            Row::Postgres(row) => row.try_get_unchecked(0)?,
            Row::Sqlite(row) => row.try_get_unchecked(0)?,
        })
    }
}
