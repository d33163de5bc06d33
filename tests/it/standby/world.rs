//! A primary, its standby, and gateways that use both.

use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::issuer::{ACME, within};
use crate::support::postgres::standby::Pair;
use crate::support::wire::Wire;
use crate::support::{Database, Gateway, Line};

pub(super) const READ_URL: &str = "DATABASE_READ_URL";
pub(super) const READ_LAG: &str = "CARD_GATEWAY__DATABASE__READ_LAG";
pub(super) const LIST: &str = "/v1/card-issuer/customers";
/// How long something may take that the gateway does by itself.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// What a statement names that reads customers and what belongs to them.
const TABLES: [&str; 8] = [
    "card_customers",
    "card_transactions",
    "cards",
    "wallet_balances",
    "balance_sums",
    "customer_counts",
    "customer_updates",
    "payments",
];

/// A primary and a standby, each behind a wire that counts what it is asked.
pub(super) struct World {
    pub(super) pair: Pair,
    /// On the primary.
    pub(super) database: Database,
    pub(super) standby: Wire,
    pub(super) name: String,
}

impl World {
    /// An empty database; none where there is no PostgreSQL.
    pub(super) fn start() -> Option<Self> {
        let pair = Pair::start()?;
        let name = pair.primary.create_database();
        let (host, port) = pair.primary.host_port();
        let wire = Wire::start(&host, port);
        let database = Database {
            url: pair.primary.url_at(&name, wire.port()),
            wire: Some(wire),
            folder: TempDir::new().expect("a temporary folder"),
            postgres: None,
            wrapper: Vec::new(),
        };
        let (host, port) = pair.standby.server().host_port();
        let standby = Wire::start(&host, port);
        Some(Self { pair, database, standby, name })
    }

    /// One with the program `acme` and so many customers, and a token.
    pub(super) fn with_customers(count: u32) -> Option<(Self, String)> {
        let world = Self::start()?;
        let lines: Vec<Line> = (1..=count)
            .map(|number| Line::new(number).balance(100, 0).cards(&["active"]))
            .collect();
        let token = world.database.program_with("acme", &lines);
        Some((world, token))
    }

    /// The address of the standby.
    pub(super) fn read_url(&self) -> String {
        self.pair.standby.server().url_at(&self.name, self.standby.port())
    }

    pub(super) fn serve(&self) -> Gateway {
        self.serve_with(&[])
    }

    pub(super) fn serve_with(&self, more: &[(&str, &str)]) -> Gateway {
        let url = self.read_url();
        let settings = [&[ACME, (READ_URL, url.as_str())], more].concat();
        self.database.serve_with(&settings)
    }

    /// A gateway that uses the standby.
    pub(super) fn serve_well(&self) -> Gateway {
        let gateway = self.serve();
        wait_until(&gateway, "ok");
        gateway
    }

    /// Runs SQL at the primary, past the gateway.
    pub(super) fn at_primary(&self, sql: &str) -> String {
        self.pair.primary.sql(&self.name, sql)
    }

    /// Runs SQL at the standby, past the gateway.
    pub(super) fn at_standby(&self, sql: &str) -> String {
        self.pair.standby.server().sql(&self.name, sql)
    }

    /// Lets the standby stand still.
    pub(super) fn pause(&self) {
        self.caught_up();
        self.at_standby("SELECT pg_wal_replay_pause()");
        let paused = || self.at_standby("SELECT pg_get_wal_replay_pause_state()") == "paused";
        assert!(within(SOON, paused));
    }

    pub(super) fn resume(&self) {
        self.at_standby("SELECT pg_wal_replay_resume()");
    }

    /// Waits until the standby has everything.
    pub(super) fn caught_up(&self) {
        let position = self.at_primary("SELECT pg_switch_wal()");
        let has = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'");
        assert!(within(SOON, || self.at_standby(&has) == "t"));
    }

    /// Sends a request that reads, until it is read at the standby. It is never read at both.
    pub(super) fn is_read_at_standby(&self, what: &str, read: impl Fn()) {
        let read = || {
            let (primary, standby) = self.read(&read);
            assert!(primary.is_empty() || standby.is_empty(), "{what}: {primary:#?} {standby:#?}");
            (primary, standby)
        };
        Self::comes_to_standby(what, read);
    }

