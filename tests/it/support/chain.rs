//! A chain beside the database.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, U256};
use card_gateway_sandbox::{EUR, Sandbox};

use super::{Database, Gateway, Line};

/// The wallet of the `number`th customer.
pub(crate) fn wallet(number: u32) -> Address {
    Address::from_word(U256::from(0xA000_0000_u64 + u64::from(number)).into())
}

/// Minor units of euros in the token's own.
pub(crate) fn euros(minor: u64) -> U256 {
    U256::from(minor) * U256::from(10_u64.pow(16))
}

/// The customers `1..=count` with wallets, and no live balance.
pub(crate) fn wallets(count: u32) -> Vec<Line> {
    (1..=count)
        .map(|number| Line::new(number).with("wallet_address", wallet(number).to_checksum(None)))
        .collect()
}

/// A chain on which the `number`th wallet holds `number` euros.
pub(crate) fn sandbox(count: u32) -> Sandbox {
    let sandbox = Sandbox::start().expect("a port");
    let euro = |number: u32| (EUR, wallet(number), euros(u64::from(number) * 100));
    sandbox.set_balances((1..=count).map(euro));
    sandbox
}

impl Database {
    /// A gateway that reads chains, once it knows whether it can use them.
    pub(crate) fn serve_on(&self, chains: &[&Sandbox], more: &[(&str, &str)]) -> Gateway {
        let urls: Vec<String> = chains.iter().map(|sandbox| sandbox.url()).collect();
        let urls = urls.join(",");
        let mut settings = vec![("CARD_GATEWAY__CHAIN__RPC_URLS", urls.as_str())];
        settings.extend(more);
        let gateway = self.serve_with(&settings);
        let deadline = Instant::now() + Duration::from_secs(10);
        while gateway.get("", "/readyz").text.contains("has not answered yet") {
            assert!(Instant::now() < deadline, "it does not look at its endpoints");
            std::thread::sleep(Duration::from_millis(10));
        }
        for sandbox in chains {
            sandbox.take_calls();
        }
        gateway
    }
}

/// How many calls a chain has had since the last time.
pub(crate) fn eth_calls(sandbox: &Sandbox) -> usize {
    sandbox.take_calls().iter().filter(|method| *method == "eth_call").count()
}
