//! What the wallets of many customers hold, from whichever source may say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::balance::{ChainOutcome, LiveBalance, Outcome, resolve};
use crate::domain::customer::Customer;
use crate::domain::money::Currency;
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::Store;

/// A wallet and the currency that counts in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Wallet {
    /// EIP-55 address.
    pub address: String,
    /// Which token to look at.
    pub currency: Currency,
}

/// Somebody who can read the chain. Chain data is public, so no principal is
/// asked for, and reads may be shared between programs.
#[async_trait::async_trait]
pub trait ChainBalances: Send + Sync {
    /// What each wallet holds, in the order of `wallets`; a wallet that could
    /// not be read is [`ChainOutcome::Unavailable`], never zero.
    async fn read(&self, wallets: &[Wallet]) -> Vec<ChainOutcome>;
}

/// The balances of the caller's customers.
#[derive(Clone)]
pub struct Balances {
    store: Store,
    chain: Option<Arc<dyn ChainBalances>>,
    max_age_millis: i64,
}

impl Balances {
    /// Over a store and, where one is configured, a chain.
    pub fn new(store: Store, chain: Option<Arc<dyn ChainBalances>>, max_age: Duration) -> Self {
        let max_age_millis = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        Self { store, chain, max_age_millis }
    }

    /// The outcome for each customer, in the order of `customers`. Those
    /// without a wallet cost nothing, nor those whose stored balance (or that
    /// they have none) is in `brought`.
    ///
    /// # Errors
    /// If the store fails. A chain that fails is an outcome, not an error.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[Arc<Customer>],
        brought: &HashMap<String, Option<LiveBalance>>,
    ) -> Result<Vec<Outcome>> {
        let missing: Vec<String> = customers
            .iter()
            .filter(|customer| customer.safe_deployed && !brought.contains_key(&customer.id))
            .map(|customer| customer.id.clone())
            .collect();
        let stored = if missing.is_empty() {
            HashMap::new()
        } else {
            self.store.live_balances(principal.program, missing).await?
        };
        let live = |customer: &Arc<Customer>| {
            stored.get(&customer.id).copied().or_else(|| *brought.get(&customer.id)?)
        };
        let held: Vec<_> =
            customers.iter().map(|customer| (Arc::clone(customer), live(customer))).collect();
        Ok(self.judge(principal, &held).await)
    }

    /// The outcome for each customer whose stored balance is known already, in
    /// the order of `held`.
    pub async fn judge(
        &self,
        _principal: &Principal,
        held: &[(Arc<Customer>, Option<LiveBalance>)],
    ) -> Vec<Outcome> {
        let now = Timestamp::now();
        let mut chain = self.ask_chain(held, now).await;
        held.iter()
            .map(|(customer, live)| {
                let chain = chain.remove(&customer.id);
                resolve(customer.safe_deployed, *live, chain, now, self.max_age_millis)
            })
            .collect()
    }

    /// Asks the chain, if there is one, for those who have no fresh live balance.
    async fn ask_chain(
        &self,
        held: &[(Arc<Customer>, Option<LiveBalance>)],
        now: Timestamp,
    ) -> HashMap<String, ChainOutcome> {
        let Some(chain) = &self.chain else { return HashMap::new() };
        let fresh = |live: &Option<LiveBalance>| {
            live.is_some_and(|live| live.is_fresh(now, self.max_age_millis))
        };
        let (ids, wallets): (Vec<String>, Vec<Wallet>) = held
            .iter()
            .filter(|(customer, live)| customer.safe_deployed && !fresh(live))
            .filter_map(|(customer, _)| {
                let address = customer.wallet_address.clone()?;
                Some((customer.id.clone(), Wallet { address, currency: customer.currency? }))
            })
            .unzip();
        if wallets.is_empty() {
            return HashMap::new();
        }
        ids.into_iter().zip(chain.read(&wallets).await).collect()
    }
}
