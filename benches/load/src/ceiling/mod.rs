//! The ceiling: the least code and CPU that answers what the gateway answers.
//!
//! One statement an answer (a second one where a total is asked for), columns
//! borrowed from the rows, serde straight to bytes. No tokens, limits,
//! metrics, time-outs, nothing that is decided at run time: whatever the
//! gateway does in addition is the difference between the two.

mod graphql;
mod rest;
mod routes;
mod source;
mod statements;

use std::io::Read as _;
use std::net::SocketAddr;
use std::process;
use std::thread;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use tokio::net::TcpListener;

use crate::failure::{Result, While as _};
use source::Source;

/// As many connections as the gateway opens by default.
const CONNECTIONS: u32 = 16;

/// Customers on a page: the only page size that is measured.
const PAGE: usize = 20;

/// Where the ceiling finds its customers, and where it listens.
pub(crate) struct Options {
    pub(crate) database_url: String,
    pub(crate) program: String,
    pub(crate) listen: SocketAddr,
}

/// Serves until its standard input ends, that is, as long as whoever started
/// it lives.
pub(crate) fn serve(options: &Options) -> Result<()> {
    thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).ok();
        process::exit(0);
    });
    let runtime = tokio::runtime::Runtime::new().during("the ceiling's runtime")?;
    runtime.block_on(async {
        if options.database_url.starts_with("sqlite:") {
            let settings: SqliteConnectOptions =
                options.database_url.parse().during("the database's address")?;
            // The gateway's own settings: both are to read the file the same way.
            let settings = settings
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .busy_timeout(Duration::from_secs(5))
                .disable_statement_logging();
            let pool = SqlitePoolOptions::new()
                .max_connections(CONNECTIONS)
                .test_before_acquire(false)
                .connect_with(settings);
            answer(pool.await.during("the database")?, options).await
        } else {
            let settings: PgConnectOptions =
                options.database_url.parse().during("the database's address")?;
            let pool = PgPoolOptions::new()
                .max_connections(CONNECTIONS)
                .test_before_acquire(false)
                .connect_with(settings.disable_statement_logging());
            answer(pool.await.during("the database")?, options).await
        }
    })
}

async fn answer(source: impl Source, options: &Options) -> Result<()> {
    let program = source.program(&options.program).await.during("the program")?;
    let listener = TcpListener::bind(options.listen).await.during("the ceiling's port")?;
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    axum::serve(listener, routes::router(source, program)).await.during("the ceiling")
}
