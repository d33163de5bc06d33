//! The contract's bodies, member by member in its order. A member without a value is
//! null, never absent.

#![expect(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "the members have the contract's names and types"
)]

use serde::Serialize;
use serde::ser::{Error as _, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::balance::{Balance, Freshness};
use crate::domain::card::{Card as DomainCard, CardStatus, CardType, any_pin_set};
use crate::domain::customer::Customer;
use crate::domain::money::{Currency, Minor, decimals};
use crate::domain::onboarding::{FlowStatus, KycStatus};
use crate::domain::time::Timestamp;
use crate::domain::transaction::{
    Transaction as DomainTransaction, TransactionStatus, TransactionType,
};

/// Money in major units, as a JSON number that is written without a float.
pub(super) struct MajorUnits {
    amount: Minor,
    decimals: u32,
}

impl MajorUnits {
    /// An amount of a wallet.
    pub(super) const fn of_wallet(amount: Minor) -> Self {
        Self { amount, decimals: Currency::DECIMALS }
    }
}

impl Serialize for MajorUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = self.amount.json_number(self.decimals);
        let number: &RawValue = serde_json::from_str(number.as_str()).map_err(S::Error::custom)?;
        number.serialize(serializer)
    }
}

/// A time in the contract's format.
pub(super) struct Time(pub(super) Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.text().as_str())
    }
}

/// One page of the program's customers.
#[derive(Serialize, ToSchema)]
pub(super) struct CustomerList<'a> {
    /// Newest first; empty after the last page.
    pub(super) customers: Vec<CustomerItem<'a>>,
    /// The number of items on all pages.
    #[schema(minimum = 0)]
    pub(super) total: i64,
    /// The number of this page.
    #[schema(minimum = 1)]
    pub(super) page: i64,
    /// The number of items on a page.
    #[schema(minimum = 1, maximum = 100)]
    pub(super) limit: i64,
    /// Whether the request included balances.
    pub(super) balances_included: bool,
}

/// A customer in the list.
#[derive(Serialize, ToSchema)]
pub(super) struct CustomerItem<'a> {
    /// The canonical identifier.
    #[schema(pattern = "^[0-9a-f]{24}$")]
    id: &'a str,
    /// The same as `id`.
    #[schema(pattern = "^[0-9a-f]{24}$")]
    customer_id: &'a str,
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// The program's identifier of the customer.
    external_customer_id: Option<&'a str>,
    /// The e-mail address as the customer entered it.
    #[schema(pattern = "@")]
    email: &'a str,
    /// The onboarding status, in the issuer's word.
    #[schema(value_type = FlowStatus)]
    flow_status: &'a str,
    /// The number of the onboarding stage.
    #[schema(minimum = 1, maximum = 6)]
    step: i32,
    /// The next step of the onboarding, in words.
    next_action: &'a str,
    /// Whether the account wallet exists. Without one, the balance members are null.
    safe_deployed: bool,
    /// The wallet's currency; null until the identity check assigns a region.
    #[schema(value_type = Option<Currency>)]
    currency: Option<&'static str>,
    /// Everything that the wallet holds.
    ledger_balance: Option<MajorUnits>,
    /// The amount that can be spent.
    available_balance: Option<MajorUnits>,
    /// Amounts held for transactions that have not settled; null if unknown.
    pending_balance: Option<MajorUnits>,
    /// `realtime`: from webhook events; `on_chain`: read from the blockchain.
    #[schema(value_type = Option<Freshness>)]
    balance_freshness: Option<&'static str>,
    /// The number of cards that are not void.
    #[schema(minimum = 0)]
    cards_count: i64,
    /// When the customer was onboarded.
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
            flow_status: customer.onboarding.status(),
            step: customer.onboarding.step(),
            next_action: customer.onboarding.next_action(),
            safe_deployed: customer.safe_deployed,
            currency: customer.currency.map(Into::into),
            ledger_balance: balance.map(|balance| MajorUnits::of_wallet(balance.ledger)),
            available_balance: balance.map(|balance| MajorUnits::of_wallet(balance.available)),
            pending_balance: balance.and_then(|balance| balance.pending).map(MajorUnits::of_wallet),
            balance_freshness: balance.map(|balance| balance.freshness.into()),
            cards_count,
            created_at: Time(customer.created_at),
        }
    }
}

