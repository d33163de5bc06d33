//! What the wallets of many customers hold, from whichever source may say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::chain::{Reader, Reading, Wallet};
use crate::domain::balance::{ChainBalance, ChainOutcome, LiveBalance, Outcome, Stored, resolve};
use crate::domain::customer::Customer;
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::store::Store;

/// Readings that are gathered before they are kept.
const KEPT_AT_ONCE: usize = 500;

/// A customer with what the last live notification said of the balance.
pub type Held = (Arc<Customer>, Option<LiveBalance>);

/// The balances of the caller's customers.
#[derive(Clone)]
pub struct Balances {
    store: Store,
    chain: Option<Reader>,
    /// Whether anything that a chain said may be kept.
    kept: bool,
    max_age_millis: i64,
}

impl Balances {
    /// Over a store and, where one is configured, a chain. Without one, what it
    /// said before is only looked for if there is anything `kept`.
    pub fn new(store: Store, chain: Option<Reader>, kept: bool, max_age: Duration) -> Self {
        let max_age_millis = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        Self { store, kept: kept || chain.is_some(), chain, max_age_millis }
    }

    /// The outcome for each customer, in the order of `customers`. Those
    /// without a wallet cost nothing, nor those whose live balance (or that
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
        let found = if missing.is_empty() {
            HashMap::new()
        } else {
            self.store.live_balances(principal.program, missing).await?
        };
        let live = |customer: &Arc<Customer>| {
            found.get(&customer.id).copied().or_else(|| *brought.get(&customer.id)?)
        };
        let held: Vec<Held> =
            customers.iter().map(|customer| (Arc::clone(customer), live(customer))).collect();
        Ok(self.judge(principal, &held).await)
    }

    /// The outcome for each customer whose live balance is known, in the order
    /// of `held`. Whoever has no fresh one costs a question to the chain; if it
    /// cannot say, what it said the last time is looked for in the store.
    pub async fn judge(&self, _principal: &Principal, held: &[Held]) -> Vec<Outcome> {
        let now = Timestamp::now();
        // Who needs more than that, and where they are among `held`.
        let (places, wallets): (Vec<usize>, Vec<Wallet>) = if self.kept {
            let wanted = held.iter().enumerate();
            wanted.filter_map(|(place, held)| Some((place, self.wallet(held, now)?))).unzip()
        } else {
            (Vec::new(), Vec::new())
        };
        let asked: Vec<Option<ChainOutcome>> = match &self.chain {
            Some(chain) if !wallets.is_empty() => {
                chain.read(&wallets).await.into_iter().map(Some).collect()
            }
            _ => vec![None; wallets.len()],
        };
        let read = |outcome: &Option<ChainOutcome>| matches!(outcome, Some(ChainOutcome::Read(_)));
        let unread = wallets.iter().zip(&asked).filter(|(_, outcome)| !read(outcome));
        let kept = self.last_known(unread.map(|(wallet, _)| *wallet).collect()).await;
        let mut more = places.into_iter().zip(wallets).zip(asked).peekable();
        held.iter()
            .enumerate()
            .map(|(place, (customer, live))| {
                let more = more.next_if(|((of, _), _)| *of == place);
                let (wallet, chain) =
                    more.map_or((None, None), |((_, of), chain)| (Some(of), chain));
                let known = wallet.and_then(|wallet| kept.get(&wallet).copied());
                let stored = Stored { live: *live, chain: known };
                resolve(customer.safe_deployed, stored, chain, now, self.max_age_millis)
            })
            .collect()
    }

    /// The wallet of a customer who has no fresh live balance.
    fn wallet(&self, (customer, live): &Held, now: Timestamp) -> Option<Wallet> {
        let fresh = live.is_some_and(|live| live.is_fresh(now, self.max_age_millis));
        if !customer.safe_deployed || fresh {
            return None;
        }
        Wallet::parse(customer.wallet_address.as_deref()?, customer.currency?)
    }

    /// What the chain said of wallets the last time. A store that fails here
    /// has failed to help, and no more.
    async fn last_known(&self, wallets: Vec<Wallet>) -> HashMap<Wallet, ChainBalance> {
        if wallets.is_empty() {
            return HashMap::new();
        }
        let addresses = wallets.iter().map(|wallet| wallet.address.to_checksum(None)).collect();
        let found = self.store.chain_balances(addresses).await.unwrap_or_else(|error| {
            let cause = error.private_source().unwrap_or_default();
            tracing::error!(cause, "what the chain said the last time cannot be read");
            HashMap::new()
        });
        let of = |((address, currency), balance): ((String, _), _)| {
            Some((Wallet::parse(&address, currency)?, balance))
        };
        found.into_iter().filter_map(of).collect()
    }
}

/// Keeps what the chain said, so that there is a last known balance when it
/// cannot say, until nobody reads the chain any more.
pub async fn keep(store: Store, mut readings: mpsc::Receiver<Vec<Reading>>) {
    while let Some(first) = readings.recv().await {
        // Whatever else has come meanwhile is kept along with it; the later
        // block counts where a wallet was read twice.
        let mut all: HashMap<Wallet, ChainBalance> = first.into_iter().collect();
        while all.len() < KEPT_AT_ONCE
            && let Ok(more) = readings.try_recv()
        {
            for (wallet, balance) in more {
                let known = all.entry(wallet).or_insert(balance);
                if balance.block >= known.block {
                    *known = balance;
                }
            }
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
