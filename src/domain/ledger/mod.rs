//! What events make of a wallet, its transactions and its cards: pure rules.
//!
//! [`event`] is what one notification says, [`history`] orders the events of one
//! transaction, card or transfer, [`wallet`] computes the balance from them, and
//! [`projection`] the transaction or card.

pub mod event;
pub mod history;
pub mod projection;
pub mod wallet;
