//! An issuer, a gateway in front of it, and customers who can be paid.

use std::time::{Duration, Instant};

use card_gateway_sandbox::issuer::{Fill, Issuer, IssuerOptions, Payment, ProgramSpec};
use serde_json::{Value, json};

use crate::support::issuer::ACME;
use crate::support::{Answer, Database, Gateway};

pub(super) const FUND: &str = "/v1/card-issuer/fund-customer";
pub(super) const WITHDRAW: &str = "/v1/card-issuer/withdraw-from-card";
pub(super) const SWAP: &str = "/v1/card-issuer/master-wallets/swap";
pub(super) const FUND_ROUTE: &str = "POST /v1/card-issuer/fund-customer";

/// How long it may take until it is known what has become of a payment.
const PATIENCE: Duration = Duration::from_secs(40);

/// An issuer with the programs `acme` and `other`, and a gateway's database with both.
pub(super) struct World {
    pub(super) issuer: Issuer,
    pub(super) database: Database,
    /// A token of `acme` that may move money.
    pub(super) token: String,
}

impl World {
    pub(super) fn new(database: Database) -> Self {
        let programs = vec![ProgramSpec::named("acme"), ProgramSpec::named("other")];
        let issuer = Issuer::start(IssuerOptions { programs, ..IssuerOptions::default() });
        let issuer = issuer.expect("it starts");
        for name in ["acme", "other"] {
            let fill = Fill { transactions: 0, ..Fill::of(40) };
            issuer.act_on(name, |program| program.fill(fill)).expect("it is there");
            database.succeed(&["program", "create", "--name", name], "");
        }
        let world = Self { issuer, database, token: String::new() };
        let mut sync = world.database.program(&["sync", "--all", "--details"]);
        let output = sync.envs(world.environment()).output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = world.token_of("acme", "money");
        Self { token, ..world }
    }

    pub(super) fn token_of(&self, program: &str, scope: &str) -> String {
        self.database.succeed(&["token", "create", "--program", program, "--scope", scope], "")
    }

    /// The settings of a gateway whose answers are lost soon.
    pub(super) fn environment(&self) -> Vec<(&'static str, String)> {
        let keys = |name: &str| self.issuer.credentials(name).expect("the program is there");
        let (acme, other) = (keys("acme"), keys("other"));
        vec![
            ("CARD_GATEWAY__ISSUER__BASE_URL", self.issuer.url()),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", acme.api_key),
            ("CARD_GATEWAY__ISSUER__ACME__API_SECRET", acme.api_secret),
            ("CARD_GATEWAY__ISSUER__OTHER__API_KEY", other.api_key),
            ("CARD_GATEWAY__ISSUER__OTHER__API_SECRET", other.api_secret),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE", "0".to_owned()),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL", "0".to_owned()),
            ("CARD_GATEWAY__ISSUER__TIMEOUT", "500ms".to_owned()),
            ("CARD_GATEWAY__ISSUER__PAYMENT_GRACE", "1s".to_owned()),
            (ACME.0, ACME.1.to_owned()),
        ]
    }

    pub(super) fn serve(&self) -> Gateway {
        self.serve_with(&[])
    }

    pub(super) fn serve_with(&self, more: &[(&'static str, &str)]) -> Gateway {
        let mut environment = self.environment();
        environment.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.database.serve_with(&environment)
    }

    /// The `yativo_card_id` of a customer of `acme` with a wallet and exactly one card.
    pub(super) fn customer(&self) -> String {
        self.customer_with(1)
    }

    pub(super) fn customer_with(&self, cards: usize) -> String {
        let found = self.issuer.act(|program| {
            let mut all = program.customers();
            let fits = |of: &&card_gateway_sandbox::issuer::Customer| {
                of.wallet.is_some() && of.currency.is_some() && of.cards_count() == cards
            };
            all.find(fits).map(|customer| customer.yativo_card_id.clone())
        });
        found.unwrap_or_else(|| panic!("nobody has {cards} cards"))
    }

    /// The payments of so many cents that the issuer has made.
    pub(super) fn payments(&self, cents: i64) -> Vec<Payment> {
        self.issuer.act(|program| {
            program.payments().iter().filter(|one| one.amount == cents).cloned().collect()
        })
    }

    /// Orders so many cents for a customer.
    pub(super) fn fund(
        &self,
        gateway: &Gateway,
        key: Option<&str>,
        who: &str,
        cents: i64,
    ) -> Answer {
        post(gateway, &self.token, FUND, key, &fund_body(who, cents))
    }

    /// Repeats an order until it is known what has become of it.
    pub(super) fn learn(&self, gateway: &Gateway, key: &str, who: &str, cents: i64) -> Answer {
        learn(gateway, &self.token, FUND, key, &fund_body(who, cents))
    }

    /// What `fundings list` prints, one object a line.
    pub(super) fn list(&self, more: &[&str]) -> Vec<Value> {
        let arguments = [&["fundings", "list", "--json"], more].concat();
        let text = self.database.succeed(&arguments, "");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

pub(super) fn fund_body(who: &str, cents: i64) -> Value {
    json!({ "yativo_card_id": who, "amount": dollars(cents), "source_chain": "SOL" })
}

/// Cents as a JSON number of dollars.
pub(super) fn dollars(cents: i64) -> Value {
    serde_json::from_str(&format!("{}.{:02}", cents / 100, cents % 100)).expect("a number")
}

/// Posts an order.
pub(super) fn post(
    gateway: &Gateway,
    token: &str,
    path: &str,
    key: Option<&str>,
    body: &Value,
) -> Answer {
    let request = gateway.client().post(format!("{}{path}", gateway.host)).bearer_auth(token);
    let request = match key {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    };
    gateway.send(request.json(body))
}

/// Repeats an order with its key until it is known what has become of it.
pub(super) fn learn(gateway: &Gateway, token: &str, path: &str, key: &str, body: &Value) -> Answer {
    let end = Instant::now() + PATIENCE;
    loop {
        let answer = post(gateway, token, path, Some(key), body);
        if !matches!(answer.status, 409 | 503 | 504) {
            return answer;
        }
        assert!(Instant::now() < end, "it is still not known: {answer:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
