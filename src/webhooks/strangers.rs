//! Addresses that have not signed anything yet.
//!
//! Only the issuer knows the secret. An address from which a good signature came
//! may send as much as it likes; others are limited before their bodies are read.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

use crate::error::{Error, Result};

/// Events that a stranger may send at once. The issuer is one, too, until its
/// first event is verified.
const BURST: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");
/// Events that a stranger may send a second after that.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");
/// For how long an address is known after a good signature, and how many are.
const KNOWN: Duration = Duration::from_hours(1);
const MOST: u64 = 10_000;
/// After so many strangers, those who have been quiet for a while are forgotten.
const TIDY: usize = 10_000;

/// Who is known, and how much the others have sent.
#[derive(Clone)]
pub(super) struct Strangers {
    known: Cache<IpAddr, ()>,
    limits: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl Strangers {
    /// Nobody is known.
    pub(super) fn new() -> Self {
        let known = Cache::builder().max_capacity(MOST).time_to_idle(KNOWN).build();
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        Self { known, limits: Arc::new(RateLimiter::keyed(quota)) }
    }

    /// Whether an address may send an event now.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if it is a stranger who has sent too many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<()> {
        if self.known.get(&address).is_some() {
            return Ok(());
        }
        if self.limits.len() > TIDY {
            self.limits.retain_recent();
        }
        self.limits.check_key(&address).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Error::rate_limited(wait.as_secs().saturating_add(1))
        })
    }

    /// A good signature came from an address.
    pub(super) fn signed(&self, address: IpAddr) {
        self.known.insert(address, ());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn strangers_are_limited_until_they_have_signed_something() {
        let strangers = Strangers::new();
        let [one, other] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let admitted = (0..BURST.get() * 2).filter(|_| strangers.admit(one).is_ok()).count();
        assert!((100..150).contains(&admitted), "{admitted}");
        assert!(strangers.admit(other).is_ok(), "another address has its own share");
        strangers.signed(one);
        assert!((0..BURST.get() * 10).all(|_| strangers.admit(one).is_ok()));
    }
}
