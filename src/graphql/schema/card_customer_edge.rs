//! `CardCustomerEdge`.

use async_graphql::Object;

use crate::domain::cursor::ListId;
use crate::domain::page::Order;
use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card_customer::CardCustomer;

/// A card customer with its cursor.
pub(crate) struct CardCustomerEdge {
    node: CardCustomer,
    list: ListId,
    order: Order,
}

impl CardCustomerEdge {
    /// A node of a list.
    pub(crate) const fn new(node: CardCustomer, list: ListId, order: Order) -> Self {
        Self { node, list, order }
    }
}

/// A card customer with its cursor.
#[Object]
impl CardCustomerEdge {
    /// The customer's position in the list, for `after` or `before` in another query.
    async fn cursor(&self) -> String {
        self.node.position(self.order).to_cursor(self.list)
    }

    /// The customer.
    async fn node(&self) -> DirectObject<CardCustomer> {
        DirectObject(self.node.clone())
    }
}
