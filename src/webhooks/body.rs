//! Bounds the memory of bodies: of each one, and of all together.
//!
//! A body has to be read before its signature can be checked, so that any client can
//! make us hold one. Each part of a body takes its bytes out of a budget when it
//! arrives; the response gives them back.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use futures_util::StreamExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Kind, Result};

/// The largest body, in bytes.
pub(super) const MAX_BODY: usize = 256 * 1024;
/// All bodies together, in bytes. Most events have one or two kilobytes.
const MAX_TOTAL: usize = 16 * 1024 * 1024;
/// How long a body waits for budget.
const BUDGET_TIMEOUT: Duration = Duration::from_secs(1);

/// The bytes that all bodies together may still take.
#[derive(Clone)]
pub(super) struct BodyBudget(Arc<Semaphore>);

/// A body with its share of the budget.
pub(super) struct BoundedBody {
    /// The bytes as they came.
    pub(super) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// A full budget.
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_TOTAL)))
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// If it is too large or incomplete; [`Kind::Unavailable`] if other bodies hold the
    /// budget.
    pub(super) async fn read(&self, body: Body) -> Result<BoundedBody> {
        // A declared length reserves no memory beyond the limit of one body.
        let said = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        let mut whole: Vec<u8> = Vec::with_capacity(said.min(MAX_BODY));
        let mut parts = body.into_data_stream();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(part) = parts.next().await {
            let unreadable = |_| Error::new(Kind::Invalid, "The body cannot be read");
            let part = part.map_err(unreadable)?;
            if whole.len() + part.len() > MAX_BODY {
                return Err(Error::new(Kind::TooLarge, "The body is too large"));
            }
            let more = self.take(part.len()).await?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            whole.extend_from_slice(&part);
        }
        Ok(BoundedBody { bytes: whole.into(), _share: share })
    }

    async fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.0).acquire_many_owned(bytes);
        let too_many = "too many bodies of events at once";
        let taken = tokio::time::timeout(BUDGET_TIMEOUT, taken).await;
        taken.map_err(|_| Error::unavailable(too_many))?.map_err(Error::unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(size: usize) -> Body {
        Body::from(vec![b'x'; size])
    }

    #[tokio::test(start_paused = true)]
    async fn the_sum_of_all_bodies_is_bounded_and_given_back() {
        let budget = BodyBudget::new();
        let mut held = Vec::new();
        for _ in 0..MAX_TOTAL / MAX_BODY {
            held.push(budget.read(bodies(MAX_BODY)).await.expect("room for it"));
        }
        let refused = budget.read(bodies(1)).await.err().expect("no room");
        assert_eq!(refused.kind(), Kind::Unavailable);
        held.pop();
        assert_eq!(budget.read(bodies(MAX_BODY)).await.expect("room again").bytes.len(), MAX_BODY);
        let refused = budget.read(bodies(MAX_BODY + 1)).await.err().expect("too large");
        assert_eq!(refused.kind(), Kind::TooLarge);
        held.clear();
        assert_eq!(budget.0.available_permits(), MAX_TOTAL);
    }
}
