//! A private `PostgreSQL` for one run of the tests.
//!
//! The half of the tests that is about `PostgreSQL` needs a server it may fill
//! with databases. Nobody should have to set one up by hand, and nothing of it
//! may be left behind. So [`server`] takes the server `TEST_DATABASE_URL` names
//! or, without one, makes a cluster of its own in a temporary folder.
//!
//! Statics are never dropped and a process may be killed at any moment, so it
//! is not this process that cleans up: a small shell (the watchdog) waits for
//! the end of a pipe only this process holds. However this process ends, the
//! kernel closes the pipe, and the watchdog stops the server and removes the
//! folder, or drops the databases made on a server that is not ours.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The environment variable that names a server to use instead of a private one.
const URL_VARIABLE: &str = "TEST_DATABASE_URL";

/// Where Debian and its relatives keep the server's programs, by version.
const INSTALLED: &str = "/usr/lib/postgresql";

/// The superuser of a private cluster, and the database every cluster has.
const SUPERUSER: &str = "postgres";

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

/// The watchdog of a private cluster; `$1` is the cluster's folder, and the rest
/// is the command that makes the cluster, whose exit status it reports.
///
/// It runs that command itself, because one that is interrupted leaves shared
/// memory behind: should we be gone by then, it is first finished and then undone.
/// The server is in the watchdog's process group, so a signal to the group reaches
/// it even before there is a lock file, and can reach nobody else. QUIT means
/// "stop at once" to a server, which removes its lock file last.
const STOP_CLUSTER: &str = r#"
trap '' HUP INT PIPE QUIT TERM
folder=$1
shift
"$@" </dev/null >"$folder/log" 2>&1
echo "$?"
exec >/dev/null
while read -r _; do :; done

