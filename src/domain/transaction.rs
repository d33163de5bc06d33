//! Card transactions.

use super::money::Minor;
use super::text_enum::text_enum;
use super::time::Timestamp;

text_enum! {
    /// What kind of transaction it is.
    TransactionType {
        /// Something was bought.
        Purchase = "purchase",
        /// Something was given back.
        Refund = "refund",
        /// Cash was taken out.
        Withdrawal = "withdrawal",
    }
}

text_enum! {
    /// How far a transaction has come.
    TransactionStatus {
        /// Money is held.
        Authorized = "authorized",
        /// Money has moved.
        Settled = "settled",
        /// Refused.
        Declined = "declined",
        /// The hold was let go.
        Reversed = "reversed",
        /// A part of the hold was let go.
        PartiallyReversed = "partially_reversed",
        /// Something went wrong.
        Failed = "failed",
        /// The hold ran out.
        Expired = "expired",
    }
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
