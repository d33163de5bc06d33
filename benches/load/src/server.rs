//! A server that was started here: the gateway or the ceiling.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Result, While as _};
use crate::http::{Client, Request};
use crate::keeper::{Keeper, Kept};

/// How long a server may take until its first answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server.
pub(crate) struct Server<'a> {
    process: Kept<'a>,
    pub(crate) port: u16,
    /// From the start of the process to the first answer.
    pub(crate) first_answer: Duration,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).during("a free port")?;
    Ok(listener.local_addr()?.port())
}

impl<'a> Server<'a> {
    /// Starts a server, which listens on `port`, and waits until it answers
    /// `request` as it should.
    pub(crate) fn start(
        keeper: &'a Keeper,
        name: &str,
        command: &mut Command,
        port: u16,
        request: &Request,
    ) -> Result<Self> {
        let log = keeper.folder().join(format!("{name}.log"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(File::create(&log)?);
        let started = Instant::now();
        let process = keeper.start(command)?;
        let mut server = Self { process, port, first_answer: Duration::ZERO };
        let ready = server.wait(started, request);
        ready.map_err(|error| {
            let log = fs::read_to_string(&log).unwrap_or_default();
            format!("{name} does not answer: {error}\n{log}")
        })?;
        server.first_answer = started.elapsed();
        Ok(server)
    }

    fn wait(&mut self, started: Instant, request: &Request) -> Result<()> {
        loop {
            let tried = Client::connect(self.port).and_then(|mut client| client.expect(request));
            let Err(error) = tried else { return Ok(()) };
            self.process.still_runs()?;
            if started.elapsed() > PATIENCE {
                return Err(error);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn client(&self) -> Result<Client> {
        Client::connect(self.port).during("a connection to a server")
    }

    /// Asks the server to stop, as whoever runs it would.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = self.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().during("kill")?;
        let asked = Instant::now();
        while self.process.still_runs().is_ok() && asked.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}
