//! The rate limit of addresses that have not sent a valid signature yet.
//!
//! Only the issuer knows the secret. An address that has sent a valid signature is
//! not limited; others are limited before their bodies are read.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::sync::Cache;

use crate::error::{Error, Result};

/// Events that an unverified address may send at once. The issuer's address is one as
/// well until its first event is verified.
const BURST: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");
/// Events per second that an unverified address may send after that.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");
/// How long an address stays verified after its last event.
const VERIFIED_FOR: Duration = Duration::from_hours(1);
/// How many verified addresses are remembered.
const MAX_VERIFIED: u64 = 10_000;
/// When there are more unverified addresses than this, those with all of their limit
/// left are dropped from memory.
const MAX_LIMITED: usize = 10_000;

/// Verified addresses, and the limits of the others.
#[derive(Clone)]
pub(super) struct AddressLimit {
    verified: Cache<IpAddr, ()>,
    limits: Arc<DefaultKeyedRateLimiter<IpAddr>>,
}

impl AddressLimit {
    /// No address is verified.
    pub(super) fn new() -> Self {
        let verified =
            Cache::builder().max_capacity(MAX_VERIFIED).time_to_idle(VERIFIED_FOR).build();
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        Self { verified, limits: Arc::new(RateLimiter::keyed(quota)) }
    }

    /// Counts an event of an address.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if an unverified address has sent too many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<()> {
        if self.verified.get(&address).is_some() {
            return Ok(());
        }
        if self.limits.len() > MAX_LIMITED {
            self.limits.retain_recent();
        }
        self.limits.check_key(&address).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Error::rate_limited(wait.as_secs().saturating_add(1))
        })
    }

    /// Verifies an address: it has sent a valid signature.
    pub(super) fn verify(&self, address: IpAddr) {
        self.verified.insert(address, ());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn addresses_are_limited_until_they_send_a_valid_signature() {
        let limit = AddressLimit::new();
        let [one, other] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let admitted = (0..BURST.get() * 2).filter(|_| limit.admit(one).is_ok()).count();
        assert!((100..150).contains(&admitted), "{admitted}");
        assert!(limit.admit(other).is_ok(), "another address has its own share");
        limit.verify(one);
        assert!((0..BURST.get() * 10).all(|_| limit.admit(one).is_ok()));
    }
}
