//! How subscriptions follow changes: as they happen, or from a place on.

use std::sync::Arc;

use super::change_page::ChangePage;
use super::viewer::Viewer;
use crate::domain::change::Missed;
use crate::error::{Error, Result};
use crate::graphql::error::{failure, missed};
use crate::services::changes::feed::{Feed, Next};
use crate::services::live::{Changed, Watcher};

/// Why a change cannot be shown.
pub(crate) enum Gap {
    /// Changes came faster than the client read them. The next ones follow.
    Lagged,
    /// Changes after the client's place were removed because of their age.
    Removed,
    /// The store has failed.
    Failed(Arc<Error>),
}

impl From<Gap> for async_graphql::Error {
    fn from(gap: Gap) -> Self {
        match gap {
            Gap::Lagged | Gap::Removed => missed(),
            Gap::Failed(error) => failure(error),
        }
    }
}

/// The changes from a place on, each once and in order.
pub(crate) struct ChangeWatch {
    viewer: Arc<Viewer>,
    feed: Feed,
    /// Changes that were read together, and how many of them are given out.
    read: Option<(Arc<ChangePage>, usize)>,
}

impl ChangeWatch {
    /// Begins after the change with this number; without one, now.
    pub(crate) async fn begin(
        viewer: Arc<Viewer>,
        customer: Option<&str>,
        after: Option<i64>,
    ) -> Result<Self> {
        let Viewer { principal, services } = &*viewer;
        let feed = Feed::begin(&services.changes, &services.live, principal, customer, after);
        let feed = feed.await?;
        Ok(Self { viewer, feed, read: None })
    }

    /// The next change, by its page and its place there; none when the process stops.
    pub(crate) async fn next(&mut self) -> Option<Result<(Arc<ChangePage>, usize), Gap>> {
        loop {
            if let Some((page, at)) = self.read.as_mut().filter(|(page, at)| *at < page.len()) {
                *at += 1;
                return Some(Ok((Arc::clone(page), *at - 1)));
            }
            self.read = None;
            let viewer = Arc::clone(&self.viewer);
            let page = match self.feed.next().await? {
                Ok(Ok(Next::Stored(changes))) => ChangePage::new(viewer, changes),
                Ok(Ok(Next::Live(changed))) => ChangePage::of_one(viewer, changed),
                Ok(Err(Missed)) => return Some(Err(Gap::Removed)),
                Err(error) => return Some(Err(Gap::Failed(Arc::new(error)))),
            };
            self.read = Some((Arc::new(page), 0));
        }
    }
}

/// Where a subscription to customers gets their changes from.
pub(crate) enum ChangeSource {
    /// Each as it happens; a client that reads too slowly misses some.
    Live(Watcher),
    /// From a place on; with the change that comes next, whose customer is not known yet.
    Feed(Box<ChangeWatch>, Option<(Arc<ChangePage>, usize)>),
}

impl ChangeSource {
    /// The changes of the program's customers, or of one of them: those after a number, or
    /// those to come.
    pub(crate) async fn begin(
        viewer: &Arc<Viewer>,
        customer: Option<&str>,
        after: Option<i64>,
    ) -> Result<Self> {
        let Viewer { principal, services } = &**viewer;
        Ok(match (after, customer) {
            (Some(_), _) => {
                let watch = ChangeWatch::begin(Arc::clone(viewer), customer, after).await?;
                Self::Feed(Box::new(watch), None)
            }
            (None, Some(customer)) => {
                Self::Live(services.live.watch_one(principal, customer).await?)
            }
            (None, None) => Self::Live(services.live.watch_all(principal).await?),
        })
    }

    /// The next change, with the customer after it; none when the process stops. A future that
    /// is dropped before it is ready loses no change.
    pub(crate) async fn next(&mut self) -> Option<Result<Changed, Gap>> {
        let (watch, next) = match self {
            Self::Live(watcher) => {
                return Some(watcher.next().await?.map_err(|Missed| Gap::Lagged));
            }
            Self::Feed(watch, next) => (watch, next),
        };
        if next.is_none() {
            match watch.next().await? {
                Ok(change) => *next = Some(change),
                Err(gap) => return Some(Err(gap)),
            }
        }
        let (page, at) = next.clone()?;
        // In a box: a subscriber waits for long, and not for this.
        let changed = Box::pin(page.changed(at)).await.map_err(Gap::Failed);
        *next = None;
        Some(changed)
    }
}
