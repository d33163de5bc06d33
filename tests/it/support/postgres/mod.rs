//! A private `PostgreSQL` for one run of the tests.
//!
//! The half of the tests that is about `PostgreSQL` needs a server it may fill
//! with databases. No set-up by hand is needed, and nothing of it
//! may be left behind. So [`server`] takes the server `TEST_DATABASE_URL` names
//! or, without one, makes a cluster of its own in a temporary folder.
//!
//! Statics are never dropped and a process may be killed at any moment, so it
//! is not this process that cleans up: a small shell (the watchdog) waits for
//! the end of a pipe only this process holds. However this process ends, the
//! kernel closes the pipe, and the watchdog stops the server and removes the
//! folder, or drops the databases made on a server that is not ours.

mod account;
mod address;
mod cluster;
mod programs;
pub(crate) mod standby;
mod watchdog;

use std::env;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use self::address::Address;
use self::cluster::start_cluster;
use self::programs::{INSTALLED, find_programs, find_psql, without_settings};
use self::watchdog::{DROP_DATABASES, watchdog};
use super::missing;

/// The tests on it, as they are named when they are skipped.
const TESTS: &str = "ON POSTGRESQL";

/// The environment variable that names a server to use instead of a private one.
const URL_VARIABLE: &str = "TEST_DATABASE_URL";

/// The server of this process, made by the first test that asks for it.
///
/// `None` means that there is no `PostgreSQL` here, or that only the fast tests
/// run: the test is to return without having tested anything, which has been
/// printed to standard error once.
///
/// # Panics
///
/// When a server is there but cannot be used, and on a build machine (`CI` is
/// set) also when there is none: a skipped half must not look like a passed one.
#[track_caller]
pub(crate) fn server() -> Option<&'static Server> {
    // A failure is remembered as well, or every test would try again.
    static SERVER: OnceLock<Result<Option<Server>, String>> = OnceLock::new();
    match SERVER.get_or_init(find_server) {
        Ok(server) => server.as_ref(),
        Err(reason) => panic!("{reason}"),
    }
}

/// A running `PostgreSQL` server on which databases may be created.
pub(crate) struct Server {
    address: Address,
    /// The database to be in while creating others.
    maintenance: String,
    psql: Option<PathBuf>,
    private: bool,
    /// Its standard input is the pipe whose end is the signal to clean up.
    watchdog: Option<Child>,
    /// Held so that the handle lives as long as the server.
    _postgres: Option<Child>,
}

impl Server {
    /// The URL of a database on this server.
    pub(crate) fn url(&self, database: &str) -> String {
        let Address { user, host, port, query } = &self.address;
        format!("postgres://{user}{host}:{port}/{database}{query}")
    }

    /// The URL of the same database as seen through something that listens on a
    /// port of this machine and passes everything on to the server.
    ///
    /// Parameters of the original URL are left out: they are mostly about TLS,
    /// which nothing in between could read.
    pub(crate) fn url_at(&self, database: &str, port: u16) -> String {
        let user = &self.address.user;
        format!("postgres://{user}127.0.0.1:{port}/{database}")
    }

    /// Where the server listens, as one connects to it.
    pub(crate) fn host_port(&self) -> (String, u16) {
        let host = self.address.host.trim_matches(['[', ']']);
        (host.to_owned(), self.address.port)
    }

    /// The folder of the client's programs.
    pub(crate) fn programs(&self) -> Option<&Path> {
        self.psql.as_deref()?.parent()
    }

    /// Creates an empty database and returns its name, which needs no quoting.
    ///
    /// # Panics
    ///
    /// When `psql` is missing or the server refuses.
    #[track_caller]
    pub(crate) fn create_database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{count}", unique());
        if let Some(mut pipe) = self.watchdog.as_ref().and_then(|dog| dog.stdin.as_ref())
            && !self.private
        {
            // One short write is never torn, even with many tests at once.
            pipe.write_all(format!("{name}\n").as_bytes())
                .expect("the watchdog that drops the databases is alive");
        }
        // No session can be connected to template0, so that none blocks this.
        self.sql(&self.maintenance, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        name
    }

