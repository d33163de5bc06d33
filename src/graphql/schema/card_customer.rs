//! `CardCustomer` and its connection.

use std::sync::Arc;

use async_graphql::{ID, Object, Result};

use crate::domain::balance::{Balance, Outcome};
use crate::domain::customer::Customer;
use crate::domain::page::{ListId, PageArgs, Position, Window};
use crate::graphql::error::{balance_unavailable, failure};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::page_writer::{Row, Rows};
use crate::graphql::schema::card::Card;
use crate::graphql::schema::card_transaction::CardTransactionConnection;
use crate::graphql::schema::enums::{
    BalanceFreshness, CardCustomerStatus, Currency, KycStatus, TransactionStatus,
};
use crate::graphql::schema::page_info::{PageInfo, Total};
use crate::graphql::schema::scalars::{DateTime, Decimal};
use crate::services::transactions::Transactions;

/// The fields that need the cards.
pub(crate) const CARD_FIELDS: &[&str] = &["cards", "cardsCount"];

/// A card customer, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardCustomer {
    page: Arc<CustomerPage>,
    at: usize,
}

impl CardCustomer {
    /// The first of a page.
    pub(crate) fn first_of(page: CustomerPage) -> Self {
        Self { page: Arc::new(page), at: 0 }
    }

    fn customer(&self) -> &Customer {
        self.page.customer(self.at)
    }

    fn position(&self) -> Position {
        let customer = self.customer();
        Position { created_at: customer.created_at, key: customer.id.clone() }
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

/// A customer of the card program. Balance fields, cards and transactions cost nothing unless they are selected.
#[Object]
impl CardCustomer {
    /// The canonical identifier: 24 hexadecimal digits.
    async fn id(&self) -> ID {
        ID(self.customer().id.clone())
    }

    /// The issuer's own name for the customer.
    async fn yativo_card_id(&self) -> &str {
        &self.customer().yativo_card_id
    }

    /// The program's own name for the customer.
    async fn external_customer_id(&self) -> Option<&str> {
        self.customer().external_customer_id.as_deref()
    }

    /// The customer's e-mail address.
    async fn email(&self) -> &str {
        &self.customer().email
    }

    /// How far the customer has come between sign-up and spending.
    async fn flow_status(&self) -> CardCustomerStatus {
        self.customer().flow_status.into()
    }

    /// The number of that stage, 1 to 6.
    async fn step(&self) -> i32 {
        self.customer().flow_status.step()
    }

    /// What has to happen next, in a sentence.
    async fn next_action(&self) -> &'static str {
        self.customer().flow_status.next_action()
    }

    /// The state of the identity check.
    async fn kyc_status(&self) -> Option<KycStatus> {
        self.customer().kyc_status.map(Into::into)
    }

    /// Whether the account wallet exists on the chain. Until then there is no balance.
    async fn safe_deployed(&self) -> bool {
        self.customer().safe_deployed
    }

    /// The account wallet: an EIP-55 address.
    async fn wallet_address(&self) -> Option<&str> {
        self.customer().wallet_address.as_deref()
    }

    /// The wallet's currency; null until the identity check assigns a region.
    async fn currency(&self) -> Option<Currency> {
        self.customer().currency.map(Into::into)
    }

    /// All that the account wallet holds. All cards share it.
    async fn ledger_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.map(|balance| Decimal(balance.ledger)))
    }

    /// What can be spent: the ledger balance less pending authorizations.
    async fn available_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.map(|balance| Decimal(balance.available)))
    }

    /// What is held for authorized transactions that have not settled; null where that is unknown.
    async fn pending_balance(&self) -> Result<Option<Decimal>> {
        Ok(self.balance().await?.and_then(|balance| balance.pending).map(Decimal))
    }

    /// Where the balance comes from.
    async fn balance_freshness(&self) -> Result<Option<BalanceFreshness>> {
        Ok(self.balance().await?.map(|balance| balance.freshness.into()))
    }

    /// When the balance was true; null for one that was read from the chain just now.
    async fn balance_updated_at(&self) -> Result<Option<DateTime>> {
        Ok(self.balance().await?.and_then(|balance| balance.updated_at).map(DateTime))
    }

    /// How many cards the customer has that are not void.
    async fn cards_count(&self) -> Result<usize> {
        let cards = self.page.cards(self.at).await.map_err(failure)?;
        Ok(cards.iter().filter(|card| !card.is_void()).count())
    }

    /// Every card of the customer, newest first, void ones too.
    async fn cards(&self) -> Result<Rows<Card>> {
        let all = self.page.cards(self.at).await.map_err(failure)?;
        Ok(Rows((0..all.len()).map(|at| Card { all: Arc::clone(&all), at }).collect()))
    }

    /// The customer's card transactions, newest first. By page number (`page`, `perPage`) or by cursor (`first`, `after`), not both.
    async fn transactions(
        &self,
        #[graphql(desc = "The page's number, from 1.")] page: Option<i64>,
        #[graphql(desc = "How many a page has: 1 to 100, otherwise 20.")] per_page: Option<i64>,
        #[graphql(desc = "How many to take from the cursor on: 0 to 100, otherwise 20.")]
        first: Option<i64>,
        #[graphql(desc = "The cursor of this very list to start behind.")] after: Option<String>,
        #[graphql(desc = "Only those in this state.")] status: Option<TransactionStatus>,
    ) -> Result<CardTransactionConnection> {
        let status = status.map(Into::into);
        let list =
            Transactions::list_id(&self.page.viewer().principal, &self.customer().id, status);
        let window = PageArgs { page, per_page, first, after: after.as_deref() }.window(list);
        let window = window.map_err(failure)?;
        // Boxed, so that the futures of all the other fields stay small.
        let slice = Box::pin(self.page.transactions(self.at, status, &window)).await;
        let slice = slice.map_err(failure)?;
        let (page, at) = (Arc::clone(&self.page), self.at);
        let total = Total::new(move || {
            let page = Arc::clone(&page);
            async move { page.transaction_count(at, status).await }
        });
        Ok(CardTransactionConnection { page: slice, window, list, total: Arc::new(total) })
    }

    /// When the customer was onboarded: what lists are sorted by.
    async fn created_at(&self) -> DateTime {
        DateTime(self.customer().created_at)
    }
}

