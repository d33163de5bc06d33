//! The total of a list, which costs a count.

use std::sync::Arc;

use async_graphql::Result;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::graphql::error::failure;

type Count = Box<dyn Fn() -> BoxFuture<'static, Result<i64, Arc<Error>>> + Send + Sync>;

/// The total of a list: counted when a field first needs it, and once at most.
pub(crate) struct ListTotal {
    count: Count,
    known: OnceCell<i64>,
}

impl ListTotal {
    /// A total that `count` finds.
    pub(crate) fn new<F>(count: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<i64, Arc<Error>>> + Send + 'static,
    {
        Self { count: Box::new(move || Box::pin(count())), known: OnceCell::new() }
    }

    /// The total.
    pub(crate) async fn get(&self) -> Result<i64> {
        let known = self.known.get_or_try_init(|| (self.count)()).await;
        known.copied().map_err(failure)
    }
}
