//! Shares reads between concurrent callers.
//!
//! Cached balances are always of one block. When the cache expires, the next read
//! starts a new one with a new block. So all balances of an answer are of one block,
//! whether they come from the cache, from a call in flight or from a new call; and no
//! wallet is in two calls at once.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use super::block::Block;
use super::providers::{EndpointState, Providers};
use super::settings::Settings;
use super::wallet::Wallet;
use crate::domain::balance::{ChainBalance, ChainOutcome};
use crate::error::Result;
use crate::trace;
use crate::usage;

/// Attempts to get all balances of an answer from one block.
const ROUNDS: usize = 3;

/// Maximum number of calls in a batch. After that a new batch begins, so that a large
/// request does not delay others or fail them.
const CALLS_PER_BATCH: usize = 4;
/// Maximum number of wallets of one read; more are unavailable.
const MAX_WALLETS: usize = 2_000;

/// A balance that was read just now.
pub type Reading = (Wallet, ChainBalance);

/// Reads balances from the chain.
#[derive(Clone)]
pub struct Reader(Arc<Inner>);

struct Inner {
    providers: Providers,
    state: Mutex<State>,
    /// Receives everything that was read, to store it.
    readings: mpsc::Sender<Vec<Reading>>,
}

#[derive(Default)]
struct State {
    cache: BlockCache,
    /// Caches are numbered from 1.
    last_cache: u64,
    /// Batches that are not sent yet. Wallets are added to the last one until it is full.
    pending: Vec<PendingBatch>,
    last_batch: u64,
    /// The call of each wallet that is pending or in flight.
    in_flight: HashMap<Wallet, BatchResult>,
}

/// Balances of one block.
#[derive(Default)]
struct BlockCache {
    number: u64,
    block: Option<(Block, Instant)>,
    values: HashMap<Wallet, ChainBalance>,
}

/// Wallets to read in one batch.
struct PendingBatch {
    number: u64,
    wallets: Vec<Wallet>,
    result: BatchResult,
}

/// Receives the outcome of a batch.
type BatchResult = watch::Receiver<Option<Arc<BatchOutcome>>>;

/// The outcome of a batch, and the number of the cache whose block it is of.
struct BatchOutcome {
    cache: u64,
    outcomes: HashMap<Wallet, ChainOutcome>,
}

impl Reader {
    /// A reader with these settings; `readings` receives everything that was read.
    ///
    /// # Errors
    /// If this machine cannot call endpoints at all.
    pub fn new(settings: Settings, readings: mpsc::Sender<Vec<Reading>>) -> Result<Self> {
        let providers = Providers::new(settings)?;
        Ok(Self(Arc::new(Inner { providers, state: Mutex::default(), readings })))
    }

    /// Probes the endpoints regularly; never ends.
    pub async fn watch(self) {
        self.0.providers.watch().await;
    }

    /// What is known of each endpoint, in the order of the settings.
    pub fn endpoints(&self) -> Vec<EndpointState> {
        self.0.providers.states()
    }

    /// Checks each endpoint once. Returns when all have answered, or had their time.
    pub async fn probe(&self) {
        self.0.providers.probe().await;
    }

    /// Maximum number of wallets in one call.
    pub fn batch(&self) -> usize {
        self.0.providers.settings.batch
    }

