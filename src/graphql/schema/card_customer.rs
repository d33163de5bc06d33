//! `CardCustomer`.

use std::sync::Arc;

use async_graphql::{ID, Object, Result};

use crate::domain::balance::{Balance, Outcome};
use crate::domain::card;
use crate::domain::cursor::Position;
use crate::domain::customer::Customer;
use crate::domain::page::{Order, PageArgs};
use crate::graphql::error::{balance_unavailable, failure};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::{DirectObject, DirectObjects};
use crate::graphql::schema::card::Card;
use crate::graphql::schema::card_customer_onboarding::CardCustomerOnboarding;
use crate::graphql::schema::card_funding_connection::CardFundingConnection;
use crate::graphql::schema::card_transaction::CardHolder;
use crate::graphql::schema::card_transaction_connection::CardTransactionConnection;
use crate::graphql::schema::card_transaction_filter::CardTransactionFilter;
use crate::graphql::schema::enums::{
    BalanceFreshness, CardCustomerStatus, Currency, KycStatus, TransactionStatus,
};
use crate::graphql::schema::scalars::{DateTime, Decimal};
use crate::services::funding::Funding;
use crate::services::transactions::Transactions;

/// The fields that need the cards.
pub(crate) const CARD_FIELDS: &[&str] = &["cards", "cardsCount", "pinSet"];

/// A card customer, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardCustomer {
    page: Arc<CustomerPage>,
    at: usize,
}

impl CardCustomer {
    /// The first of a page.
    pub(crate) fn first_of(page: impl Into<Arc<CustomerPage>>) -> Self {
        Self { page: page.into(), at: 0 }
    }

    /// The one at a place of a page.
    pub(crate) const fn at(page: Arc<CustomerPage>, at: usize) -> Self {
        Self { page, at }
    }

    /// All of a page, in its order.
    pub(crate) fn all_of(page: &Arc<CustomerPage>) -> impl DoubleEndedIterator<Item = Self> {
        (0..page.len()).map(|at| Self { page: Arc::clone(page), at })
    }

    fn customer(&self) -> &Customer {
        self.page.customer(self.at)
    }

    /// Where the customer stands in lists of an order.
    pub(crate) fn position(&self, order: Order) -> Position {
        self.customer().position(order)
    }

    async fn balance(&self) -> Result<Option<&Balance>> {
        if !self.customer().safe_deployed {
            return Ok(None);
        }
        match self.page.balance(self.at).await.map_err(failure)? {
            Outcome::None => Ok(None),
            Outcome::Known(balance) => Ok(Some(balance)),
            Outcome::Unavailable => Err(balance_unavailable()),
        }
    }
}

/// A customer of the card program. Balances, cards and transactions are loaded only if they are selected.
#[Object]
impl CardCustomer {
    /// The canonical identifier: 24 hexadecimal digits.
    pub(crate) async fn id(&self) -> ID {
        ID(self.customer().id.clone())
    }

    /// The customer's identifier at the issuer.
    async fn yativo_card_id(&self) -> &str {
        &self.customer().yativo_card_id
    }

    /// The customer's identifier in the program's own system.
    async fn external_customer_id(&self) -> Option<&str> {
        self.customer().external_customer_id.as_deref()
    }

    /// The customer's e-mail address.
    async fn email(&self) -> &str {
        &self.customer().email
    }

    /// The onboarding stage, from sign-up to spending. Where the issuer has another status, the nearest stage: see `issuerFlowStatus`.
    async fn flow_status(&self) -> CardCustomerStatus {
        self.customer().onboarding.stage().into()
    }

    /// The onboarding status in the issuer's word, such as `active` or `kyc_rejected`. The issuer has more statuses than there are stages, and new ones may come.
    async fn issuer_flow_status(&self) -> &str {
        self.customer().onboarding.status()
    }

    /// The number of the onboarding stage, 1 to 6.
    async fn step(&self) -> i32 {
        self.customer().onboarding.step()
    }

    /// The next onboarding step, in one sentence.
    async fn next_action(&self) -> &str {
        self.customer().onboarding.next_action()
    }

    /// How far the onboarding has come.
    async fn onboarding(&self) -> DirectObject<CardCustomerOnboarding> {
        DirectObject(CardCustomerOnboarding { page: Arc::clone(&self.page), at: self.at })
    }

    /// The status of the identity check.
    async fn kyc_status(&self) -> Option<KycStatus> {
        self.customer().kyc_status.map(Into::into)
    }

    /// Whether the account wallet exists on the blockchain. Before that there is no balance.
    async fn safe_deployed(&self) -> bool {
        self.customer().safe_deployed
    }

    /// The address of the account wallet, in EIP-55 form.
    async fn wallet_address(&self) -> Option<&str> {
        self.customer().wallet_address.as_deref()
    }

    /// The wallet's currency. Null until the identity check assigns a region.
    async fn currency(&self) -> Option<Currency> {
        self.customer().currency.map(Into::into)
    }

