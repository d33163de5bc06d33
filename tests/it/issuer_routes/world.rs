//! An issuer with two programs, and a gateway in front of it.

use card_gateway::domain::issuer_routes::{ROUTES, Route};
use card_gateway_sandbox::issuer::{CardState, Fill, Issuer, IssuerOptions, ProgramSpec, routes};
use serde_json::Value;

use crate::support::gateway::client;
use crate::support::{Answer, Database, Gateway};

pub(crate) const PREFIX: &str = "/v1/yativo-card/customers";

/// How many customers each program has, and those who have hardly begun.
pub(crate) const CUSTOMERS: usize = 30;
pub(crate) const UNFINISHED: [&str; 2] = ["first@example.com", "second@example.com"];

/// An issuer with the programs `acme` and `globex`, and a gateway that has their key pairs.
pub(crate) struct World {
    pub(crate) issuer: Issuer,
    pub(crate) database: Database,
    /// What the gateway starts with.
    pub(crate) environment: Vec<(String, String)>,
}

/// A customer with a card.
pub(crate) struct Holder {
    pub(crate) name: String,
    pub(crate) card: String,
}

impl World {
    pub(crate) fn new(database: Database) -> Self {
        let programs = ["acme", "globex"].map(ProgramSpec::named).to_vec();
        let options = IssuerOptions { programs, ..IssuerOptions::default() };
        let issuer = Issuer::start(options).expect("it starts");
        let mut environment = vec![
            ("CARD_GATEWAY__ISSUER__BASE_URL".to_owned(), issuer.url()),
            ("CARD_GATEWAY__ISSUER__CALLS_PER_MINUTE".to_owned(), "0".to_owned()),
            ("CARD_GATEWAY__ISSUER__SYNC_INTERVAL".to_owned(), "0".to_owned()),
        ];
        for (seed, name) in [(1, "acme"), (2, "globex")] {
            issuer.act_on(name, |program| {
                program.fill(Fill { seed, ..Fill::of(CUSTOMERS - UNFINISHED.len()) });
                for email in UNFINISHED {
                    program.onboard(email, None).expect("it is new");
                }
            });
            database.succeed(&["program", "create", "--name", name], "");
            let keys = issuer.credentials(name).expect("the program is there");
            let of = |what: &str| format!("CARD_GATEWAY__ISSUER__{}__{what}", name.to_uppercase());
            environment.push((of("API_KEY"), keys.api_key));
            environment.push((of("API_SECRET"), keys.api_secret));
        }
        Self { issuer, database, environment }
    }

    /// The customers of both programs are in the store.
    pub(crate) fn synchronised(database: Database) -> Self {
        let world = Self::new(database);
        for name in ["acme", "globex"] {
            let mut command =
                world.database.program(&["sync", "--program", name, "--details", "due"]);
            command.envs(world.environment.iter().cloned());
            assert!(command.output().expect("it runs").status.success());
        }
        world.issuer.take_calls();
        world
    }

    pub(crate) fn serve(&self) -> Gateway {
        self.serve_with(&[])
    }

    pub(crate) fn serve_with(&self, more: &[(&str, &str)]) -> Gateway {
        let all = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> = all.chain(more.iter().copied()).collect();
        self.database.serve_with(&all)
    }

    /// A token with all scopes.
    pub(crate) fn token(&self, program: &str) -> String {
        token(&self.database, program, &["write", "money", "program"])
    }

    /// A customer with exactly one card, which is active.
    pub(crate) fn holder(&self, program: &str) -> Holder {
        let found = self.issuer.act_on(program, |program| {
            let holder = program.customers().find(|customer| {
                customer.cards.len() == 1 && customer.cards[0].state == CardState::Active
            });
            let holder = holder.expect("somebody has a card");
            Holder { name: holder.yativo_card_id.clone(), card: holder.cards[0].id.to_string() }
        });
        found.expect("the program is there")
    }

    /// A customer of `acme` who has hardly begun.
    pub(crate) fn unfinished(&self, email: &str) -> String {
        self.issuer.act(|program| {
            let one = program.customers().find(|customer| customer.email == email);
            one.expect("it was onboarded").yativo_card_id.clone()
        })
    }
}

/// A token with these scopes.
pub(crate) fn token(database: &Database, program: &str, scopes: &[&str]) -> String {
    let mut arguments = vec!["token", "create", "--program", program];
    arguments.extend(scopes.iter().flat_map(|scope| ["--scope", scope]));
    database.succeed(&arguments, "")
}

/// Makes a call with a token; `body` is null for none.
pub(crate) fn call(host: &str, token: &str, method: &str, path: &str, body: &Value) -> Answer {
    let method = method.parse().expect("a method");
    let mut request = client().request(method, format!("{host}{path}")).bearer_auth(token);
    if !body.is_null() {
        request = request.json(body);
    }
    let answer = request.send().expect("an answer");
    Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().expect("a body"),
    }
}

/// A path of a route with the same value for each parameter.
pub(crate) fn filled(route: &Route, value: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { value.to_owned() } else { part.to_owned() };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The routes that go on to the issuer.
pub(crate) fn forwarded() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.is_forwarded())
}

/// How the sandbox names a route: its parameters can have other names.
pub(crate) fn at_sandbox(route: &Route) -> String {
    let parts = |path: &str| -> Vec<String> {
        let part = |part: &str| if part.starts_with('{') { "{}" } else { part }.to_owned();
        path.split('/').map(part).collect()
    };
    let is_it = |other: &&routes::Route| {
        other.method == route.method.as_ref() && parts(other.path) == parts(route.path)
    };
    routes::ALL.iter().find(is_it).map(routes::Route::key).expect("the sandbox has it")
}
