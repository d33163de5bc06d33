//! Tries the endpoints in order until the deadline.

use std::fmt;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::join_all;

use super::block::Block;
use super::circuit_breaker::State;
use super::fitness::Fitness;
use super::provider::{Amounts, Provider};
use super::rpc::{Failure, Rpc};
use super::settings::Settings;
use super::wallet::Wallet;
use crate::error::Result as OurResult;

/// Minimum time-out of a probe.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);
/// How often endpoints that are not fit or half-open are probed.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// Unfit endpoints are checked again once in this many intervals.
const RECHECK_INTERVALS: u32 = 60;

/// What is known of an endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointState {
    /// Whether it serves the chain of the settings.
    pub fitness: Fitness,
    /// Whether its circuit breaker is open: it is not called for now.
    pub is_open: bool,
    /// Why it fails, as the end of a sentence; none if its last answer was valid.
    pub failure: Option<String>,
}

impl EndpointState {
    /// Whether it has answered, or has failed to.
    pub fn is_known(&self) -> bool {
        self.fitness != Fitness::Unknown || self.failure.is_some()
    }

    /// Whether balances can be read from it.
    pub fn is_usable(&self) -> bool {
        self.fitness == Fitness::Fit && !self.is_open
    }
}

/// `ok`, or why it is not used. Without its address, which can contain a key.
impl fmt::Display for EndpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.fitness, &self.failure) {
            (Fitness::Unfit(what), _) => write!(f, "not used: {what}"),
            (Fitness::Fit, _) if !self.is_open => f.write_str("ok"),
            (Fitness::Fit, why) => {
                f.write_str("has failed, and is left alone for a while")?;
                why.as_ref().map_or(Ok(()), |why| write!(f, ": {why}"))
            }
            (Fitness::Unknown, Some(why)) => write!(f, "cannot be used: {why}"),
            (Fitness::Unknown, None) => f.write_str("has not answered yet"),
        }
    }
}

pub(super) struct Providers {
    pub(super) settings: Settings,
    list: Vec<Provider>,
}

impl Providers {
    pub(super) fn new(settings: Settings) -> OurResult<Self> {
        let mut list = Vec::new();
        for (at, url) in settings.rpc_urls.iter().enumerate() {
            list.push(Provider::new(at + 1, Rpc::new(url.clone())?, &settings));
        }
        Ok(Self { settings, list })
    }

    /// The state of each endpoint, in order.
    pub(super) fn states(&self) -> Vec<EndpointState> {
        let of = |provider: &Provider| EndpointState {
            fitness: provider.fitness(),
            is_open: provider.state() == State::Open,
            failure: provider.failure(),
        };
        self.list.iter().map(of).collect()
    }

    /// Checks each endpoint once. Returns when all have answered, or had their time.
    pub(super) async fn probe(&self) {
        let deadline = Instant::now() + self.settings.timeout.max(PROBE_TIMEOUT);
        let probe = |provider| Provider::probe(provider, &self.settings.chain, deadline);
        join_all(self.list.iter().map(probe)).await;
    }

    /// Probes each endpoint now, and then regularly those that are not fit or half-open.
    /// Never ends.
    pub(super) async fn watch(&self) {
        for round in 1_u32.. {
            self.probe().await;
            tokio::time::sleep(PROBE_INTERVAL).await;
            if round.is_multiple_of(RECHECK_INTERVALS) {
                self.list.iter().for_each(Provider::recheck);
            }
        }
    }

    /// The amounts of wallets in one block: `at` if an endpoint has it, else a newer one.
    /// None if no endpoint answered before the deadline.
    pub(super) async fn read(
        &self,
        wallets: &[Wallet],
        at: Option<Block>,
        deadline: Instant,
    ) -> Option<Amounts> {
        let mut at = at;
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_delay(Duration::from_millis(800))
            .with_max_times(8)
            .with_jitter()
            .build();
        loop {
            let (mut tried, mut block_unknown) = (false, false);
            for (place, provider) in self.list.iter().enumerate() {
                // Leave time for the endpoints after it.
                let others = self.list[place + 1..].iter().filter(|other| self.is_usable(other));
                let left = deadline.saturating_duration_since(Instant::now());
                let share = left / u32::try_from(others.count() + 1).unwrap_or(u32::MAX);
                if !self.is_usable(provider) || share.is_zero() {
                    continue;
                }
                let until = Instant::now() + share;
                match provider.read(&self.settings, wallets, at, until).await {
                    Ok(found) => return Some(found),
                    Err(Failure::NotCalled | Failure::Unfit) => {}
                    Err(failure) => {
                        tried = true;
                        block_unknown |= at.is_some() && failure.may_be_the_block();
                    }
                }
            }
            if block_unknown {
                // No endpoint has the block any more: read the newest.
                at = None;
                continue;
            }
            let pause = pauses.next().filter(|_| tried)?;
            if Instant::now() + pause >= deadline {
                return None;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Whether an endpoint is tried. A half-open one is left to [`Providers::watch`] while
    /// another one works.
    fn is_usable(&self, provider: &Provider) -> bool {
        match provider.state() {
            State::Closed => true,
            State::HalfOpen => self.list.iter().all(|other| other.state() != State::Closed),
            State::Open => false,
        }
    }
}
