//! Converts the settings of the process into those of the rooms.

use crate::http::client_address::TrustedProxies;
use crate::http::server::Times;
use crate::services::{export, funding, live, sync};
use crate::{chain, config, issuer, shared, store, webhooks};

/// Settings of the store.
pub(crate) fn store(database: &config::Database) -> store::Settings {
    store::Settings {
        url: database.url.clone(),
        max_connections: database.max_connections,
        acquire_timeout: database.acquire_timeout,
        statement_timeout: database.statement_timeout,
        pooler: match database.pooler {
            config::Pooler::None => store::Pooler::None,
            config::Pooler::Session => store::Pooler::Session,
            config::Pooler::Transaction => store::Pooler::Transaction,
        },
    }
}

/// Settings of the database's standby, if there is one.
pub(super) fn standby(database: &config::Database) -> Option<store::StandbySettings> {
    let url = database.read_url.clone()?;
    Some(store::StandbySettings { url, max_lag: database.read_lag })
}

/// Settings of the server that replicas share, if there is one.
pub(super) fn shared(shared: &config::Shared) -> Option<shared::Settings> {
    let config::Shared { url, timeout, prefix } = shared.clone();
    Some(shared::Settings { url: url?, timeout, prefix })
}

/// The proxies in front of the server.
pub(super) fn proxies(server: &config::Server) -> TrustedProxies {
    TrustedProxies::new(&server.trusted_proxies, server.forwarded_header)
}

/// The server's times.
pub(super) const fn times(server: &config::Server) -> Times {
    Times { idle: server.idle_timeout, grace: server.shutdown_grace }
}

/// Settings of the chain.
pub(super) fn chain(chain: &config::Chain) -> chain::Settings {
    let tokens = chain.tokens.map(|(currency, config::Token { address, decimals })| {
        (currency, chain::Token { address, decimals })
    });
    chain::Settings {
        chain: chain::Chain { id: chain.id, multicall: chain.multicall, tokens },
        rpc_urls: chain.rpc_urls.clone(),
        ttl: chain.ttl,
        timeout: chain.timeout,
        gather: chain.gather,
        batch: chain.batch,
        calls_per_second: chain.calls_per_second,
        max_head_age: chain.max_head_age,
    }
}

/// Settings of the issuer's API.
pub(super) fn issuer(issuer: &config::Issuer) -> issuer::Settings {
    let pairs = issuer.key_pairs.iter().map(|(program, pair)| {
        let config::KeyPair { api_key, api_secret } = pair.clone();
        (program.clone(), issuer::KeyPair { api_key, api_secret })
    });
    issuer::Settings {
        base_url: issuer.base_url.clone(),
        timeout: issuer.timeout,
        calls_per_minute: issuer.calls_per_minute,
        programs: pairs.collect(),
    }
}

/// Settings of the synchronisation with the issuer.
pub(super) const fn sync(issuer: &config::Issuer) -> sync::Settings {
    sync::Settings { lease: issuer.sync_lease }
}

/// How many may watch changes.
pub(super) const fn live(of: config::Subscriptions) -> live::Settings {
    live::Settings { watchers: of.all, of_program: of.of_program, of_token: of.of_token }
}

/// Limits of exports: most connections stay for everything else.
pub(super) fn exports(config: &config::Config) -> export::Settings {
    let connections = usize::try_from(config.database.max_connections / 4).unwrap_or(1).max(1);
    export::Settings {
        time: config.server.export_timeout,
        most: config.exports.all.min(connections),
        most_of_program: config.exports.of_program,
    }
}

/// Settings of payments.
pub(super) fn funding(config: &config::Config) -> funding::Settings {
    funding::Settings {
        issuer_timeout: config.issuer.timeout,
        // The request ends then; the caller must know before that the payment goes on.
        patience: config.server.request_timeout.mul_f64(0.9),
        grace: config.issuer.payment_grace,
    }
}

/// Settings of the webhooks.
pub(super) fn webhooks(webhooks: &config::Webhooks) -> webhooks::Settings {
    let secrets = webhooks.secrets.iter().map(|(program, secrets)| {
        let secrets = secrets.iter().map(|secret| secret.expose().as_bytes().to_vec());
        (program.clone(), secrets.collect())
    });
    webhooks::Settings { secrets: secrets.collect(), tolerance: webhooks.tolerance }
}
