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
    let account = Account::find(programs)?;
    let folder = account.make_folder()?;
    let cluster = Cluster { programs, account, folder };
    let watchdog = cluster.make()?;
    let (postgres, port) = cluster.start(&watchdog)?;
    Ok(Server {
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
        _postgres: Some(postgres),
    })
}

/// A cluster in the making.
struct Cluster<'a> {
    programs: &'a Path,
    account: Account,
    folder: PathBuf,
}

impl Cluster<'_> {
    /// Makes the cluster and returns the watchdog that will remove it.
    fn make(&self) -> Result<Child, String> {
        let mut initdb = self.command("initdb");
        initdb.arg(format!("--username={SUPERUSER}")).args([
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        let command = [self.folder.as_os_str(), initdb.get_program()];
        let mut watchdog = watchdog(STOP_CLUSTER);
        let mut watchdog = without_settings(&mut watchdog)
            .args(command.into_iter().chain(initdb.get_args()))
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
            status => Err(format!("initdb ended (exit status: {status}):\n{}", self.log())),
        }
    }

    /// Starts the server and waits until it takes connections.
    fn start(&self, watchdog: &Child) -> Result<(Child, u16), String> {
        let group = i32::try_from(watchdog.id()).map_err(|error| error.to_string())?;
        let mut reason = String::new();
        for _ in 0..PORTS {
            // Free now, but another process may take it before the server does: then try again.
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
                .and_then(|listener| listener.local_addr())
                .map_err(|error| format!("no free port: {error}"))?
                .port();
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
            match self.wait_until_ready(&mut postgres)? {
                None => return Ok((postgres, port)),
                Some(status) => reason = format!("postgres ended ({status}):\n{}", self.log()),
            }
        }
        Err(reason)
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
    fn command(&self, program: &str) -> Command {
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
