//! Whether an endpoint is one of the chain that is read.

use std::time::Instant;

use alloy_primitives::{Address, Bytes, U256};
use futures_util::future::try_join_all;

use super::endpoint::Endpoint;
use super::rpc::Failure;
use super::{Chain, abi};

/// Whether an endpoint can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// It has not answered all checks yet.
    Unknown,
    /// It is an endpoint of the chain that the settings describe.
    Fit,
    /// It is not, for this reason; it is not used.
    Unfit(String),
}

/// What is wrong with an endpoint, if anything.
pub(super) async fn what_is_wrong(
    endpoint: &Endpoint,
    chain: &Chain,
    deadline: Instant,
) -> Result<Option<String>, Failure> {
    if let Some(what) = wrong_chain(endpoint, chain, deadline).await? {
        return Ok(Some(what));
    }
    match wrong_contracts(endpoint, chain, deadline).await {
        // It answers, and not as the contracts would.
        Err(Failure::Refused { .. } | Failure::Incredible) => {
            Ok(Some(format!("there is no Multicall3 at {}", chain.multicall)))
        }
        found => found,
    }
}

/// What is wrong with its chain's id.
pub(super) async fn wrong_chain(
    endpoint: &Endpoint,
    chain: &Chain,
    deadline: Instant,
) -> Result<Option<String>, Failure> {
    let id = endpoint.chain_id(deadline).await?;
    Ok((id != chain.id).then(|| format!("it is of chain {id}, not of {}", chain.id)))
}

async fn wrong_contracts(
    endpoint: &Endpoint,
    chain: &Chain,
    deadline: Instant,
) -> Result<Option<String>, Failure> {
    let contracts = chain
        .tokens
        .iter()
        .map(|(currency, token)| (format!("the token of {}", currency.as_ref()), token.address));
    let contracts: Vec<(String, Address)> =
        std::iter::once(("Multicall3".to_owned(), chain.multicall)).chain(contracts).collect();
    let code = |address| endpoint.code(address, deadline);
    let codes: Vec<Bytes> =
        try_join_all(contracts.iter().map(|(_, address)| code(*address))).await?;
    for ((name, address), code) in contracts.iter().zip(codes) {
        if code.is_empty() {
            return Ok(Some(format!("{name} has no code at {address}")));
        }
    }
    let asked = abi::ask_decimals(chain);
    let data = endpoint.eth_call(chain, asked, None, deadline).await?;
    let (_, decimals) = abi::decode_batch(&data, chain.tokens.len()).ok_or(Failure::Incredible)?;
    for ((currency, token), said) in chain.tokens.iter().zip(decimals) {
        if said != Some(U256::from(token.decimals)) {
            let said = said.map_or_else(|| "none".to_owned(), |said| said.to_string());
            let (name, expected) = (currency.as_ref(), token.decimals);
            let what = format!("the token of {name} has {said} decimals, not {expected}");
            return Ok(Some(what));
        }
    }
    Ok(None)
}
