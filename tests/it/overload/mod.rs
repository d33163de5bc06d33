//! More than the gateway can do at once: the excess is refused at once and in the API's own
//! form, and everything else goes on.

mod connections;
mod health_listener;
mod requests;
mod subscriptions;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::Gateway;

/// A connection of its own, without a client in between.
struct Connection(TcpStream);

/// An answer, as it is on the wire.
#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

impl Connection {
    fn open(gateway: &Gateway) -> Self {
        Self::to(gateway.host.trim_start_matches("http://"))
    }

    fn to(address: &str) -> Self {
        let stream = TcpStream::connect(address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(15))).expect("a time-out");
        Self(stream)
    }

    /// Sends the beginning of a request, with these lines of its head.
    fn send(&mut self, request: &str, lines: &[&str], rest: &str) {
        let head = [&["host: x"], lines].concat().join("\r\n");
        let text = format!("{request} HTTP/1.1\r\n{head}\r\n\r\n{rest}");
        // A connection may be closed before it has read all.
        let _ = self.0.write_all(text.as_bytes());
    }

    /// Sends the rest of a request.
    fn finish(&mut self, rest: &str) {
        self.0.write_all(rest.as_bytes()).expect("it is open");
    }

    /// The next answer; none if there is none before the connection ends.
    fn answer(&mut self) -> Option<Answered> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more(&mut bytes)?;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.get(9..12)?.parse().ok()?;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a number"));
        while bytes.len() < end + length {
            self.more(&mut bytes)?;
        }
        let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
        Some(Answered { status, head, body })
    }

    fn more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let mut chunk = [0; 4_096];
        let count = self.0.read(&mut chunk).ok().filter(|count| *count > 0)?;
        bytes.extend_from_slice(&chunk[..count]);
        Some(())
    }

    /// A GET and its answer.
    fn get(&mut self, path: &str, token: &str) -> Option<Answered> {
        self.send(&format!("GET {path}"), &[&format!("authorization: Bearer {token}")], "");
        self.answer()
    }

    /// Asks for a WebSocket; the status of the answer.
    fn upgrade(&mut self, lines: &[&str]) -> u16 {
        let all = [
            "upgrade: websocket",
            "connection: upgrade",
            "sec-websocket-version: 13",
            "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
            "sec-websocket-protocol: graphql-transport-ws",
        ];
        self.send("GET /graphql", &[&all[..], lines].concat(), "");
        self.answer().map_or(0, |answer| answer.status)
    }
}

/// The value of a metric, which is 0 until it is first set.
fn metric(gateway: &Gateway, line: &str) -> u64 {
    let text = gateway.get("", "/metrics").text;
    let value = text.lines().find_map(|other| other.strip_prefix(line)?.strip_prefix(' '));
    value.map_or(0, |value| value.parse().expect("a whole number"))
}

/// Waits until a metric has a value.
#[track_caller]
fn wait_for(gateway: &Gateway, line: &str, value: u64) {
    let reached = || metric(gateway, line) == value;
    assert!(
        crate::support::issuer::within(Duration::from_secs(10), reached),
        "{line} is {}, not {value}",
        metric(gateway, line)
    );
}