/// Whether a PIN is set; null if unknown.
#[derive(Serialize)]
pub(super) struct PinSet(Option<bool>);

/// One customer, with cards.
#[derive(Serialize, ToSchema)]
pub(super) struct CustomerDetail<'a> {
    /// The canonical identifier.
    #[schema(pattern = "^[0-9a-f]{24}$")]
    id: &'a str,
    /// The same as `id`.
    #[schema(pattern = "^[0-9a-f]{24}$")]
    customer_id: &'a str,
    /// The card issuer's identifier of the customer.
    yativo_card_id: &'a str,
    /// The program's identifier of the customer.
    external_id: Option<&'a str>,
    /// The same as `external_id`.
    external_customer_id: Option<&'a str>,
    /// The e-mail address as the customer entered it.
    #[schema(pattern = "@")]
    email: &'a str,
    /// The onboarding status, in the issuer's word.
    #[schema(value_type = FlowStatus)]
    flow_status: &'a str,
    /// The number of the onboarding stage.
    #[schema(minimum = 1, maximum = 6)]
    step: i32,
    /// The next step of the onboarding, in words.
    next_action: &'a str,
    /// The state of the identity check.
    #[schema(value_type = Option<KycStatus>)]
    kyc_status: Option<&'static str>,
    /// The wallet's currency; null until the identity check assigns a region.
    #[schema(value_type = Option<Currency>)]
    currency: Option<&'static str>,
    /// Whether the account wallet exists. Without one, the balance members are null.
    safe_deployed: bool,
    /// Everything that the wallet holds.
    ledger_balance: Option<MajorUnits>,
    /// The same in minor units.
    ledger_balance_minor: Option<i64>,
    /// The amount that can be spent.
    available_balance: Option<MajorUnits>,
    /// The same in minor units.
    available_balance_minor: Option<i64>,
    /// Amounts held for transactions that have not settled; null if unknown.
    pending_balance: Option<MajorUnits>,
    /// The same in minor units.
    pending_balance_minor: Option<i64>,
    /// `realtime`: from webhook events; `on_chain`: read from the blockchain.
    #[schema(value_type = Option<Freshness>)]
    balance_freshness: Option<&'static str>,
    /// When the balance of the webhook event was current; null if the balance is not from
    /// an event.
    balance_updated_at: Option<Time>,
    /// The number of cards that are not void.
    cards_count: i64,
    /// Whether any card has its PIN set; null if unknown, absent if there is no card.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<bool>)]
    pin_set: Option<PinSet>,
    /// Every card, newest first.
    cards: Vec<Card<'a>>,
    /// When the customer was onboarded.
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
            flow_status: customer.onboarding.status(),
            step: customer.onboarding.step(),
            next_action: customer.onboarding.next_action(),
            kyc_status: customer.kyc_status.map(Into::into),
            currency: customer.currency.map(Into::into),
            safe_deployed: customer.safe_deployed,
            ledger_balance: ledger.map(MajorUnits::of_wallet),
            ledger_balance_minor: ledger.map(Minor::get),
            available_balance: available.map(MajorUnits::of_wallet),
            available_balance_minor: available.map(Minor::get),
            pending_balance: pending.map(MajorUnits::of_wallet),
            pending_balance_minor: pending.map(Minor::get),
            balance_freshness: balance.map(|balance| balance.freshness.into()),
            balance_updated_at: balance
                .filter(|balance| balance.freshness == Freshness::Realtime)
                .and_then(|balance| balance.updated_at)
                .map(Time),
            cards_count: customer.cards_count(cards),
            pin_set: (!cards.is_empty()).then(|| PinSet(any_pin_set(cards))),
            cards: cards.iter().map(Card::of).collect(),
            created_at: Time(customer.created_at),
        }
    }
}

