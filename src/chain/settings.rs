//! How the chain is read.

use std::time::Duration;

use url::Url;

use super::network::Chain;

/// How the chain is read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The chain.
    pub chain: Chain,
    /// JSON-RPC endpoints, tried in order.
    pub rpc_urls: Vec<Url>,
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
