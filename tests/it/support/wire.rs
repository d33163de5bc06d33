//! The statements that the database received.
//!
//! Whether a page of a list costs two statements or two hundred cannot be seen
//! in its answer, and what a library logs need not be what it sends. So this is
//! a proxy between gateway and server that reads the messages: enough of version
//! 3 of `PostgreSQL`'s protocol to know which statements are executed. Every byte
//! is passed on as it came.
//!
//! A statement counts when its execution is asked for, before the server sees the
//! request: a statement is recorded before its result arrives. What the server makes of
//! it does not matter, so a failed statement counts like any other. `BEGIN`,
//! `COMMIT` and the like are statements; several in one simple query are one text.
//!
//! The wire can also be [cut](Wire::cut), to see how the loss of it is borne.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The code that a client sends instead of a version to request encryption.
const SSL_REQUEST: u32 = 80_877_103;
const GSSENC_REQUEST: u32 = 80_877_104;

/// Maximum length of a start-up packet; a longer one is not of this protocol.
const LONGEST_START: usize = 10_000;

/// A proxy in front of a `PostgreSQL` server, until it is dropped.
pub(crate) struct Wire {
    shared: Arc<Shared>,
    port: u16,
}

impl Wire {
    /// Starts to listen on a free port of this machine.
    ///
    /// # Panics
    ///
    /// When this machine has no port to listen on.
    pub(crate) fn start(upstream_host: &str, upstream_port: u16) -> Self {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("the wire has a port to listen on");
        let port = listener.local_addr().expect("a listener has an address").port();
        let shared = Arc::new(Shared {
            upstream: (upstream_host.to_owned(), upstream_port),
            statements: Mutex::default(),
            lines: Mutex::default(),
        });
        let for_thread = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &for_thread));
        Self { shared, port }
    }

    /// The port of 127.0.0.1 that leads to the server.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The statements executed since they were last taken, in order.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shared.statements))
    }

    /// Closes every connection, and every new one as soon as it is made, until
    /// [`Wire::mend`]. As with a real cut, the server may still finish what it had
    /// already been asked.
    pub(crate) fn cut(&self) {
        let mut lines = lock(&self.shared.lines);
        lines.state = State::Cut;
        lines.close_all();
    }

    /// Passes nothing on until [`Wire::mend`], and closes nothing: as if the server
    /// were frozen.
    pub(crate) fn freeze(&self) {
        lock(&self.shared.lines).state = State::Frozen;
    }

    /// Lets connections through again.
    pub(crate) fn mend(&self) {
        lock(&self.shared.lines).state = State::Whole;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        {
            let mut lines = lock(&self.shared.lines);
            lines.state = State::Gone;
            lines.close_all();
        }
        // The listening thread sleeps until a client connects.
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
    }
}

/// The state that the threads of connections share.
struct Shared {
    upstream: (String, u16),
    statements: Mutex<Vec<String>>,
    lines: Mutex<Lines>,
}

/// The open connections.
#[derive(Default)]
struct Lines {
    state: State,
    next: u64,
    /// Both ends of each connection, so that they can be closed from outside.
    open: HashMap<u64, [TcpStream; 2]>,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Whole,
    Cut,
    Frozen,
    Gone,
}

impl Lines {
    fn close_all(&mut self) {
        for (_, ends) in self.open.drain() {
            for end in ends {
                end.shutdown(Shutdown::Both).ok();
            }
        }
    }
}

/// A test that failed while it held a lock has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    loop {
        let accepted = listener.accept();
        let state = lock(&shared.lines).state;
        match (state, accepted) {
            (State::Gone, _) => return,
            (State::Cut, Ok(_)) => {}
            (State::Whole | State::Frozen, Ok((client, _))) => {
                let shared = Arc::clone(shared);
                // An error here is the end of a connection, which both ends notice.
                thread::spawn(move || carry(&client, &shared).ok());
            }
            // Mostly too many open files: wait.
            (_, Err(_)) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// Carries one connection to its end.
fn carry(client: &TcpStream, shared: &Shared) -> io::Result<()> {
    let (host, port) = &shared.upstream;
    let server = TcpStream::connect((host.as_str(), *port))?;
    // The ends decide when to send; a proxy that waits for more makes all slow.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    let line = {
        let mut lines = lock(&shared.lines);
        if !matches!(lines.state, State::Whole | State::Frozen) {
            return Ok(());
        }
        lines.next += 1;
        let line = lines.next;
        lines.open.insert(line, ends);
        line
    };
    let outcome = thread::scope(|scope| {
        scope.spawn(|| {
            pass_on(&server, client, shared).ok();
            // This also wakes the other direction if the client is silent.
            client.shutdown(Shutdown::Both).ok();
            server.shutdown(Shutdown::Both).ok();
        });
        let outcome = listen_in(client, &server, shared);
        // The server may still answer earlier messages.
        server.shutdown(Shutdown::Write).ok();
        outcome
    });
    lock(&shared.lines).open.remove(&line);
    outcome
}

/// Forwards the messages of the server.
fn pass_on(mut server: &TcpStream, mut client: &TcpStream, shared: &Shared) -> io::Result<()> {
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = server.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        wait_while_frozen(shared);
        client.write_all(&chunk[..count])?;
    }
}

