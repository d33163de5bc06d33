//! Blocks, each with the whole state at its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use revm::bytecode::Bytecode;
use revm::context::TxEnv;
use revm::context::result::{ExecutionResult, Output};
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::hex;
use revm::state::AccountInfo;
use revm::{Context, ExecuteEvm as _, MainBuilder as _, MainContext as _};

use crate::{CHAIN_ID, EUR, GBP, MULTICALL, USD};

/// Blocks that are remembered, as by a node that is no archive.
const REMEMBERED: usize = 128;
/// A block is made when the last one is so old.
const SECONDS_PER_BLOCK: u64 = 5;

/// The places of a token's storage, in the order of its declarations.
const HELD: u64 = 0;
const DECIMALS: u64 = 1;
const BROKEN: u64 = 2;

type State = CacheDB<EmptyDB>;

/// A block with the state at its end.
#[derive(Clone)]
pub(crate) struct Block {
    pub(crate) number: u64,
    pub(crate) seconds: u64,
    pub(crate) hash: B256,
    pub(crate) parent: B256,
    state: Arc<State>,
}

pub(crate) struct Chain {
    blocks: VecDeque<Block>,
    /// The state at the end of the next block.
    next: State,
}

/// Why a call has no result.
pub(crate) enum Refusal {
    /// A contract has refused.
    Reverted,
    /// The gas did not last.
    OutOfGas,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The place of a mapping's entry.
fn entry(place: u64, key: Address) -> U256 {
    let words = [key.into_word(), B256::from(U256::from(place))].concat();
    U256::from_be_bytes(keccak256(words).0)
}

fn contract(code: &str) -> AccountInfo {
    let code = hex::decode(code.trim()).unwrap_or_default();
    AccountInfo::from_bytecode(Bytecode::new_raw(code.into()))
}

impl Chain {
    pub(crate) fn new() -> Self {
        let mut chain = Self { blocks: VecDeque::new(), next: State::default() };
        let batch = contract(include_str!("../contracts/Batch.hex"));
        chain.next.insert_account_info(MULTICALL, batch);
        for (token, decimals) in [(EUR, 18), (GBP, 18), (USD, 6)] {
            let code = contract(include_str!("../contracts/Token.hex"));
            chain.next.insert_account_info(token, code);
            chain.put(token, U256::from(DECIMALS), U256::from(decimals));
        }
        chain.mine();
        chain
    }

    fn put(&mut self, contract: Address, place: U256, value: U256) {
        // The database behind the cache is empty, and cannot fail.
        let Ok(()) = self.next.insert_account_storage(contract, place, value);
    }

    pub(crate) fn set_balance(&mut self, token: Address, wallet: Address, amount: U256) {
        self.put(token, entry(HELD, wallet), amount);
    }

    /// Moves an amount, or what is left of it.
    pub(crate) fn transfer(&mut self, token: Address, from: Address, to: Address, amount: U256) {
        let held = |wallet| {
            let account = self.next.cache.accounts.get(&token)?;
            account.storage.get(&entry(HELD, wallet)).copied()
        };
        let (left, there) = (held(from).unwrap_or_default(), held(to).unwrap_or_default());
        let amount = amount.min(left);
        self.set_balance(token, from, left - amount);
        self.set_balance(token, to, there.saturating_add(amount));
    }

    pub(crate) fn break_balance(&mut self, token: Address, wallet: Address, how: u64) {
        self.put(token, entry(BROKEN, wallet), U256::from(how));
    }

    pub(crate) fn remove_code(&mut self, contract: Address) {
        self.next.insert_account_info(contract, AccountInfo::default());
    }

    /// Makes a block out of what has been put since the last one.
    pub(crate) fn mine(&mut self) {
        let last = self.blocks.back();
        let number = last.map_or(1_000, |last| last.number + 1);
        let parent = last.map_or(B256::ZERO, |last| last.hash);
        let seconds = last.map_or(0, |last| last.seconds + 1).max(now());
        let words = [parent, B256::from(U256::from(number)), B256::from(U256::from(seconds))];
        let hash = keccak256(words.concat());
        self.next.cache.block_hashes.insert(U256::from(number - 1), parent);
        let state = Arc::new(self.next.clone());
        self.blocks.push_back(Block { number, seconds, hash, parent, state });
        if self.blocks.len() > REMEMBERED {
            self.blocks.pop_front();
        }
    }

    /// The newest block, which is never old.
    pub(crate) fn head(&mut self) -> &Block {
        if self.blocks.back().is_none_or(|last| last.seconds + SECONDS_PER_BLOCK <= now()) {
            self.mine();
        }
        self.blocks.back().unwrap_or_else(|| unreachable!("one was made at the start"))
    }

    pub(crate) fn by_number(&self, number: u64) -> Option<&Block> {
        self.blocks.iter().find(|block| block.number == number)
    }

    pub(crate) fn by_hash(&self, hash: B256) -> Option<&Block> {
        self.blocks.iter().find(|block| block.hash == hash)
    }
}

impl Block {
    /// The code of a contract.
    pub(crate) fn code(&self, address: Address) -> Bytes {
        let account = self.state.cache.accounts.get(&address);
        let hash = account.map(|account| account.info.code_hash);
        let code = hash.and_then(|hash| self.state.cache.contracts.get(&hash));
        code.map(revm::bytecode::Bytecode::original_bytes).unwrap_or_default()
    }

    /// What a call returns at the end of this block.
    pub(crate) fn call(&self, to: Address, data: Bytes, gas: u64) -> Result<Bytes, Refusal> {
        let mut evm = Context::mainnet()
            .with_ref_db(&*self.state)
            .modify_cfg_chained(|cfg| {
                cfg.chain_id = CHAIN_ID;
                cfg.disable_nonce_check = true;
                cfg.tx_gas_limit_cap = Some(u64::MAX);
            })
            .modify_block_chained(|block| {
                block.number = U256::from(self.number);
                block.timestamp = U256::from(self.seconds);
                block.gas_limit = u64::MAX;
            })
            .build_mainnet();
        let call = TxEnv::builder().kind(TxKind::Call(to)).data(data).gas_limit(gas).gas_price(0);
        let call = call.chain_id(Some(CHAIN_ID)).build().map_err(|_| Refusal::OutOfGas)?;
        match evm.transact(call).map(|done| done.result) {
            Ok(ExecutionResult::Success { output: Output::Call(data), .. }) => Ok(data),
            Ok(ExecutionResult::Revert { .. }) => Err(Refusal::Reverted),
            _ => Err(Refusal::OutOfGas),
        }
    }

    /// As it would be had it been made so much earlier.
    pub(crate) fn earlier(&self, seconds: u64) -> Self {
        Self { seconds: self.seconds - seconds, ..self.clone() }
    }
}