    /// The balance of each wallet, in the order of `wallets`, all of one block. A wallet
    /// that was not read within the time-out is [`ChainOutcome::Unavailable`], never zero.
    pub async fn read(&self, wallets: &[Wallet]) -> Vec<ChainOutcome> {
        let deadline = Instant::now() + self.0.providers.settings.timeout;
        let asked = &wallets[..wallets.len().min(MAX_WALLETS)];
        let mut failed: HashSet<Wallet> = HashSet::new();
        // Balances by the number of their cache.
        let mut found: HashMap<u64, HashMap<Wallet, ChainOutcome>> = HashMap::new();
        for round in 0..ROUNDS {
            found.clear();
            let (cache, known, calls) = self.find(asked, &failed, round > 0);
            if !known.is_empty() {
                found.insert(cache, known);
            }
            usage::chain_calls(calls.len());
            for call in calls {
                let Some(outcome) = outcome_of(call, deadline).await else { continue };
                for wallet in asked {
                    match outcome.outcomes.get(wallet) {
                        Some(read @ ChainOutcome::Read(_)) => {
                            found.entry(outcome.cache).or_default().insert(*wallet, *read);
                        }
                        Some(ChainOutcome::Unavailable) => drop(failed.insert(*wallet)),
                        None => {}
                    }
                }
            }
            if found.len() <= 1 || Instant::now() >= deadline {
                break;
            }
        }
        // If the rounds did not suffice, only the newest block counts.
        let newest = found.into_iter().max_by_key(|(cache, _)| *cache);
        let found = newest.map(|(_, found)| found).unwrap_or_default();
        let of = |wallet| found.get(wallet).copied().unwrap_or(ChainOutcome::Unavailable);
        wallets.iter().map(of).collect()
    }

    /// Like [`Reader::read`], but without the cache: for callers that read every wallet.
    /// One call if the wallets fit into one.
    pub async fn read_anew(&self, wallets: &[Wallet]) -> Vec<ChainOutcome> {
        let deadline = Instant::now() + self.0.providers.settings.timeout;
        let outcomes = self.0.call_endpoints(wallets, None, deadline).await.1;
        let of = |wallet| outcomes.get(wallet).copied().unwrap_or(ChainOutcome::Unavailable);
        wallets.iter().map(of).collect()
    }

    /// The cached balances, with the number of their cache, and the calls for the other
    /// wallets: in flight, or pending. With `anew`, the cache is not used.
    fn find(
        &self,
        wallets: &[Wallet],
        failed: &HashSet<Wallet>,
        anew: bool,
    ) -> (u64, HashMap<Wallet, ChainOutcome>, Vec<BatchResult>) {
        let mut state = self.0.state();
        state.expire_cache(self.0.providers.settings.ttl);
        let mut known = HashMap::new();
        let mut calls: Vec<BatchResult> = Vec::new();
        for wallet in wallets {
            if let Some(balance) = state.cache.values.get(wallet).filter(|_| !anew) {
                known.insert(*wallet, ChainOutcome::Read(*balance));
            } else if !failed.contains(wallet) {
                let call = self.call_of(&mut state, *wallet);
                if !calls.iter().any(|other| other.same_channel(&call)) {
                    calls.push(call);
                }
            }
        }
        (state.cache.number, known, calls)
    }

    /// The call that reads a wallet. If there is none, the wallet is added to the pending
    /// batch.
    fn call_of(&self, state: &mut State, wallet: Wallet) -> BatchResult {
        // Its task ended without an outcome, so another call is needed.
        let lost = |call: &BatchResult| call.has_changed().is_err() && call.borrow().is_none();
        if let Some(call) = state.in_flight.get(&wallet).filter(|call| !lost(call)) {
            return call.clone();
        }
        let full = self.batch() * CALLS_PER_BATCH;
        if state.pending.last().is_none_or(|last| last.wallets.len() >= full) {
            let (sender, result) = watch::channel(None);
            state.last_batch += 1;
            let number = state.last_batch;
            // In a task of its own: the first caller may be cancelled. Its trace has the calls.
            tokio::spawn(trace::inherited(Arc::clone(&self.0).run_batch(number, sender)));
            state.pending.push(PendingBatch { number, wallets: Vec::new(), result });
        }
        let last = state.pending.len() - 1;
        let batch = &mut state.pending[last];
        batch.wallets.push(wallet);
        let result = batch.result.clone();
        state.in_flight.insert(wallet, result.clone());
        result
    }
}

/// The outcome of a batch; none after the deadline.
async fn outcome_of(mut result: BatchResult, deadline: Instant) -> Option<Arc<BatchOutcome>> {
    let until = tokio::time::Instant::from_std(deadline);
    let outcome = tokio::time::timeout_at(until, result.wait_for(Option::is_some)).await;
    outcome.ok()?.ok()?.clone()
}

