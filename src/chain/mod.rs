//! Balances from the blockchain: JSON-RPC, many wallets in one call, and no
//! call that is not needed. What the chain holds is public, so reads are
//! shared between requests and programs.
//!
//! - [`Reader`]: gathers what is asked for at the same time, asks once, and
//!   remembers the answer for a while.
//! - `providers`: the endpoints in their order, as long as there is time.
//! - `provider`: one of them: as many wallets at once as it takes, and only what
//!   can be believed. `fitness`: whether it is one of the right chain.
//! - `endpoint`: its calls, if it is alive (`health`) and within its budget.
//! - `rpc`: one call over HTTP. `abi`: what is in the calls.

mod abi;
mod endpoint;
mod fitness;
mod health;
mod provider;
mod providers;
mod reader;
mod rpc;

use std::time::Duration;

use alloy_primitives::{Address, B256, U256};
use url::Url;

use crate::domain::balance::ChainBalance;
use crate::domain::money::{Currency, Minor};

pub use fitness::Fitness;
pub use reader::{Reader, Reading};

/// The chain that is read.
#[derive(Clone, Debug)]
pub struct Chain {
    /// What `eth_chainId` must say.
    pub id: u64,
    /// The Multicall3 contract.
    pub multicall: Address,
    /// The token of each currency.
    pub tokens: [(Currency, Token); 3],
}

/// An ERC-20 token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it is.
    pub address: Address,
    /// How many of its digits are behind the point.
    pub decimals: u8,
}

/// How it is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The chain.
    pub chain: Chain,
    /// JSON-RPC endpoints, tried in order.
    pub rpc_urls: Vec<Url>,
    /// How long a result is remembered.
    pub ttl: Duration,
    /// How long a question may take, all endpoints and tries together.
    pub timeout: Duration,
    /// For how long questions are gathered.
    pub gather: Duration,
    /// The most wallets in one call.
    pub batch: usize,
    /// The most calls a second to each endpoint.
    pub calls_per_second: u32,
    /// How old the newest block of an endpoint that keeps up may be.
    pub max_head_age: Duration,
}

/// A wallet and the currency that counts in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wallet {
    /// Where it is.
    pub address: Address,
    /// Which token to look at.
    pub currency: Currency,
}

impl Wallet {
    /// The wallet of an address as customers have it.
    pub fn parse(address: &str, currency: Currency) -> Option<Self> {
        Some(Self { address: address.parse().ok()?, currency })
    }
}

/// The block of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Block {
    number: u64,
    /// Its time, Unix seconds.
    seconds: i64,
    /// The hash of the block before it.
    parent: B256,
    /// The block's own hash, where it is known: a block does not contain it.
    hash: Option<B256>,
}

impl Chain {
    /// The token of a currency.
    pub fn token(&self, currency: Currency) -> Token {
        let known = self.tokens.iter().find(|(of, _)| *of == currency);
        // There is one for each.
        known.map_or(self.tokens[0].1, |(_, token)| *token)
    }
}

impl Token {
    /// An amount of the token in minor units, rounded down; none where it is
    /// more than any balance can be.
    fn to_minor(self, amount: U256) -> Option<Minor> {
        const MINOR_DECIMALS: u8 = 2;
        let ten = U256::from(10);
        let minor = if let Some(finer) = self.decimals.checked_sub(MINOR_DECIMALS) {
            // Beyond 10^77 a unit is worth less than any minor one.
            ten.checked_pow(U256::from(finer)).map_or(U256::ZERO, |unit| amount / unit)
        } else {
            amount.checked_mul(ten.checked_pow(U256::from(MINOR_DECIMALS - self.decimals))?)?
        };
        Minor::new(i64::try_from(minor).ok()?)
    }
}

/// What a token said, as a balance.
fn balance(chain: &Chain, wallet: &Wallet, amount: U256, block: &Block) -> Option<ChainBalance> {
    let at = crate::domain::time::Timestamp::from_millis(block.seconds.checked_mul(1_000)?)?;
    let ledger = chain.token(wallet.currency).to_minor(amount)?;
    Some(ChainBalance { ledger, block: block.number, at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_rounded_down_and_never_wrap() {
        let token = |decimals| Token { address: Address::ZERO, decimals };
        let amount = |text: &str| text.parse::<U256>().expect("a number");
        for (decimals, units, minor) in [
            (18, "0", Some(0)),
            (18, "9999999999999999", Some(0)),
            (18, "10000000000000000", Some(1)),
            (18, "120400000000000000000", Some(12_040)),
            (18, "120409999999999999999", Some(12_040)),
            (6, "38509999", Some(3_850)),
            (2, "5", Some(5)),
            (0, "7", Some(700)),
            (80, "1", Some(0)),
            (18, "90071992547409910000000000000000", Some(Minor::MAX)),
            (18, "90071992547409920000000000000000", None),
            (0, "90071992547410", None),
        ] {
            let found = token(decimals).to_minor(amount(units)).map(Minor::get);
            assert_eq!(found, minor, "{units} of {decimals} decimals");
        }
        for decimals in [0, 1, 2, 6, 18] {
            assert_eq!(token(decimals).to_minor(U256::MAX), None, "{decimals}");
        }
    }
}
