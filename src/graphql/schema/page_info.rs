//! `PageInfo`.

use std::sync::Arc;

use async_graphql::{Object, Result};

use crate::domain::cursor::{ListId, Position};
use crate::domain::page::{self, Window};
use crate::graphql::execution::list_total::ListTotal;

/// The position of a page in its list.
pub(crate) struct PageInfo {
    pub(crate) window: Window,
    pub(crate) has_next: bool,
    pub(crate) has_previous: bool,
    pub(crate) first: Option<Position>,
    pub(crate) last: Option<Position>,
    pub(crate) list: ListId,
    pub(crate) total: Arc<ListTotal>,
}

/// The position of a page in its list.
#[Object]
impl PageInfo {
    /// Whether the list continues after this page. With `last` it is computed only from `before`, as Relay's specification says.
    async fn has_next_page(&self) -> bool {
        self.has_next
    }

    /// Whether the list has items before this page. With `first` it is computed only from `after`, as Relay's specification says.
    async fn has_previous_page(&self) -> Result<bool> {
        match self.window {
            // A page past the end: what comes before is the whole list.
            Window::Numbered { .. } if self.has_previous && self.first.is_none() => {
                Ok(self.total.get().await? > 0)
            }
            _ => Ok(self.has_previous),
        }
    }

    /// The cursor of the first item, for `before` of the previous page. Null if the page is empty.
    async fn start_cursor(&self) -> Option<String> {
        self.first.as_ref().map(|position| position.to_cursor(self.list))
    }

    /// The cursor of the last item, for `after` of the next page. Null if the page is empty; in `cardCustomerChanges` it is where to go on then: `after` itself, if there is one.
    async fn end_cursor(&self) -> Option<String> {
        self.last.as_ref().map(|position| position.to_cursor(self.list))
    }

    /// The page's number, from 1. Null if the page was requested by cursor.
    async fn page(&self) -> Option<i64> {
        match self.window {
            Window::Numbered { page, .. } => Some(page),
            Window::Cursors { .. } => None,
        }
    }

    /// The maximum number of items per page.
    async fn per_page(&self) -> i64 {
        self.window.size()
    }

    /// The number of pages of this size in the list. Counted only if selected.
    async fn total_pages(&self) -> Result<i64> {
        Ok(page::pages(self.total.get().await?, self.window.size()))
    }
}
