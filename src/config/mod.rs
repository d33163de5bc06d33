//! Settings: flags over environment over file over the defaults that are
//! compiled in. Unknown keys are refused, and all mistakes are reported at once.

mod chain;
mod documents;
mod layers;
mod parse;
mod show;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use toml::Value;
use url::Url;

pub use documents::{DocumentLimits, Documents, Introspection, Trusted, hash_of};
use layers::Layers;
use parse::{
    connections, database_url, duration, graphiql, list, log_filter, log_format, maybe_url,
    origins, some_time, text, text_as, whole, whole_from_one, yes_or_no,
};

/// Every setting, checked. Its `Debug` form is [`Config::show`]: without secrets.
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// How long a token that was found is believed.
    pub token_cache_ttl: Duration,
    /// How many requests a token may send.
    pub rate: Rate,
    /// GraphQL documents.
    pub documents: Documents,
    /// How old a live notification may be to answer without the chain.
    pub realtime_max_age: Duration,
    /// How often old balances of all customers are read again.
    pub reconcile_interval: Duration,
    /// The chain; without endpoints it is not read.
    pub chain: crate::chain::Settings,
    /// The issuer's webhooks.
    pub webhooks: Webhooks,
    /// The issuer's own API.
    pub issuer: Issuer,
    /// What is logged and how.
    pub log: Log,
    layers: Layers,
}

/// Settings of the HTTP server.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// How long open requests may go on after a signal to stop.
    pub shutdown_grace: Duration,
    /// The origins whose pages may call from a browser.
    pub cors_origins: Vec<String>,
    /// Where GraphiQL comes from.
    pub graphiql: Graphiql,
}

/// Where GraphiQL comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphiql {
    /// It is in the program.
    Bundled,
    /// A content delivery network, by exact version and checked by hash.
    Cdn,
    /// Nowhere: there is none.
    Off,
}

/// Settings of the database.
#[derive(Clone)]
pub struct Database {
    /// How to reach it.
    pub store: crate::store::Settings,
    /// Whether `serve` migrates it first.
    pub auto_migrate: bool,
}

/// How many requests a token may send.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// At once.
    pub burst: u32,
    /// A second, in the long run.
    pub per_second: u32,
}

/// The issuer's webhooks.
#[derive(Debug)]
pub struct Webhooks {
    /// One or two secrets of each program.
    pub secrets: BTreeMap<String, Vec<Secret>>,
    /// How long before or after now a webhook may have been signed.
    pub tolerance: Duration,
}

/// The issuer's own API.
#[derive(Debug)]
pub struct Issuer {
    /// Its address, if it is to be called.
    pub base_url: Option<Url>,
    /// The credentials of each program.
    pub credentials: BTreeMap<String, Credentials>,
}

/// A program's credentials at the issuer.
#[derive(Debug)]
pub struct Credentials {
    /// The public half.
    pub api_key: Secret,
    /// The private half.
    pub api_secret: Secret,
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// Filters, as tracing-subscriber reads them.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text to itself.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// What the command line says of settings.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--database-url`.
    pub database_url: Option<String>,
    /// `--listen`.
    pub listen: Option<String>,
    /// `--persisted-only`.
    pub persisted_only: bool,
}

/// Everything that is wrong with the settings, a sentence each.
#[derive(Debug)]
pub struct Mistakes(pub Vec<String>);