    /// The amount in the account wallet, which all cards share.
    async fn ledger_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.map(|balance| Decimal::of_wallet(balance.ledger)))
    }

    /// The amount that can be spent: the ledger balance minus pending authorizations.
    async fn available_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.map(|balance| Decimal::of_wallet(balance.available)))
    }

    /// The amount held for authorized transactions that have not settled. Null if unknown.
    async fn pending_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.and_then(|balance| balance.pending).map(Decimal::of_wallet))
    }

    /// The source of the balance.
    async fn balance_freshness(&self) -> Result<Option<BalanceFreshness>> {
        Ok(self.balance().await?.map(|balance| balance.freshness.into()))
    }

    /// The time of the balance. Null if it was just read from the blockchain.
    async fn balance_updated_at(&self) -> Result<Option<DateTime>> {
        Ok(self.balance().await?.and_then(|balance| balance.updated_at).map(DateTime))
    }

    /// The number of cards that are not void.
    async fn cards_count(&self) -> Result<i64> {
        if let Some(stated) = self.customer().stated_cards_count {
            return Ok(stated);
        }
        let cards = self.page.cards(self.at).await.map_err(failure)?;
        Ok(self.customer().cards_count(&cards))
    }

    /// Whether any card has its PIN set. Null if that is unknown, or if there is no card.
    async fn pin_set(&self) -> Result<Option<bool>> {
        Ok(card::any_pin_set(&self.page.cards(self.at).await.map_err(failure)?))
    }

    /// All cards of the customer, newest first, including void cards.
    async fn cards(&self) -> Result<DirectObjects<Card>> {
        let all = self.page.cards(self.at).await.map_err(failure)?;
        Ok(DirectObjects((0..all.len()).map(|at| Card { all: Arc::clone(&all), at }).collect()))
    }

    /// The customer's card transactions, newest first, by page number (`page`, `perPage`) or by cursor (`first`, `after`, `last`, `before`), not both.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn transactions(
        &self,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "Items per page, 1 to 100. Default: 20.")] per_page: Option<i64>,
        #[graphql(desc = "The first items after the cursor, 0 to 100. Default: 20.")] first: Option<
            i64,
        >,
        #[graphql(desc = "The cursor to continue after, from this same list.")] after: Option<
            String,
        >,
        #[graphql(desc = "The last items before the cursor, 0 to 100.")] last: Option<i64>,
        #[graphql(desc = "The cursor to end before, from this same list.")] before: Option<String>,
        #[graphql(desc = "Only transactions with this status.")] status: Option<TransactionStatus>,
        #[graphql(desc = "Only transactions of which all of this holds.")] filter: Option<
            CardTransactionFilter,
        >,
    ) -> Result<CardTransactionConnection> {
        let filter = filter.map(CardTransactionFilter::checked).transpose().map_err(failure)?;
        let mut filter = filter.unwrap_or_default();
        if let Some(status) = status {
            filter = filter.and_status(status.into());
        }
        let list = Transactions::list_id(&self.page.viewer.principal, &self.customer().id, &filter);
        let (after, before) = (after.as_deref(), before.as_deref());
        let window = PageArgs { page, per_page, first, after, last, before }.window(list);
        let window = window.map_err(failure)?;
        // Boxed, so that the futures of all the other fields stay small.
        let slice = Box::pin(self.page.transactions(self.at, &filter, &window)).await;
        let slice = slice.map_err(failure)?;
        let (page, at) = (Arc::clone(&self.page), self.at);
        let total = ListTotal::new(move || {
            let (page, filter) = (Arc::clone(&page), filter.clone());
            async move { page.transaction_count(at, &filter).await }
        });
        let holder = CardHolder::One(Arc::clone(&self.page.holders), self.at);
        let total = Arc::new(total);
        Ok(CardTransactionConnection { page: slice, holder, window, list, total })
    }

    /// The payments to the customer and from the customer's cards that clients have ordered here, newest first, by page number (`page`, `perPage`) or by cursor (`first`, `after`, `last`, `before`), not both.
    #[expect(clippy::too_many_arguments, reason = "they are the field's arguments")]
    async fn fundings(
        &self,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "Items per page, 1 to 100. Default: 20.")] per_page: Option<i64>,
        #[graphql(desc = "The first items after the cursor, 0 to 100. Default: 20.")] first: Option<
            i64,
        >,
        #[graphql(desc = "The cursor to continue after, from this same list.")] after: Option<
            String,
        >,
        #[graphql(desc = "The last items before the cursor, 0 to 100.")] last: Option<i64>,
        #[graphql(desc = "The cursor to end before, from this same list.")] before: Option<String>,
    ) -> Result<CardFundingConnection> {
        let list = Funding::list_id(&self.page.viewer.principal, &self.customer().id);
        let (after, before) = (after.as_deref(), before.as_deref());
        let window = PageArgs { page, per_page, first, after, last, before }.window(list);
        let window = window.map_err(failure)?;
        // Boxed, so that the futures of all the other fields stay small.
        let slice = Box::pin(self.page.payments(self.at, &window)).await.map_err(failure)?;
        let (page, at) = (Arc::clone(&self.page), self.at);
        let total = ListTotal::new(move || {
            let page = Arc::clone(&page);
            async move { page.payment_count(at).await }
        });
        Ok(CardFundingConnection { page: slice, window, list, total: Arc::new(total) })
    }

    /// The time of onboarding. Lists are sorted by it.
    async fn created_at(&self) -> DateTime {
        DateTime(self.customer().created_at)
    }

    /// When anything changed last that this API shows of the customer, with cards, transactions and payments; balances that are read from the blockchain apart.
    async fn updated_at(&self) -> Result<DateTime> {
        self.page.updated_at(self.at).await.map(DateTime).map_err(failure)
    }
}
