//! The gateway as the clients see it that people use: the audits of
//! graphql-http, and the clients graphql-ws and graphql-sse. The scripts are in
//! `tests/conformance`; they print what they need done.

use crate::support::issuer::{ACME, balance, from_now};
use crate::support::{Database, Gateway, Line, node};

#[test]
fn the_audits_of_graphql_http_are_all_ok() {
    if let Some(output) = run("audit.mjs") {
        assert!(output.ends_with("61 of 61 ok\n"), "{output}");
    }
}

#[test]
fn the_client_graphql_ws_works() {
    run("socket.mjs");
}

#[test]
fn the_client_graphql_sse_works() {
    run("events.mjs");
}

/// Runs a script against a gateway of its own; it must succeed. Its output.
fn run(script: &str) -> Option<String> {
    let project = node::project("tests/conformance")?;
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1), Line::new(2)]);
    let mut gateway = database.serve_with(&[ACME]);
    let mut command = project.node(script);
    command.arg(url(&gateway)).env("TOKEN", token);
    let mut events = 0;
    let output = node::converse(&mut command, |line| {
        if let Some(amount) = line.strip_prefix("balance ") {
            events += 1;
            let at = from_now(events);
            gateway.take(&balance(&format!("evt_{events}"), "usr_1", amount, "0.00", &at));
        } else if line == "restart" {
            gateway.signal("TERM");
            assert!(gateway.wait().success());
            gateway = database.serve_with(&[ACME]);
            return Some(url(&gateway));
        }
        None
    });
    Some(output)
}

fn url(gateway: &Gateway) -> String {
    format!("{}/graphql", gateway.host)
}