/// A part of a list of customers.
pub(crate) struct CardCustomerConnection {
    pub(crate) page: Arc<CustomerPage>,
    pub(crate) has_next: bool,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) total: Arc<Total>,
}

impl CardCustomerConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardCustomer> + '_ {
        let page = &self.page;
        (0..page.len()).map(move |at| CardCustomer { page: Arc::clone(page), at })
    }
}

/// A part of a list of card customers.
#[Object]
impl CardCustomerConnection {
    /// The customers with their cursors.
    async fn edges(&self) -> Rows<CardCustomerEdge> {
        Rows(self.all().map(|node| CardCustomerEdge { node, list: self.list }).collect())
    }

    /// The customers alone.
    async fn nodes(&self) -> Rows<CardCustomer> {
        Rows(self.all().collect())
    }

    /// Where this part stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.has_next,
            first: self.all().next().map(|customer| customer.position()),
            last: self.all().next_back().map(|customer| customer.position()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// How many customers the whole list has. Costs a count.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}

/// A card customer with its cursor.
pub(crate) struct CardCustomerEdge {
    node: CardCustomer,
    list: ListId,
}

/// A card customer with its cursor.
#[Object]
impl CardCustomerEdge {
    /// Where the customer stands in the list: another query's `after`.
    async fn cursor(&self) -> String {
        self.node.position().to_cursor(self.list)
    }

    /// The customer.
    async fn node(&self) -> Row<CardCustomer> {
        Row(self.node.clone())
    }
}
