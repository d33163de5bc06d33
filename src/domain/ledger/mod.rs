//! What events make of a wallet, its transactions and its cards: pure rules.
//!
//! [`event`] is what one notification says, [`history`] orders the events of one
//! transaction or movement of money, [`wallet`] computes the balance from them,
//! [`projection`] the transaction, and [`cards`] the cards of a customer.

pub mod cards;
pub mod event;
pub mod history;
mod hold;
pub mod projection;
mod tokens;
pub mod wallet;

#[cfg(test)]
mod tests;
