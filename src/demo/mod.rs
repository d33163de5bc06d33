//! The `demo` command: a card issuer and a blockchain on this machine, and the gateway in
//! front of them with a temporary database. Its customers come from the issuer's API, its
//! events by the issuer's webhooks.

mod program;
mod shoppers;
mod wallets;

use std::net::SocketAddr;
use std::time::Duration;

use card_gateway_sandbox::Sandbox;
use card_gateway_sandbox::issuer::Issuer;
use tempfile::TempDir;

use crate::chain::{Chain, Token};
use crate::config::{self, Config, Secret};
use crate::domain::money::Currency;
use crate::domain::scope::Scopes;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::services::clients::{self, NewKeyPair};
use crate::services::sync::{Options, Report, Summary};
use crate::services::token;
use crate::store::{Program, Settings, Store};
use crate::{app, telemetry};
use program::PROGRAM;

/// Starts the issuer and the chain, synchronises the sample program, prints how to query
/// it, and serves it until the process is stopped. Then its data is removed.
///
/// # Errors
/// If the temporary folder or the database cannot be created, an address cannot be bound,
/// or `print` fails.
pub async fn run(
    mut config: Config,
    customers: u32,
    print: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    if config.log.level == "info" {
        // The issuer's webhooks and the migrations would push the welcome off the terminal.
        "info,card_gateway::http::request_log=warn,sea_orm_migration=warn"
            .clone_into(&mut config.log.level);
    }
    // Its database is a file of its own.
    config.database.read_url = None;
    // There is no balancer that has to notice.
    config.server.drain_delay = Duration::ZERO;
    telemetry::log(&config.log, &config.telemetry)?;
    let listener = app::bind(&config).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let chain = Sandbox::start().map_err(Error::internal)?;
    use_chain(&mut config.chain, &chain)?;
    let folder = TempDir::with_prefix("card-gateway-demo-").map_err(Error::internal)?;
    let file = folder.path().join("demo.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = Store::connect(&Settings { url, ..app::settings::store(&config.database) }).await?;
    store.migrate().await?;
    let program = store.create_program(PROGRAM, Timestamp::now()).await?;
    let prepared = tokio::select! {
        issuer = prepare(&mut config, &store, &program, &chain, (address, customers)) => {
            issuer.map(Some)
        }
        _ = app::shutdown_signal() => Ok(None),
    };
    let Some((issuer, summary)) = prepared? else {
        store.close().await;
        return Ok(());
    };
    let token = token::issue(&store, program.id, "demo".to_owned(), Scopes::all(), None).await?;
    let pair = clients::create(&store, program.id, "demo".to_owned(), Scopes::all()).await?;
    print(&welcome(address, &token, &pair, &issuer.url(), &summary))?;
    let shopping = tokio::spawn(shoppers::shop(issuer, chain));
    let served = Box::pin(app::serve(&config, store, listener)).await;
    shopping.abort();
    served
}

/// Starts the issuer, connects the gateway to it, and reads its customers.
async fn prepare(
    config: &mut Config,
    store: &Store,
    program: &Program,
    chain: &Sandbox,
    (address, customers): (SocketAddr, u32),
) -> Result<(Issuer, Summary)> {
    // Thousands of customers take a moment to make up.
    let making = tokio::task::spawn_blocking(move || program::start(address, customers));
    let (issuer, webhook_secret) = making.await.map_err(Error::internal)??;
    issuer.act(|of| chain.mirror(of));
    connect(config, &issuer, &webhook_secret)?;
    let summary = app::sync(config, store)?.once(program, Options::default(), &Silent).await?;
    wallets::import(store, program.id, &issuer).await?;
    Ok((issuer, summary))
}

/// Makes the settings name the issuer, the program's key pair there, and the secret of
/// its webhooks.
fn connect(config: &mut Config, issuer: &Issuer, webhook_secret: &str) -> Result<()> {
    let keys = issuer
        .credentials(PROGRAM)
        .ok_or_else(|| Error::new(Kind::Internal, "the issuer lacks the program"))?;
    let key_pair = config::KeyPair {
        api_key: Secret::new(&keys.api_key),
        api_secret: Secret::new(&keys.api_secret),
    };
    config.issuer.base_url =
        issuer.url().parse().map_err(|error: url::ParseError| Error::internal(error))?;
    config.issuer.key_pairs.insert(PROGRAM.to_owned(), key_pair);
    // The issuer here allows any number of calls.
    config.issuer.calls_per_minute = 0;
    config.issuer.sync_interval = program::SYNC_INTERVAL;
    config.webhooks.secrets.insert(PROGRAM.to_owned(), vec![Secret::new(webhook_secret)]);
    Ok(())
}

/// The chain that sandboxes have.
pub fn sandbox_chain() -> Chain {
    let token = |address, decimals| Token { address, decimals };
    let tokens = [
        (Currency::Usd, token(card_gateway_sandbox::USD, 6)),
        (Currency::Eur, token(card_gateway_sandbox::EUR, 18)),
        (Currency::Gbp, token(card_gateway_sandbox::GBP, 18)),
    ];
    let (id, multicall) = (card_gateway_sandbox::CHAIN_ID, card_gateway_sandbox::MULTICALL);
    Chain { id, multicall, tokens }
}

/// Makes the settings name the sandbox's chain and its endpoint.
fn use_chain(settings: &mut config::Chain, sandbox: &Sandbox) -> Result<()> {
    let url = sandbox.url().parse().map_err(|error: url::ParseError| Error::internal(error))?;
    let Chain { id, multicall, tokens } = sandbox_chain();
    settings.tokens = tokens.map(|(currency, Token { address, decimals })| {
        (currency, config::Token { address, decimals })
    });
    (settings.id, settings.multicall, settings.rpc_urls) = (id, multicall, vec![url]);
    Ok(())
}

/// The demo shows no progress: it takes a few seconds.
struct Silent;

impl Report for Silent {
    fn progress(&self, _customers: u64, _total: Option<u64>) {}

    fn details(&self, _customers: u64) {}

    fn note(&self, _text: &str) {}
}

fn welcome(
    address: SocketAddr,
    token: &str,
    pair: &NewKeyPair,
    issuer: &str,
    summary: &Summary,
) -> String {
    let NewKeyPair { api_key, api_secret, .. } = pair;
    let host = format!("http://{address}");
    let watch = r#"{"query":"subscription { cardCustomersChanged { email availableBalance pendingBalance balanceUpdatedAt } }"}"#;
    let query = r#"{"query":"{ cardCustomers(perPage: 3, status: ACTIVE) { totalCount nodes { email ledgerBalance balanceFreshness } } }"}"#;
    format!(
        "card-gateway demo: the program \"{PROGRAM}\", synchronised with a card issuer on this machine
{summary}

Issuer    {issuer}
GraphiQL  {host}/graphiql#token={token}
Token     {token}
Key pair  {api_key} {api_secret}

curl -s {host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{query}'
curl -s '{host}/api/v1/card-issuer/customers?limit=3&status=active' -H 'Authorization: Bearer {token}'

Customers go shopping meanwhile, and the issuer sends webhooks. Watch them:

  curl -sN {host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -H 'Accept: text/event-stream' -d '{watch}'

Ctrl-C stops it and removes the data.
"
    )
}
