//! What a caller may ask for: a leaky bucket of points for each token, and for
//! each address that shows none. A request is worth a point, a costly one more.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter, state::keyed::DashMapStateStore};

use crate::config::Rate;
use crate::error::{Error, Result};

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

/// What one request may still use of its caller's bucket.
pub struct Budget {
    limits: RateLimits,
    who: Who,
    last: Mutex<Allowance>,
}

impl Budget {
    /// Takes the request itself out of the caller's bucket.
    pub fn open(limits: &RateLimits, who: Who) -> Self {
        let last = Mutex::new(limits.spend(&who, NonZeroU32::MIN, 0));
        Self { limits: limits.clone(), who, last }
    }

    /// Takes what the request costs besides.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if that was too much.
    pub fn spend(&self, points: u32) -> Result<()> {
        let Some(points) = NonZeroU32::new(points) else { return Ok(()) };
        // Whoever comes again pays for the request again.
        let allowance = self.limits.spend(&self.who, points, 1);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = allowance;
        allowance.retry_after.map_or(Ok(()), |seconds| Err(Error::rate_limited(seconds)))
    }

    /// What the headers say.
    pub fn allowance(&self) -> Allowance {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

    /// Takes points out of a bucket; a request is worth one. If there are too few,
    /// it is told when there will be enough, and for `others` as well.
    pub fn spend(&self, who: &Who, points: NonZeroU32, others: u32) -> Allowance {
        let (remaining, wait) = match self.buckets.check_key_n(who, points) {
            Ok(Ok(state)) => (state.remaining_burst_capacity(), None),
            Ok(Err(early)) => (0, Some(early.wait_time_from(DefaultClock::default().now()))),
            // More than the bucket ever holds: as long as it takes to fill it.
            Err(_) => {
                (0, Some(Duration::from_secs(u64::from(self.limit / self.per_second.max(1)))))
            }
        };
        let missing = u64::from(self.limit.saturating_sub(remaining));
        let until_full = missing.div_ceil(u64::from(self.per_second.max(1)));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Allowance {
            limit: self.limit,
            remaining,
            reset: now + until_full,
            retry_after: wait.map(|wait| {
                let others = Duration::from_secs(others.into()) / self.per_second.max(1);
                // Whole seconds: rather late than in vain.
                (wait + others).as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
            }),
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
