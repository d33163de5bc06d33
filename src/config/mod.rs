//! Settings: flags over environment over file over the defaults that are compiled in.
//! Unknown keys are errors, and all errors are reported at once.
//!
//! Each section has a file with its data and a function that reads it. The data is
//! plain: rooms below define what they need, and `app` converts.

mod chain;
mod database;
mod documents;
mod flags;
mod issuer;
mod layers;
mod log;
mod log_filter;
mod parse;
mod reader;
mod server;
mod shared;
mod show;
mod telemetry;
mod webhooks;

use std::path::Path;
use std::time::Duration;

pub use crate::domain::secret::Secret;
pub use chain::{Chain, Token};
pub use database::{Database, Pooler};
pub use documents::{DocumentLimits, Documents, Introspection, Trusted, hash_of};
pub use flags::Flags;
pub use issuer::{Issuer, KeyPair};
pub use log::{Log, LogFormat};
pub use server::{Exports, ForwardedHeader, Graphiql, Rate, Server, Subscriptions};
pub use shared::Shared;
pub use telemetry::Telemetry;
pub use webhooks::Webhooks;

use layers::Layers;
use parse::{duration, nonzero_duration};
use reader::Reader;

/// Every setting, checked. Its `Debug` form is [`Config::show`]: without secrets.
pub struct Config {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// How long a valid token is cached.
    pub token_cache_ttl: Duration,
    /// The rate limit of a token.
    pub rate: Rate,
    /// How many subscriptions there may be.
    pub subscriptions: Subscriptions,
    /// How many exports there may be.
    pub exports: Exports,
    /// GraphQL documents.
    pub documents: Documents,
    /// Maximum age of a live balance that is shown without reading the chain.
    pub realtime_max_age: Duration,
    /// How often older balances are read from the chain.
    pub reconcile_interval: Duration,
    /// The chain.
    pub chain: Chain,
    /// How long the changes of customers are kept.
    pub changes_keep: Duration,
    /// The issuer's webhooks.
    pub webhooks: Webhooks,
    /// The issuer's API.
    pub issuer: Issuer,
    /// The log.
    pub log: Log,
    /// What replicas share besides the database.
    pub shared: Shared,
    /// Traces and metrics for a collector.
    pub telemetry: Telemetry,
    layers: Layers,
}

/// Everything that is wrong with the settings, a sentence each.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<String>);

impl Config {
    /// Reads the settings of this process. `file` is the one named on the
    /// command line; without one, `card-gateway.toml` is read if it exists.
    ///
    /// # Errors
    /// Every error at once.
    pub fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigErrors> {
        let default_file = Path::new("card-gateway.toml");
        let file = file.or_else(|| default_file.exists().then_some(default_file));
        let mut errors = Vec::new();
        let text = file.and_then(|path| match std::fs::read_to_string(path) {
            Ok(text) => Some((path.display().to_string(), text)),
            Err(error) => {
                errors.push(format!("{} cannot be read: {error}", path.display()));
                None
            }
        });
        let text = text.as_ref().map(|(name, text)| (name.as_str(), text.as_str()));
        Self::from_parts(text, std::env::vars_os(), flags, errors)
    }

    fn from_parts(
        file: Option<(&str, &str)>,
        environment: impl Iterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
        flags: &Flags,
        mut errors: Vec<String>,
    ) -> Result<Self, ConfigErrors> {
        let mut layers = Layers::gather(file, environment, flags, &mut errors);
        let mut read = Reader::new(&layers, errors);
        let server = server::server(&mut read);
        let database = database::database(&mut read);
        let rate = server::rate(&mut read);
        let subscriptions = server::subscriptions(&mut read);
        let exports = server::exports(&mut read);
        let token_cache_ttl = read.get("auth.token_cache_ttl", duration);
        if token_cache_ttl > Duration::from_secs(5) {
            read.error("auth.token_cache_ttl", "must not be longer than 5s");
        }
        let documents = documents::documents(&mut read);
        let realtime_max_age = read.get("balances.realtime_max_age", duration);
        let reconcile_interval = read.get("balances.reconcile_interval", nonzero_duration);
        let chain = chain::chain(&mut read);
        let log = log::log(&mut read);
        let shared = shared::shared(&mut read);
        let telemetry = telemetry::telemetry(&mut read);
        let changes_keep = read.get("changes.keep", nonzero_duration);
        let webhooks = webhooks::webhooks(&mut read);
        let issuer = issuer::issuer(&mut read);
        let errors = read.into_errors();
        if !errors.is_empty() {
            return Err(ConfigErrors(errors));
        }
        layers.forget_secrets();
        Ok(Self {
            server,
            database,
            token_cache_ttl,
            rate,
            subscriptions,
            exports,
            documents,
            realtime_max_age,
            reconcile_interval,
            chain,
            changes_keep,
            webhooks,
            issuer,
            log,
            shared,
            telemetry,
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

#[cfg(test)]
mod tests {
    use super::*;

    fn load(
        file: &str,
        environment: &[(&str, &str)],
        flags: &Flags,
    ) -> Result<Config, ConfigErrors> {
        let environment = environment.iter().map(|(name, value)| (name.into(), value.into()));
        Config::from_parts(Some(("test.toml", file)), environment, flags, Vec::new())
    }

    #[test]
    fn flags_override_environment_file_and_defaults() {
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
    fn all_errors_are_reported_at_once() {
        let file = "[server]\nlisten = 'here'\nports = 1\n[auth]\ntoken_cache_ttl = '6s'\n[nonsense]\na = 1\n[sever]\n[webhooks.secrets]";
        let environment = [
            ("CARD_GATEWAY__LOG__FORMAT", "poem"),
            ("CARD_GATEWAY__LOG__COLOUR", "red"),
            ("CARD_GATEWAY__DATABASE__MAX_CONNECTIONS", "0"),
            ("DATABASE_URL", "postgres://me:hunter2#x@db.example/cards"),
            ("CARD_GATEWAY__DATABASE__AUTO_MIGRATE", "maybe"),
            ("CARD_GATEWAY__ISSUER__ACME__API_KEY", "key"),
        ];
        let ConfigErrors(errors) =
            load(file, &environment, &Flags::default()).expect_err("refused");
        let text = errors.join("\n");
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
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(text.contains("database.url (DATABASE_URL) must be a sqlite://"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(errors.len(), 11, "{text}");
    }

    #[test]
    fn secrets_are_read_and_never_shown() {
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
        assert_eq!(config.issuer.key_pairs["my-program"].api_key.expose(), "key_of_mine");
        assert_eq!(config.chain.rpc_urls.len(), 2);
        let shown = config.show() + &format!("{config:?}");
        for secret in ["hunter2", "whsec", "_of_mine", "3y"] {
            assert!(!shown.contains(secret), "{secret} is in\n{shown}");
        }
        assert!(config.show().contains("db.example"), "{}", config.show());
    }
}
