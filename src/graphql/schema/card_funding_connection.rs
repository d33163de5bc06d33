//! `CardFundingConnection`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::cursor::ListId;
use crate::domain::page::{Slice, Window};
use crate::domain::payment::Payment;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::DirectObjects;
use crate::graphql::schema::card_funding::CardFunding;
use crate::graphql::schema::card_funding_edge::CardFundingEdge;
use crate::graphql::schema::page_info::PageInfo;

/// A page of a customer's payments.
pub(crate) struct CardFundingConnection {
    pub(crate) page: Arc<Slice<Payment>>,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) total: Arc<ListTotal>,
}

impl CardFundingConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardFunding> + '_ {
        CardFunding::all_of(&self.page)
    }
}

/// A page of a customer's payments, newest first.
#[Object]
impl CardFundingConnection {
    /// The payments with their cursors.
    async fn edges(&self) -> DirectObjects<CardFundingEdge> {
        DirectObjects(self.all().map(|node| CardFundingEdge::new(node, self.list)).collect())
    }

    /// The payments without their cursors.
    async fn nodes(&self) -> DirectObjects<CardFunding> {
        DirectObjects(self.all().collect())
    }

    /// The position of this page in the list.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.page.has_next,
            has_previous: self.page.has_previous,
            first: self.all().next().map(|node| node.position()),
            last: self.all().next_back().map(|node| node.position()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }

    /// The number of payments in the whole list. Counted only if selected.
    async fn total_count(&self) -> Result<i64> {
        self.total.get().await
    }
}
