//! A block of the chain.

use alloy_primitives::B256;

/// The block of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) number: u64,
    /// Its time, Unix seconds.
    pub(super) seconds: i64,
    /// The hash of its parent block.
    pub(super) parent: B256,
    /// The block's own hash, if known: a contract cannot read it.
    pub(super) hash: Option<B256>,
}
