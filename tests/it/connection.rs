//! Operators see how the connection to the issuer does: `/readyz`, `/metrics`, the front
//! page and `card-gateway status` show the same report.

use std::process::Output;
use std::time::Duration;

use card_gateway_sandbox::issuer::{
    Fault, FaultRule, Fill, Issuer, IssuerOptions, ProgramSpec, RateLimit,
};
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

use crate::support::issuer::within;
use crate::support::{Database, Gateway, Line, on_both};

/// An issuer with the program `acme`, and a gateway's database.
struct World {
    issuer: Issuer,
    database: Database,
}

impl World {
    fn new(database: Database) -> Self {
        let programs = vec![ProgramSpec::named("acme")];
        let options = IssuerOptions { programs, ..IssuerOptions::default() };
        let issuer = Issuer::start(options).expect("it starts");
        issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(5) }));
        database.succeed(&["program", "create", "--name", "acme"], "");
        Self { issuer, database }
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let keys = self.issuer.credentials("acme").expect("the program is there");
        vec![
            ("CARD_GATEWAY__ISSUER__BASE_URL", self.issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", keys.api_key),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", keys.api_secret),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "10000".to_owned()),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "1s".to_owned()),
        ]
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.database.program(arguments);
        command.envs(self.environment()).output().expect("it runs")
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// `status --json` of the program.
    fn status(&self) -> Value {
        let text = self.succeed(&["status", "--program", "acme", "--json"]);
        serde_json::from_str::<Value>(&text).expect("JSON")["acme"].take()
    }

    fn serve(&self) -> Gateway {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.database.serve_with(&environment)
    }
}

fn ready(gateway: &Gateway) -> Value {
    gateway.get("", "/readyz").json()["issuer"]["acme"].take()
}

fn front(gateway: &Gateway) -> Value {
    let request = gateway.client().get(&gateway.host).header(ACCEPT, "application/json");
    gateway.send(request).json()["issuer"].take()
}

on_both! {
    fn status_says_how_far_a_program_is(database) {
        let world = World::new(database);
        world.database.succeed(&["program", "create", "--name", "globex"], "");
        let before = world.succeed(&["status"]);
        assert_eq!(before, "acme\n  last complete sync: never\n  customers' details: 0 read, 0 waiting, 0 never read\n  \
            calls: not known: no server has made one yet\n  last event: never\n  failed deliveries in a row: not known\n  \
            webhook subscription: not known: the issuer was not asked yet\n\nglobex\n  issuer: not connected: no key pair is set\n  \
            last complete sync: never\n  customers' details: 0 read, 0 waiting, 0 never read\n  last event: never\n  \
            failed deliveries in a row: not known\n  webhook subscription: not known: the issuer was not asked yet\n");
        world.succeed(&["sync", "--program", "acme"]);
        let listed = world.status();
        assert_eq!(listed["connected"], true);
        assert_eq!(listed["customers"], json!({ "read": 0, "waiting": 0, "never_read": 5 }));
        assert!(listed["sync"]["age_seconds"].as_u64().expect("a number") < 60, "{listed}");
        assert_eq!(listed["sync"]["in_progress"], false);
        world.succeed(&["sync", "--program", "acme", "--details"]);
        world.issuer.act(|program| {
            let name = program.customers().next().expect("somebody").yativo_card_id.clone();
            program.set_email(&name, "new@example.com").expect("it is there");
        });
        world.succeed(&["sync", "--program", "acme"]);
        assert_eq!(world.status()["customers"], json!({ "read": 4, "waiting": 1, "never_read": 0 }));
        let text = world.succeed(&["status", "--program", "acme"]);
        assert!(text.contains("s ago)\n  customers' details: 4 read, 1 waiting, 0 never read\n"), "{text}");
    }

    fn a_server_shows_and_notes_how_its_calls_do(database) {
        let world = World::new(database);
        world.issuer.set_rate_limit(Some(RateLimit { calls: 1_000, window: Duration::from_mins(10) }));
        let gateway = world.serve();
        assert!(within(Duration::from_secs(30), || ready(&gateway)["customers"]["read"] == 5 && ready(&gateway)["calls"]["breaker"] == "closed"), "{}", ready(&gateway));
        let shown = ready(&gateway);
        let left = shown["calls"]["left"].as_u64().expect("a number");
        assert!(left < 1_000, "{shown}");
        assert_eq!(shown["calls"]["last_failure"], json!(null));
        assert_eq!(shown["webhooks"]["subscription"], "missing");
        assert!(shown["sync"]["completed_at"].is_string(), "{shown}");
        let sentence = front(&gateway);
        let sentence = sentence.as_str().expect("a text");
        assert!(sentence.starts_with("synchronised ") && sentence.ends_with(" ago"), "{sentence}");
        let metrics = gateway.get("", "/metrics").text;
        for line in ["issuer_breaker_open{program=\"acme\"} 0", "issuer_calls_left{program=\"acme\"} ",
            "issuer_last_sync_timestamp_seconds{program=\"acme\"} ", "issuer_webhook_enabled{program=\"acme\"} 0",
            "issuer_customers{program=\"acme\",details=\"read\"} 5", "issuer_customers{program=\"acme\",details=\"never_read\"} 0"] {
            assert!(metrics.contains(line), "{line} is not in\n{metrics}");
        }
        // The command knows it from the database.
        let text = world.succeed(&["status"]);
        for part in ["\n  circuit breaker: closed\n", " until 20", "\n  calls left of the budget: ", "\n  noted by a server at: 20"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        // The issuer goes away.
        world.issuer.add_fault(FaultRule::on("*", Fault::Reset));
        assert!(within(Duration::from_mins(1), || ready(&gateway)["calls"]["last_failure"].is_string()), "{}", ready(&gateway));
        assert!(within(Duration::from_mins(1), || ready(&gateway)["calls"]["breaker"] == "open"), "{}", ready(&gateway));
        assert_eq!(gateway.get("", "/readyz").status, 200, "lists go on answering");
        assert!(within(Duration::from_secs(30), || gateway.get("", "/metrics").text.contains("issuer_breaker_open{program=\"acme\"} 1")));
        let status = world.status();
        assert!(status["calls"]["last_failure"].as_str().expect("a text").starts_with("the issuer cannot be reached"), "{status}");
    }

    fn without_a_key_pair_nothing_of_the_issuer_is_shown(database) {
        database.program_with("acme", &[Line::new(1)]);
        let gateway = database.serve();
        assert!(gateway.get("", "/readyz").json().get("issuer").is_none());
        assert_eq!(front(&gateway), "off");
        let metrics = gateway.get("", "/metrics").text;
        assert!(!metrics.contains("issuer_"), "{metrics}");
        let said = database.succeed(&["status"], "");
        assert!(said.starts_with("acme\n  issuer: not connected: no key pair is set\n"), "{said}");
    }
}

#[test]
fn status_needs_a_program() {
    let database = Database::sqlite();
    database.succeed(&["migrate"], "");
    let hint = "there is no program yet: card-gateway program create --name NAME";
    assert_eq!(database.succeed(&["status"], ""), hint);
    assert_eq!(database.succeed(&["status", "--json"], ""), "{}");
    let output = database.run(&["status", "--program", "nobody"], "");
    assert_eq!(output.status.code(), Some(1));
}