/// One of a customer's cards.
#[derive(Serialize, ToSchema)]
struct Card<'a> {
    /// The issuer's identifier of the card: a UUID.
    card_id: &'a str,
    /// The last four digits of the card number.
    #[schema(pattern = "^[0-9]{4}$")]
    last_four: &'a str,
    /// Whether the card is virtual or physical.
    #[schema(value_type = CardType)]
    card_type: &'static str,
    /// The card's status.
    #[schema(value_type = CardStatus)]
    status: &'static str,
    /// Whether the customer has frozen the card temporarily.
    is_frozen: bool,
    /// Whether the card was reported lost.
    is_lost: bool,
    /// Whether the card was reported stolen; a stolen card counts as voided.
    is_stolen: bool,
    /// Whether the issuer has blocked the card.
    is_blocked: bool,
    /// Whether the card is permanently closed.
    is_void: bool,
    /// Whether the card's PIN is set; null if unknown.
    pin_set: Option<bool>,
    /// When the card was activated.
    activated_at: Option<Time>,
    /// When the card was created.
    created_at: Time,
}

impl<'a> Card<'a> {
    fn of(card: &'a DomainCard) -> Self {
        Self {
            card_id: &card.card_id,
            last_four: &card.last_four,
            card_type: card.card_type.into(),
            status: card.status.into(),
            is_frozen: card.status == CardStatus::Frozen,
            is_lost: card.status == CardStatus::Lost,
            is_stolen: card.is_stolen,
            is_blocked: card.status == CardStatus::Blocked,
            is_void: card.is_void(),
            pin_set: card.pin_set,
            activated_at: card.activated_at.map(Time),
            created_at: Time(card.created_at),
        }
    }
}

/// One page of a customer's card transactions.
#[derive(Serialize, ToSchema)]
pub(super) struct TransactionList<'a> {
    /// The identifier from the request.
    pub(super) customer_id: &'a str,
    /// The customer's currency.
    #[schema(value_type = Option<Currency>)]
    pub(super) currency: Option<&'static str>,
    /// Newest first; empty after the last page.
    pub(super) transactions: Vec<Transaction<'a>>,
    /// The number of items on all pages.
    #[schema(minimum = 0)]
    pub(super) total: i64,
    /// The number of this page.
    #[schema(minimum = 1)]
    pub(super) page: i64,
    /// The number of items on a page.
    #[schema(minimum = 1, maximum = 100)]
    pub(super) limit: i64,
}

/// One card transaction.
#[derive(Serialize, ToSchema)]
pub(super) struct Transaction<'a> {
    /// The issuer's identifier of the transaction.
    transaction_id: &'a str,
    /// The kind of transaction.
    #[serde(rename = "type")]
    #[schema(value_type = TransactionType)]
    kind: &'static str,
    /// The amount.
    amount: MajorUnits,
    /// The transaction's currency: an ISO 4217 code. It may differ from the customer's.
    currency: &'a str,
    /// The transaction's status.
    #[schema(value_type = TransactionStatus)]
    status: &'static str,
    /// The merchant's name.
    merchant: Option<&'a str>,
    /// The merchant's category: an MCC of ISO 18245.
    merchant_category: Option<&'a str>,
    /// The merchant's city.
    merchant_city: Option<&'a str>,
    /// The merchant's country: ISO 3166-1 alpha-2.
    merchant_country: Option<&'a str>,
    /// When the amount was held.
    authorized_at: Option<Time>,
    /// When the amount was settled; null while pending.
    settled_at: Option<Time>,
    /// When the transaction was created.
    created_at: Time,
}

impl<'a> Transaction<'a> {
    pub(super) fn of(transaction: &'a DomainTransaction) -> Self {
        Self {
            transaction_id: &transaction.transaction_id,
            kind: transaction.transaction_type.into(),
            amount: MajorUnits {
                amount: transaction.amount,
                decimals: decimals(&transaction.currency),
            },
            currency: &transaction.currency,
            status: transaction.status.into(),
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
