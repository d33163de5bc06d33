//! A sample program to look at: a throw-away database with believable
//! customers in every stage.

mod sample;

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::cli::{create_token, out};
use crate::config::Config;
use crate::domain::principal::{ProgramId, Scope};
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::store::{Settings, Store};
use crate::{app, telemetry};

const PROGRAM: &str = "demo";
/// Customers of one database transaction.
const BATCH: usize = 1_000;

/// Makes the sample program, says how to query it, and serves it until the
/// process is told to stop. Its data is gone afterwards.
///
/// # Errors
/// If the temporary folder, the database or the address cannot be had.
pub async fn run(config: &Config, customers: u32) -> Result<()> {
    telemetry::log(&config.log);
    let folder = TempDir::with_prefix("card-gateway-demo-").map_err(Error::internal)?;
    let file = folder.path().join("demo.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let store = Store::connect(&Settings { url, ..config.database.store.clone() }).await?;
    store.migrate().await?;
    let listener = app::bind(config).await?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let now = Timestamp::now();
    let program = store.create_program(PROGRAM, now).await?.id;
    let filled = tokio::select! {
        filled = fill(&store, program, now, customers) => filled.map(|()| true),
        () = app::told_to_stop() => Ok(false),
    };
    if !filled? {
        store.close().await;
        return Ok(());
    }
    let token = create_token(&store, program, "demo".to_owned(), Scope::Write, None).await?;
    out(&welcome(address, &token, customers))?;
    app::serve(config, store, listener).await
}

async fn fill(store: &Store, program: ProgramId, now: Timestamp, customers: u32) -> Result<()> {
    let mut sample = sample::Sample::new(now, customers);
    loop {
        let batch: Vec<_> = sample.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let (records, transactions): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        store.put_records(program, records).await?;
        store.put_transactions(program, transactions.into_iter().flatten().collect()).await?;
    }
}

fn welcome(address: SocketAddr, token: &str, customers: u32) -> String {
    let host = format!("http://{address}");
    let query = r#"{"query":"{ cardCustomers(perPage: 3, status: ACTIVE) { totalCount nodes { email ledgerBalance balanceFreshness } } }"}"#;
    format!(
        "card-gateway demo: {customers} customers in the program \"{PROGRAM}\"

GraphiQL  {host}/graphiql#token={token}
Token     {token}

curl -s {host}/graphql -H 'Authorization: Bearer {token}' -H 'Content-Type: application/json' -d '{query}'
curl -s '{host}/api/v1/card-issuer/customers?limit=3&status=active' -H 'Authorization: Bearer {token}'

Ctrl-C stops it and removes the data.
"
    )
}
