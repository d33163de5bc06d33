//! Reads wallets again whose balance has become old, without a request.
//!
//! A pass goes over all customers of all programs once, in the order of their
//! keys. Its position is in the store: replicas claim wallets there, so that
//! none is read by two.

use std::time::Duration;

use crate::chain::{Reader, Wallet};
use crate::domain::balance::ChainOutcome;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::outage;
use crate::store::{Stale, Store};

/// Between two calls of a pass in the background, so that requests find the
/// endpoints free.
const PAUSE: Duration = Duration::from_millis(200);

/// The first and the longest pause while the chain does not answer.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(16);

/// Reads old balances again.
#[derive(Clone)]
pub struct Reconciliation {
    store: Store,
    chain: Reader,
    max_age_millis: i64,
}

/// What this process has done in a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Wallets that were read.
    pub read: u64,
    /// Wallets that could not be read; the next pass tries again.
    pub unread: u64,
    /// Wallets whose balance is not the last live balance.
    pub drifted: u64,
}

impl Reconciliation {
    /// Of balances older than `max_age`.
    pub fn new(store: Store, chain: Reader, max_age: Duration) -> Self {
        let max_age_millis = i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX);
        Self { store, chain, max_age_millis }
    }

    /// Takes part in passes for ever. A pass begins when the last one's beginning
    /// is `interval` ago.
    pub async fn keep_at_it(self, interval: Duration) {
        let millis = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
        // Several replicas that start together need not ask together.
        let check = interval.min(Duration::from_secs(30));
        loop {
            tokio::time::sleep(check.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            match self.pass_if_due(millis).await {
                Ok(Summary { read, unread, drifted }) if read + unread > 0 => {
                    tracing::info!(read, unread, drifted, "old balances were read again");
                }
                Ok(_) => {}
                Err(error) => {
                    outage::warn(&error, "the reconciliation was interrupted");
                }
            }
        }
    }

    async fn pass_if_due(&self, millis: i64) -> Result<Summary> {
        let now = Timestamp::now();
        if self.store.begin_pass(now, now.plus_millis(-millis)).await? {
            self.pass(PAUSE, |_| ()).await
        } else {
            Ok(Summary::default())
        }
    }

    /// Begins a pass now, or joins the one that is running, and reports its
    /// progress after each call.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn once(&self, report: impl FnMut(Summary) + Send) -> Result<Summary> {
        let now = Timestamp::now();
        self.store.begin_pass(now, now).await?;
        self.pass(Duration::ZERO, report).await
    }

    /// How many wallets a pass would read now.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn stale(&self) -> Result<u64> {
        self.store.count_stale(self.cutoff()).await
    }

    fn cutoff(&self) -> Timestamp {
        Timestamp::now().plus_millis(-self.max_age_millis)
    }

    async fn pass(
        &self,
        pause: Duration,
        mut report: impl FnMut(Summary) + Send,
    ) -> Result<Summary> {
        let batch = self.chain.batch();
        let mut done = Summary::default();
        let mut taken: Vec<Stale> = Vec::new();
        loop {
            let (more, ended) = self.store.take_stale(self.cutoff(), batch - taken.len()).await?;
            taken.extend(more);
            // Every call but the last is full.
            if taken.len() >= batch || (ended && !taken.is_empty()) {
                self.read(&std::mem::take(&mut taken), &mut done).await;
                report(done);
                tokio::time::sleep(pause).await;
            }
            if ended {
                return Ok(done);
            }
        }
    }

    /// Reads wallets, with retries while the chain does not answer at all: the
    /// next wallets would fail as well.
    async fn read_with_retries(&self, wallets: &[Wallet]) -> Vec<ChainOutcome> {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcomes = self.chain.read_anew(wallets).await;
            let silent = outcomes.iter().all(|outcome| *outcome == ChainOutcome::Unavailable);
            if !silent || wallets.is_empty() || pause > LONGEST_PAUSE {
                return outcomes;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    /// Reads wallets, and reports how far off the last live balances were. The
    /// chain's reader passes the balances on to be stored.
    async fn read(&self, taken: &[Stale], done: &mut Summary) {
        let parse =
            |stale: &Stale| Some((Wallet::parse(&stale.wallet, stale.currency)?, stale.live));
        let mut wanted: Vec<_> = taken.iter().filter_map(parse).collect();
        done.unread += (taken.len() - wanted.len()) as u64;
        wanted.sort_by_key(|(wallet, _)| (wallet.address, <&str>::from(wallet.currency)));
        wanted.dedup_by_key(|(wallet, _)| *wallet);
        let wallets: Vec<Wallet> = wanted.iter().map(|(wallet, _)| *wallet).collect();
        let (mut drifted, mut largest) = (0_u64, 0_u64);
        for (outcome, (_, live)) in self.read_with_retries(&wallets).await.into_iter().zip(wanted) {
            let ChainOutcome::Read(read) = outcome else {
                done.unread += 1;
                continue;
            };
            done.read += 1;
            let drift = live.map_or(0, |live| live.get().abs_diff(read.ledger.get()));
            if drift > 0 {
                drifted += 1;
                largest = largest.max(drift);
                #[expect(clippy::cast_precision_loss, reason = "it is for a histogram")]
                metrics::histogram!("balance_drift_minor").record(drift as f64);
            }
        }
        done.drifted += drifted;
        metrics::counter!("balances_reconciled_total").increment(wallets.len() as u64);
        metrics::counter!("balances_drifted_total").increment(drifted);
        if drifted > 0 {
            tracing::warn!(
                wallets = wallets.len(),
                drifted,
                largest_minor = largest,
                "wallets hold something else than their last live notification said"
            );
        }
    }
}
