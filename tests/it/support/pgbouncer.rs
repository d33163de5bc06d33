//! `PgBouncer` in front of the tests' PostgreSQL.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{missing, postgres};

/// The tests with it, as they are named when they are skipped.
const TESTS: &str = "WITH PGBOUNCER";
/// Where Debian has it.
const DEBIAN: &str = "/usr/sbin/pgbouncer";

/// A running pooler; it ends with the value.
pub(crate) struct PgBouncer {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl PgBouncer {
    /// One that works by `session` or by `transaction`, with so many connections to the server
    /// for each database. None where it is not installed, or the server is not ours.
    pub(crate) fn start(mode: &str, connections: u32) -> Option<Self> {
        Self::in_front_of(postgres::server()?, mode, connections)
    }

    /// As [`PgBouncer::start`], in front of another server.
    pub(crate) fn in_front_of(
        server: &postgres::Server,
        mode: &str,
        connections: u32,
    ) -> Option<Self> {
        let Some(program) = program() else {
            missing::skip(TESTS, "pgbouncer is neither on PATH nor in /usr/sbin");
            return None;
        };
        // A server that is not ours has passwords.
        server.user()?;
        let (host, server_port) = server.host_port();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let folder = TempDir::new().expect("a temporary folder");
        let settings = format!(
            "[databases]\n* = host={host} port={server_port}\n\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {}\npool_mode = {mode}\n\
             default_pool_size = {connections}\nmax_client_conn = 300\n",
            folder.path().join("users").display()
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).expect("a file");
        std::fs::write(folder.path().join("users"), "\"postgres\" \"\"\n").expect("a file");
        let mut command = Command::new(program);
        // It refuses to be run by root.
        if Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n") {
            command.args(["-u", "postgres"]);
            for path in [folder.path(), &file, &folder.path().join("users")] {
                let opened = Command::new("chmod").arg("a+rX").arg(path).status();
                assert!(opened.expect("chmod runs").success());
            }
        }
        let mut child = command
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let log = BufReader::new(child.stderr.take().expect("it is piped"));
        // Nobody reads it, and a full pipe would stop the pooler.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(drop));
        let pooler = Self { child, port, _folder: folder };
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "the pooler does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(pooler)
    }

    /// The port of 127.0.0.1 where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The address of a database behind it.
    pub(crate) fn url(&self, database: &str) -> String {
        postgres::server().expect("it runs").url_at(database, self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&on_path).map(|folder| folder.join("pgbouncer"));
    on_path.chain([Path::new(DEBIAN).to_owned()]).find(|path| path.is_file())
}
