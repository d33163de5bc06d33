//! The balances of many customers, each from the source that counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::chain::{Reader, Reading, Wallet};
use crate::domain::balance::{ChainBalance, ChainOutcome, Outcome, Stored, WalletBalance, resolve};
use crate::domain::customer::Customer;
use crate::domain::principal::Principal;
use crate::domain::summary::BalanceSums;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::outage;
use crate::store::Store;

/// Readings that are stored in one go.
const STORED_AT_ONCE: usize = 500;

/// A customer with the issuer's last balance.
pub type Held = (Arc<Customer>, Option<WalletBalance>);

/// The balances of the caller's customers.
#[derive(Clone)]
pub struct Balances {
    store: Store,
    chain: Option<Reader>,
    /// Whether any balance of a chain may be stored.
    kept: bool,
    /// Whether what was read from the chain before does not count.
    anew: bool,
    max_age_millis: i64,
}

impl Balances {
    /// Over a store and, if one is configured, a chain. Without one, stored
    /// balances of a chain are read only if there are any (`kept`).
    pub fn new(store: Store, chain: Option<Reader>, kept: bool, max_age: Duration) -> Self {
        let max_age_millis = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        Self { store, kept: kept || chain.is_some(), chain, anew: false, max_age_millis }
    }

    /// The same, which reads from the chain anew, whatever was read before: for customers
    /// for whom something has just been done.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self { anew: true, ..self.clone() }
    }

    /// The outcome for each customer, in the order of `customers`. A live balance
    /// (or that there is none) that is in `brought` is not read again. Customers
    /// without a wallet cost nothing.
    ///
    /// # Errors
    /// If the store fails. A chain that fails is an outcome, not an error.
    pub async fn of(
        &self,
        principal: &Principal,
        customers: &[Arc<Customer>],
        brought: &HashMap<String, Option<WalletBalance>>,
    ) -> Result<Vec<Outcome>> {
        let missing: Vec<String> = customers
            .iter()
            .filter(|customer| customer.safe_deployed && !brought.contains_key(&customer.id))
            .map(|customer| customer.id.clone())
            .collect();
        let found = if missing.is_empty() {
            HashMap::new()
        } else {
            self.store.wallet_balances(principal.program, missing).await?
        };
        let balance = |customer: &Arc<Customer>| {
            found.get(&customer.id).copied().or_else(|| *brought.get(&customer.id)?)
        };
        let held: Vec<Held> =
            customers.iter().map(|customer| (Arc::clone(customer), balance(customer))).collect();
        Ok(self.judge(principal, &held).await)
    }

    /// The outcome for each customer whose live balance is known, in the order
    /// of `held`. A customer without a fresh one is read from the chain; if that
    /// fails, the chain's last balance is read from the store.
    pub async fn judge(&self, _principal: &Principal, held: &[Held]) -> Vec<Outcome> {
        let now = Timestamp::now();
        // The customers without a fresh one: their positions and wallets.
        let (places, wallets): (Vec<usize>, Vec<Wallet>) = if self.kept {
            let wanted = held.iter().enumerate();
            wanted.filter_map(|(place, held)| Some((place, self.wallet(held, now)?))).unzip()
        } else {
            (Vec::new(), Vec::new())
        };
        let asked: Vec<Option<ChainOutcome>> = match &self.chain {
            Some(chain) if !wallets.is_empty() => {
                let read = if self.anew {
                    chain.read_anew(&wallets).await
                } else {
                    chain.read(&wallets).await
                };
                read.into_iter().map(Some).collect()
            }
            _ => vec![None; wallets.len()],
        };
        let read = |outcome: &Option<ChainOutcome>| matches!(outcome, Some(ChainOutcome::Read(_)));
        let unread = wallets.iter().zip(&asked).filter(|(_, outcome)| !read(outcome));
        let kept = self.last_known(unread.map(|(wallet, _)| *wallet).collect()).await;
        let mut more = places.into_iter().zip(wallets).zip(asked).peekable();
        held.iter()
            .enumerate()
            .map(|(place, (customer, balance))| {
                let more = more.next_if(|((of, _), _)| *of == place);
                let (wallet, chain) =
                    more.map_or((None, None), |((_, of), chain)| (Some(of), chain));
                let known = wallet.and_then(|wallet| kept.get(&wallet).copied());
                let stored = Stored { wallet: *balance, chain: known };
                resolve(customer.safe_deployed, stored, chain, now, self.max_age_millis)
            })
            .collect()
    }

    /// The outcome for each customer from what is stored, in the order of `held`. The last
    /// balance from the chain counts as read just now: subscribers ask when it has been.
    pub async fn as_stored(&self, _principal: &Principal, held: &[Held]) -> Vec<Outcome> {
        let now = Timestamp::now();
        let wallets: Vec<Option<Wallet>> = held.iter().map(|held| self.wallet(held, now)).collect();
        let stored = self.last_known(wallets.iter().copied().flatten().collect()).await;
        let outcome = |((customer, balance), wallet): (&Held, Option<Wallet>)| {
            let read = wallet.and_then(|wallet| stored.get(&wallet)).copied();
            let read = read.map(ChainOutcome::Read);
            let stored = Stored { wallet: *balance, chain: None };
            resolve(customer.safe_deployed, stored, read, now, self.max_age_millis)
        };
        held.iter().zip(wallets).map(outcome).collect()
    }

    /// What the balances of all of the caller's customers are at a moment, by the rule of
    /// [`resolve`] where the chain is not asked: from what is stored. One statement, which
    /// adds up no customer.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn sums(&self, principal: &Principal, now: Timestamp) -> Result<BalanceSums> {
        let young = now.plus_millis(self.max_age_millis.saturating_neg());
        self.store.balance_sums(principal.program, young).await
    }

    /// How long a live balance answers without the chain from now on; none if it does not.
    pub fn fresh_for(&self, balance: &WalletBalance) -> Option<Duration> {
        let left = balance.fresh_for(Timestamp::now(), self.max_age_millis);
        u64::try_from(left).ok().filter(|left| *left > 0).map(Duration::from_millis)
    }

    /// The wallet of a customer who has no fresh live balance.
    fn wallet(&self, (customer, balance): &Held, now: Timestamp) -> Option<Wallet> {
        let fresh = balance.is_some_and(|balance| balance.is_fresh(now, self.max_age_millis));
        if !customer.safe_deployed || fresh {
            return None;
        }
        Wallet::parse(customer.wallet_address.as_deref()?, customer.currency?)
    }

    /// The chain's last balances of wallets. A store that fails here is logged,
    /// and no more.
    async fn last_known(&self, wallets: Vec<Wallet>) -> HashMap<Wallet, ChainBalance> {
        if wallets.is_empty() {
            return HashMap::new();
        }
        let addresses = wallets.iter().map(|wallet| wallet.address.to_checksum(None)).collect();
        let found = self.store.chain_balances(addresses).await.unwrap_or_else(|error| {
            outage::warn(&error, "the last balances of the chain cannot be read");
            HashMap::new()
        });
        let of = |((address, currency), balance): ((String, _), _)| {
            Some((Wallet::parse(&address, currency)?, balance))
        };
        found.into_iter().filter_map(of).collect()
    }
}

/// Stores the chain's balances, so that there is a last known one when the chain
/// fails, until the sender of readings is gone.
pub async fn keep(store: Store, mut readings: mpsc::Receiver<Vec<Reading>>) {
    while let Some(first) = readings.recv().await {
        // Other readings that have arrived are stored with it. If a wallet was
        // read twice, the later block counts.
        let mut all: HashMap<Wallet, ChainBalance> = first.into_iter().collect();
        while all.len() < STORED_AT_ONCE
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
            outage::warn(&error, "chain balances were not kept");
        }
    }
}
