//! A server of its own with a standby, for one test.

use std::process::Child;

use super::super::missing;
use super::cluster::{Cluster, SUPERUSER, server, start_cluster};
use super::programs::find_programs;
use super::{Server, TESTS};

/// A primary that no other test writes to, and a standby that was copied from it.
pub(crate) struct Pair {
    pub(crate) primary: Server,
    pub(crate) standby: Standby,
}

impl Pair {
    /// Starts both; none where there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        if missing::left_out(TESTS) {
            return None;
        }
        let Some(programs) = find_programs() else {
            missing::skip("WITH A STANDBY", "the programs of a PostgreSQL server were not found");
            return None;
        };
        let started = start_cluster(&programs).and_then(|primary| {
            let standby = Standby::of(&primary)?;
            Ok(Self { primary, standby })
        });
        Some(started.unwrap_or_else(|reason| panic!("no PostgreSQL with a standby: {reason}")))
    }
}

/// A standby. It is stopped and removed after the test.
pub(crate) struct Standby {
    cluster: Cluster,
    server: Server,
    port: u16,
    postgres: Option<Child>,
}

impl Standby {
    /// Copies a server of ours, and follows it.
    pub(crate) fn of(primary: &Server) -> Result<Self, String> {
        let programs = find_programs().ok_or("the programs are gone")?;
        let cluster = Cluster::new(&programs)?;
        let (host, port) = primary.host_port();
        let mut copy = cluster.command("pg_basebackup");
        copy.args(["-h", &host, "-p", &port.to_string(), "-U", SUPERUSER]);
        copy.args(["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"]);
        copy.args(["--no-sync", "--no-password"]);
        let watchdog = cluster.make(&copy)?;
        let (postgres, port) = cluster.start(&watchdog)?;
        let server = server(&programs, port, watchdog, None);
        Ok(Self { cluster, server, port, postgres: Some(postgres) })
    }

    /// The server, to ask it something past the gateway.
    pub(crate) fn server(&self) -> &Server {
        &self.server
    }

    /// Runs SQL that is about the whole server.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.server.sql(SUPERUSER, sql)
    }

    /// Ends it at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.cluster.stop().expect("it is stopped");
        if let Some(mut postgres) = self.postgres.take() {
            postgres.wait().expect("it has ended");
        }
    }

    /// Starts it again, where it was.
    pub(crate) fn start(&mut self) {
        let watchdog = self.server.watchdog.as_ref().expect("it is ours");
        let started = self.cluster.start_at(self.port, watchdog).expect("it can be started");
        self.postgres = Some(started.unwrap_or_else(|ended| panic!("{ended}")));
    }
}
