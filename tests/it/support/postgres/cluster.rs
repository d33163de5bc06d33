//! A private cluster: made, started, and waited for.

use std::fs::{self, File};
use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use super::Server;
use super::account::Account;
use super::address::Address;
use super::programs::{find_psql, without_settings};
use super::watchdog::{STOP_CLUSTER, watchdog};

/// The superuser of a private cluster, and the database every cluster has.
pub(super) const SUPERUSER: &str = "postgres";

/// How long a private server may take to answer; slow build machines are slow.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many ports are tried, should others take them before the server does.
const PORTS: u32 = 5;

/// Settings of a private cluster: nothing of it has to survive a power cut.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "log_min_messages=warning",
];

/// The environment variable with settings that go before those, separated by commas.
const SETTINGS_VARIABLE: &str = "TEST_POSTGRES_SETTINGS";

/// Makes a cluster in a temporary folder and starts its server.
pub(super) fn start_cluster(programs: &Path) -> Result<Server, String> {
    let cluster = Cluster::new(programs)?;
    let mut initdb = cluster.command("initdb");
    initdb.arg(format!("--username={SUPERUSER}")).args([
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
    ]);
    let watchdog = cluster.make(&initdb)?;
    let (postgres, port) = cluster.start(&watchdog)?;
    Ok(server(programs, port, watchdog, Some(postgres)))
}

/// A server of ours that listens on a port.
pub(super) fn server(
    programs: &Path,
    port: u16,
    watchdog: Child,
    postgres: Option<Child>,
) -> Server {
    Server {
        address: Address {
            user: format!("{SUPERUSER}@"),
            host: Ipv4Addr::LOCALHOST.to_string(),
            port,
            query: String::new(),
        },
        maintenance: SUPERUSER.to_owned(),
        psql: find_psql(Some(programs)),
        private: true,
        watchdog: Some(watchdog),
        _postgres: postgres,
    }
}

/// A cluster in a folder of its own.
pub(super) struct Cluster {
    programs: PathBuf,
    account: Account,
    folder: PathBuf,
}

impl Cluster {
    /// One that is still to be made.
    pub(super) fn new(programs: &Path) -> Result<Self, String> {
        let account = Account::find(programs)?;
        let folder = account.make_folder()?;
        Ok(Self { programs: programs.to_owned(), account, folder })
    }

    /// Makes the cluster by a command and returns the watchdog that will remove it.
    pub(super) fn make(&self, maker: &Command) -> Result<Child, String> {
        let command = [self.folder.as_os_str(), maker.get_program()];
        let mut watchdog = watchdog(STOP_CLUSTER);
        let mut watchdog = without_settings(&mut watchdog)
            .args(command.into_iter().chain(maker.get_args()))
            .current_dir(&self.folder)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| {
                fs::remove_dir(&self.folder).ok();
                format!("the watchdog of the server: {error}")
            })?;
        let mut status = String::new();
        if let Some(mut report) = watchdog.stdout.take() {
            report.read_to_string(&mut status).ok();
        }
        match status.trim() {
            "0" => Ok(watchdog),
            status => Err(format!(
                "{} ended (exit status: {status}):\n{}",
                maker.get_program().display(),
                self.log()
            )),
        }
    }

    /// Starts the server and waits until it takes connections.
    pub(super) fn start(&self, watchdog: &Child) -> Result<(Child, u16), String> {
        let mut reason = String::new();
        for _ in 0..PORTS {
            // Free now, but another process may take it before the server does: then try again.
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|listener| listener.local_addr())
                .map_err(|error| format!("no free port: {error}"))?
                .port();
            match self.start_at(port, watchdog)? {
                Ok(postgres) => return Ok((postgres, port)),
                Err(ended) => reason = ended,
            }
        }
        Err(reason)
    }

    /// Starts the server on a port; the inner error says that it has ended.
    pub(super) fn start_at(
        &self,
        port: u16,
        watchdog: &Child,
    ) -> Result<Result<Child, String>, String> {
        let group = i32::try_from(watchdog.id()).map_err(|error| error.to_string())?;
        let mut postgres = File::create(self.log_file())
            .and_then(|log| {
                let more = env::var(SETTINGS_VARIABLE).unwrap_or_default();
                let more = more.split(',').filter(|setting| !setting.is_empty());
                let settings = SETTINGS.into_iter().chain(more);
                self.command("postgres")
                    .args(settings.flat_map(|setting| ["-c", setting]))
                    .args(["-p", &port.to_string()])
                    .current_dir(&self.folder)
                    .stdin(Stdio::null())
                    .stdout(log.try_clone()?)
                    .stderr(log)
                    .process_group(group)
                    .spawn()
            })
            .map_err(|error| format!("postgres: {error}"))?;
        Ok(match self.wait_until_ready(&mut postgres)? {
            None => Ok(postgres),
            Some(status) => Err(format!("postgres ended ({status}):\n{}", self.log())),
        })
    }

    /// Stops the server at once, as a crash does.
    pub(super) fn stop(&self) -> Result<(), String> {
        let mut stop = self.command("pg_ctl");
        let stop = stop.args(["stop", "-m", "immediate"]).current_dir(&self.folder);
        let output = stop.output().map_err(|error| format!("pg_ctl: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("pg_ctl: {}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Waits for the server; returns its exit status if it ended instead.
    fn wait_until_ready(&self, postgres: &mut Child) -> Result<Option<ExitStatus>, String> {
        let lock = self.data().join("postmaster.pid");
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            if let Some(status) = postgres.try_wait().map_err(|error| error.to_string())? {
                return Ok(Some(status));
            }
            // The last line of the server's lock file says how far the start has come.
            if fs::read_to_string(&lock)
                .is_ok_and(|lock| lock.lines().nth(7).map(str::trim) == Some("ready"))
            {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(5));
        }
        // The watchdog stops it when its pipe closes with the error.
        Err(format!(
            "the server was not ready after {} seconds:\n{}",
            PATIENCE.as_secs(),
            self.log()
        ))
    }

    /// A program of the server, at work on this cluster as its user.
    pub(super) fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = self.account.command(program.as_ref());
        without_settings(&mut command).arg("-D").arg(self.data());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}
