//! Clients that send too much, or read too little.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::issuer::{ACME, balance, from_now, seconds};
use crate::support::{Database, Gateway, Line};

/// The most memory that a process has had, in bytes.
fn peak(gateway: &Gateway) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.pid()));
    let status = status.expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a peak");
    let number = line.split_whitespace().nth(1).expect("a number");
    number.parse::<u64>().expect("kibibytes") * 1024
}

#[test]
fn unauthenticated_bodies_are_limited_in_total_and_per_address() {
    const CONNECTIONS: usize = 1_000;
    const BODY: usize = 200 * 1024;
    let database = Database::sqlite();
    database.program_with("acme", &[Line::new(1)]);
    let gateway = database.serve_with(&[ACME]);
    let address = gateway.host.trim_start_matches("http://").to_owned();
    let before = peak(&gateway);
    let head = format!(
        "POST /webhooks/yativo/acme HTTP/1.1\r\nhost: x\r\nx-yativo-timestamp: {}\r\n\
         x-yativo-signature: sha256={}\r\ncontent-length: {BODY}\r\n\r\n",
        seconds(),
        "0".repeat(64)
    );
    let body = vec![b'x'; BODY - 1];
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(&address).expect("it listens");
        stream.set_write_timeout(Some(Duration::from_millis(200))).expect("a time-out");
        // All but the last byte: the reader has to buffer it. Some are answered
        // before.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        connections.push(stream);
    }
    let grown = peak(&gateway) - before;
    println!("{CONNECTIONS} bodies of {BODY} bytes: {} KiB more", grown / 1024);
    // 16 MiB of bodies; the rest are the connections themselves.
    assert!(grown < 160 << 20, "{grown}");
    let mut limited = 0;
    for mut stream in connections.drain(..) {
        let mut answer = [0; 12];
        stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time-out");
        if stream.read_exact(&mut answer).is_ok() {
            limited += usize::from(&answer[9..] == b"429");
        }
    }
    assert!(limited > CONNECTIONS / 2, "{limited} of {CONNECTIONS} were limited");
    // An address that is limited is accepted again after a while.
    std::thread::sleep(Duration::from_secs(2));
    gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
}

#[test]
fn clients_that_do_not_read_do_not_delay_the_shutdown() {
    let database = Database::sqlite();
    let mut gateway = database.serve();
    let address = gateway.host.trim_start_matches("http://").to_owned();
    // More answers than all buffers on the way can hold.
    let requests = "GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(500);
    let clients: Vec<TcpStream> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(&address).expect("it listens");
            stream.write_all(requests.as_bytes()).expect("it reads the requests");
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_secs(1));
    let began = Instant::now();
    gateway.signal("TERM");
    assert!(gateway.wait().success());
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    drop(clients);
}
