//! One endpoint: whether it is of the right chain, alive, and within its
//! budget; and how many wallets it takes at once.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, Bytes, U64, U256};
use futures_util::future::{BoxFuture, try_join_all};
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use tokio::sync::watch;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::health::{Health, State};
use super::rpc::{Failure, Rpc};
use super::{Block, Chain, Settings, Wallet, abi};
use crate::domain::time::Timestamp;

/// Calls of one question that are under way at once.
const AT_ONCE: usize = 4;

/// With less time left, a call is not made.
const HARDLY: Duration = Duration::from_millis(5);
/// A call that had so much time and was not answered says something of the endpoint.
const ENOUGH: Duration = Duration::from_millis(400);

/// Whether an endpoint can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// It has not told enough of itself yet.
    Unknown,
    /// It is an endpoint of the chain that the settings describe.
    Fit,
    /// It is not, for this reason; it is not used.
    Unfit(String),
}

pub(super) struct Provider {
    /// Its place in the settings, from 1: addresses can hold keys.
    pub(super) number: usize,
    rpc: Rpc,
    health: Mutex<Health>,
    budget: DefaultDirectRateLimiter,
    fitness: Mutex<Fitness>,
    /// Whether somebody has tried to find out whether it is fit.
    looked_at: watch::Sender<bool>,
    /// How many wallets it takes at once, as far as is known, and at the most.
    batch: AtomicUsize,
    most: usize,
}

/// What a read says: the block, and each wallet's amount if the token told it.
pub(super) type Amounts = (Block, Vec<Option<U256>>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    number: U64,
    hash: B256,
    parent_hash: B256,
    timestamp: U64,
}

impl Provider {
    pub(super) fn new(number: usize, rpc: Rpc, settings: &Settings) -> Self {
        let calls = NonZeroU32::new(settings.calls_per_second).unwrap_or(NonZeroU32::MIN);
        Self {
            number,
            rpc,
            health: Mutex::default(),
            budget: RateLimiter::direct(Quota::per_second(calls)),
            fitness: Mutex::new(Fitness::Unknown),
            looked_at: watch::Sender::new(false),
            batch: AtomicUsize::new(settings.batch),
            most: settings.batch,
        }
    }

