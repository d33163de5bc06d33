//! The limit of strangers: of an address that sends what has to be looked up or read before
//! it can be refused.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use crate::error::{Error, Result};

/// Requests that a strange address may send at once.
const BURST: NonZeroU32 = NonZeroU32::new(100).expect("it is not zero");
/// Requests per second that it may send after that.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(20).expect("it is not zero");
/// When there are more addresses than this, those with all of their limit left are dropped
/// from memory.
const MAX_ADDRESSES: usize = 10_000;

/// The limits of all addresses. Clones share them.
#[derive(Clone)]
pub struct AddressLimit(Arc<DefaultKeyedRateLimiter<IpAddr>>);

impl AddressLimit {
    /// Limits that no request counts against yet.
    #[expect(clippy::new_without_default, reason = "there is no plain one: each use has its own")]
    pub fn new() -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        Self(Arc::new(RateLimiter::keyed(quota)))
    }

    /// Counts a request of an address.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if it has sent too many.
    pub fn admit(&self, address: IpAddr) -> Result<()> {
        if self.0.len() > MAX_ADDRESSES {
            self.0.retain_recent();
        }
        self.0.check_key(&address).map_err(|early| {
            let wait = early.wait_time_from(DefaultClock::default().now());
            Error::rate_limited(wait.as_secs().saturating_add(1))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_address_has_its_own_share() {
        let limit = AddressLimit::new();
        let [one, other] = [1, 2].map(|last| IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let admitted = (0..BURST.get() * 2).filter(|_| limit.admit(one).is_ok()).count();
        assert!((100..150).contains(&admitted), "{admitted}");
        assert!(limit.admit(other).is_ok());
    }
}
