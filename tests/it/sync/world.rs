//! An issuer, a gateway's database, and what both say.

use std::collections::BTreeMap;
use std::process::{Command, Output};

use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions, ProgramSpec};
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Database, Gateway};

pub(super) const LIST: &str = "GET /v1/card-issuer/customers";
pub(super) const ONE: &str = "GET /v1/card-issuer/customers/{customerId}";

/// The members of a list's item that both sides must agree on after a pass.
const MEMBERS: [&str; 13] = [
    "external_customer_id",
    "email",
    "flow_status",
    "step",
    "next_action",
    "safe_deployed",
    "currency",
    "ledger_balance",
    "available_balance",
    "pending_balance",
    "balance_freshness",
    "cards_count",
    "created_at",
];

/// An issuer with the program `acme`, and a gateway that has its key pair.
pub(super) struct World {
    pub(super) issuer: Issuer,
    pub(super) database: Database,
}

/// What one side says of each customer, by `yativo_card_id`.
pub(super) type Listed = BTreeMap<String, BTreeMap<&'static str, Value>>;

impl World {
    /// With so many customers.
    pub(super) fn new(database: Database, customers: usize) -> Self {
        let programs = vec![ProgramSpec { max_cards: 1_000_000, ..ProgramSpec::named("acme") }];
        let options = IssuerOptions { programs, ..IssuerOptions::default() };
        let issuer = Issuer::start(options).expect("it starts");
        issuer.act(|program| program.fill(Fill { transactions: 0, ..Fill::of(customers) }));
        database.succeed(&["program", "create", "--name", "acme"], "");
        Self { issuer, database }
    }

    /// The settings of a gateway that synchronises with the issuer.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let keys = self.issuer.credentials("acme").expect("the program is there");
        vec![
            ("CARD_GATEWAY__ISSUER__BASE_URL", self.issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", keys.api_key),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", keys.api_secret),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0".to_owned()),
            ("CARD_GATEWAY__ISSUER__SYNC_LEASE", "1s".to_owned()),
        ]
    }

    /// A server that knows the issuer, with more settings.
    pub(super) fn serve_with(&self, more: &[(&str, &str)]) -> Gateway {
        let environment = self.environment();
        let environment = environment.iter().map(|(name, value)| (*name, value.as_str()));
        let environment: Vec<(&str, &str)> = environment.chain(more.iter().copied()).collect();
        self.database.serve_with(&environment)
    }

    /// A server that knows the issuer, but does not synchronise.
    pub(super) fn serve_without_passes(&self) -> Gateway {
        self.serve_with(&[("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0s")])
    }

    /// `sync --program acme`, about to run.
    pub(super) fn command(&self) -> Command {
        let mut command = self.database.program(&["sync", "--program", "acme"]);
        command.envs(self.environment());
        command
    }

    /// The same with more arguments.
    pub(super) fn run_with(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("it runs")
    }

    /// Synchronises; it must succeed. Returns what it says.
    pub(super) fn sync(&self) -> String {
        self.sync_with(&[])
    }

    pub(super) fn sync_with(&self, arguments: &[&str]) -> String {
        let output = self.run_with(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// Synchronises; it must fail. Returns the sentence that says why.
    pub(super) fn fail(&self) -> String {
        let output = self.run_with(&[]);
        let errors = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{errors}");
        assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
        errors.trim_end().to_owned()
    }

    /// The customers as the issuer's list says.
    pub(super) fn at_issuer(&self) -> Listed {
        listed(|page| {
            self.get_from_issuer(&format!("/v1/card-issuer/customers?page={page}&limit=100"))
        })
    }

    /// What the issuer answers.
    pub(super) fn get_from_issuer(&self, path: &str) -> Value {
        self.ask_issuer(Client::new().get(format!("{}{path}", self.issuer.url())))
    }

    /// Has the issuer send its webhooks to this address.
    pub(super) fn send_webhooks_to(&self, subscription: &str, url: &str) {
        let path = format!("/v1/yativo-card/webhooks/{subscription}");
        let request = Client::new().put(format!("{}{path}", self.issuer.url()));
        let answer = self.ask_issuer(request.json(&json!({ "url": url })));
        assert_ne!(answer["success"], false, "{answer}");
    }

    fn ask_issuer(&self, request: RequestBuilder) -> Value {
        let keys = self.issuer.credentials("acme").expect("the program is there");
        let request = request.header("X-API-Key", &keys.api_key);
        let request = request.header("X-API-Secret", &keys.api_secret);
        request.send().expect("an answer").json().expect("JSON")
    }

    /// The `yativo_card_id` of each customer, in the order of the issuer's list.
    pub(super) fn names(&self) -> Vec<String> {
        self.issuer.act(|program| {
            program.customers().map(|customer| customer.yativo_card_id.clone()).collect()
        })
    }

    /// The customers as the gateway's list says.
    pub(super) fn at_gateway(&self, gateway: &Gateway) -> Listed {
        let token = self.database.token("acme");
        listed(|page| {
            let path = format!("/v1/card-issuer/customers?page={page}&limit=100");
            gateway.get(&token, &path).json()
        })
    }

    /// Both sides say the same.
    pub(super) fn agrees(&self) {
        let gateway = self.database.serve();
        let (there, here) = (self.at_issuer(), self.at_gateway(&gateway));
        let names = |listed: &Listed| listed.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&here), names(&there));
        for (name, customer) in &there {
            assert_eq!(&here[name], customer, "{name}");
        }
    }
}

/// A member as it is compared: `0` and `0.0` are the same number.
pub(super) fn plain(value: &Value) -> Value {
    value.as_f64().map_or_else(|| value.clone(), Value::from)
}

fn listed(get: impl Fn(u64) -> Value) -> Listed {
    let mut all = Listed::new();
    for page in 1.. {
        let answer = get(page);
        let data = &answer["data"];
        let customers = data["customers"].as_array().unwrap_or_else(|| panic!("{answer}"));
        for customer in customers {
            let name = customer["yativo_card_id"].as_str().expect("a name").to_owned();
            let members = MEMBERS.map(|member| (member, plain(&customer[member])));
            let before = all.insert(name.clone(), members.into());
            assert_eq!(before, None, "{name} is listed twice");
        }
        if all.len() as u64 >= data["total"].as_u64().expect("a number") || customers.is_empty() {
            return all;
        }
    }
    all
}
