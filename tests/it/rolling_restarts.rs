//! Replicas are replaced one after the other, and no client notices.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::balancer::{Balancer, CHECK};
use crate::support::issuer::within;
use crate::support::{Database, Gateway, Line, on_both};

/// How long a replica is drained: some checks of the balancer, on a busy machine.
const DRAIN: (&str, &str) = ("CARD_GATEWAY__SERVER__DRAIN_DELAY", "1s");
const RESTARTS: usize = 20;
const CLIENTS: usize = 4;

#[test]
fn no_request_fails_while_two_replicas_are_restarted_twenty_times() {
    let Some(database) = Database::postgres() else { return };
    let token = database.program_with("acme", &[Line::new(1)]);
    let balancer = Balancer::start();
    let start = || {
        let gateway = database.serve_with(&[DRAIN]);
        balancer.add(address(&gateway));
        gateway
    };
    let mut replicas = [start(), start()];
    let ready = |gateway: &Gateway| {
        let so = within(Duration::from_secs(10), || balancer.uses(address(gateway)));
        assert!(so, "it does not become ready: {}", gateway.log_text());
    };
    replicas.iter().for_each(ready);
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let client = || {
        let mut client = Client { balancer: balancer.address, token: &token, connection: None };
        let mut failures = Vec::new();
        while !done.load(Ordering::Relaxed) {
            match client.request() {
                Ok(200) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                Ok(status) => failures.push(status.to_string()),
                Err(error) => failures.push(error.to_string()),
            }
            // Some restarts happen between two requests of a connection.
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..10)));
        }
        failures
    };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        for restart in 0..RESTARTS {
            let mut old = std::mem::replace(&mut replicas[restart % 2], start());
            ready(&replicas[restart % 2]);
            let (asked, gone) = (Instant::now(), address(&old));
            old.signal("TERM");
            assert!(old.wait().success(), "{}", old.log_text());
            assert!(asked.elapsed() >= Duration::from_secs(1), "it does not drain");
            assert!(!balancer.uses(gone), "the balancer has not noticed in {:?}", asked.elapsed());
            balancer.remove(gone);
        }
        done.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().expect("no panic")).collect()
    });
    let answered = answered.into_inner();
    println!("{RESTARTS} restarts, {answered} requests, {} failures", failures.len());
    assert!(failures.is_empty(), "of {answered}: {failures:?}");
    assert!(answered > 100 * RESTARTS / 2, "{answered}");
}

on_both! {
    fn a_gateway_that_drains_answers_and_closes_each_connection(database) {
        let token = database.program_with("acme", &[]);
        let mut gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__DRAIN_DELAY", "1h")]);
        let address = address(&gateway);
        let mut open = Client { balancer: address, token: &token, connection: None };
        assert_eq!(open.request().expect("an answer"), 200);
        assert!(open.connection.is_some(), "it stays open");
        gateway.signal("TERM");
        gateway.wait_for_log(|line| line.get("message")?.as_str()?.starts_with("draining").then_some(()));
        let report = gateway.get("", "/readyz");
        assert_eq!((report.status, report.json()["stopping"].as_bool()), (503, Some(true)));
        assert_eq!(gateway.get("", "/healthz").status, 200);
        assert_eq!(open.request().expect("an answer"), 200);
        assert!(open.connection.is_none(), "the answer does not close the connection");
        let mut new = Client { balancer: address, token: &token, connection: None };
        assert_eq!(new.request().expect("an answer"), 200);
        assert!(new.connection.is_none(), "the answer does not close the connection");
        // An operator who does not want to wait sends a second one.
        gateway.signal("TERM");
        assert!(gateway.wait().success());
        assert!(TcpStream::connect(address).is_err());
    }

    fn a_person_does_not_wait(database) {
        let mut gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__DRAIN_DELAY", "1h")]);
        gateway.signal("INT");
        assert!(gateway.wait().success());
    }
}

fn address(gateway: &Gateway) -> SocketAddr {
    gateway.host.trim_start_matches("http://").parse().expect("an address")
}

/// A client that sends each request once: libraries would try again, and hide a failure.
struct Client<'a> {
    balancer: SocketAddr,
    token: &'a str,
    connection: Option<BufReader<TcpStream>>,
}

impl Client<'_> {
    /// Sends a query; the status.
    fn request(&mut self) -> io::Result<u16> {
        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => BufReader::new(TcpStream::connect(self.balancer)?),
        };
        let body = r#"{"query":"{ cardCustomers { nodes { email } } }"}"#;
        let (token, length) = (self.token, body.len());
        let request = format!(
            "POST /graphql HTTP/1.1\r\nhost: balancer\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        connection.get_ref().set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.get_mut().write_all(request.as_bytes())?;
        let (mut status, mut length, mut last) = (String::new(), 0, false);
        if connection.read_line(&mut status)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        loop {
            let mut line = String::new();
            connection.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().expect("a number"),
                Some(("connection", value)) => last = value == "close",
                Some(_) => {}
                None => break,
            }
        }
        connection.read_exact(&mut vec![0; length])?;
        if !last {
            self.connection = Some(connection);
        }
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

const _: () = assert!(CHECK.as_millis() * 3 < 1_000, "the balancer notices within the delay");
