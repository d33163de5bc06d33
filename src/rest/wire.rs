//! The contract's bodies, member by member in its order. What has no value is
//! null, never absent.

#![expect(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "the members have the contract's names and types"
)]

use serde::Serialize;
use serde::ser::{Error as _, Serializer};
use serde_json::value::RawValue;

use crate::domain::balance::{Balance, Freshness};
use crate::domain::card::{Card as DomainCard, CardStatus};
use crate::domain::customer::Customer;
use crate::domain::money::{Currency, Minor};
use crate::domain::onboarding::KycStatus;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction as DomainTransaction;

/// The envelope of every answer that is not an error.
#[derive(Serialize)]
pub(super) struct Success<T> {
    success: bool,
    data: T,
}

impl<T> Success<T> {
    pub(super) const fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

/// Money in major units, as a JSON number that never was a float.
pub(super) struct MajorUnits(Minor);

impl Serialize for MajorUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.0.json_number();
        let number: &RawValue = serde_json::from_str(number.as_str()).map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

/// A time, written as the contract does.
struct Time(Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text().as_str())
    }
}

/// `data` of the list of customers.
#[derive(Serialize)]
pub(super) struct CustomerList<'a> {
    pub(super) customers: Vec<CustomerItem<'a>>,
    pub(super) total: i64,
    pub(super) page: i64,
    pub(super) limit: i64,
    pub(super) balances_included: bool,
}

/// A customer in the list.
#[derive(Serialize)]
pub(super) struct CustomerItem<'a> {
    id: &'a str,
    customer_id: &'a str,
    yativo_card_id: &'a str,
    external_customer_id: Option<&'a str>,
    email: &'a str,
    flow_status: &'static str,
    step: i32,
    next_action: &'static str,
    safe_deployed: bool,
    currency: Option<&'static str>,
    ledger_balance: Option<MajorUnits>,
    available_balance: Option<MajorUnits>,
    pending_balance: Option<MajorUnits>,
    balance_freshness: Option<&'static str>,
    cards_count: i64,
    created_at: Time,
}

impl<'a> CustomerItem<'a> {
    pub(super) fn of(customer: &'a Customer, balance: Option<&Balance>, cards_count: i64) -> Self {
        Self {
            id: &customer.id,
            customer_id: &customer.id,
            yativo_card_id: &customer.yativo_card_id,
            external_customer_id: customer.external_customer_id.as_deref(),
            email: &customer.email,
            flow_status: customer.flow_status.as_str(),
            step: customer.flow_status.step(),
            next_action: customer.flow_status.next_action(),
            safe_deployed: customer.safe_deployed,
            currency: customer.currency.map(Currency::as_str),
            ledger_balance: balance.map(|balance| MajorUnits(balance.ledger)),
            available_balance: balance.map(|balance| MajorUnits(balance.available)),
            pending_balance: balance.and_then(|balance| balance.pending).map(MajorUnits),
            balance_freshness: balance.map(|balance| balance.freshness.as_str()),
            cards_count,
            created_at: Time(customer.created_at),
        }
    }
}

/// `data` of one customer.
#[derive(Serialize)]
pub(super) struct CustomerDetail<'a> {
    id: &'a str,
    customer_id: &'a str,
    yativo_card_id: &'a str,
    external_id: Option<&'a str>,
    external_customer_id: Option<&'a str>,
    email: &'a str,
    flow_status: &'static str,
    step: i32,
    next_action: &'static str,
    kyc_status: Option<&'static str>,
    currency: Option<&'static str>,
    safe_deployed: bool,
    ledger_balance: Option<MajorUnits>,
    ledger_balance_minor: Option<i64>,
    available_balance: Option<MajorUnits>,
    available_balance_minor: Option<i64>,
    pending_balance: Option<MajorUnits>,
    pending_balance_minor: Option<i64>,
    balance_freshness: Option<&'static str>,
    balance_updated_at: Option<Time>,
    cards_count: usize,
    cards: Vec<Card<'a>>,
    created_at: Time,
}

