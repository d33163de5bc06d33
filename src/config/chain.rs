//! Settings of the chain.

use std::time::Duration;

use alloy_primitives::Address;
use url::Url;

use super::parse::{address, batch, decimals, duration, integer, nonzero_duration, positive, urls};
use super::reader::Reader;
use crate::domain::money::Currency;

/// Settings of the chain. Without endpoints it is not read.
#[derive(Clone, Debug)]
pub struct Chain {
    /// JSON-RPC endpoints, tried in order.
    pub rpc_urls: Vec<Url>,
    /// The chain id that an endpoint must report.
    pub id: u64,
    /// The address of the Multicall3 contract.
    pub multicall: Address,
    /// The token of each currency.
    pub tokens: [(Currency, Token); 3],
    /// How long a result is cached.
    pub ttl: Duration,
    /// Maximum duration of a read, with all endpoints and retries.
    pub timeout: Duration,
    /// How long wallets are collected before they are read in one call.
    pub gather: Duration,
    /// Maximum number of wallets in one call.
    pub batch: usize,
    /// Maximum number of calls per second to each endpoint.
    pub calls_per_second: u32,
    /// An endpoint whose newest block is older than this is not used.
    pub max_head_age: Duration,
}

/// A token of the chain.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// The address of its contract.
    pub address: Address,
    /// How many of its digits are decimals.
    pub decimals: u8,
}

pub(super) fn chain(read: &mut Reader) -> Chain {
    let mut token = |name: &str| Token {
        address: read.get(&format!("chain.{name}_token"), address),
        decimals: read.get(&format!("chain.{name}_decimals"), decimals),
    };
    let tokens = [
        (Currency::Usd, token("usd")),
        (Currency::Eur, token("eur")),
        (Currency::Gbp, token("gbp")),
    ];
    Chain {
        rpc_urls: read.get("chain.rpc_urls", urls),
        id: read.get("chain.id", integer),
        multicall: read.get("chain.multicall", address),
        tokens,
        ttl: read.get("balances.chain_ttl", duration),
        timeout: read.get("chain.timeout", nonzero_duration),
        gather: read.get("chain.gather", duration),
        batch: read.get("chain.batch", batch),
        calls_per_second: read.get("chain.calls_per_second", positive),
        max_head_age: read.get("chain.max_head_age", nonzero_duration),
    }
}
