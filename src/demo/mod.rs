//! The `demo` command: a temporary database with sample customers in every stage, a local
//! chain, and a simulated card network.

mod live;
mod sample;

use std::net::SocketAddr;

use alloy_primitives::{Address, U256};
use card_gateway_sandbox::Sandbox;
use tempfile::TempDir;

use crate::chain::{Chain, Token};
use crate::config::{self, Config, Secret};
use crate::domain::money::Currency;
use crate::domain::principal::{ProgramId, Scope};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::services::{import, token};
use crate::store::{Settings, Store};
use crate::webhooks::Sender;
use crate::{app, telemetry};

use live::Players;

const PROGRAM: &str = "demo";
/// Customers of one database transaction.
const BATCH: usize = 1_000;

/// Creates the sample program, prints how to query it, and serves it until the
/// process is stopped. Then its data is removed.
///
/// # Errors
/// If the temporary folder or the database cannot be created, the address cannot be
/// bound, or `print` fails.
pub async fn run(
    mut config: Config,
    customers: u32,
    print: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    if config.log.level == "info" {
        // The live card network would fill the terminal with its requests.
        "info,card_gateway::http::request_log=warn".clone_into(&mut config.log.level);
    }
    telemetry::log(&config.log);
    let sandbox = Sandbox::start().map_err(Error::internal)?;
    use_sandbox(&mut config.chain, &sandbox)?;
    let folder = TempDir::with_prefix("card-gateway-demo-").map_err(Error::internal)?;
    let file = folder.path().join("demo.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = Store::connect(&Settings { url, ..app::settings::store(&config.database) }).await?;
    store.migrate().await?;
    let listener = app::bind(&config).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let now = Timestamp::now();
    let program = store.create_program(PROGRAM, now).await?.id;
    let players = tokio::select! {
        filled = fill(&store, &sandbox, program, now, customers) => filled.map(Some),
        () = app::shutdown_signal() => Ok(None),
    };
    let Some(players) = players? else {
        store.close().await;
        return Ok(());
    };
    let secret = uuid::Uuid::new_v4().simple().to_string();
    config.webhooks.secrets.insert(PROGRAM.to_owned(), vec![Secret::new(&secret)]);
    let url = format!("http://{address}")
        .parse()
        .map_err(|error: url::ParseError| Error::internal(error))?;
    let sender = Sender::new(&url, PROGRAM, secret.as_bytes())?;
    let token = token::issue(&store, program, "demo".to_owned(), Scope::Write, None).await?;
    print(&welcome(address, &token, customers))?;
    let playing = tokio::spawn(live::play(sender, players));
    let served = app::serve(&config, store, listener).await;
    playing.abort();
    served
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
fn use_sandbox(settings: &mut config::Chain, sandbox: &Sandbox) -> Result<()> {
    let url = sandbox.url().parse().map_err(|error: url::ParseError| Error::internal(error))?;
    let Chain { id, multicall, tokens } = sandbox_chain();
    settings.tokens = tokens.map(|(currency, Token { address, decimals })| {
        (currency, config::Token { address, decimals })
    });
    (settings.id, settings.multicall, settings.rpc_urls) = (id, multicall, vec![url]);
    Ok(())
}

async fn fill(
    store: &Store,
    sandbox: &Sandbox,
    program: ProgramId,
    now: Timestamp,
    customers: u32,
) -> Result<Players> {
    let mut players = Players::default();
    let mut sample = sample::Sample::new(now, customers);
    let mut on_chain = Vec::new();
    loop {
        let (mut records, mut transactions) = (Vec::new(), Vec::new());
        for made in sample.by_ref().take(BATCH) {
            on_chain.extend(held(&made));
            players.add(&made, now);
            records.push(made.record);
            transactions.extend(made.transactions);
        }
        if records.is_empty() {
            sandbox.set_balances(on_chain);
            return Ok(players);
        }
        import::put(store, program, records).await?;
        store.put_transactions(program, transactions).await?;
    }
}

/// The balance of a customer's wallet on the chain: token, wallet, and amount in units of
/// the token.
fn held(made: &sample::Made) -> Option<(Address, Address, U256)> {
    let customer = &made.record.customer;
    let wallet = customer.wallet_address.as_deref()?.parse().ok()?;
    let (token, units_per_minor) = match customer.currency? {
        Currency::Eur => (card_gateway_sandbox::EUR, 10_u64.pow(16)),
        Currency::Gbp => (card_gateway_sandbox::GBP, 10_u64.pow(16)),
        Currency::Usd => (card_gateway_sandbox::USD, 10_u64.pow(4)),
    };
    let minor = U256::from(made.on_chain?.get().unsigned_abs());
    Some((token, wallet, minor * U256::from(units_per_minor)))
}

fn welcome(address: SocketAddr, token: &str, customers: u32) -> String {
    let host = format!("http://{address}");
    let watch = r#"{"query":"subscription { cardCustomersChanged { email availableBalance pendingBalance balanceUpdatedAt } }"}"#;
    let query = r#"{"query":"{ cardCustomers(perPage: 3, status: ACTIVE) { totalCount nodes { email ledgerBalance balanceFreshness } } }"}"#;
    format!(
        "card-gateway demo: {customers} customers in the program \"{PROGRAM}\"

GraphiQL  {host}/graphiql#token={token}
Token     {token}

curl -s {host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{query}'
curl -s '{host}/api/v1/card-issuer/customers?limit=3&status=active' -H 'Authorization: Bearer {token}'

A dozen customers go shopping meanwhile. Watch them:

  curl -sN {host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -H 'Accept: text/event-stream' -d '{watch}'

Ctrl-C stops it and removes the data.
"
    )
}
