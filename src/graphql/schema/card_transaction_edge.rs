//! `CardTransactionEdge`.

use async_graphql::Object;

use crate::domain::cursor::ListId;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card_transaction::CardTransaction;

/// A transaction with its cursor.
pub(crate) struct CardTransactionEdge {
    node: CardTransaction,
    list: ListId,
}

impl CardTransactionEdge {
    /// A node of a list.
    pub(crate) const fn new(node: CardTransaction, list: ListId) -> Self {
        Self { node, list }
    }
}

/// A transaction with its cursor.
#[Object]
impl CardTransactionEdge {
    /// The transaction's position in the list, for `after` or `before` in another query.
    async fn cursor(&self) -> String {
        self.node.position().to_cursor(self.list)
    }

    /// The transaction.
    async fn node(&self) -> DirectObject<CardTransaction> {
        DirectObject(self.node.clone())
    }
}
