//! An issuer and a chain on this machine, for the demo, tests and benchmarks.
//!
//! [`Sandbox`] is the chain: real contracts in a real EVM, behind JSON-RPC on
//! loopback. Balances can be set, blocks made, and faults put in. It looks like
//! Gnosis Chain: the same id, and the same contracts at the same addresses, as far
//! as the gateway uses them.
//!
//! [`issuer`] is the issuer: its documented card API, webhooks, and faults.

mod chain;
mod fault;
pub mod issuer;
mod mirror;
mod rpc;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use alloy_primitives::{Address, U256, address};
use tokio::sync::oneshot;

use chain::Chain;
pub use fault::Fault;

/// The chain's id.
pub const CHAIN_ID: u64 = 100;
/// Where the contract is that makes many calls in one.
pub const MULTICALL: Address = address!("cA11bde05977b3631167028862bE2a173976CA11");
/// The token of euros: 18 decimals.
pub const EUR: Address = address!("420CA0f9B9b604cE0fd9C18EF134C705e5Fa3430");
/// The token of pounds: 18 decimals.
pub const GBP: Address = address!("8E34bfEC4f6Eb781f9743D9b4af99CD23F9b7053");
/// The token of dollars: 6 decimals.
pub const USD: Address = address!("2a22f9c3b484c3629090FeED35F17Ff8F88f76F0");

/// A running chain. It stops when it is dropped.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// The server stops when this is gone.
    _running: oneshot::Sender<()>,
}

/// What the server and its owner share.
struct Shared {
    chain: Mutex<Chain>,
    fault: Mutex<Option<Fault>>,
    calls: Mutex<Vec<String>>,
    /// The header `traceparent` of the calls that have one.
    traces: Mutex<Vec<String>>,
}

impl Shared {
    fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Vec<String>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn traces(&self) -> MutexGuard<'_, Vec<String>> {
        self.traces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self) -> MutexGuard<'_, Option<Fault>> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sandbox {
    /// Starts a chain on a free port of this machine.
    ///
    /// # Errors
    /// If there is no port to listen on.
    pub fn start() -> io::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            chain: Mutex::new(Chain::new()),
            fault: Mutex::default(),
            calls: Mutex::default(),
            traces: Mutex::default(),
        });
        let (running, stopped) = oneshot::channel::<()>();
        let routes = rpc::routes(Arc::clone(&shared));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
                tokio::select! {
                    _ = axum::serve(listener, routes) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { address, shared, _running: running })
    }

    /// The address of its JSON-RPC endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a block in which wallets hold these amounts of tokens, in the
    /// tokens' own units.
    pub fn set_balances(&self, balances: impl IntoIterator<Item = (Address, Address, U256)>) {
        let mut chain = self.shared.chain();
        for (token, wallet, amount) in balances {
            chain.set_balance(token, wallet, amount);
        }
        chain.mine();
    }

    /// Makes a block in which a wallet's balance cannot be read any more: the
    /// call fails, or, if `silently`, returns nothing.
    pub fn break_balance(&self, token: Address, wallet: Address, silently: bool) {
        let mut chain = self.shared.chain();
        chain.break_balance(token, wallet, if silently { 2 } else { 1 });
        chain.mine();
    }

    /// Makes a block in which there is no code any more at an address.
    pub fn remove_code(&self, contract: Address) {
        let mut chain = self.shared.chain();
        chain.remove_code(contract);
        chain.mine();
    }

    /// Makes a block.
    pub fn mine(&self) {
        self.shared.chain().mine();
    }

    /// From now on, every answer has this fault, or none.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *self.shared.fault() = fault;
    }

    /// The methods that were called since the last time, in order.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.calls())
    }

    /// The `traceparent` headers of calls since the last time, in order; calls without one left
    /// out.
    pub fn take_traces(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.traces())
    }
}
