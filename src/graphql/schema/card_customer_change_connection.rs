//! `CardCustomerChangeConnection`.

use std::sync::Arc;

use async_graphql::Object;

use crate::domain::cursor::{ListId, Position};
use crate::domain::page::Window;
use crate::graphql::execution::change_page::ChangePage;
use crate::graphql::execution::list_total::ListTotal;
use crate::graphql::execution::page_writer::DirectObjects;
use crate::graphql::schema::card_customer_change::CardCustomerChange;
use crate::graphql::schema::card_customer_change_edge::CardCustomerChangeEdge;
use crate::graphql::schema::page_info::PageInfo;

/// A page of changes.
pub(crate) struct CardCustomerChangeConnection {
    pub(crate) page: Arc<ChangePage>,
    pub(crate) window: Window,
    pub(crate) list: ListId,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
    /// Where the next page begins.
    pub(crate) end: Position,
    pub(crate) total: Arc<ListTotal>,
}

impl CardCustomerChangeConnection {
    fn all(&self) -> impl DoubleEndedIterator<Item = CardCustomerChange> + '_ {
        CardCustomerChange::all_of(&self.page)
    }
}

/// A page of changes, oldest first.
#[Object]
impl CardCustomerChangeConnection {
    /// The changes with their cursors.
    async fn edges(&self) -> DirectObjects<CardCustomerChangeEdge> {
        DirectObjects(self.all().map(CardCustomerChangeEdge).collect())
    }

    /// The changes. Each has its cursor itself.
    async fn nodes(&self) -> DirectObjects<CardCustomerChange> {
        DirectObjects(self.all().collect())
    }

    /// The position of this page in the list. `endCursor` is never null: it is where to go on, also after an empty page.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            window: self.window.clone(),
            has_next: self.has_next,
            has_previous: self.has_previous,
            first: self.all().next().map(|node| node.position()),
            last: Some(self.end.clone()),
            list: self.list,
            total: Arc::clone(&self.total),
        }
    }
}