impl State {
    fn expire_cache(&mut self, ttl: Duration) {
        if self.cache.block.is_some_and(|(_, since)| since.elapsed() >= ttl) {
            self.begin_cache(None);
        }
    }

    fn begin_cache(&mut self, block: Option<Block>) {
        let block = block.map(|block| (block, Instant::now()));
        self.cache = BlockCache { number: self.next_cache(), block, values: HashMap::new() };
    }

    fn next_cache(&mut self) -> u64 {
        self.last_cache += 1;
        self.last_cache
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Collects wallets for a moment, reads them, and answers every caller.
    async fn run_batch(
        self: Arc<Self>,
        number: u64,
        sender: watch::Sender<Option<Arc<BatchOutcome>>>,
    ) {
        tokio::time::sleep(self.providers.settings.gather).await;
        let (wallets, began, at) = {
            let mut state = self.state();
            let mine = state.pending.iter().position(|of| of.number == number);
            let wallets = mine.map(|at| state.pending.remove(at).wallets).unwrap_or_default();
            (wallets, state.cache.number, state.cache.block.map(|(block, _)| block))
        };
        let deadline = Instant::now() + self.providers.settings.timeout;
        let (block, outcomes) = self.call_endpoints(&wallets, at, deadline).await;
        let outcome = {
            let mut state = self.state();
            for wallet in &wallets {
                state.in_flight.remove(wallet);
            }
            let cache = match block {
                None => state.cache.number,
                Some(block) => state.store(began, at, block, &outcomes),
            };
            Arc::new(BatchOutcome { cache, outcomes })
        };
        // Every caller may be cancelled by now.
        let _ = sender.send(Some(outcome));
    }

    /// Reads wallets from the endpoints, and passes the balances on to be stored.
    async fn call_endpoints(
        &self,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> (Option<Block>, HashMap<Wallet, ChainOutcome>) {
        let Some((block, amounts)) = self.providers.read(wallets, at, deadline).await else {
            let failed = wallets.iter().map(|wallet| (*wallet, ChainOutcome::Unavailable));
            return (None, failed.collect());
        };
        let chain = &self.providers.settings.chain;
        let outcome = |(wallet, amount): (&Wallet, Option<_>)| {
            let balance = amount.and_then(|amount| chain.balance(wallet, amount, &block));
            (*wallet, balance.map_or(ChainOutcome::Unavailable, ChainOutcome::Read))
        };
        let outcomes: HashMap<_, _> = wallets.iter().zip(amounts).map(outcome).collect();
        let readings = outcomes.iter().filter_map(|(wallet, outcome)| match outcome {
            ChainOutcome::Read(balance) => Some((*wallet, *balance)),
            ChainOutcome::Unavailable => None,
        });
        if self.readings.try_send(readings.collect()).is_err() {
            // The receiver is too slow. The next read stores a newer balance.
            metrics::counter!("chain_readings_not_kept_total").increment(1);
        }
        (Some(block), outcomes)
    }
}

impl State {
    /// Caches the outcomes of a call that was sent for block `at` while the cache `began`
    /// was current. Returns the number of the cache whose block they are of.
    fn store(
        &mut self,
        began: u64,
        at: Option<Block>,
        block: Block,
        outcomes: &HashMap<Wallet, ChainOutcome>,
    ) -> u64 {
        let same = |other: &Block| {
            (other.number, other.parent, other.seconds)
                == (block.number, block.parent, block.seconds)
        };
        let present = self.cache.block.map(|(present, _)| present);
        if let Some((present, _)) = self.cache.block.as_mut().filter(|(present, _)| same(present)) {
            // The call may have found the hash of the block.
            present.hash = present.hash.or(block.hash);
        } else if at.is_some_and(|at| same(&at)) {
            // The cache of this block has expired meanwhile.
            return began;
        } else if present.is_some_and(|present| present.number > block.number) {
            // An older block, from an endpoint that lags behind.
            return self.next_cache();
        } else {
            self.begin_cache(Some(block));
        }
        for (wallet, outcome) in outcomes {
            if let ChainOutcome::Read(balance) = outcome {
                self.cache.values.insert(*wallet, *balance);
            }
        }
        self.cache.number
    }
}
