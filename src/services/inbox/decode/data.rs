//! The members that any type of event may carry.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// A member as it stands: a member of an odd type harms only the events that need it.
/// Null is as good as missing.
type Member<'a> = Option<&'a RawValue>;

/// Everything that is read of `data`.
#[derive(Default, Deserialize)]
pub(super) struct Data<'a> {
    // The customer's names.
    #[serde(borrow)]
    pub(super) customer_id: Member<'a>,
    #[serde(borrow)]
    pub(super) yativo_card_id: Member<'a>,
    #[serde(borrow)]
    pub(super) external_customer_id: Member<'a>,
    #[serde(borrow)]
    pub(super) external_id: Member<'a>,
    #[serde(borrow)]
    pub(super) email: Member<'a>,
    // Times.
    #[serde(borrow)]
    pub(super) timestamp: Member<'a>,
    #[serde(borrow)]
    pub(super) updated_at: Member<'a>,
    #[serde(borrow)]
    pub(super) authorized_at: Member<'a>,
    #[serde(borrow)]
    pub(super) settled_at: Member<'a>,
    // Money.
    #[serde(borrow)]
    pub(super) currency: Member<'a>,
    #[serde(borrow)]
    pub(super) ledger_balance: Member<'a>,
    #[serde(borrow)]
    pub(super) ledger_balance_minor: Member<'a>,
    #[serde(borrow)]
    pub(super) available_balance: Member<'a>,
    #[serde(borrow)]
    pub(super) available_balance_minor: Member<'a>,
    #[serde(borrow, default, deserialize_with = "or_null")]
    pub(super) pending_balance: Member<'a>,
    #[serde(borrow)]
    pub(super) pending_balance_minor: Member<'a>,
    #[serde(borrow)]
    pub(super) balance_source: Member<'a>,
    #[serde(borrow)]
    pub(super) amount: Member<'a>,
    #[serde(borrow)]
    pub(super) amount_minor: Member<'a>,
    #[serde(borrow)]
    pub(super) billing_amount: Member<'a>,
    #[serde(borrow)]
    pub(super) billing_amount_minor: Member<'a>,
    #[serde(borrow)]
    pub(super) billing_currency: Member<'a>,
    #[serde(borrow)]
    pub(super) fx_rate: Member<'a>,
    #[serde(borrow)]
    pub(super) new_balance: Member<'a>,
    #[serde(borrow)]
    pub(super) new_balance_minor: Member<'a>,
    // What it is about.
    #[serde(borrow)]
    pub(super) transfer_id: Member<'a>,
    #[serde(borrow)]
    pub(super) withdrawal_id: Member<'a>,
    #[serde(borrow)]
    pub(super) transaction_id: Member<'a>,
    #[serde(borrow)]
    pub(super) blockchain_tx_hash: Member<'a>,
    #[serde(borrow)]
    pub(super) card_id: Member<'a>,
    #[serde(borrow)]
    pub(super) last_four: Member<'a>,
    #[serde(borrow)]
    pub(super) card_type: Member<'a>,
    #[serde(borrow)]
    pub(super) status: Member<'a>,
    /// A transaction's or a card's.
    #[serde(borrow, rename = "type")]
    pub(super) kind: Member<'a>,
    #[serde(borrow)]
    pub(super) merchant: Member<'a>,
    #[serde(borrow)]
    pub(super) merchant_category: Member<'a>,
    #[serde(borrow)]
    pub(super) merchant_city: Member<'a>,
    #[serde(borrow)]
    pub(super) merchant_country: Member<'a>,
}

/// Null is not the same as missing here.
fn or_null<'de: 'a, 'a, D: Deserializer<'de>>(source: D) -> Result<Member<'a>, D::Error> {
    <&RawValue>::deserialize(source).map(Some)
}
