//! The settings of the chain.

use super::Reader;
use super::parse::{address, batch, decimals, duration, some_time, urls, whole, whole_from_one};
use crate::chain::{Chain, Settings, Token};
use crate::domain::money::Currency;

impl Reader<'_> {
    pub(super) fn chain(&mut self) -> Settings {
        let mut token = |name: &str| Token {
            address: self.get(&format!("chain.{name}_token"), address),
            decimals: self.get(&format!("chain.{name}_decimals"), decimals),
        };
        let tokens = [
            (Currency::Usd, token("usd")),
            (Currency::Eur, token("eur")),
            (Currency::Gbp, token("gbp")),
        ];
        Settings {
            chain: Chain {
                id: self.get("chain.id", whole),
                multicall: self.get("chain.multicall", address),
                tokens,
            },
            rpc_urls: self.get("chain.rpc_urls", urls),
            ttl: self.get("balances.chain_ttl", duration),
            timeout: self.get("chain.timeout", some_time),
            gather: self.get("chain.gather", duration),
            batch: self.get("chain.batch", batch),
            calls_per_second: self.get("chain.calls_per_second", whole_from_one),
            max_head_age: self.get("chain.max_head_age", some_time),
        }
    }
}
