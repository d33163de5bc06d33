//! A wallet on the chain.

use alloy_primitives::Address;

use crate::domain::money::Currency;

/// A wallet and the currency of its balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wallet {
    /// The wallet's address.
    pub address: Address,
    /// Selects the token whose amount is read.
    pub currency: Currency,
}

impl Wallet {
    /// The wallet of an address in the form in which customers have it; none if the
    /// text is not an address.
    pub fn parse(address: &str, currency: Currency) -> Option<Self> {
        Some(Self { address: address.parse().ok()?, currency })
    }
}