    /// Makes a role that owns a database, and returns it as an address has it.
    pub(crate) fn make_owner(&self, database: &str) -> String {
        let role = format!("owner_of_{database}");
        let made = format!("CREATE ROLE {role} LOGIN PASSWORD 'owner'");
        self.maintain(&made);
        self.maintain(&format!("ALTER DATABASE {database} OWNER TO {role}"));
        self.sql(database, &format!("GRANT ALL ON SCHEMA public TO {role}"));
        format!("{role}:owner")
    }

    /// Runs SQL that is about databases and roles.
    #[track_caller]
    pub(crate) fn maintain(&self, sql: &str) {
        self.sql(&self.maintenance, sql);
    }

    /// The user and group that run the server, where it is ours.
    pub(crate) fn user(&self) -> Option<(u32, u32)> {
        if !self.private {
            let why = format!("{URL_VARIABLE} names a server whose disk is not ours to fill");
            missing::say(&why, "A FULL DISK IS NOT TRIED ON POSTGRESQL");
            return None;
        }
        let folder = self.sql(&self.maintenance, "SHOW data_directory");
        let folder = std::fs::metadata(folder).expect("the server's folder");
        Some((folder.uid(), folder.gid()))
    }

    /// Runs SQL in a database and returns what `psql` printed: one line to a row,
    /// columns parted by `|`, without the last line's end.
    ///
    /// # Panics
    ///
    /// When `psql` is missing or a statement fails; with what `psql` said.
    #[track_caller]
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let Some(psql) = &self.psql else {
            panic!(
                "the program psql, which the tests create their databases with, is neither next \
                 to initdb nor on PATH nor below {INSTALLED}: please install the PostgreSQL client"
            );
        };
        let mut command = Command::new(psql);
        if self.private {
            without_settings(&mut command);
        }
        let mut child = command
            .args(["-X", "-A", "-t", "-q", "-w", "-v", "ON_ERROR_STOP=1"])
            .arg("-d")
            .arg(self.url(database))
            .args(["-f", "-"])
            .env("PGCLIENTENCODING", "UTF8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        let mut input = child.stdin.take().expect("the standard input is piped");
        // From a thread: psql may answer at length before it has read everything.
        let output = thread::scope(|scope| {
            // A psql that stopped reading has failed and reports the reason.
            scope.spawn(move || input.write_all(sql.as_bytes()).ok());
            child.wait_with_output().expect("psql can be waited for")
        });
        assert!(
            output.status.success(),
            "psql failed in the database {database}: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned()
    }
}

/// The named server, a private one, or none; an error is for the tests to fail with.
fn find_server() -> Result<Option<Server>, String> {
    if missing::left_out(TESTS) {
        return Ok(None);
    }
    let named = env::var(URL_VARIABLE).unwrap_or_default();
    if !named.is_empty() {
        return named_server(&named).map(Some);
    }
    if let Some(programs) = find_programs() {
        return start_cluster(&programs)
            .map(Some)
            .map_err(|reason| format!("no private PostgreSQL for the tests: {reason}"));
    }
    let missing = format!(
        "PostgreSQL was not found: {URL_VARIABLE} is not set, and the programs initdb and \
         postgres are neither on PATH nor in {INSTALLED}/*/bin"
    );
    missing::skip(TESTS, &missing);
    Ok(None)
}

/// The server of `TEST_DATABASE_URL`.
fn named_server(url: &str) -> Result<Server, String> {
    // The URL may hold a password, so the message does not repeat it.
    let (address, maintenance) = Address::parse(url).ok_or_else(|| {
        format!("{URL_VARIABLE} is not of the form postgres://user[:password]@host[:port]/database")
    })?;
    let psql = find_psql(find_programs().as_deref());
    let watchdog = match &psql {
        Some(psql) => Some(
            watchdog(DROP_DATABASES)
                .arg(psql)
                .arg(url)
                .current_dir("/")
                .spawn()
                .map_err(|error| format!("the watchdog of the databases: {error}"))?,
        ),
        None => None,
    };
    Ok(Server { address, maintenance, psql, private: false, watchdog, _postgres: None })
}

/// Identifies this process, also among earlier ones with the same number.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}_{:x}", process::id(), now.as_nanos())
}
