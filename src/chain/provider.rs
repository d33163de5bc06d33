//! Reads from one endpoint: only if it serves the right chain, in batches of the size
//! that it accepts, and with checked answers.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use alloy_primitives::U256;
use futures_util::future::BoxFuture;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use tokio::sync::watch;

use super::abi;
use super::block::Block;
use super::circuit_breaker::State;
use super::endpoint::Endpoint;
use super::fitness::{self, Fitness};
use super::network::Chain;
use super::rpc::{Failure, Rpc};
use super::settings::Settings;
use super::wallet::Wallet;
use crate::domain::time::Timestamp;

/// Concurrent calls of one read.
const CONCURRENT_CALLS: usize = 4;

pub(super) struct Provider {
    endpoint: Endpoint,
    fitness: Mutex<Fitness>,
    /// Whether it was probed at least once.
    probed: watch::Sender<bool>,
    /// The batch size that it accepts, as far as is known.
    batch: AtomicUsize,
    max_batch: usize,
}

/// The result of a read: the block, and each wallet's amount if the token returned one.
pub(super) type Amounts = (Block, Vec<Option<U256>>);

impl Provider {
    pub(super) fn new(number: usize, rpc: Rpc, settings: &Settings) -> Self {
        Self {
            endpoint: Endpoint::new(number, rpc, settings.calls_per_second),
            fitness: Mutex::new(Fitness::Unknown),
            probed: watch::Sender::new(false),
            batch: AtomicUsize::new(settings.batch),
            max_batch: settings.batch,
        }
    }

    pub(super) fn fitness(&self) -> Fitness {
        self.fitness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why it fails; none if its last answer was valid.
    pub(super) fn failure(&self) -> Option<String> {
        self.endpoint.failure()
    }

    /// What may be sent to it: nothing unless it is fit. Before the first probe, reads
    /// wait for its result.
    pub(super) fn state(&self) -> State {
        let fit = self.fitness() == Fitness::Fit || !*self.probed.borrow();
        if fit { self.endpoint.state() } else { State::Open }
    }

    /// Checks its fitness if that is not known, and tries it if its circuit breaker is
    /// half-open.
    pub(super) async fn probe(&self, chain: &Chain, deadline: Instant) {
        let found = match self.fitness() {
            Fitness::Unknown => fitness::check(&self.endpoint, chain, deadline).await,
            Fitness::Fit if self.state() == State::HalfOpen => {
                fitness::check_chain_id(&self.endpoint, chain, deadline).await
            }
            Fitness::Fit | Fitness::Unfit(_) => return,
        };
        let found = match found {
            Ok(None) => Some(Fitness::Fit),
            Ok(Some(what)) => {
                tracing::error!(
                    endpoint = self.endpoint.number,
                    what,
                    "a chain endpoint is not used"
                );
                Some(Fitness::Unfit(what))
            }
            // `Endpoint::call` has logged it.
            Err(_) => None,
        };
        if let Some(found) = found {
            self.endpoint.succeeded();
            *self.fitness.lock().unwrap_or_else(PoisonError::into_inner) = found;
        }
        self.probed.send_replace(true);
    }

    /// Waits for the first probe.
    async fn wait_until_fit(&self, deadline: Instant) -> Result<(), Failure> {
        if !*self.probed.borrow() {
            let until = tokio::time::Instant::from_std(deadline);
            let mut probed = self.probed.subscribe();
            let waited = tokio::time::timeout_at(until, probed.wait_for(|probed| *probed)).await;
            waited.map_err(|_| Failure::NotCalled)?.map_err(|_| Failure::NotCalled)?;
        }
        match self.fitness() {
            Fitness::Fit => Ok(()),
            Fitness::Unfit(_) => Err(Failure::Unfit),
            Fitness::Unknown => Err(Failure::NotCalled),
        }
    }

    /// Makes the next probe check an unfit endpoint again: its operator may have
    /// repaired it.
    pub(super) fn recheck(&self) {
        let mut fitness = self.fitness.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*fitness, Fitness::Unfit(_)) {
            *fitness = Fitness::Unknown;
        }
    }

    /// The amounts of wallets in one block: `at`, or the newest.
    pub(super) async fn read(
        &self,
        settings: &Settings,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Amounts, Failure> {
        self.wait_until_fit(deadline).await?;
        let found = self.read_checked(settings, wallets, at, deadline).await;
        match &found {
            Ok(_) => self.endpoint.succeeded(),
            // Failed calls are recorded by the endpoint; these calls were answered.
            Err(failure @ (Failure::InvalidAnswer | Failure::Stale)) => {
                self.endpoint.failed(failure);
            }
            Err(_) => {}
        }
        found
    }

    async fn read_checked(
        &self,
        settings: &Settings,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Result<Amounts, Failure> {
        let chain = &settings.chain;
        let newest = || self.endpoint.newest(deadline);
        let pinned = match at {
            Some(block) => Some(self.pinned(block, deadline).await?),
            // A single call reads a single block.
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
        // A given block was new enough when it was chosen.
        let age = Timestamp::now().millis().saturating_sub(found.0.seconds.saturating_mul(1_000));
        let max_age = i64::try_from(settings.max_head_age.as_millis()).unwrap_or(i64::MAX);
        if at.is_none() && age > max_age { Err(Failure::Stale) } else { Ok(found) }
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
        let parts: Vec<Amounts> = iter(parts).buffered(CONCURRENT_CALLS).try_collect().await?;
        let block = parts.first().ok_or(Failure::InvalidAnswer)?.0;
        let block = Block { hash: at.and_then(|at| at.hash), ..block };
        Ok((block, parts.into_iter().flat_map(|(_, amounts)| amounts).collect()))
    }

    /// One call; two smaller ones if it is too large for the endpoint.
    fn part<'a>(
        &'a self,
        chain: &'a Chain,
        wallets: &'a [Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Amounts, Failure>> {
        Box::pin(async move {
            match self
                .endpoint
                .eth_call(chain, abi::balances_call(chain, wallets), at, deadline)
                .await
            {
                Ok(data) => {
                    let (block, amounts) =
                        abi::decode_batch(&data, wallets.len()).ok_or(Failure::InvalidAnswer)?;
                    if at.is_some_and(|at| (at.number, at.parent) != (block.number, block.parent)) {
                        return Err(Failure::InvalidAnswer);
                    }
                    self.accepted(wallets.len());
                    Ok((block, amounts))
                }
                // Without a given block, two calls could read two blocks.
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

    /// Raises the batch size a little after a full batch was accepted.
    fn accepted(&self, wallets: usize) {
        let more = wallets + wallets / 10 + 1;
        let _ = self.batch.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |batch| {
            (batch == wallets && batch < self.max_batch).then_some(more.min(self.max_batch))
        });
    }

    /// The block with its hash. If the hash is not known, the block is looked up by its
    /// number and must be the same.
    async fn pinned(&self, block: Block, deadline: Instant) -> Result<Block, Failure> {
        if block.hash.is_some() {
            return Ok(block);
        }
        let found = self.endpoint.numbered(block.number, deadline).await?;
        if (found.parent, found.seconds) == (block.parent, block.seconds) {
            Ok(found)
        } else {
            Err(Failure::OtherBlock)
        }
    }
}
