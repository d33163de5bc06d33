//! `CardCustomerConnection`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::page::{ListId, Window};
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
    pub(crate) window: Window,
    pub(crate) list: ListId,
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
        DirectObjects(self.all().map(|node| CardCustomerEdge::new(node, self.list)).collect())
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
            first: self.all().next().map(|customer| customer.position()),
            last: self.all().next_back().map(|customer| customer.position()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// The number of customers in the whole list. Counted only if selected.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}
