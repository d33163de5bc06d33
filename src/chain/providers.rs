//! The endpoints in their order, as long as there is time.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::join_all;

use super::fitness::Fitness;
use super::health::State;
use super::provider::{Amounts, Provider};
use super::rpc::{Failure, Rpc};
use super::{Block, Settings, Wallet};
use crate::error::Result as OurResult;

/// How long looking at an endpoint may take at least.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often those that are not fit, or have rested, are looked at again.
const AGAIN: Duration = Duration::from_secs(1);
/// Each so many times, one that was found unfit is, too: it may have been mended.
const RECONSIDER: u32 = 60;

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

    /// What is known of each endpoint, in their order, and whether it is left
    /// alone at the moment.
    pub(super) fn fitness(&self) -> Vec<(Fitness, bool)> {
        let of = |provider: &Provider| (provider.fitness(), provider.state() == State::Resting);
        self.list.iter().map(of).collect()
    }

    /// Looks at each endpoint now, and again and again at those that are not
    /// fit or have rested.
    pub(super) async fn watch(&self) {
        for round in 1_u32.. {
            let deadline = Instant::now() + self.settings.timeout.max(PATIENCE);
            let look = |provider| Provider::look(provider, &self.settings.chain, deadline);
            join_all(self.list.iter().map(look)).await;
            tokio::time::sleep(AGAIN).await;
            if round.is_multiple_of(RECONSIDER) {
                self.list.iter().for_each(Provider::reconsider);
            }
        }
    }

    /// What wallets hold, in one block: in `at` if that can be had, else in a
    /// newer one. None if no endpoint could say before the deadline.
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
                // The endpoints after it must have time, too.
                let others = self.list[place + 1..].iter().filter(|other| self.is_worth_it(other));
                let left = deadline.saturating_duration_since(Instant::now());
                let share = left / u32::try_from(others.count() + 1).unwrap_or(u32::MAX);
                if !self.is_worth_it(provider) || share.is_zero() {
                    continue;
                }
                let until = Instant::now() + share;
                match provider.read(&self.settings, wallets, at, until).await {
                    Ok(found) => return Some(found),
                    Err(Failure::Resting | Failure::Unfit) => {}
                    Err(failure) => {
                        tried = true;
                        block_unknown |= at.is_some() && failure.may_be_the_block();
                    }
                }
            }
            if block_unknown {
                // No endpoint has it any more: the newest will do.
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

    /// Whether an endpoint is to be asked. One that has rested is left to
    /// [`Providers::watch`], as long as another is well.
    fn is_worth_it(&self, provider: &Provider) -> bool {
        match provider.state() {
            State::Well => true,
            State::Recovering => self.list.iter().all(|other| other.state() != State::Well),
            State::Resting => false,
        }
    }
}
