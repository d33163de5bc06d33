//! How many requests a caller may send: a leaky bucket for each token, and
//! for each address that shows none.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter, state::keyed::DashMapStateStore};

use crate::config::Rate;

/// Whose bucket it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A token, by its identifier.
    Token(String),
    /// Somebody without a valid token, by address.
    Address(IpAddr),
}

/// What the `X-RateLimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many requests the bucket holds when it is full.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When it will be full again, in Unix seconds.
    pub reset: u64,
    /// If this request was one too many: after how many seconds the next one is not.
    pub retry_after: Option<u64>,
}

type Buckets = RateLimiter<Who, DashMapStateStore<Who>, DefaultClock, StateInformationMiddleware>;

/// The buckets.
#[derive(Clone)]
pub struct RateLimits {
    buckets: Arc<Buckets>,
    limit: u32,
    per_second: u32,
}

impl RateLimits {
    /// Buckets that are full. They are forgotten when they are full again.
    pub fn new(rate: Rate) -> Self {
        let some = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(some(rate.per_second)).allow_burst(some(rate.burst));
        let buckets = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        Self { buckets: Arc::new(buckets), limit: rate.burst, per_second: rate.per_second }
    }

    /// Takes one request out of a bucket.
    pub fn spend(&self, who: &Who) -> Allowance {
        let (remaining, wait) = match self.buckets.check_key(who) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(early) => (0, Some(early.wait_time_from(DefaultClock::default().now()))),
        };
        let missing = u64::from(self.limit.saturating_sub(remaining));
        let until_full = missing.div_ceil(u64::from(self.per_second.max(1)));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Allowance {
            limit: self.limit,
            remaining,
            reset: now + until_full,
            retry_after: wait.map(|wait| wait.as_secs().max(1)),
        }
    }

    /// Forgets full buckets from time to time; never ends.
    pub async fn tidy(self) {
        loop {
            tokio::time::sleep(Duration::from_mins(1)).await;
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
    }
}
