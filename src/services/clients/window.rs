//! Counts attempts by who makes them, within one minute.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use moka::sync::Cache;

use crate::error::{Error, Result};

/// How long an attempt counts: a minute begins with the first one.
const WINDOW: Duration = Duration::from_mins(1);
/// How many counts are remembered.
const REMEMBERED: u64 = 50_000;

/// Counts attempts by key.
pub(super) struct Window<K> {
    counts: Cache<K, Arc<Count>>,
    most: u32,
}

struct Count {
    since: Instant,
    attempts: AtomicU32,
}

/// An attempt that was counted.
pub(super) struct Attempt(Arc<Count>);

impl<K: Hash + Eq + Send + Sync + 'static> Window<K> {
    /// Allows so many attempts of each key in a minute.
    pub(super) fn new(most: u32) -> Self {
        let counts = Cache::builder().max_capacity(REMEMBERED).time_to_live(WINDOW).build();
        Self { counts, most }
    }

    /// Counts an attempt.
    ///
    /// # Errors
    /// `RateLimited` if there were too many; this one does not count then.
    pub(super) fn take(&self, key: K) -> Result<Attempt> {
        let new = || Arc::new(Count { since: Instant::now(), attempts: AtomicU32::new(0) });
        let count = self.counts.get_with(key, new);
        let attempt = Attempt(Arc::clone(&count));
        if count.attempts.fetch_add(1, Ordering::Relaxed) < self.most {
            return Ok(attempt);
        }
        attempt.give_back();
        let left = WINDOW.saturating_sub(count.since.elapsed());
        Err(Error::rate_limited(left.as_secs() + 1))
    }
}

impl Attempt {
    /// It does not count after all.
    pub(super) fn give_back(self) {
        self.0.attempts.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The network of an address: one customer of a provider has a whole /64 of IPv6.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let prefix = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(prefix).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_key_and_given_back() {
        let window = Window::new(2);
        let Ok(first) = window.take("a") else { panic!("allowed") };
        assert!(window.take("a").is_ok());
        let error = window.take("a").err().expect("refused");
        assert!((1..=60).contains(&error.retry_after_seconds().expect("seconds")));
        assert!(window.take("a").is_err() && window.take("b").is_ok());
        first.give_back();
        assert!(window.take("a").is_ok());
        assert!(window.take("a").is_err());
    }

    #[test]
    fn a_network_is_an_address_or_a_prefix() {
        for (address, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ] {
            let address: IpAddr = address.parse().expect("an address");
            assert_eq!(network(address).to_string(), expected);
        }
    }
}