    pub(super) fn fitness(&self) -> Fitness {
        self.fitness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What may be sent to it now: nothing, if it is not known to be fit, but
    /// for the moment in which it is looked at for the first time.
    pub(super) fn state(&self) -> State {
        let fit = self.fitness() == Fitness::Fit || !*self.looked_at.borrow();
        if fit { self.health().state(Instant::now()) } else { State::Resting }
    }

    /// Finds out whether it is fit, if that is not known, and whether it is
    /// back from a rest.
    pub(super) async fn look(&self, chain: &Chain, deadline: Instant) {
        let found = match self.fitness() {
            Fitness::Unknown => self.what_is_wrong(chain, deadline).await,
            Fitness::Fit if self.state() == State::Recovering => {
                let id: Result<U64, _> = self.call("eth_chainId", json!([]), deadline).await;
                id.map(|id| other_chain(id, chain))
            }
            Fitness::Fit | Fitness::Unfit(_) => return,
        };
        let found = match found {
            Ok(None) => Some(Fitness::Fit),
            Ok(Some(what)) => {
                tracing::error!(endpoint = self.number, what, "a chain endpoint is not used");
                Some(Fitness::Unfit(what))
            }
            // It has told of that itself.
            Err(_) => None,
        };
        if let Some(found) = found {
            self.health().succeeded();
            *self.fitness.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        self.looked_at.send_replace(true);
    }

    /// Waits until it has been looked at for the first time.
    async fn fit(&self, deadline: Instant) -> Result<(), Failure> {
        if !*self.looked_at.borrow() {
            let until = tokio::time::Instant::from_std(deadline);
            let mut looked_at = self.looked_at.subscribe();
            let looked = tokio::time::timeout_at(until, looked_at.wait_for(|looked| *looked)).await;
            looked.map_err(|_| Failure::Resting)?.map_err(|_| Failure::Resting)?;
        }
        match self.fitness() {
            Fitness::Fit => Ok(()),
            Fitness::Unfit(_) => Err(Failure::Unfit),
            Fitness::Unknown => Err(Failure::Resting),
        }
    }

    /// Forgets that it is unfit, so that it is looked at again: whoever keeps
    /// it may have mended it.
    pub(super) fn reconsider(&self) {
        let mut fitness = self.fitness.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*fitness, Fitness::Unfit(_)) {
            *fitness = Fitness::Unknown;
        }
    }

    async fn what_is_wrong(
        &self,
        chain: &Chain,
        deadline: Instant,
    ) -> Result<Option<String>, Failure> {
        let id: U64 = self.call("eth_chainId", json!([]), deadline).await?;
        if let Some(what) = other_chain(id, chain) {
            return Ok(Some(what));
        }
        let contracts = chain.tokens.iter().map(|(currency, token)| {
            (format!("the token of {}", currency.as_str()), token.address)
        });
        let contracts: Vec<(String, Address)> =
            std::iter::once(("Multicall3".to_owned(), chain.multicall)).chain(contracts).collect();
        let code =
            |address: Address| self.call("eth_getCode", json!([address, "latest"]), deadline);
        let codes: Vec<Bytes> =
            try_join_all(contracts.iter().map(|(_, address)| code(*address))).await?;
        for ((name, address), code) in contracts.iter().zip(codes) {
            if code.is_empty() {
                return Ok(Some(format!("{name} has no code at {address}")));
            }
        }
        let asked = abi::ask_decimals(chain);
        let data = self.eth_call(chain, asked, None, deadline).await?;
        let (_, decimals) = abi::told(&data, chain.tokens.len()).ok_or(Failure::Incredible)?;
        for ((currency, token), said) in chain.tokens.iter().zip(decimals) {
            if said != Some(U256::from(token.decimals)) {
                let said = said.map_or_else(|| "none".to_owned(), |said| said.to_string());
                let (name, expected) = (currency.as_str(), token.decimals);
                let what = format!("the token of {name} has {said} decimals, not {expected}");
                return Ok(Some(what));
            }
        }
        Ok(None)
    }

    /// What wallets hold in one block: the one `at` is, the newest without one.
    pub(super) async fn read(
        &self,
        settings: &Settings,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Amounts, Failure> {
        self.fit(deadline).await?;
        let found = self.read_believed(settings, wallets, at, deadline).await;
        match &found {
            Ok(_) => self.health().succeeded(),
            // Calls that fail have said so themselves; these were answered.
            Err(failure @ (Failure::Incredible | Failure::Stale)) => self.failed(failure),
            Err(_) => {}
        }
        found
    }

    async fn read_believed(
        &self,
        settings: &Settings,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Amounts, Failure> {
        let chain = &settings.chain;
        let newest = || self.header(json!("latest"), deadline);
        let pinned = match at {
            Some(block) => Some(self.pinned(block, deadline).await?),
            // One call is of one block whichever that is.
            None if wallets.len() <= self.batch.load(Ordering::Relaxed) => None,
            None => Some(newest().await?),
        };
        let found = match self.read_at(chain, wallets, pinned, deadline).await {
            Err(failure) if pinned.is_none() && failure.is_too_large() && wallets.len() > 1 => {
                self.too_large(wallets.len());
                let pinned = Some(newest().await?);
                self.read_at(chain, wallets, pinned, deadline).await?
            }
            found => found?,
        };
        // A block that was young when it was chosen may have grown old since.
        let age = Timestamp::now().millis().saturating_sub(found.0.seconds.saturating_mul(1_000));
        let most = i64::try_from(settings.max_head_age.as_millis()).unwrap_or(i64::MAX);
        if at.is_none() && age > most { Err(Failure::Stale) } else { Ok(found) }
    }

    async fn read_at(
        &self,
        chain: &Chain,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Amounts, Failure> {
        let batch = self.batch.load(Ordering::Relaxed).max(1);
        let mut parts = Vec::new();
        for part in wallets.chunks(if at.is_some() { batch } else { wallets.len().max(1) }) {
            parts.push(self.part(chain, part, at, deadline));
        }
        let parts: Vec<Amounts> = iter(parts).buffered(AT_ONCE).try_collect().await?;
        let block = parts.first().ok_or(Failure::Incredible)?.0;
        let block = Block { hash: at.and_then(|at| at.hash), ..block };
        Ok((block, parts.into_iter().flat_map(|(_, amounts)| amounts).collect()))
    }

    /// One call; two smaller ones where the endpoint refuses its size.
    fn part<'a>(
        &'a self,
        chain: &'a Chain,
        wallets: &'a [Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Amounts, Failure>> {
        Box::pin(async move {
            match self.eth_call(chain, abi::ask(chain, wallets), at, deadline).await {
                Ok(data) => {
                    let (block, amounts) =
                        abi::told(&data, wallets.len()).ok_or(Failure::Incredible)?;
                    if at.is_some_and(|at| (at.number, at.parent) != (block.number, block.parent)) {
                        return Err(Failure::Incredible);
                    }
                    self.took(wallets.len());
                    Ok((block, amounts))
                }
                // Without a block to keep to, two calls could be of two.
                Err(failure) if failure.is_too_large() && wallets.len() > 1 && at.is_some() => {
                    self.too_large(wallets.len());
                    let (one, other) = wallets.split_at(wallets.len() / 2);
                    let (block, mut amounts) = self.part(chain, one, at, deadline).await?;
                    amounts.extend(self.part(chain, other, at, deadline).await?.1);
                    Ok((block, amounts))
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn too_large(&self, wallets: usize) {
        self.batch.fetch_min((wallets / 2).max(1), Ordering::Relaxed);
    }

    /// It took so many; it may take some more the next time.
    fn took(&self, wallets: usize) {
        let more = wallets + wallets / 10 + 1;
        let _ = self.batch.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |batch| {
            (batch == wallets && batch < self.most).then_some(more.min(self.most))
        });
    }

    /// The block with its hash: where that is not known, by its number, if the
    /// block that has the number now is the same.
    async fn pinned(&self, block: Block, deadline: Instant) -> Result<Block, Failure> {
        if block.hash.is_some() {
            return Ok(block);
        }
        let found = self.header(json!(U64::from(block.number)), deadline).await?;
        if (found.parent, found.seconds) == (block.parent, block.seconds) {
            Ok(found)
        } else {
            Err(Failure::OtherBlock)
        }
    }

    async fn header(&self, block: Value, deadline: Instant) -> Result<Block, Failure> {
        let params = json!([block, false]);
        let header: Header = self.call("eth_getBlockByNumber", params, deadline).await?;
        Ok(Block {
            number: header.number.to(),
            seconds: i64::try_from(header.timestamp.to::<u64>())
                .map_err(|_| Failure::Incredible)?,
            parent: header.parent_hash,
            hash: Some(header.hash),
        })
    }

    /// `eth_call` to Multicall3, in the block of a hash (EIP-1898) or the newest.
    async fn eth_call(
        &self,
        chain: &Chain,
        data: Bytes,
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Bytes, Failure> {
        let block = match at.and_then(|at| at.hash) {
            Some(hash) => json!({ "blockHash": hash, "requireCanonical": true }),
            None => json!("latest"),
        };
        let params = json!([{ "to": chain.multicall, "data": data }, block]);
        self.call("eth_call", params, deadline).await
    }

    /// A call, if the endpoint has time for one.
    async fn call<T: DeserializeOwned>(
        &self,
        method: &'static str,
        params: Value,
        deadline: Instant,
    ) -> Result<T, Failure> {
        if self.health().state(Instant::now()) == State::Resting {
            return Err(Failure::Resting);
        }
        while let Err(early) = self.budget.check() {
            let wait = early.wait_time_from(DefaultClock::default().now());
            if Instant::now() + wait >= deadline {
                return Err(Failure::Resting);
            }
            tokio::time::sleep(wait).await;
        }
        let sent = Instant::now();
        let left = deadline.saturating_duration_since(sent);
        if left < HARDLY || !self.health().may_call(sent) {
            return Err(Failure::Resting);
        }
        let result = self.rpc.call(method, params, left).await;
        self.tell(method, sent.elapsed(), result.as_ref().err());
        match &result {
            // There was no time for it, which is not its fault.
            Err(Failure::Timeout) if left < ENOUGH => {}
            Err(failure) if failure.is_its_own() => self.failed(failure),
            _ => self.health().answered(sent),
        }
        result
    }

    fn failed(&self, failure: &Failure) {
        let after = if let Failure::Status(_, after) = failure { *after } else { None };
        self.health().failed(Instant::now(), after);
    }

    fn tell(&self, method: &'static str, took: Duration, failure: Option<&Failure>) {
        let outcome = failure.map_or("ok", Failure::name);
        let endpoint = self.number.to_string();
        metrics::counter!("chain_calls_total", "endpoint" => endpoint, "method" => method, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("chain_call_duration_seconds", "method" => method).record(took);
        if let Some(failure) = failure {
            // What it says in words could hold anything.
            tracing::warn!(endpoint = self.number, method, outcome, "a chain call failed");
            tracing::debug!(endpoint = self.number, ?failure, "what the endpoint said");
        }
    }
}

/// What is wrong with a chain's id.
fn other_chain(id: U64, chain: &Chain) -> Option<String> {
    (id.to::<u64>() != chain.id).then(|| format!("it is of chain {id}, not of {}", chain.id))
}
