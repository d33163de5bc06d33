//! What can be wrong with an endpoint.

use std::time::Duration;

use alloy_primitives::{Address, U256};

/// A fault of every answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It takes so long.
    Delay(Duration),
    /// Another HTTP status, and when to come back, in seconds.
    Status(u16, Option<u64>),
    /// A page for people, with status 200.
    Html,
    /// The beginning of the answer and no more.
    CutJson,
    /// More than anybody wants to read.
    TooLong,
    /// A redirect to another address.
    Redirect(String),
    /// The endpoint is of another chain.
    WrongChain(u64),
    /// The answer to another question.
    OtherId,
    /// The newest block is an hour old.
    StaleHead,
    /// Blocks are not known by their hash.
    UnknownBlock,
    /// A call may use so much gas and no more.
    GasCap(u64),
    /// Before each call a block is made in which an amount of a token has
    /// moved from one wallet to another.
    Moving {
        /// The token.
        token: Address,
        /// Who has the amount less, as long as there is something.
        from: Address,
        /// Who has it more.
        to: Address,
        /// How much, in the token's own units.
        amount: U256,
    },
}
