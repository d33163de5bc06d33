//! `CardCustomerChangeEdge`.

use async_graphql::Object;

use crate::graphql::execution::page_writer::DirectObject;
use crate::graphql::schema::card_customer_change::CardCustomerChange;

/// A change with its cursor.
pub(crate) struct CardCustomerChangeEdge(pub(crate) CardCustomerChange);

/// A change with its cursor.
#[Object]
impl CardCustomerChangeEdge {
    /// The change's position in the list, for `after` in another query or in a subscription.
    async fn cursor(&self) -> String {
        self.0.as_cursor()
    }

    /// The change.
    async fn node(&self) -> DirectObject<CardCustomerChange> {
        DirectObject(self.0.clone())
    }
}
