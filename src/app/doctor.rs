//! Checks everything that a gateway with these settings depends on.

use std::collections::BTreeSet;

use tokio::sync::mpsc;

use super::settings;
use crate::chain::Reader;
use crate::config::Config;
use crate::error::Result;
use crate::issuer::Issuer;
use crate::services::connection::Connections;
use crate::services::doctor::{
    Finding, Verdict, chain, clock, database, issuer, standby, webhooks,
};
use crate::store::{Program, Store};

/// Calls `tell` with each finding as soon as it is there. Makes no database, and no change.
pub async fn doctor(config: &Config, mut tell: impl FnMut(Finding)) {
    let auto_migrate = config.database.auto_migrate;
    let store = match Store::connect_existing(&settings::store(&config.database)).await {
        Ok(store) => Some(store),
        Err(error) => {
            tell(database::not_opened(&error, auto_migrate));
            None
        }
    };
    let programs = match &store {
        Some(store) => of_database(store, auto_migrate, &mut tell).await,
        None => None,
    };
    if let (Some(store), Some(of)) = (&store, settings::standby(&config.database)) {
        tell(standby::of(store.look_at_standby(&of).await, of.max_lag));
    }
    match reader(config) {
        Ok(reader) => {
            chain::endpoints(reader.as_ref(), config.chain.id)
                .await
                .into_iter()
                .for_each(&mut tell);
        }
        Err(error) => tell(Finding::failed("chain", &error)),
    }
    let issuer_ahead = match Issuer::new(&settings::issuer(&config.issuer)) {
        Ok(client) => {
            let answers = issuer::key_pairs(&client, programs.as_deref()).await;
            answers.findings.into_iter().for_each(&mut tell);
            answers.ahead
        }
        Err(error) => {
            tell(Finding::failed("issuer", &error));
            None
        }
    };
    if let (Some(store), Some(programs)) = (&store, &programs) {
        let secrets: BTreeSet<String> = config.webhooks.secrets.keys().cloned().collect();
        let connected = config.issuer.key_pairs.keys().cloned();
        let connections = Connections::new(store.clone(), connected);
        let findings = webhooks::programs(store, &connections, programs, &secrets).await;
        findings.into_iter().for_each(&mut tell);
    }
    let database_ahead = match &store {
        Some(store) => clock::database_ahead(store).await,
        None => None,
    };
    tell(clock::compare(database_ahead, issuer_ahead, config.webhooks.tolerance));
    if let Some(store) = store {
        store.close().await;
    }
}

/// Checks the database. Returns its programs, if it has all tables.
async fn of_database(
    store: &Store,
    auto_migrate: bool,
    tell: &mut impl FnMut(Finding),
) -> Option<Vec<Program>> {
    tell(database::answers(store).await);
    let migrations = database::migrations(store, auto_migrate).await;
    let is_whole = migrations.verdict == Verdict::Ok;
    tell(migrations);
    if !is_whole {
        return None;
    }
    tell(database::rights(store, auto_migrate).await);
    match database::programs(store).await {
        Ok(programs) => {
            tell(database::of_programs(&programs));
            Some(programs)
        }
        Err(finding) => {
            tell(finding);
            None
        }
    }
}

/// A reader whose balances are not stored; none without an endpoint.
fn reader(config: &Config) -> Result<Option<Reader>> {
    if config.chain.rpc_urls.is_empty() {
        return Ok(None);
    }
    let (sender, _) = mpsc::channel(1);
    Reader::new(settings::chain(&config.chain), sender).map(Some)
}
