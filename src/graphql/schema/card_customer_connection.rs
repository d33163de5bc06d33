//! `CardCustomerConnection`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::cursor::ListId;
use crate::domain::page::{Order, Window};
use crate::graphql::execution::customer_page::CustomerPage;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::DirectObjects;
use crate::graphql::schema::card_customer::CardCustomer;
use crate::graphql::schema::card_customer_edge::CardCustomerEdge;
use crate::graphql::schema::page_info::PageInfo;

/// A page of a list of customers.
pub(crate) struct CardCustomerConnection {
    pub(crate) page: Arc<CustomerPage>,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) order: Order,
    pub(crate) total: Arc<ListTotal>,
}

impl CardCustomerConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardCustomer> + '_ {
        CardCustomer::all_of(&self.page)
    }
}

/// A page of a list of card customers.
#[Object]
impl CardCustomerConnection {
    /// The customers with their cursors.
    async fn edges(&self) -> DirectObjects<CardCustomerEdge> {
        let edge = |node| CardCustomerEdge::new(node, self.list, self.order);
        DirectObjects(self.all().map(edge).collect())
    }

    /// The customers without their cursors.
    async fn nodes(&self) -> DirectObjects<CardCustomer> {
        DirectObjects(self.all().collect())
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.has_next,
            has_previous: self.has_previous,
            first: self.all().next().map(|customer| customer.position(self.order)),
            last: self.all().next_back().map(|customer| customer.position(self.order)),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// The number of customers in the whole list. Counted only if selected.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}
