//! The server between an app and the gateway: it gives the app what its own customer may see.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{commands, folder, shell};
use crate::support::gateway::client;
use crate::support::{Database, Line, node, transaction};

/// A running server.
struct Server {
    process: Child,
    host: String,
}

impl Server {
    /// Started by a shell; it prints where it is.
    fn start(shell: &mut Command) -> Self {
        let mut process =
            shell.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a shell");
        let mut host = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut host).expect("UTF-8");
        Self { process, host: host.trim().to_owned() }
    }

    fn get(&self, path: &str, session: &str) -> (u16, Value) {
        let request = client().get(format!("{}{path}", self.host)).bearer_auth(session);
        let answer = request.send().expect("an answer");
        (answer.status().as_u16(), answer.json().expect("JSON"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_app_sees_its_customer_and_no_token() {
    if !node::is_here() {
        return;
    }
    let database = Database::sqlite();
    let lines = [Line::new(1).balance(7, 0), Line::new(2).balance(3_850, 5).cards(&["frozen"])];
    let token = database.program_with("acme", &lines);
    database.put_transactions("acme", vec![transaction(lines[1].id(), 1, 3_850)]);
    let gateway = database.serve();
    let all = commands("server");
    let [customer, sessions, serve, me, transactions] = &all[..] else { panic!("{all:?}") };
    let start = [customer.clone(), sessions.clone(), format!("exec {serve}")];
    let mut shell = shell(&gateway, &token, &start);
    let server = Server::start(shell.env("PORT", "0").current_dir(folder("server")));

    let run = |command: &str| -> Value {
        let command = command.replace("http://127.0.0.1:3000", &server.host);
        let output = Command::new("sh").args(["-ec", &command]).output().expect("it runs");
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let mine = run(me);
    assert_eq!(
        (&mine["email"], &mine["availableBalance"]),
        (&json!("customer2@example.com"), &json!("38.50"))
    );
    assert_eq!((&mine["cards"][0]["status"], &mine["unavailable"]), (&json!("FROZEN"), &json!([])));
    let spent = run(transactions);
    assert_eq!(spent["transactions"]["nodes"][0]["amount"], "38.50", "{spent}");
    for text in [mine.to_string(), spent.to_string()] {
        assert!(!text.contains(&token), "{text}");
    }

    for (path, session, status, code) in [
        ("/me", "session-2", 401, "UNAUTHENTICATED"),
        ("/me", &token, 401, "UNAUTHENTICATED"),
        ("/graphql", "session-1", 404, "NOT_FOUND"),
        ("/me?customer=usr_1", "session-1", 200, ""),
    ] {
        let (found, body) = server.get(path, session);
        assert_eq!((found, body["error"].as_str().unwrap_or("")), (status, code), "{path}: {body}");
        assert_ne!(body["email"], "customer1@example.com");
    }
    drop(gateway);
    let (status, body) = server.get("/me", "session-1");
    assert_eq!((status, &body), (502, &json!({ "error": "UPSTREAM_UNAVAILABLE" })));
}
