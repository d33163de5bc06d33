//! `CardTransaction` and its connection.

use std::sync::Arc;

use async_graphql::{ID, Object, Result};

use crate::domain::page::{ListId, Position, Slice, Window};
use crate::domain::transaction::Transaction;
use crate::graphql::execution::page_writer::{Row, Rows};
use crate::graphql::schema::enums::{TransactionStatus, TransactionType};
use crate::graphql::schema::page_info::{PageInfo, Total};
use crate::graphql::schema::scalars::{DateTime, Decimal};

/// One transaction, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardTransaction {
    page: Arc<Slice<Transaction>>,
    at: usize,
}

impl CardTransaction {
    fn transaction(&self) -> &Transaction {
        &self.page.items[self.at]
    }

    fn position(&self) -> Position {
        let transaction = self.transaction();
        Position { created_at: transaction.created_at, key: transaction.transaction_id.clone() }
    }
}

/// A card transaction of a customer.
#[Object]
impl CardTransaction {
    /// The transaction's identifier.
    async fn transaction_id(&self) -> ID {
        ID(self.transaction().transaction_id.clone())
    }

    /// The card that it was made with, where known.
    async fn card_id(&self) -> Option<ID> {
        self.transaction().card_id.clone().map(ID)
    }

    /// What kind of transaction it is.
    #[graphql(name = "type")]
    async fn kind(&self) -> TransactionType {
        self.transaction().transaction_type.into()
    }

    /// How much, in `currency`.
    async fn amount(&self) -> Decimal {
        Decimal(self.transaction().amount)
    }

    /// The transaction's currency, an ISO 4217 code; may differ from the wallet's.
    async fn currency(&self) -> &str {
        &self.transaction().currency
    }

    /// How far the transaction has come.
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

    /// When the money was held.
    async fn authorized_at(&self) -> Option<DateTime> {
        self.transaction().authorized_at.map(DateTime)
    }

    /// When the money moved; null while pending.
    async fn settled_at(&self) -> Option<DateTime> {
        self.transaction().settled_at.map(DateTime)
    }

    /// When the transaction came into being: what the list is sorted by.
    async fn created_at(&self) -> DateTime {
        DateTime(self.transaction().created_at)
    }
}

/// A part of a customer's transactions.
pub(crate) struct CardTransactionConnection {
    pub(crate) page: Arc<Slice<Transaction>>,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) total: Arc<Total>,
}

impl CardTransactionConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardTransaction> + '_ {
        let page = &self.page;
        (0..page.items.len()).map(move |at| CardTransaction { page: Arc::clone(page), at })
    }
}

/// A part of a customer's transactions, newest first.
#[Object]
impl CardTransactionConnection {
    /// The transactions with their cursors.
    async fn edges(&self) -> Rows<CardTransactionEdge> {
        Rows(self.all().map(|node| CardTransactionEdge { node, list: self.list }).collect())
    }

    /// The transactions alone.
    async fn nodes(&self) -> Rows<CardTransaction> {
        Rows(self.all().collect())
    }

    /// Where this part stands in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.page.has_next,
            first: self.all().next().map(|node| node.position()),
            last: self.all().next_back().map(|node| node.position()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// How many transactions the whole list has. Costs a count.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}

/// A transaction with its cursor.
pub(crate) struct CardTransactionEdge {
    node: CardTransaction,
    list: ListId,
}

/// A transaction with its cursor.
#[Object]
impl CardTransactionEdge {
    /// Where the transaction stands in the list: another query's `after`.
    async fn cursor(&self) -> String {
        self.node.position().to_cursor(self.list)
    }

    /// The transaction.
    async fn node(&self) -> Row<CardTransaction> {
        Row(self.node.clone())
    }
}
