//! The endpoints in their order, as long as there is time.

use std::time::{Duration, Instant};

use futures_util::future::join_all;

use backon::{BackoffBuilder as _, ExponentialBuilder};

use super::provider::{Amounts, Fitness, Provider};
use super::rpc::{Failure, Rpc};
use super::{Block, Settings, Wallet};
use crate::error::Result as OurResult;

/// How long looking at an endpoint may take: nobody waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often one that did not answer is looked at again.
const AGAIN: Duration = Duration::from_secs(15);
/// Each so many times, one that was found unfit is, too: it may have been mended.
const RECONSIDER: u32 = 4;

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

    /// What is known of each endpoint, in their order.
    pub(super) fn fitness(&self) -> Vec<Fitness> {
        self.list.iter().map(Provider::fitness).collect()
    }

    /// Looks at each endpoint now, and at those that are not fit again and again.
    pub(super) async fn watch(&self) {
        for round in 1_u32.. {
            let deadline = Instant::now() + PATIENCE;
            let check = |provider| Provider::check(provider, &self.settings.chain, deadline);
            // They say themselves what is wrong.
            join_all(self.list.iter().map(check)).await;
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
            let mut somebody_tried = false;
            for (place, provider) in self.list.iter().enumerate() {
                if !provider.is_worth_a_call() {
                    continue;
                }
                // Whoever comes after must have time, too.
                let others = &self.list[place + 1..];
                let others = others.iter().filter(|other| other.is_worth_a_call()).count();
                let left = deadline.saturating_duration_since(Instant::now());
                let share = left / u32::try_from(others + 1).unwrap_or(u32::MAX);
                if share.is_zero() {
                    return None;
                }
                let until = Instant::now() + share;
                match self.try_one(provider, wallets, &mut at, until).await {
                    Ok(found) => return Some(found),
                    Err(Failure::Resting | Failure::Unfit) => {}
                    Err(_) => somebody_tried = true,
                }
            }
            let pause = pauses.next().filter(|_| somebody_tried)?;
            if Instant::now() + pause >= deadline {
                return None;
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// An endpoint that does not know a block is asked for its newest.
    async fn try_one(
        &self,
        provider: &Provider,
        wallets: &[Wallet],
        at: &mut Option<Block>,
        until: Instant,
    ) -> Result<Amounts, Failure> {
        match provider.read(&self.settings, wallets, *at, until).await {
            Err(Failure::Refused { .. } | Failure::OtherAnswer | Failure::Garbled)
                if at.is_some() =>
            {
                *at = None;
                provider.read(&self.settings, wallets, None, until).await
            }
            found => found,
        }
    }
}