    /// Sends requests that read, until all of them are read at the standby.
    pub(super) fn are_read_at_standby(&self, what: &str, read: impl Fn()) {
        Self::comes_to_standby(what, || self.read(&read));
    }

    fn comes_to_standby(what: &str, read: impl Fn() -> (Vec<String>, Vec<String>)) {
        let mut last = Vec::new();
        let there = within(SOON, || {
            let (primary, standby) = read();
            last = primary;
            last.is_empty() && !standby.is_empty()
        });
        assert!(there, "{what}: {last:#?}");
    }

    /// Does something that reads at the primary.
    pub(super) fn is_read_at_primary(&self, what: &str, read: impl Fn()) {
        let (primary, standby) = self.read(&read);
        assert!(!primary.is_empty() && standby.is_empty(), "{what}: {primary:#?} {standby:#?}");
    }

    /// The statements about customers at the primary and at the standby.
    fn read(&self, read: &impl Fn()) -> (Vec<String>, Vec<String>) {
        let primary = self.database.wire.as_ref().expect("it is behind one");
        drop((primary.take(), self.standby.take()));
        read();
        (data(primary.take()), data(self.standby.take()))
    }
}

fn data(statements: Vec<String>) -> Vec<String> {
    let is_data = |sql: &String| TABLES.iter().any(|table| sql.contains(table));
    statements.into_iter().filter(is_data).collect()
}

/// Waits until `/readyz` says this of the standby. The gateway is ready all the time.
pub(super) fn wait_until(gateway: &Gateway, state: &str) {
    let mut last = Value::Null;
    let is_so = within(SOON, || {
        let answer = gateway.get("", "/readyz");
        last = answer.json();
        assert_eq!((answer.status, &last["status"]), (200, &"ready".into()), "{last}");
        last["standby"] == state
    });
    assert!(is_so, "{last}: {}", gateway.log_text());
}

/// The value of a metric, by the beginning of its line.
pub(super) fn metric(gateway: &Gateway, name: &str) -> f64 {
    value(gateway, name).map_or(0.0, |value| value.parse().expect("a number"))
}

fn value(gateway: &Gateway, name: &str) -> Option<String> {
    let text = gateway.get("", "/metrics").text;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit(' ').next().map(str::to_owned)
}

/// How many reads have ended so.
pub(super) fn reads(gateway: &Gateway, outcome: &str) -> u64 {
    let value = value(gateway, &format!("standby_reads_total{{outcome=\"{outcome}\"}}"));
    value.map_or(0, |value| value.parse().expect("a number"))
}

/// The warnings and errors of the log, which are all about the standby. What a server says to
/// each connection that it closes is left out, and so are statements that took long.
pub(super) fn faults(gateway: &Gateway) -> Vec<Value> {
    let lines = gateway.warnings();
    let lines: Vec<Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let is_ours = |line: &Value| !line["target"].as_str().is_some_and(|of| of.starts_with("sqlx"));
    let lines: Vec<Value> = lines.into_iter().filter(is_ours).collect();
    for line in &lines {
        let is_about_it = line["dependency"] == "standby"
            || line["message"].as_str().is_some_and(|said| said.starts_with("the standby "));
        assert!(is_about_it, "{line}");
    }
    lines
}

/// How many outages of the standby the log has.
pub(super) fn outages(gateway: &Gateway) -> usize {
    faults(gateway).iter().filter(|line| line["dependency"] == "standby").count()
}

/// Waits until the log says that the standby works again.
pub(super) fn wait_until_over(gateway: &Gateway) {
    let over = |line: &Value| {
        let is_it = line["dependency"] == "standby" && line["failures"].is_u64();
        is_it.then_some(())
    };
    gateway.wait_for_log(over);
}

/// The available balance of a customer over all ways to read it; they must agree.
pub(super) fn balance_of(gateway: &Gateway, token: &str, customer: &str) -> String {
    let query = format!("{{ cardCustomer(identifier: \"{customer}\") {{ availableBalance }} }}");
    let one = gateway.query(token, &query).data()["cardCustomer"]["availableBalance"].take();
    let rest = gateway.get(token, &format!("{LIST}/{customer}")).json();
    let shown = one.as_str().expect("a balance").to_owned();
    let cents: i64 = shown.replace('.', "").parse().expect("an amount");
    assert_eq!(rest["data"]["available_balance_minor"], cents, "{rest}");
    shown
}
