//! What moves money besides cards: transfers, withdrawals, deposits, swaps.

use super::currency::Currency;
use crate::issuer::time::Time;

/// Money on its way from the master wallet to a customer's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The name.
    pub id: String,
    /// The index of the customer in the program.
    pub(crate) customer: u32,
    /// `SOL` or `XDC`.
    pub chain: &'static str,
    /// What the master wallet pays, in cents.
    pub source_amount: i64,
    /// The fee in it, in cents.
    pub fee: i64,
    /// What the customer gets.
    pub currency: Currency,
    /// How much the customer gets, in minor units.
    pub destination_amount: i64,
    /// `send_x` or `receive_x`.
    pub pricing_mode: &'static str,
    /// `pending`, …, `completed`, `failed`, `refunded`.
    pub status: &'static str,
    /// When it was begun.
    pub initiated_at: Time,
    /// When it was completed.
    pub completed_at: Option<Time>,
    /// The payment on the chain.
    pub tx_hash: String,
}

/// Money on its way from a card back to the master wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The name.
    pub id: String,
    /// The index of the customer in the program.
    pub(crate) customer: u32,
    /// How much, in minor units.
    pub amount: i64,
    /// The card's currency.
    pub currency: Currency,
    /// `initiated`, `settled`, `failed`.
    pub status: &'static str,
    /// The cards that are frozen until it is done.
    pub(crate) frozen: Vec<uuid::Uuid>,
    /// When it was begun.
    pub initiated_at: Time,
    /// When it should be done.
    pub estimated_settlement_at: Time,
    /// When it was done.
    pub settled_at: Option<Time>,
    /// The payment on the chain.
    pub tx_hash: String,
}

/// Money that came into the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The name.
    pub id: String,
    /// The payment on the chain.
    pub tx_hash: String,
    /// `SOL` or `XDC`.
    pub chain: &'static str,
    /// How much, in cents.
    pub amount: i64,
    /// The fees in it, in cents.
    pub fees: i64,
    /// `pending`, `auto_funding`, `awaiting_manual`, `funding`, `funded`, `failed`.
    pub status: &'static str,
    /// When it was seen.
    pub detected_at: Time,
    /// When it was credited.
    pub funded_at: Option<Time>,
}

/// An exchange between the currencies of the master wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// The name.
    pub id: String,
    /// What is given.
    pub from: Currency,
    /// What comes.
    pub to: Currency,
    /// How much is given, in minor units.
    pub amount: i64,
    /// How much comes, in minor units.
    pub output: i64,
    /// The fee in it, in minor units of what is given.
    pub fee: i64,
}

/// What kind of payment a request has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaymentKind {
    /// `fund-customer`.
    Fund,
    /// `withdraw-from-card`.
    Withdraw,
    /// `master-wallets/swap`.
    Swap,
}

/// A payment that a request has made, for tests to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Which kind.
    pub kind: PaymentKind,
    /// The name of the transfer, withdrawal or swap.
    pub id: String,
    /// The customer's `yativo_card_id`, where there is one.
    pub customer: Option<String>,
    /// How much was asked for, in minor units.
    pub amount: i64,
    /// The `Idempotency-Key` of the request.
    pub idempotency_key: Option<String>,
}