kill -QUIT 0
tries=0
while [ -e "$folder/data/postmaster.pid" ] && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
tries=0
until rm -rf "$folder" && [ ! -e "$folder" ] || [ "$tries" -ge 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
"#;

/// The watchdog of databases on somebody else's server; `$1` is `psql`, `$2` the
/// URL. The names arrive on the pipe, one to a line.
const DROP_DATABASES: &str = r#"
trap '' HUP INT QUIT TERM
psql=$1
url=$2
set --
while read -r name; do
    set -- "$@" -c "DROP DATABASE IF EXISTS $name WITH (FORCE)"
done
[ "$#" -eq 0 ] || "$psql" -X -q -w -d "$url" "$@"
"#;

/// The server of this process, made by the first test that asks for it.
///
/// `None` means that there is no `PostgreSQL` here: the test is to return without
/// having tested anything, which has been said on standard error once.
///
/// # Panics
///
/// When a server is there but cannot be used, and on a build machine (`CI` is
/// set) also when there is none: a skipped half must not look like a passed one.
#[track_caller]
pub(crate) fn server() -> Option<&'static Server> {
    // A failure is kept as well, or every single test would try again.
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
    /// Kept so that the handle lives as long as the server.
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
        // Nobody can be connected to template0, so nobody can hold this up.
        self.sql(&self.maintenance, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        name
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
            // A psql that stopped reading has failed, and says itself why.
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

/// The parts of a server's URL as they stand in it.
#[derive(Debug)]
struct Address {
    /// User and password up to and with the `@`, or nothing.
    user: String,
    host: String,
    port: u16,
    /// Parameters from the `?` on, or nothing.
    query: String,
}

impl Address {
    /// Takes a URL apart and returns the name of its database as well.
    fn parse(url: &str) -> Option<(Self, String)> {
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        let (rest, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let (authority, database) = rest.split_once('/')?;
        let (user, place) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        // A colon within brackets belongs to an IPv6 address.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (place, 5432),
        };
        if host.is_empty() || database.is_empty() {
            return None;
        }
        let address =
            Self { user: user.to_owned(), host: host.to_owned(), port, query: query.to_owned() };
        Some((address, database.to_owned()))
    }
}

/// The named server, a private one, or none; an error is for the tests to fail with.
fn find_server() -> Result<Option<Server>, String> {
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
    if env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false") {
        return Err(format!("{missing}; on a build machine (CI) it is required"));
    }
    // Not `eprintln`, which the test harness keeps to itself while tests pass.
    let line = "=".repeat(78);
    let loudly = format!(
        "\n{line}\n{missing}.\nTHE POSTGRESQL HALF OF THE TESTS IS SKIPPED, NOT PASSED.\n{line}\n"
    );
    io::stderr().write_all(loudly.as_bytes()).ok();
    Ok(None)
}

/// The server somebody else runs.
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

/// Makes a cluster in a temporary folder and starts its server.
fn start_cluster(programs: &Path) -> Result<Server, String> {
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
            // Free now, but anybody may have it before the server: then once more.
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
            // The last line of the server's lock file tells how far it has come.
            if fs::read_to_string(&lock)
                .is_ok_and(|lock| lock.lines().nth(7).map(str::trim) == Some("ready"))
            {
                return Ok(None);
            }
            thread::sleep(Duration::from_millis(5));
        }
        // It is stopped by the watchdog, whose pipe goes with the error.
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

/// The user that runs the server: `PostgreSQL` refuses to be run by root.
struct Account {
    /// What stands in front of a command to become that user; empty when we are it.
    prefix: Vec<OsString>,
    /// The user and group that own the folder, if they are not ours.
    owner: Option<(u32, u32)>,
}

impl Account {
    fn find(programs: &Path) -> Result<Self, String> {
        if id("-u", None) != Some(0) {
            return Ok(Self { prefix: Vec::new(), owner: None });
        }
        for user in [SUPERUSER, "nobody"] {
            let (Some(uid), Some(gid)) = (id("-u", Some(user)), id("-g", Some(user))) else {
                continue;
            };
            let setpriv = [
                "setpriv",
                &format!("--reuid={uid}"),
                &format!("--regid={gid}"),
                "--clear-groups",
                "--",
            ];
            let runuser = ["runuser", "-u", user, "--"];
            // The shell is named, for that of a system account mostly refuses. `-c` is
            // the shell's: su's own would put the server out of the watchdog's reach.
            let command = r#"exec "$0" "$@""#;
            let su = ["su", "-s", "/bin/sh", "--", user, "-c", command];
            for prefix in [&setpriv[..], &runuser, &su] {
                let account = Self {
                    prefix: prefix.iter().map(OsString::from).collect(),
                    owner: Some((uid, gid)),
                };
                if account.can(programs.join("postgres").as_ref(), &["--version".as_ref()]) {
                    return Ok(account);
                }
            }
        }
        Err(format!(
            "it refuses to be run by root, and none of setpriv, runuser and su can run {} as \
             {SUPERUSER} or nobody",
            programs.join("postgres").display()
        ))
    }

    /// Makes a folder only this user can enter.
    fn make_folder(&self) -> Result<PathBuf, String> {
        // Root's own temporary folder may be out of reach for any other user.
        let places = [env::temp_dir(), "/tmp".into(), "/var/tmp".into()];
        let mut reason = String::new();
        for place in places {
            let folder = place.join(format!("postgres-test-{}", unique()));
            let made = DirBuilder::new().mode(0o700).create(&folder);
            let made = made.and_then(|()| match self.owner {
                Some((user, group)) => chown(&folder, Some(user), Some(group)),
                None => Ok(()),
            });
            match made {
                Ok(()) if self.can("test".as_ref(), &["-w".as_ref(), folder.as_ref()]) => {
                    return Ok(folder);
                }
                Ok(()) => reason = format!("its user cannot write to {}", folder.display()),
                Err(error) => reason = format!("{}: {error}", folder.display()),
            }
            fs::remove_dir(&folder).ok();
        }
        Err(reason)
    }

    /// Whether this user can run a command with success.
    fn can(&self, program: &OsStr, arguments: &[&OsStr]) -> bool {
        self.command(program)
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    fn command(&self, program: &OsStr) -> Command {
        match self.prefix.split_first() {
            None => Command::new(program),
            Some((first, others)) => {
                let mut command = Command::new(first);
                command.args(others).arg(program);
                command
            }
        }
    }
}

/// A watchdog: in a process group of its own, so that Ctrl-C in a terminal ends
/// only the tests, and with no stream of ours besides the pipe it waits on. Who
/// reads the output of the tests waits for all who could still write to it.
fn watchdog(script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", script, "watchdog"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0);
    command
}

/// Takes away what would change what the programs do or say: `PG*` and the locale.
fn without_settings(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"PG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C")
}

/// The folder that holds the server's programs: on PATH, else the newest installed.
fn find_programs() -> Option<PathBuf> {
    let on_path = search_path().into_iter().filter_map(|folder| {
        // What is on PATH may be a link; the programs it calls are where it leads.
        let initdb = folder.join("initdb").canonicalize().ok()?;
        Some(initdb.parent()?.to_owned())
    });
    on_path
        .chain(installed())
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// `psql`, best from where the server is: what is on PATH can be a slow wrapper.
fn find_psql(programs: Option<&Path>) -> Option<PathBuf> {
    let programs = programs.map(Path::to_owned);
    programs
        .into_iter()
        .chain(installed())
        .chain(search_path())
        .map(|folder| folder.join("psql"))
        .find(|psql| psql.is_file())
}

fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect())
}

/// The folders of the installed versions, the newest first.
fn installed() -> Vec<PathBuf> {
    let mut versions: Vec<(Vec<u32>, PathBuf)> = fs::read_dir(INSTALLED)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let numbers = name.to_str()?.split('.').map(str::parse);
            let version = numbers.collect::<Result<_, _>>().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// What `id` says of a user, or of us.
fn id(what: &str, user: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg(what).args(user).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// Tells this process apart from all others, also from earlier ones of its number.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}_{:x}", process::id(), now.as_nanos())
}
