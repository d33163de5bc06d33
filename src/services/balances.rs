//! What the wallets of many customers hold, from whichever source may say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::chain::{Reader, Reading, Wallet};
use crate::domain::balance::{Outcome, Stored, resolve};
use crate::domain::customer::Customer;
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::Store;

/// The most readings that are kept in one statement.
const KEPT_AT_ONCE: usize = 500;

/// The balances of the caller's customers.
#[derive(Clone)]
pub struct Balances {
    store: Store,
    chain: Option<Reader>,
    max_age_millis: i64,
}

impl Balances {
    /// Over a store and, where one is configured, a chain.
    pub fn new(store: Store, chain: Option<Reader>, max_age: Duration) -> Self {
        let max_age_millis = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        Self { store, chain, max_age_millis }
    }

    /// The outcome for each customer, in the order of `customers`. Those
    /// without a wallet cost nothing, nor those of whom it is in `brought`
    /// what is stored.
    ///
    /// # Errors
    /// If the store fails. A chain that fails is an outcome, not an error.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[Arc<Customer>],
        brought: &HashMap<String, Stored>,
    ) -> Result<Vec<Outcome>> {
        let missing: Vec<&Arc<Customer>> = customers
            .iter()
            .filter(|customer| customer.safe_deployed && !brought.contains_key(&customer.id))
            .collect();
        let found = if missing.is_empty() {
            HashMap::new()
        } else {
            self.store.balances(principal.program, &missing).await?
        };
        let stored = |customer: &Arc<Customer>| {
            let stored = found.get(&customer.id).or_else(|| brought.get(&customer.id));
            (Arc::clone(customer), stored.copied().unwrap_or_default())
        };
        let held: Vec<_> = customers.iter().map(stored).collect();
        Ok(self.judge(principal, &held).await)
    }

    /// The outcome for each customer of whom it is known what is stored, in
    /// the order of `held`.
    pub async fn judge(
        &self,
        _principal: &Principal,
        held: &[(Arc<Customer>, Stored)],
    ) -> Vec<Outcome> {
        let now = Timestamp::now();
        // Who needs the chain, and who they are among `held`.
        let (places, wallets): (Vec<usize>, Vec<Wallet>) = match &self.chain {
            None => (Vec::new(), Vec::new()),
            Some(_) => held
                .iter()
                .enumerate()
                .filter_map(|(place, held)| Some((place, self.wallet_to_ask(held, now)?)))
                .unzip(),
        };
        let outcomes = match &self.chain {
            Some(chain) if !wallets.is_empty() => chain.read(&wallets).await,
            _ => Vec::new(),
        };
        let mut asked = places.into_iter().zip(outcomes).peekable();
        held.iter()
            .enumerate()
            .map(|(place, (customer, stored))| {
                let chain = asked.next_if(|(of, _)| *of == place).map(|(_, outcome)| outcome);
                resolve(customer, *stored, chain, now, self.max_age_millis)
            })
            .collect()
    }

    /// The wallet of a customer about whom the chain has to be asked.
    fn wallet_to_ask(
        &self,
        (customer, stored): &(Arc<Customer>, Stored),
        now: Timestamp,
    ) -> Option<Wallet> {
        if !customer.safe_deployed || stored.is_fresh(now, self.max_age_millis) {
            return None;
        }
        Wallet::parse(customer.wallet_address.as_deref()?, customer.currency?)
    }
}

/// Keeps what the chain said, so that there is a last known balance when it
/// cannot say, until nobody reads the chain any more.
pub async fn keep(store: Store, mut readings: mpsc::Receiver<Vec<Reading>>) {
    while let Some(first) = readings.recv().await {
        // Whatever else has come meanwhile is kept along with it; what came
        // last counts where a wallet was read twice.
        let mut all: HashMap<Wallet, _> = first.into_iter().collect();
        while all.len() < KEPT_AT_ONCE
            && let Ok(more) = readings.try_recv()
        {
            all.extend(more);
        }
        let rows: Vec<_> = all
            .into_iter()
            .map(|(wallet, balance)| (wallet.address.to_checksum(None), wallet.currency, balance))
            .collect();
        if let Err(error) = store.keep_chain_balances(&rows).await {
            let cause = error.private_source().unwrap_or_default();
            tracing::error!(cause, readings = rows.len(), "chain balances were not kept");
        }
    }
}
