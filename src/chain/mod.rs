//! Balances from the blockchain, over JSON-RPC: many wallets in one call, and no
//! call that is not needed. Data on the chain is public, so requests and programs
//! share reads.
//!
//! - [`Reader`]: collects concurrent reads into one call, and caches the result.
//! - `providers`: tries the endpoints in order until the deadline.
//! - `provider`: reads from one endpoint, in batches of the size that it accepts, and
//!   checks the answers. `fitness`: checks that it is an endpoint of the right chain.
//! - `endpoint`: the calls to it, within its `circuit_breaker` and its rate limit.
//! - `rpc`: one call over HTTP. `abi`: the contents of the calls.
//! - `settings`, `network`, `wallet`, `block`: the data.

mod abi;
mod block;
mod circuit_breaker;
mod endpoint;
mod fitness;
mod network;
mod provider;
mod providers;
mod reader;
mod rpc;
mod settings;
mod wallet;

pub use fitness::Fitness;
pub use network::{Chain, Token};
pub use providers::EndpointState;
pub use reader::{Reader, Reading};
pub use settings::Settings;
pub use wallet::Wallet;
