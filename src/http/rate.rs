//! Rate limits: a leaky bucket of points for each caller, and for each address without
//! a valid token. A request costs a point, an expensive one more.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::{Quota, RateLimiter, state::keyed::DashMapStateStore};

use crate::config::Rate;
use crate::domain::principal::Credential;
use crate::error::{Error, Result};
use crate::shared::{Shared, Taken};

/// The owner of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RateKey {
    /// A caller. All tokens of a client share one bucket.
    Caller(Credential),
    /// A client without a valid token, by its address.
    Address(IpAddr),
}

/// The bucket's name among those of all replicas.
impl fmt::Display for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller(credential) => credential.fmt(f),
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

/// The state of a bucket, as the `X-RateLimit-*` headers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateStatus {
    /// Points of a full bucket.
    pub limit: u32,
    /// Points that are left.
    pub remaining: u32,
    /// When the bucket will be full again, in Unix seconds.
    pub reset: u64,
    /// If there were too few points: seconds until there are enough.
    pub retry_after: Option<u64>,
}

/// What one request takes out of its bucket.
pub struct Budget {
    limits: RateLimits,
    key: RateKey,
    last: Mutex<RateStatus>,
}

impl Budget {
    /// Takes the point of the request itself.
    pub async fn open(limits: &RateLimits, key: RateKey) -> Self {
        let last = Mutex::new(limits.spend(&key, NonZeroU32::MIN, 0).await);
        Self { limits: limits.clone(), key, last }
    }

    /// Takes the further points that the request costs.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if there are too few.
    pub async fn spend(&self, points: u32) -> Result<()> {
        let Some(points) = NonZeroU32::new(points) else { return Ok(()) };
        // The next attempt costs the point of the request again.
        let status = self.limits.spend(&self.key, points, 1).await;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = status;
        status.retry_after.map_or(Ok(()), |seconds| Err(Error::rate_limited(seconds)))
    }

    /// The bucket after this request.
    pub fn status(&self) -> RateStatus {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Buckets =
    RateLimiter<RateKey, DashMapStateStore<RateKey>, DefaultClock, StateInformationMiddleware>;

/// The buckets of all tokens and addresses.
#[derive(Clone)]
pub struct RateLimits {
    /// Those of this replica: for as long as no server counts for all.
    buckets: Arc<Buckets>,
    shared: Option<Shared>,
    limit: u32,
    per_second: u32,
}

impl RateLimits {
    /// Full buckets; of all replicas together if they share a server. A bucket is dropped from
    /// memory when it is full again.
    pub fn new(rate: Rate, shared: Option<Shared>) -> Self {
        let some = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(some(rate.per_second)).allow_burst(some(rate.burst));
        let buckets = RateLimiter::dashmap(quota).with_middleware::<StateInformationMiddleware>();
        let Rate { burst: limit, per_second } = rate;
        Self { buckets: Arc::new(buckets), shared, limit, per_second }
    }

    /// Takes points out of a bucket. If there are too few, the status says when there
    /// will be enough for them and `others`.
    pub async fn spend(&self, key: &RateKey, points: NonZeroU32, others: u32) -> RateStatus {
        let (remaining, wait) = match self.take(key, points).await {
            Taken::Left(left) => (left, None),
            Taken::Wait(wait) => (0, Some(wait)),
        };
        let missing = u64::from(self.limit.saturating_sub(remaining));
        let until_full = missing.div_ceil(u64::from(self.per_second.max(1)));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        RateStatus {
            limit: self.limit,
            remaining,
            reset: now + until_full,
            retry_after: wait.map(|wait| {
                let others = Duration::from_secs(others.into()) / self.per_second.max(1);
                // Whole seconds, rounded up.
                (wait + others).as_millis().div_ceil(1_000).max(1).try_into().unwrap_or(u64::MAX)
            }),
        }
    }

    /// Takes points out of the bucket of all replicas, or out of this one's.
    async fn take(&self, key: &RateKey, points: NonZeroU32) -> Taken {
        if points.get() > self.limit {
            // More than the bucket ever holds: as long as it takes to fill it.
            return Taken::Wait(Duration::from_secs((self.limit / self.per_second.max(1)).into()));
        }
        if let Some(shared) = &self.shared {
            let bucket = key.to_string();
            let taken = shared.take(&bucket, points.get(), self.limit, self.per_second).await;
            if let Some(taken) = taken {
                return taken;
            }
        }
        match self.buckets.check_key_n(key, points) {
            Ok(Ok(state)) => Taken::Left(state.remaining_burst_capacity()),
            Ok(Err(early)) => Taken::Wait(early.wait_time_from(DefaultClock::default().now())),
            // It is not more than the bucket holds.
            Err(_) => Taken::Wait(Duration::ZERO),
        }
    }

    /// Drops full buckets from memory every minute; never ends.
    pub async fn drop_full_buckets(self) {
        loop {
            tokio::time::sleep(Duration::from_mins(1)).await;
            self.buckets.retain_recent();
            self.buckets.shrink_to_fit();
        }
    }
}
