//! Reading from one endpoint: only if it is fit, no more wallets at once than
//! it takes, and only what can be believed.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use alloy_primitives::U256;
use futures_util::future::BoxFuture;
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use tokio::sync::watch;

use super::endpoint::Endpoint;
use super::fitness::{Fitness, what_is_wrong, wrong_chain};
use super::health::State;
use super::rpc::{Failure, Rpc};
use super::{Block, Chain, Settings, Wallet, abi};
use crate::domain::time::Timestamp;

/// Calls of one question that are under way at once.
const AT_ONCE: usize = 4;

pub(super) struct Provider {
    endpoint: Endpoint,
    fitness: Mutex<Fitness>,
    /// Whether its fitness was checked at least once.
    looked_at: watch::Sender<bool>,
    /// How many wallets it takes at once, as far as is known, and at the most.
    batch: AtomicUsize,
    most: usize,
}

/// What a read says: the block, and each wallet's amount, if the token returned one.
pub(super) type Amounts = (Block, Vec<Option<U256>>);

impl Provider {
    pub(super) fn new(number: usize, rpc: Rpc, settings: &Settings) -> Self {
        Self {
            endpoint: Endpoint::new(number, rpc, settings.calls_per_second),
            fitness: Mutex::new(Fitness::Unknown),
            looked_at: watch::Sender::new(false),
            batch: AtomicUsize::new(settings.batch),
            most: settings.batch,
        }
    }

    pub(super) fn fitness(&self) -> Fitness {
        self.fitness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What may be sent to it now: nothing, if it is not known to be fit, but
    /// for the moment in which it is looked at for the first time.
    pub(super) fn state(&self) -> State {
        let fit = self.fitness() == Fitness::Fit || !*self.looked_at.borrow();
        if fit { self.endpoint.state() } else { State::Resting }
    }

    /// Finds out whether it is fit, if that is not known, and whether it is
    /// back from a rest.
    pub(super) async fn look(&self, chain: &Chain, deadline: Instant) {
        let found = match self.fitness() {
            Fitness::Unknown => what_is_wrong(&self.endpoint, chain, deadline).await,
            Fitness::Fit if self.state() == State::Recovering => {
                wrong_chain(&self.endpoint, chain, deadline).await
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
            // The endpoint has logged that itself.
            Err(_) => None,
        };
        if let Some(found) = found {
            self.endpoint.succeeded();
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

    /// Forgets that it is unfit, so that it is checked again: its operator may
    /// have repaired it.
    pub(super) fn reconsider(&self) {
        let mut fitness = self.fitness.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*fitness, Fitness::Unfit(_)) {
            *fitness = Fitness::Unknown;
        }
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
            Ok(_) => self.endpoint.succeeded(),
            // Calls that fail have said so themselves; these were answered.
            Err(failure @ (Failure::Incredible | Failure::Stale)) => self.endpoint.failed(failure),
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
        let newest = || self.endpoint.newest(deadline);
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
            match self.endpoint.eth_call(chain, abi::ask(chain, wallets), at, deadline).await {
                Ok(data) => {
                    let (block, amounts) =
                        abi::decode_batch(&data, wallets.len()).ok_or(Failure::Incredible)?;
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
        let found = self.endpoint.numbered(block.number, deadline).await?;
        if (found.parent, found.seconds) == (block.parent, block.seconds) {
            Ok(found)
        } else {
            Err(Failure::OtherBlock)
        }
    }
}
