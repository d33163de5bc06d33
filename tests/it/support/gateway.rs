//! A running gateway, and a client of it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::blocking::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// A running gateway; it is killed when the test is done.
pub(crate) struct Gateway {
    child: Child,
    pub(crate) host: String,
    client: Client,
    log: Arc<Mutex<Vec<Value>>>,
    read: Mutex<usize>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    fn of(response: Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().expect("a body"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// `data` of a GraphQL answer without errors.
    pub(crate) fn data(&self) -> Value {
        let mut json = self.json();
        assert!(json.get("errors").is_none(), "{}", self.text);
        json["data"].take()
    }

    /// The code of the first error of a GraphQL answer.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        json["errors"][0]["extensions"]["code"].as_str().unwrap_or("none").to_owned()
    }
}

/// Variables that the tests set to something else than their defaults; each test can set them.
const SETTINGS: [(&str, &str); 2] = [
    ("CARD_GATEWAY__LOG__LEVEL", "info,sqlx=debug"),
    // There is no load balancer in front of it.
    ("CARD_GATEWAY__SERVER__DRAIN_DELAY", "0s"),
];

impl Gateway {
    /// Starts a command that serves, and waits until it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        // First, so that no process is left if it fails.
        let client = client();
        for (name, value) in SETTINGS {
            if !command.get_envs().any(|(other, value)| other == name && value.is_some()) {
                command.env(name, value);
            }
        }
        let mut child = command
            .env("CARD_GATEWAY__LOG__FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let log: Arc<Mutex<Vec<Value>>> = Arc::default();
        let lines = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                lines.lock().expect("no panic").push(line);
            }
        });
        let read = Mutex::new(0);
        let mut gateway = Self { child, host: String::new(), client, log, read };
        gateway.host =
            gateway.wait_for_log(|line| Some(format!("http://{}", line.get("address")?.as_str()?)));
        gateway
    }

    /// Waits for a line of the log.
    pub(crate) fn wait_for_log<T>(&self, look: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = self.log.lock().expect("no panic").iter().find_map(&look) {
                return found;
            }
            assert!(Instant::now() < deadline, "not in the log: {:#?}", self.log_text());
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The log so far.
    pub(crate) fn log_text(&self) -> String {
        let lines = self.log.lock().expect("no panic");
        lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
    }

    /// All warnings and errors of the log.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let lines = self.log.lock().expect("no panic");
        let bad = |line: &&Value| line["level"] == "WARN" || line["level"] == "ERROR";
        lines.iter().filter(bad).map(Value::to_string).collect()
    }

    /// Sends a request that was made with [`Gateway::client`].
    #[expect(clippy::unused_self, reason = "it reads better where it is used")]
    pub(crate) fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().expect("an answer"))
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// GET with a token.
    pub(crate) fn get(&self, token: &str, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.host)).bearer_auth(token))
    }

    /// A GraphQL query with a token.
    pub(crate) fn query(&self, token: &str, query: &str) -> Answer {
        self.query_with(token, query, &Value::Null)
    }

    pub(crate) fn query_with(&self, token: &str, query: &str, variables: &Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let request = self.client.post(format!("{}/graphql", self.host)).bearer_auth(token);
        self.send(request.json(&body))
    }

    /// The statements that SQLite received since the last call, from the driver's log.
    pub(crate) fn sqlite_statements(&self) -> Vec<String> {
        // Lines before the mark's own are there once the mark's is.
        let mark = format!("mark-{}", rand_text());
        let request = self.client.get(format!("{}/healthz", self.host));
        self.send(request.header("x-request-id", &mark));
        self.wait_for_log(|line| (line.get("request_id")?.as_str()? == mark).then_some(()));
        let log = self.log.lock().expect("no panic");
        let mut read = self.read.lock().expect("no panic");
        let new = &log[*read..];
        *read = log.len();
        let statement = |line: &Value| {
            let whole = line.get("db.statement").and_then(Value::as_str).unwrap_or("");
            let summary = line.get("summary")?.as_str()?;
            Some(if whole.is_empty() { summary.to_owned() } else { whole.to_owned() })
        };
        new.iter().filter_map(statement).collect()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid().to_string()]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Waits for the process to end.
    pub(crate) fn wait(&mut self) -> std::process::ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP client.
pub(crate) fn client() -> Client {
    // reqwest needs a TLS provider; another test may have installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().timeout(Duration::from_secs(30)).build().expect("a client")
}

/// A text that no other call returns.
pub(crate) fn rand_text() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}
