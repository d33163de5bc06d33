//! Card transactions.

use std::borrow::Cow;

use crate::issuer::time::Time;

/// Where money was spent. Pages and events may have null for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merchant {
    /// The name.
    pub name: Option<Cow<'static, str>>,
    /// The category: an MCC of ISO 18245.
    pub category: Option<Cow<'static, str>>,
    /// The city.
    pub city: Option<Cow<'static, str>>,
    /// The country: ISO 3166-1 alpha-2.
    pub country: Option<Cow<'static, str>>,
}

/// One transaction of a card.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// The name; the issuer's events may have none.
    pub id: Option<String>,
    /// The index of the customer in the program.
    pub(crate) customer: u32,
    /// The network's token of the card.
    pub card_token: String,
    /// The name of the card in REST answers.
    pub card_id: uuid::Uuid,
    /// `purchase`, `refund`, `withdrawal`, or a word that no page names.
    pub kind: Cow<'static, str>,
    /// The amount in the merchant's currency, in minor units.
    pub amount: i64,
    /// The merchant's currency: an ISO 4217 code.
    pub currency: Cow<'static, str>,
    /// What the wallet pays, in minor units of the card's currency.
    pub billing_amount: i64,
    /// The card's currency: an ISO 4217 code.
    pub billing_currency: &'static str,
    /// `authorized`, `settled`, …, or a word that no page names.
    pub status: Cow<'static, str>,
    /// What of the billing amount is held now, in minor units.
    pub held: i64,
    /// The merchant.
    pub merchant: Merchant,
    /// When it was authorized.
    pub authorized_at: Option<Time>,
    /// When it was settled.
    pub settled_at: Option<Time>,
    /// When it was made.
    pub created_at: Time,
    /// The hash of the payment on the chain, once settled.
    pub tx_hash: Option<String>,
}
