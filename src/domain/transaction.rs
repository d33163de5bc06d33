//! Card transactions.

use strum::{AsRefStr, EnumString, IntoStaticStr, VariantArray};

use super::money::Minor;
use super::time::Timestamp;

/// What kind of transaction it is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionType {
    /// Something was bought.
    Purchase,
    /// Something was given back.
    Refund,
    /// Cash was taken out.
    Withdrawal,
}

/// How far a transaction has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, EnumString, IntoStaticStr, VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum TransactionStatus {
    /// Money is held.
    Authorized,
    /// Money has moved.
    Settled,
    /// Refused.
    Declined,
    /// The hold was let go.
    Reversed,
    /// A part of the hold was let go.
    PartiallyReversed,
    /// Something went wrong.
    Failed,
    /// The hold ran out.
    Expired,
}

/// One transaction of a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The issuer's name for it.
    pub transaction_id: String,
    /// The customer who made it.
    pub customer_id: String,
    /// The card that it was made with, where known.
    pub card_id: Option<String>,
    /// What kind it is.
    pub transaction_type: TransactionType,
    /// How much, in minor units of `currency`.
    pub amount: Minor,
    /// ISO 4217 code; may differ from the wallet's.
    pub currency: String,
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
    /// When the hold was made.
    pub authorized_at: Option<Timestamp>,
    /// When the money moved; none while pending.
    pub settled_at: Option<Timestamp>,
    /// When it came into being.
    pub created_at: Timestamp,
}
