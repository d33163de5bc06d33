//! Encodes the calls to the contracts and decodes their answers.

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall as _, sol};

use super::block::Block;
use super::network::Chain;
use super::wallet::Wallet;

sol! {
    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Result3 {
        bool success;
        bytes returnData;
    }

    function aggregate3(Call3[] calldata calls) external payable returns (Result3[] memory returnData);
    function getBlockNumber() external view returns (uint256 blockNumber);
    function getCurrentBlockTimestamp() external view returns (uint256 timestamp);
    function getLastBlockHash() external view returns (bytes32 blockHash);
    function balanceOf(address owner) external view returns (uint256 amount);
    function decimals() external view returns (uint8 decimals);
}

/// Calls of a batch that return its block.
const BLOCK_CALLS: usize = 3;

/// One call that returns the block and each wallet's balance.
pub(super) fn balances_call(chain: &Chain, wallets: &[Wallet]) -> Bytes {
    batch(
        chain,
        wallets.iter().map(|wallet| {
            let data = balanceOfCall { owner: wallet.address }.abi_encode();
            (chain.token(wallet.currency).address, data)
        }),
    )
}

/// One call that returns the block and each token's decimals.
pub(super) fn decimals_call(chain: &Chain) -> Bytes {
    let tokens = chain.tokens.iter();
    batch(chain, tokens.map(|(_, token)| (token.address, decimalsCall {}.abi_encode())))
}

fn batch(chain: &Chain, calls: impl Iterator<Item = (Address, Vec<u8>)>) -> Bytes {
    let call = |target: Address, data: Vec<u8>, may_fail: bool| Call3 {
        target,
        allowFailure: may_fail,
        callData: data.into(),
    };
    let of_block = [
        getBlockNumberCall {}.abi_encode(),
        getCurrentBlockTimestampCall {}.abi_encode(),
        getLastBlockHashCall {}.abi_encode(),
    ];
    let of_block = of_block.into_iter().map(|data| call(chain.multicall, data, false));
    let calls = calls.map(|(target, data)| call(target, data, true));
    aggregate3Call { calls: of_block.chain(calls).collect() }.abi_encode().into()
}

/// Decodes the answer to a batch: its block, and the number that each of `calls`
/// returned, or none if the call failed. None if it is not an answer to a batch.
pub(super) fn decode_batch(data: &Bytes, calls: usize) -> Option<(Block, Vec<Option<U256>>)> {
    let results = aggregate3Call::abi_decode_returns(data).ok()?;
    if results.len() != BLOCK_CALLS + calls {
        return None;
    }
    let words: Vec<Option<U256>> = results.iter().map(word).collect();
    let (of_block, numbers) = words.split_at(BLOCK_CALLS);
    let block = Block {
        number: u64::try_from(of_block[0]?).ok()?,
        seconds: i64::try_from(of_block[1]?).ok()?,
        parent: B256::from(of_block[2]?),
        hash: None,
    };
    Some((block, numbers.to_vec()))
}

/// The word that a call returned. A call to an address without code succeeds
/// and returns nothing: that is a failure, not a zero.
fn word(result: &Result3) -> Option<U256> {
    let word = result.returnData.get(..32).filter(|_| result.success)?;
    U256::try_from_be_slice(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(results: Vec<(bool, Vec<u8>)>) -> Bytes {
        let results: Vec<Result3> = results
            .into_iter()
            .map(|(success, data)| Result3 { success, returnData: data.into() })
            .collect();
        aggregate3Call::abi_encode_returns(&results).into()
    }

    fn number(number: u64) -> Vec<u8> {
        U256::from(number).to_be_bytes_vec()
    }

    #[test]
    fn a_missing_amount_is_not_zero() {
        let block = || vec![(true, number(7)), (true, number(1_700_000_000)), (true, number(9))];
        for (result, expected) in [
            ((true, number(5)), Some(U256::from(5))),
            ((true, number(0)), Some(U256::ZERO)),
            ((true, Vec::new()), None),
            ((true, vec![0; 31]), None),
            ((true, [number(5), number(6)].concat()), Some(U256::from(5))),
            ((false, number(5)), None),
            ((false, Vec::new()), None),
            ((true, vec![0xff; 32]), Some(U256::MAX)),
        ] {
            let mut results = block();
            results.push(result.clone());
            let (block, wallets) = decode_batch(&answer(results), 1).expect("an answer");
            assert_eq!((block.number, block.seconds), (7, 1_700_000_000));
            assert_eq!(wallets, [expected], "{result:?}");
        }
        assert!(decode_batch(&answer(block()), 1).is_none(), "a result is missing");
        assert!(decode_batch(&Bytes::new(), 0).is_none(), "no contract at that address");
        let mut silent = block();
        silent[0].1.clear();
        assert!(decode_batch(&answer(silent), 0).is_none(), "the block number is missing");
    }
}
