//! `CardTransaction`.

use std::sync::Arc;

use async_graphql::{ID, Object, Result};

use crate::domain::cursor::Position;
use crate::domain::node_id::NodeId;
use crate::domain::page::Slice;
use crate::domain::transaction::Transaction;
use crate::graphql::error::failure;
use crate::graphql::execution::card_holders::CardHolders;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card::Card;
use crate::graphql::schema::enums::{Currency, TransactionStatus, TransactionType};
use crate::graphql::schema::scalars::{DateTime, Decimal};

/// One transaction, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardTransaction {
    page: Arc<Slice<Transaction>>,
    at: usize,
    holder: CardHolder,
}

/// Who made the transactions of a page.
#[derive(Clone)]
pub(crate) enum CardHolder {
    /// One customer, where it stands among those whose cards are loaded together.
    One(Arc<CardHolders>, usize),
    /// Each transaction another customer, in the order of the transactions.
    Each(Arc<CardHolders>),
}

impl CardTransaction {
    /// The one at a place of a page.
    pub(crate) const fn at(
        page: Arc<Slice<Transaction>>,
        at: usize,
        holders: Arc<CardHolders>,
    ) -> Self {
        Self { page, at, holder: CardHolder::Each(holders) }
    }

    /// All of a page, in its order.
    pub(crate) fn all_of(
        page: &Arc<Slice<Transaction>>,
        holder: &CardHolder,
    ) -> impl DoubleEndedIterator<Item = Self> {
        (0..page.items.len()).map(|at| Self { page: Arc::clone(page), at, holder: holder.clone() })
    }

    /// The card that was used, where it is known which one that is.
    async fn used(&self) -> Result<Option<Card>> {
        if self.transaction().card_id.is_none() {
            return Ok(None);
        }
        let (holders, at) = match &self.holder {
            CardHolder::One(holders, at) => (holders, *at),
            CardHolder::Each(holders) => (holders, self.at),
        };
        let all = holders.cards(at).await.map_err(failure)?;
        Ok(self.transaction().card(&all).map(|at| Card { all, at }))
    }

    fn transaction(&self) -> &Transaction {
        &self.page.items[self.at]
    }

    /// Where the transaction stands in lists.
    pub(crate) fn position(&self) -> Position {
        let transaction = self.transaction();
        Position::at(transaction.created_at, &transaction.transaction_id)
    }
}

/// A card transaction of a customer.
#[Object]
impl CardTransaction {
    /// The identifier for `node`: `transactionId` with a prefix.
    pub(crate) async fn id(&self) -> ID {
        ID(NodeId::of_transaction(&self.transaction().transaction_id))
    }

    /// The transaction's identifier at the issuer.
    async fn transaction_id(&self) -> ID {
        ID(self.transaction().transaction_id.clone())
    }

    /// The `id` of the customer.
    async fn customer_id(&self) -> ID {
        ID(self.transaction().customer_id.clone())
    }

    /// The card that was used. Null if unknown, also if the issuer's event names a card of which it is not known which one that is.
    async fn card(&self) -> Result<Option<DirectObject<Card>>> {
        Ok(self.used().await?.map(DirectObject))
    }

    /// The `cardId` of the card that was used. If it is not known which card that is, the card network's token, by which the issuer's events name it. Null if unknown.
    async fn card_id(&self) -> Result<Option<ID>> {
        let transaction = self.transaction();
        if transaction.names_card_itself() {
            return Ok(transaction.card_id.clone().map(ID));
        }
        let used = self.used().await?;
        let id = used.map(|card| card.card().card_id.clone());
        Ok(id.or_else(|| transaction.card_id.clone()).map(ID))
    }

    /// The type of the transaction.
    #[graphql(name = "type")]
    async fn kind(&self) -> TransactionType {
        self.transaction().transaction_type.into()
    }

    /// The merchant's amount, in `currency`.
    async fn amount(&self) -> Decimal {
        Decimal::of(self.transaction().amount, &self.transaction().currency)
    }

    /// The merchant's currency as an ISO 4217 code. It may differ from the wallet's.
    async fn currency(&self) -> &str {
        &self.transaction().currency
    }

    /// The amount that the wallet is charged, in `billingCurrency`. It differs from `amount` if the merchant's currency is another. Null if unknown.
    async fn billing_amount(&self) -> Option<Decimal> {
        let billing = self.transaction().billing?;
        Some(Decimal::of_wallet(billing.amount))
    }

    /// The wallet's currency. Null if the billing amount is unknown.
    async fn billing_currency(&self) -> Option<Currency> {
        self.transaction().billing.map(|billing| billing.currency.into())
    }

    /// The exchange rate: `amount` divided by `billingAmount`, as the issuer states it.
    async fn fx_rate(&self) -> Option<Decimal> {
        self.transaction().fx_rate.clone().map(Decimal::Number)
    }

    /// The status of the transaction.
    async fn status(&self) -> TransactionStatus {
        self.transaction().status.into()
    }

    /// The merchant's name.
    async fn merchant(&self) -> Option<&str> {
        self.transaction().merchant.as_deref()
    }

    /// The merchant's category code (MCC, ISO 18245).
    async fn merchant_category(&self) -> Option<&str> {
        self.transaction().merchant_category.as_deref()
    }

    /// The merchant's city.
    async fn merchant_city(&self) -> Option<&str> {
        self.transaction().merchant_city.as_deref()
    }

    /// The merchant's country, an ISO 3166-1 alpha-2 code.
    async fn merchant_country(&self) -> Option<&str> {
        self.transaction().merchant_country.as_deref()
    }

    /// When the amount was authorized.
    async fn authorized_at(&self) -> Option<DateTime> {
        self.transaction().authorized_at.map(DateTime)
    }

    /// When the transaction settled. Null while it is pending.
    async fn settled_at(&self) -> Option<DateTime> {
        self.transaction().settled_at.map(DateTime)
    }

    /// When the transaction was created. Lists are sorted by it.
    async fn created_at(&self) -> DateTime {
        DateTime(self.transaction().created_at)
    }
}
