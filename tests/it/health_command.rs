//! `card-gateway health`, which probes of containers run.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Output;

use crate::support::{Database, Gateway, on_both};

/// Asks whoever listens at this address.
fn ask(database: &Database, address: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let before = ["--listen", address, "health"];
    let arguments: Vec<&str> = before.iter().chain(arguments).copied().collect();
    let Output { status, stdout, stderr } = database.run(&arguments, "");
    (status.code(), String::from_utf8([stdout, stderr].concat()).expect("UTF-8"))
}

fn address(gateway: &Gateway) -> &str {
    gateway.host.trim_start_matches("http://")
}

on_both! {
    fn a_gateway_that_works_is_alive_and_ready(database) {
        let gateway = database.serve();
        let address = address(&gateway);
        let said = format!("the gateway at http://{address} answers\n");
        assert_eq!(ask(&database, address, &[]), (Some(0), said));
        let said = format!("the gateway at http://{address} is ready\n");
        assert_eq!(ask(&database, address, &["--ready"]), (Some(0), said));
        // As in a container, where it listens on every address.
        let (_, port) = address.split_once(':').expect("a port");
        let (status, said) = ask(&database, &format!("0.0.0.0:{port}"), &[]);
        assert_eq!((status, said.as_str()), (Some(0), &*format!("the gateway at http://{address} answers\n")));
    }
}

#[test]
fn a_gateway_without_its_database_is_alive_and_not_ready() {
    let Some(database) = Database::postgres() else { return };
    let gateway = database.serve();
    database.wire.as_ref().expect("PostgreSQL is behind one").cut();
    let address = address(&gateway);
    assert_eq!(ask(&database, address, &[]).0, Some(0));
    let said = format!(
        "card-gateway: the gateway at http://{address} is not ready: the database cannot be read\n"
    );
    assert_eq!(ask(&database, address, &["--ready"]), (Some(1), said));
}

#[test]
fn nobody_or_somebody_else_at_the_address_is_a_failure() {
    let database = Database::sqlite();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it asks");
        // The whole request: it is short.
        assert!(stream.read(&mut [0; 1024]).expect("a request") > 0);
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(answer).expect("it reads");
    });
    let (status, said) = ask(&database, &address, &[]);
    other.join().expect("no panic");
    assert_eq!(status, Some(1));
    assert!(said.contains("answered 404 Not Found; is it a card-gateway?"), "{said}");
    let (status, said) = ask(&database, &address, &["--ready"]);
    assert_eq!(status, Some(1));
    assert!(said.contains(&format!("the gateway at http://{address} does not answer")), "{said}");
    let (status, said) = ask(&database, "127.0.0.1:0", &[]);
    assert_eq!(status, Some(2));
    assert!(said.contains("name the address with --listen"), "{said}");
}
