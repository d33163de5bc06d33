//! What the connections share: where a page stands in its list.

use std::sync::Arc;

use async_graphql::{Object, Result};
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::domain::page::{self, ListId, Position, Window};
use crate::error::Error;
use crate::graphql::error::failure;

type Count = Box<dyn Fn() -> BoxFuture<'static, Result<i64, Arc<Error>>> + Send + Sync>;

/// The total of a list: counted when a field first needs it, and once at most.
pub(crate) struct Total {
    count: Count,
    known: OnceCell<i64>,
}

impl Total {
    /// A total that `count` finds.
    pub(crate) fn new<F>(count: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<i64, Arc<Error>>> + Send + 'static,
    {
        Self { count: Box::new(move || Box::pin(count())), known: OnceCell::new() }
    }

    pub(crate) async fn get(&self) -> Result<i64> {
        let known = self.known.get_or_try_init(|| (self.count)()).await;
        known.copied().map_err(failure)
    }
}

/// Where a page stands in its list.
pub(crate) struct PageInfo {
    pub(crate) window: Window,
    pub(crate) has_next: bool,
    pub(crate) first: Option<Position>,
    pub(crate) last: Option<Position>,
    pub(crate) list: ListId,
    pub(crate) total: Arc<Total>,
}

/// Where a page stands in its list.
#[Object]
impl PageInfo {
    /// Whether the list goes on behind this page.
    async fn has_next_page(&self) -> bool {
        self.has_next
    }

    /// Whether there is something in the list before this page.
    async fn has_previous_page(&self) -> Result<bool> {
        match &self.window {
            Window::After { after, .. } => Ok(after.is_some()),
            Window::Numbered { page: 1, .. } => Ok(false),
            Window::Numbered { .. } if self.first.is_some() => Ok(true),
            // A page past the end: what comes before is the whole list.
            Window::Numbered { .. } => Ok(self.total.get().await? > 0),
        }
    }

    /// The cursor of the first item, null on an empty page.
    async fn start_cursor(&self) -> Option<String> {
        self.first.as_ref().map(|position| position.to_cursor(self.list))
    }

    /// The cursor of the last item, null on an empty page: the next page's `after`.
    async fn end_cursor(&self) -> Option<String> {
        self.last.as_ref().map(|position| position.to_cursor(self.list))
    }

    /// The page's number, from 1; null where the page was asked for by cursor.
    async fn page(&self) -> Option<i64> {
        match self.window {
            Window::Numbered { page, .. } => Some(page),
            Window::After { .. } => None,
        }
    }

    /// How many items a page has at most.
    async fn per_page(&self) -> i64 {
        self.window.size()
    }

    /// How many pages of this size the list has. Costs a count of the list.
    async fn total_pages(&self) -> Result<i64> {
        Ok(page::pages(self.total.get().await?, self.window.size()))
    }
}
