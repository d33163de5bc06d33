//! Checks that an endpoint serves the chain that the settings describe.

use std::time::Instant;

use alloy_primitives::{Address, Bytes, U256};
use futures_util::future::try_join_all;

use super::abi;
use super::endpoint::Endpoint;
use super::network::Chain;
use super::rpc::Failure;

/// Whether an endpoint can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// Not all checks have been answered yet.
    Unknown,
    /// It serves the chain that the settings describe.
    Fit,
    /// It does not, for this reason, and is not used.
    Unfit(String),
}

/// Checks everything: the chain id, the contracts, and the decimals of the tokens.
/// Returns what is wrong, if anything.
pub(super) async fn check(
    endpoint: &Endpoint,
    chain: &Chain,
    deadline: Instant,
) -> Result<Option<String>, Failure> {
    if let Some(what) = check_chain_id(endpoint, chain, deadline).await? {
        return Ok(Some(what));
    }
    match check_contracts(endpoint, chain, deadline).await {
        // It answers, but not as the contracts would.
        Err(Failure::Refused { .. } | Failure::InvalidAnswer) => {
            Ok(Some(format!("there is no Multicall3 at {}", chain.multicall)))
        }
        found => found,
    }
}

/// Checks the chain id alone.
pub(super) async fn check_chain_id(
    endpoint: &Endpoint,
    chain: &Chain,
    deadline: Instant,
) -> Result<Option<String>, Failure> {
    let id = endpoint.chain_id(deadline).await?;
    Ok((id != chain.id).then(|| format!("it is of chain {id}, not of {}", chain.id)))
}

async fn check_contracts(
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
    let call = abi::decimals_call(chain);
    let data = endpoint.eth_call(chain, call, None, deadline).await?;
    let (_, decimals) =
        abi::decode_batch(&data, chain.tokens.len()).ok_or(Failure::InvalidAnswer)?;
    for ((currency, token), found) in chain.tokens.iter().zip(decimals) {
        if found != Some(U256::from(token.decimals)) {
            let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
            let (name, expected) = (currency.as_ref(), token.decimals);
            let what = format!("the token of {name} has {found} decimals, not {expected}");
            return Ok(Some(what));
        }
    }
    Ok(None)
}