impl<'a> CustomerDetail<'a> {
    pub(super) fn of(
        customer: &'a Customer,
        balance: Option<&Balance>,
        cards: &'a [DomainCard],
    ) -> Self {
        let ledger = balance.map(|balance| balance.ledger);
        let available = balance.map(|balance| balance.available);
        let pending = balance.and_then(|balance| balance.pending);
        Self {
            id: &customer.id,
            customer_id: &customer.id,
            yativo_card_id: &customer.yativo_card_id,
            external_id: customer.external_customer_id.as_deref(),
            external_customer_id: customer.external_customer_id.as_deref(),
            email: &customer.email,
            flow_status: customer.flow_status.as_str(),
            step: customer.flow_status.step(),
            next_action: customer.flow_status.next_action(),
            kyc_status: customer.kyc_status.map(KycStatus::as_str),
            currency: customer.currency.map(Currency::as_str),
            safe_deployed: customer.safe_deployed,
            ledger_balance: ledger.map(MajorUnits),
            ledger_balance_minor: ledger.map(Minor::get),
            available_balance: available.map(MajorUnits),
            available_balance_minor: available.map(Minor::get),
            pending_balance: pending.map(MajorUnits),
            pending_balance_minor: pending.map(Minor::get),
            balance_freshness: balance.map(|balance| balance.freshness.as_str()),
            balance_updated_at: balance
                .filter(|balance| balance.freshness == Freshness::Realtime)
                .and_then(|balance| balance.updated_at)
                .map(Time),
            cards_count: cards.iter().filter(|card| !card.is_void()).count(),
            cards: cards.iter().map(Card::of).collect(),
            created_at: Time(customer.created_at),
        }
    }
}

/// One of a customer's cards.
#[derive(Serialize)]
struct Card<'a> {
    card_id: &'a str,
    last_four: &'a str,
    card_type: &'static str,
    status: &'static str,
    is_frozen: bool,
    is_lost: bool,
    is_stolen: bool,
    is_blocked: bool,
    is_void: bool,
    activated_at: Option<Time>,
    created_at: Time,
}

impl<'a> Card<'a> {
    fn of(card: &'a DomainCard) -> Self {
        Self {
            card_id: &card.card_id,
            last_four: &card.last_four,
            card_type: card.card_type.as_str(),
            status: card.status.as_str(),
            is_frozen: card.status == CardStatus::Frozen,
            is_lost: card.status == CardStatus::Lost,
            is_stolen: card.is_stolen,
            is_blocked: card.status == CardStatus::Blocked,
            is_void: card.is_void(),
            activated_at: card.activated_at.map(Time),
            created_at: Time(card.created_at),
        }
    }
}

/// `data` of a customer's transactions.
#[derive(Serialize)]
pub(super) struct TransactionList<'a> {
    /// The identifier as the caller gave it.
    pub(super) customer_id: &'a str,
    pub(super) currency: Option<&'static str>,
    pub(super) transactions: Vec<Transaction<'a>>,
    pub(super) total: i64,
    pub(super) page: i64,
    pub(super) limit: i64,
}

/// One transaction.
#[derive(Serialize)]
pub(super) struct Transaction<'a> {
    transaction_id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    amount: MajorUnits,
    currency: &'a str,
    status: &'static str,
    merchant: Option<&'a str>,
    merchant_category: Option<&'a str>,
    merchant_city: Option<&'a str>,
    merchant_country: Option<&'a str>,
    authorized_at: Option<Time>,
    settled_at: Option<Time>,
    created_at: Time,
}

impl<'a> Transaction<'a> {
    pub(super) fn of(transaction: &'a DomainTransaction) -> Self {
        Self {
            transaction_id: &transaction.transaction_id,
            kind: transaction.transaction_type.as_str(),
            amount: MajorUnits(transaction.amount),
            currency: &transaction.currency,
            status: transaction.status.as_str(),
            merchant: transaction.merchant.as_deref(),
            merchant_category: transaction.merchant_category.as_deref(),
            merchant_city: transaction.merchant_city.as_deref(),
            merchant_country: transaction.merchant_country.as_deref(),
            authorized_at: transaction.authorized_at.map(Time),
            settled_at: transaction.settled_at.map(Time),
            created_at: Time(transaction.created_at),
        }
    }
}
