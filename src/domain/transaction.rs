//! Card transactions.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::money::{Currency, Minor};
use super::time::Timestamp;

/// The kind of a transaction.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionType {
    /// A purchase.
    Purchase,
    /// A refund.
    Refund,
    /// A cash withdrawal.
    Withdrawal,
}

/// The status of a transaction.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionStatus {
    /// The amount is held.
    Authorized,
    /// The amount has been debited or credited.
    Settled,
    /// Refused by the issuer.
    Declined,
    /// The hold was released.
    Reversed,
    /// A part of the hold was released.
    PartiallyReversed,
    /// It failed for a technical reason.
    Failed,
    /// The hold expired.
    Expired,
}

/// What a transaction costs the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Billing {
    /// How much, in minor units of `currency`.
    pub amount: Minor,
    /// The wallet's currency.
    pub currency: Currency,
}

/// One transaction of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The issuer's identifier.
    pub transaction_id: String,
    /// The customer who made it.
    pub customer_id: String,
    /// The card, if known.
    pub card_id: Option<String>,
    /// Its kind.
    pub transaction_type: TransactionType,
    /// The amount, in minor units of `currency`.
    pub amount: Minor,
    /// ISO 4217 code; may differ from the wallet's.
    pub currency: String,
    /// What it costs the wallet, where that is known.
    pub billing: Option<Billing>,
    /// `amount` / `billing`, as the issuer states it: a decimal number.
    pub fx_rate: Option<String>,
    /// How far it has come.
    pub status: TransactionStatus,
    /// The merchant's name.
    pub merchant: Option<String>,
    /// ISO 18245 merchant category code (MCC).
    pub merchant_category: Option<String>,
    /// The merchant's city.
    pub merchant_city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub merchant_country: Option<String>,
    /// When it was authorized.
    pub authorized_at: Option<Timestamp>,
    /// When it was settled; none while pending.
    pub settled_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// A transaction of a program's list, with the name of the customer who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTransaction {
    /// The transaction.
    pub transaction: Transaction,
    /// The issuer's identifier of the customer.
    pub yativo_card_id: String,
}
