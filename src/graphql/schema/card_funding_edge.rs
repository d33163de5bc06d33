//! `CardFundingEdge`.

use async_graphql::Object;

use crate::domain::cursor::ListId;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card_funding::CardFunding;

/// A payment with its cursor.
pub(crate) struct CardFundingEdge {
    node: CardFunding,
    list: ListId,
}

impl CardFundingEdge {
    /// A node of a list.
    pub(crate) const fn new(node: CardFunding, list: ListId) -> Self {
        Self { node, list }
    }
}

/// A payment with its cursor.
#[Object]
impl CardFundingEdge {
    /// The payment's position in the list, for `after` or `before` in another query.
    async fn cursor(&self) -> String {
        self.node.position().to_cursor(self.list)
    }

    /// The payment.
    async fn node(&self) -> DirectObject<CardFunding> {
        DirectObject(self.node.clone())
    }
}