impl Config {
    /// Reads the settings of this process. `file` is the one named on the
    /// command line; without one, `card-gateway.toml` is read if it exists.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, Mistakes> {
        let default_file = Path::new("card-gateway.toml");
        let file = file.or_else(|| default_file.exists().then_some(default_file));
        let mut mistakes = Vec::new();
        let text = file.and_then(|path| match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => {
                mistakes.push(format!("{} cannot be read: {error}", path.display()));
                None
            }
        });
        let text = text.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        Self::from_parts(text, std::env::vars_os(), flags, mistakes)
    }

    fn from_parts(
        file: Option<(&str, &str)>,
        environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
        flags: &Flags,
        mut mistakes: Vec<String>,
    ) -> Result<Self, Mistakes> {
        let layers = Layers::gather(file, environment, flags, &mut mistakes);
        let mut read = Reader { layers: &layers, mistakes };
        let server = Server {
            listen: read.get("server.listen", text_as("an address like 127.0.0.1:8080")),
            request_timeout: read.get("server.request_timeout", duration),
            body_limit: read.get("server.body_limit", whole),
            shutdown_grace: read.get("server.shutdown_grace", duration),
            cors_origins: read.get("server.cors_origins", origins),
            graphiql: read.get("server.graphiql", graphiql),
        };
        let database = Database {
            store: crate::store::Settings {
                url: read.get("database.url", database_url),
                max_connections: read.get("database.max_connections", connections),
                acquire_timeout: read.get("database.acquire_timeout", duration),
                statement_timeout: read.get("database.statement_timeout", duration),
            },
            auto_migrate: read.get("database.auto_migrate", yes_or_no),
        };
        let rate = Rate {
            burst: read.get("limits.rate_burst", whole_from_one),
            per_second: read.get("limits.rate_per_second", whole_from_one),
        };
        let token_cache_ttl = read.get("auth.token_cache_ttl", duration);
        if token_cache_ttl > Duration::from_secs(5) {
            read.mistake("auth.token_cache_ttl", "must not be longer than 5s");
        }
        let documents = read.documents();
        let realtime_max_age = read.get("balances.realtime_max_age", duration);
        let reconcile_interval = read.get("balances.reconcile_interval", some_time);
        let chain = read.chain();
        let base_url = read.get("issuer.base_url", maybe_url);
        let log = Log {
            level: read.get("log.level", log_filter),
            format: read.get("log.format", log_format),
        };
        let tolerance = read.get("webhooks.tolerance", some_time);
        let webhooks = Webhooks { secrets: read.webhook_secrets(), tolerance };
        let credentials = read.credentials();
        if !read.mistakes.is_empty() {
            return Err(Mistakes(read.mistakes));
        }
        Ok(Self {
            server,
            database,
            token_cache_ttl,
            rate,
            documents,
            realtime_max_age,
            reconcile_interval,
            chain,
            webhooks,
            issuer: Issuer { base_url, credentials },
            log,
            layers,
        })
    }

    /// The effective settings as TOML, with where each comes from. Secrets are hidden.
    pub fn show(&self) -> String {
        show::toml(&self.layers)
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.show())
    }
}

/// Reads single settings and collects what is wrong with them.
struct Reader<'a> {
    layers: &'a Layers,
    mistakes: Vec<String>,
}

