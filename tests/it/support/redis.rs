//! A Redis or Valkey server of its own, on loopback, without a file.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::missing;

const TESTS: &str = "WITH A SERVER THAT REPLICAS SHARE";
/// The one has replaced the other; they speak the same.
const PROGRAMS: [&str; 2] = ["valkey-server", "redis-server"];

/// The server; it is killed when the test is done.
pub(crate) struct Redis {
    program: &'static str,
    port: u16,
    folder: TempDir,
    running: Option<Child>,
}

impl Redis {
    /// Starts one; none if this machine has no program for it.
    pub(crate) fn start() -> Option<Self> {
        if missing::left_out(TESTS) {
            return None;
        }
        let is_there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
        let Some(program) = PROGRAMS.into_iter().find(is_there) else {
            missing::skip(TESTS, "there is no valkey-server and no redis-server");
            return None;
        };
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = port.local_addr().expect("an address").port();
        let folder = TempDir::new().expect("a folder");
        let mut server = Self { program, port, folder, running: None };
        server.run();
        Some(server)
    }

    /// Starts it, again after [`Redis::kill`]: it has forgotten everything.
    pub(crate) fn run(&mut self) {
        let mut command = Command::new(self.program);
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--requirepass", "s3cret", "--port", &self.port.to_string()]);
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::null());
        self.running = Some(command.spawn().expect("it starts"));
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(Instant::now() < deadline, "it does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Kills it.
    pub(crate) fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill().expect("it is ours");
            running.wait().expect("it ends");
        }
    }

    /// Stops it without an answer to anybody, or lets it go on.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.running.as_ref().expect("it runs").id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Its address, with its password.
    pub(crate) fn url(&self) -> String {
        format!("redis://:s3cret@127.0.0.1:{}/0", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