fn wait_while_frozen(shared: &Shared) {
    while lock(&shared.lines).state == State::Frozen {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Forwards the messages of the client; records their statements before.
fn listen_in(mut client: &TcpStream, mut server: &TcpStream, shared: &Shared) -> io::Result<()> {
    let mut session = Session::default();
    let mut pending = Vec::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match client.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if count == 0 {
            // An incomplete message may be left; the server handles it.
            return server.write_all(&pending);
        }
        wait_while_frozen(shared);
        pending.extend_from_slice(&chunk[..count]);
        let mut start = 0;
        let mut end = 0;
        while let Some(length) = session.message_length(&pending[end..]) {
            let message = &pending[end..end + length];
            end += length;
            match session.observe(message) {
                Observed::Nothing => {}
                Observed::Statement(sql) => lock(&shared.statements).push(sql),
                Observed::Encryption => {
                    // Instead of the server, which would go on in cipher.
                    server.write_all(&pending[start..end - length])?;
                    client.write_all(b"N")?;
                    start = end;
                }
            }
        }
        server.write_all(&pending[start..end])?;
        pending.drain(..end);
    }
}

/// The meaning of a client's message.
enum Observed {
    Nothing,
    /// A statement is to be executed.
    Statement(String),
    /// The client would like to go on in cipher.
    Encryption,
}

/// The state of a connection, from its client's messages.
#[derive(Default)]
struct Session {
    phase: Phase,
    /// The SQL of the prepared statements, by name; one may be without a name.
    prepared: HashMap<String, String>,
    /// The bound portals, by name; one may be without a name.
    portals: HashMap<String, Portal>,
}

#[derive(Clone, Copy, Default)]
enum Phase {
    /// Packets without a type, until one asks for a session.
    #[default]
    Start,
    /// Messages with a type.
    Talk,
    /// Another protocol: forwarded unread.
    Unread,
}

struct Portal {
    sql: String,
    /// A portal read in portions is executed once for each, but asked only once.
    counted: bool,
}

impl Session {
    /// The length of the message the bytes begin with, once they hold all of it.
    fn message_length(&mut self, bytes: &[u8]) -> Option<usize> {
        let (before, range) = match self.phase {
            Phase::Start => (0, 8..=LONGEST_START),
            Phase::Talk => (1, 4..=usize::MAX / 2),
            Phase::Unread => return (!bytes.is_empty()).then_some(bytes.len()),
        };
        let stated = usize::try_from(number(bytes.get(before..)?)?).ok()?;
        if !range.contains(&stated) {
            self.phase = Phase::Unread;
            return Some(bytes.len());
        }
        // The type does not count towards the stated length.
        let length = before + stated;
        (bytes.len() >= length).then_some(length)
    }

    fn observe(&mut self, message: &[u8]) -> Observed {
        match self.phase {
            Phase::Start => self.observe_start(message),
            Phase::Talk => self.observe_typed(message),
            Phase::Unread => Observed::Nothing,
        }
    }

    fn observe_start(&mut self, message: &[u8]) -> Observed {
        match message.get(4..).and_then(number) {
            Some(SSL_REQUEST | GSSENC_REQUEST) => return Observed::Encryption,
            Some(version) if version >> 16 == 3 => self.phase = Phase::Talk,
            // After a request to cancel comes nothing, after others nothing known.
            _ => self.phase = Phase::Unread,
        }
        Observed::Nothing
    }

    fn observe_typed(&mut self, message: &[u8]) -> Observed {
        let (&kind, mut body) = (&message[0], &message[5..]);
        match kind {
            b'Q' => return Observed::Statement(text(&mut body)),
            // Parse
            b'P' => {
                let name = text(&mut body);
                self.prepared.insert(name, text(&mut body));
            }
            // Bind
            b'B' => {
                let portal = text(&mut body);
                if let Some(sql) = self.prepared.get(&text(&mut body)).cloned() {
                    let counted = false;
                    self.portals.insert(portal, Portal { sql, counted });
                } else {
                    self.portals.remove(&portal);
                }
            }
            // Execute
            b'E' => {
                let name = text(&mut body);
                return match self.portals.get_mut(&name) {
                    Some(portal) if portal.counted => Observed::Nothing,
                    Some(portal) => {
                        portal.counted = true;
                        Observed::Statement(portal.sql.clone())
                    }
                    // A cursor declared in SQL, or a mistake: still a question.
                    None => Observed::Statement(format!("portal {name:?}")),
                };
            }
            // Close
            b'C' => {
                let target = body.split_off_first().copied();
                let name = text(&mut body);
                match target {
                    Some(b'S') => drop(self.prepared.remove(&name)),
                    Some(b'P') => drop(self.portals.remove(&name)),
                    _ => {}
                }
            }
            _ => {}
        }
        Observed::Nothing
    }
}

/// The number at the beginning of the bytes.
fn number(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().copied().map(u32::from_be_bytes)
}

/// Takes a zero-terminated text from the beginning of the bytes.
fn text(bytes: &mut &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0);
    let (text, rest) = bytes.split_at(end.unwrap_or(bytes.len()));
    *bytes = rest.get(1..).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
