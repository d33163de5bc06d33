//! An issuer whose events reach nobody, and a gateway that is connected to it.

use std::process::Output;
use std::time::Duration;

use card_gateway_sandbox::issuer::{
    Fill, Issuer, IssuerOptions, ProgramSpec, Purchase, SenderOptions,
};
use serde_json::Value;

use crate::support::gateway::client;
use crate::support::issuer::within;
use crate::support::{Database, Gateway};

pub(super) const SUBSCRIPTIONS: &str = "GET /v1/yativo-card/webhooks";
pub(super) const LIST: &str = "GET /v1/yativo-card/webhooks/{webhookId}/deliveries";
pub(super) const FETCH: &str = "GET /v1/yativo-card/webhooks/deliveries/{deliveryId}";

/// An issuer with the program `acme`, and a gateway that has its key pair.
pub(super) struct World {
    pub(super) issuer: Issuer,
    pub(super) database: Database,
    /// A customer with a card.
    pub(super) spender: String,
    pub(super) secret: String,
}

impl World {
    pub(super) fn new(database: Database) -> Self {
        Self::with(database, IssuerOptions::default())
    }

    /// With customers whom the gateway knows, and a subscription to an address where
    /// nobody is.
    pub(super) fn with(database: Database, options: IssuerOptions) -> Self {
        let programs = vec![ProgramSpec::named("acme")];
        let every = SenderOptions::every(Duration::from_millis(2));
        let failures_allowed = options.sender.failures_allowed;
        let sender = SenderOptions { failures_allowed, ..every };
        let options = IssuerOptions { programs, sender, ..options };
        let issuer = Issuer::start(options).expect("it starts");
        let (spender, secret) = issuer.act(|program| {
            program.fill(Fill { transactions: 0, ..Fill::of(10) });
            let spender = program.customers().find(|customer| customer.cards_count() > 0);
            let spender = spender.expect("somebody has a card").yativo_card_id.clone();
            // Nothing listens at port 1.
            let to = program.subscribe("http://127.0.0.1:1/webhooks/yativo/acme", &["*"]);
            (spender, to.secret)
        });
        database.succeed(&["program", "create", "--name", "acme"], "");
        let world = Self { issuer, database, spender, secret };
        let output = world.run(&["sync", "--program", "acme", "--details"]);
        assert!(output.status.success(), "{output:?}");
        world.issuer.take_calls();
        world
    }

    /// The settings of a gateway that is connected to the issuer.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let keys = self.issuer.credentials("acme").expect("the program is there");
        vec![
            ("CARD_GATEWAY__ISSUER__BASE_URL", self.issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", keys.api_key),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", keys.api_secret),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0".to_owned()),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "1s".to_owned()),
            ("CARD_GATEWAY__WEBHOOKS__SECRETS__ACME", self.secret.clone()),
        ]
    }

    /// A gateway that looks for failed deliveries each second.
    pub(super) fn serve(&self) -> Gateway {
        let environment = self.environment();
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.database.serve_with(&environment)
    }

    /// A command of a connected gateway.
    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.database.program(arguments);
        command.envs(self.environment()).output().expect("it runs")
    }

    /// `events recover`, which must succeed. Returns what it says.
    pub(super) fn recover(&self, since: &str) -> String {
        let output = self.run(&["events", "recover", "--program", "acme", "--since", since]);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
    }

    /// Purchases of so many cents each; their events reach nobody.
    pub(super) fn purchases(&self, count: usize) {
        for _ in 0..count {
            let bought =
                self.issuer.act(|program| program.authorize(&self.spender, Purchase::of(1)));
            bought.expect("there is money");
        }
        assert!(self.issuer.wait_for_deliveries(Duration::from_secs(30)));
    }

    /// What the issuer answers.
    pub(super) fn at_issuer(&self, path: &str) -> Value {
        let keys = self.issuer.credentials("acme").expect("the program is there");
        let request = client().get(format!("{}{path}", self.issuer.url()));
        let request = request.header("X-API-Key", keys.api_key);
        let request = request.header("X-API-Secret", keys.api_secret);
        request.send().expect("an answer").json().expect("JSON")
    }

    /// How many deliveries there are at the issuer.
    pub(super) fn deliveries(&self) -> usize {
        self.issuer.act(|program| program.deliveries().len())
    }

    /// The inbox's events, by state.
    pub(super) fn inbox(&self, state: &str) -> usize {
        let listed = self.database.succeed(&["events", "list", "--program", "acme"], "");
        listed.lines().filter(|line| line.contains(&format!("  {state} "))).count()
    }

    /// Waits until so many events are applied.
    pub(super) fn wait_for_applied(&self, count: usize) {
        let arrived = within(Duration::from_secs(30), || self.inbox("applied") == count);
        assert!(arrived, "{} of {count}", self.inbox("applied"));
    }

    /// The spender's transactions at the gateway.
    pub(super) fn transactions(&self, gateway: &Gateway) -> Vec<Value> {
        let token = self.database.token("acme");
        let path =
            format!("/v1/card-issuer/customers/{}/card-transactions?limit=100", self.spender);
        let mut answer = gateway.get(&token, &path).json();
        answer["data"]["transactions"].take().as_array().expect("a list").clone()
    }
}
