//! Health and metrics at an address of their own.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::Connection;
use crate::support::{Database, Line, on_both};

/// A port that was free a moment ago.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

on_both! {
    fn probes_have_an_address_of_their_own(database) {
        let token = database.program_with("acme", &[Line::new(1)]);
        let address = free_address();
        let mut gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__HEALTH_LISTEN", &address), ("CARD_GATEWAY__SERVER__MAX_CONNECTIONS", "1")]);
        // All connections of the other address are taken, and those that are refused as well.
        let crowd: Vec<Connection> = (0..200).map(|_| Connection::open(&gateway)).collect();
        for _ in 0..20 {
            let began = Instant::now();
            for (path, part) in [("/healthz", "\"ok\""), ("/readyz", "\"ready\""), ("/metrics", "http_connections")] {
                let answer = Connection::to(&address).get(path, "").expect("an answer");
                assert_eq!(answer.status, 200, "{answer:?}");
                assert!(answer.body.contains(part), "{answer:?}");
            }
            assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        }
        // The command asks there.
        let mut command = database.program(&["health", "--ready"]);
        command.env("CARD_GATEWAY__SERVER__HEALTH_LISTEN", &address);
        let output = command.output().expect("it runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("the gateway at http://{address} is ready\n"));
        // Nothing else is there.
        for path in ["/graphql", "/v1/card-issuer/customers", "/"] {
            assert_eq!(Connection::to(&address).get(path, &token).expect("an answer").status, 404, "{path}");
        }
        drop(crowd);
        assert_eq!(gateway.get("", "/readyz").status, 200);
        gateway.signal("TERM");
        assert!(gateway.wait().success());
        assert!(std::net::TcpStream::connect(&address).is_err(), "it has stopped as well");
    }
}

#[test]
fn it_says_not_ready_when_the_database_is_away() {
    let Some(database) = Database::postgres() else { return };
    let address = free_address();
    let gateway = database.serve_with(&[("CARD_GATEWAY__SERVER__HEALTH_LISTEN", &address)]);
    let wire = database.wire.as_ref().expect("PostgreSQL is behind one");
    let ready = || Connection::to(&address).get("/readyz", "").expect("an answer").status;
    assert_eq!(ready(), 200);
    wire.freeze();
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    assert_eq!(ready(), 503);
    assert!(began.elapsed() < Duration::from_millis(1_500), "{:?}", began.elapsed());
    assert_eq!(Connection::to(&address).get("/healthz", "").expect("an answer").status, 200);
    wire.mend();
    let healed = crate::support::issuer::within(Duration::from_secs(10), || ready() == 200);
    assert!(healed, "{:#?}", gateway.warnings());
}

#[test]
fn an_address_in_use_is_said_at_the_start() {
    let database = Database::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut command = database.program(&["serve", "--listen", "127.0.0.1:0"]);
    command.env("CARD_GATEWAY__SERVER__HEALTH_LISTEN", &address);
    let output = command.output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = format!("cannot listen on {address}; change server.health_listen");
    assert!(said.contains(&expected), "{said}");
}
