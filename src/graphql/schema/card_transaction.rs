//! `CardTransaction`.

use std::sync::Arc;

use async_graphql::{ID, Object};

use crate::domain::page::{Position, Slice};
use crate::domain::transaction::Transaction;
use crate::graphql::schema::enums::{TransactionStatus, TransactionType};
use crate::graphql::schema::scalars::{DateTime, Decimal};

/// One transaction, where it stands in its page.
#[derive(Clone)]
pub(crate) struct CardTransaction {
    page: Arc<Slice<Transaction>>,
    at: usize,
}

impl CardTransaction {
    /// All of a page, in its order.
    pub(crate) fn all_of(page: &Arc<Slice<Transaction>>) -> impl DoubleEndedIterator<Item = Self> {
        (0..page.items.len()).map(|at| Self { page: Arc::clone(page), at })
    }

    fn transaction(&self) -> &Transaction {
        &self.page.items[self.at]
    }

    /// Where the transaction stands in lists.
    pub(crate) fn position(&self) -> Position {
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

    /// The card that was used. Null if unknown.
    async fn card_id(&self) -> Option<ID> {
        self.transaction().card_id.clone().map(ID)
    }

    /// The type of the transaction.
    #[graphql(name = "type")]
    async fn kind(&self) -> TransactionType {
        self.transaction().transaction_type.into()
    }

    /// The amount, in `currency`.
    async fn amount(&self) -> Decimal {
        Decimal(self.transaction().amount)
    }

    /// The transaction's currency as an ISO 4217 code. It may differ from the wallet's.
    async fn currency(&self) -> &str {
        &self.transaction().currency
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