impl Reader<'_> {
    fn mistake(&mut self, key: &str, what: &str) {
        let origin = self.layers.origin(key);
        self.mistakes.push(format!("{key} ({origin}) {what}"));
    }

    /// A setting; where it is wrong, its default, after the mistake is noted.
    fn get<T>(&mut self, key: &str, parse: impl Fn(&Value) -> Result<T, String>) -> T {
        match parse(self.layers.value(key)) {
            Ok(value) => value,
            Err(what) => {
                self.mistake(key, &what);
                let default = parse(self.layers.default_value(key));
                default.unwrap_or_else(|what| unreachable!("the default of {key} {what}"))
            }
        }
    }

    fn webhook_secrets(&mut self) -> BTreeMap<String, Vec<Secret>> {
        let mut secrets = BTreeMap::new();
        for (key, program) in self.layers.programs_of("webhooks.secrets.", "") {
            match list(self.layers.value(&key)) {
                Ok(texts) if (1..=2).contains(&texts.len()) => {
                    secrets.insert(program, texts.into_iter().map(Secret).collect());
                }
                _ => self.mistake(&key, "must be one or two secrets, separated by a comma"),
            }
        }
        secrets
    }

    fn credentials(&mut self) -> BTreeMap<String, Credentials> {
        let mut all = BTreeMap::new();
        for (key, program) in self.layers.programs_of("issuer.", ".api_key") {
            let secret = format!("issuer.{program}.api_secret");
            if self.layers.has(&secret) {
                let api_key = Secret(self.get(&key, text));
                let api_secret = Secret(self.get(&secret, text));
                all.insert(program, Credentials { api_key, api_secret });
            } else {
                self.mistake(&key, "needs the program's api_secret too");
            }
        }
        for (key, program) in self.layers.programs_of("issuer.", ".api_secret") {
            if !self.layers.has(&format!("issuer.{program}.api_key")) {
                self.mistake(&key, "needs the program's api_key too");
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, Mistakes> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        Config::from_parts(Some(("test.toml", file)), environment, flags, Vec::new())
    }

    #[test]
    fn flags_go_before_environment_before_file_before_defaults() {
        let file = "[server]\nlisten = '127.0.0.1:1'\nbody_limit = 1\nrequest_timeout = '1s'";
        let environment = [
            ("CARD_GATEWAY__SERVER__LISTEN", "127.0.0.1:2"),
            ("CARD_GATEWAY__SERVER__BODY_LIMIT", "2"),
        ];
        let flags = Flags { listen: Some("127.0.0.1:3".into()), ..Flags::default() };
        let config = load(file, &environment, &flags).expect("fine");
        assert_eq!(config.server.listen.port(), 3);
        assert_eq!(config.server.body_limit, 2);
        assert_eq!(config.server.request_timeout, Duration::from_secs(1));
        assert_eq!(config.server.shutdown_grace, Duration::from_secs(15));
    }

    #[test]
    fn every_mistake_is_told_at_once() {
        let file = "[server]\nlisten = 'here'\nports = 1\n[auth]\ntoken_cache_ttl = '6s'\n[nonsense]\na = 1\n[sever]\n[webhooks.secrets]";
        let environment = [
            ("CARD_GATEWAY__LOG__FORMAT", "poem"),
            ("CARD_GATEWAY__LOG__COLOUR", "red"),
            ("CARD_GATEWAY__DATABASE__MAX_CONNECTIONS", "0"),
            ("DATABASE_URL", "postgres://me:hunter2#x@db.example/cards"),
            ("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", "maybe"),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key"),
        ];
        let Mistakes(mistakes) = load(file, &environment, &Flags::default()).expect_err("refused");
        let said = mistakes.join("\n");
        for part in [
            "server.listen (test.toml) must be an address",
            "server.ports (test.toml) is not a setting",
            "nonsense.a (test.toml) is not a setting",
            "auth.token_cache_ttl (test.toml) must not be longer than 5s",
            "log.format (CARD_GATEWAY__LOG__FORMAT) must be auto, text or json",
            "log.colour (CARD_GATEWAY__LOG__COLOUR) is not a setting",
            "database.max_connections (CARD_GATEWAY__DATABASE__MAX_CONNECTIONS) must be at least 1",
            "database.auto_migrate (CARD_GATEWAY__DATABASE__AUTO_MIGRATE) must be true or false",
            "issuer.acme.api_key (CARD_GATEWAY__ISSUER__ACME__API_KEY) needs the program's api_secret",
        ] {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
        assert!(said.contains("database.url (DATABASE_URL) must be a sqlite://"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert_eq!(mistakes.len(), 11, "{said}");
    }

    #[test]
    fn programs_have_secrets_and_they_are_hidden() {
        let environment = [
            ("DATABASE_URL", "postgres://me:hunter2@db.example/cards?sslmode=require"),
            ("CARD_GATEWAY__WEBHOOKS__SECRETS__MY_PROGRAM", "whsec_new,whsec_old"),
            ("CARD_GATEWAY__ISSUER__MY_PROGRAM__API_KEY", "key_of_mine"),
            ("CARD_GATEWAY__ISSUER__MY_PROGRAM__API_SECRET", "secret_of_mine"),
            ("CARD_GATEWAY__CHAIN__RPC_URLS", "https://one.example/rpc, https://two.example/k/3y"),
        ];
        let config = load("", &environment, &Flags::default()).expect("fine");
        let secrets = &config.webhooks.secrets["my-program"];
        assert_eq!(
            secrets.iter().map(Secret::expose).collect::<Vec<_>>(),
            ["whsec_new", "whsec_old"]
        );
        assert_eq!(config.issuer.credentials["my-program"].api_key.expose(), "key_of_mine");
        assert_eq!(config.chain.rpc_urls.len(), 2);
        let shown = config.show() + &format!("{config:?}");
        for secret in ["hunter2", "whsec", "_of_mine", "3y"] {
            assert!(!shown.contains(secret), "{secret} is in\n{shown}");
        }
        assert!(config.show().contains("db.example"), "{}", config.show());
    }
}
