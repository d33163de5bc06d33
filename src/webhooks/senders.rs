//! The rate limit of addresses that have not sent a valid signature yet.
//!
//! Only the issuer knows the secret. An address that has sent a valid signature is
//! not limited; others are limited before their bodies are read. The issuer's address is one
//! of these until its first event is verified.

use std::net::IpAddr;
use std::time::Duration;

use moka::sync::Cache;

use crate::error::Result;
use crate::http::address_limit::AddressLimit;

/// How long an address stays verified after its last event.
const VERIFIED_FOR: Duration = Duration::from_hours(1);
/// How many verified addresses are remembered.
const MAX_VERIFIED: u64 = 10_000;

/// Verified addresses, and the limits of the others.
#[derive(Clone)]
pub(super) struct Senders {
    verified: Cache<IpAddr, ()>,
    others: AddressLimit,
}

impl Senders {
    /// No address is verified.
    pub(super) fn new() -> Self {
        let verified =
            Cache::builder().max_capacity(MAX_VERIFIED).time_to_idle(VERIFIED_FOR).build();
        Self { verified, others: AddressLimit::new() }
    }

    /// Counts an event of an address.
    ///
    /// # Errors
    /// [`crate::error::Kind::RateLimited`] if an unverified address has sent too many.
    pub(super) fn admit(&self, address: IpAddr) -> Result<()> {
        if self.verified.get(&address).is_some() {
            return Ok(());
        }
        self.others.admit(address)
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
        let senders = Senders::new();
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!((0..1_000).any(|_| senders.admit(address).is_err()));
        senders.verify(address);
        assert!((0..1_000).all(|_| senders.admit(address).is_ok()));
    }
}
