//! How many connections are open. Each costs a file descriptor and memory, and a process
//! without descriptors can do nothing any more.
//!
//! A request on a connection beyond the limit is refused, and the connection closed, so that
//! the client learns why. Only so many of these are open at once; further ones wait in the
//! system's queue, where they cost nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections beyond the limit that are open at once.
pub const REFUSED_AT_ONCE: usize = 128;

/// An extension of requests on a connection beyond the limit.
#[derive(Clone, Copy)]
pub(super) struct Crowded;

/// The open connections. Clones share them.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    limit: usize,
    open: AtomicUsize,
    refusing: Arc<Semaphore>,
}

impl Connections {
    /// None is open yet.
    pub fn new(limit: usize) -> Self {
        let refusing = Arc::new(Semaphore::new(REFUSED_AT_ONCE));
        Self(Arc::new(Inner { limit, open: AtomicUsize::new(0), refusing }))
    }

    /// Brings the metric up to date.
    pub fn record(&self) {
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        metrics::gauge!("http_connections").set(self.0.open.load(Ordering::Relaxed) as f64);
    }

    /// Waits until one more can be open, be it to be refused.
    pub(super) async fn room(&self) -> Room {
        // The semaphore is never closed.
        let refused = Arc::clone(&self.0.refusing).acquire_owned().await.ok();
        Room { connections: self.clone(), refused }
    }
}

/// Room for one more connection.
pub(super) struct Room {
    connections: Connections,
    refused: Option<OwnedSemaphorePermit>,
}

impl Room {
    /// A connection has come.
    pub(super) fn taken(self) -> Open {
        let Self { connections, refused } = self;
        let before = connections.0.open.fetch_add(1, Ordering::Relaxed);
        let refused = refused.filter(|_| before >= connections.0.limit);
        Open { counted: AtomicBool::new(true), connections, refused }
    }
}

/// An open connection. It does not count while an answer goes on for long: such streams have a
/// limit of their own.
pub(super) struct Open {
    connections: Connections,
    counted: AtomicBool,
    refused: Option<OwnedSemaphorePermit>,
}

impl Open {
    /// Whether it is beyond the limit.
    pub(super) const fn is_crowded(&self) -> bool {
        self.refused.is_some()
    }

    /// Says whether it counts.
    pub(super) fn count(&self, counted: bool) {
        if self.counted.swap(counted, Ordering::Relaxed) == counted {
            return;
        }
        let open = &self.connections.0.open;
        if counted {
            open.fetch_add(1, Ordering::Relaxed);
        } else {
            open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.count(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_beyond_the_limit_are_few() {
        let connections = Connections::new(1);
        let first = connections.room().await.taken();
        assert!(!first.is_crowded());
        let crowd: Vec<Open> = {
            let mut crowd = Vec::new();
            for _ in 0..REFUSED_AT_ONCE {
                crowd.push(connections.room().await.taken());
            }
            crowd
        };
        assert!(crowd.iter().all(Open::is_crowded));
        let waiting =
            tokio::time::timeout(std::time::Duration::from_millis(20), connections.room());
        assert!(waiting.await.is_err(), "further ones wait");
        drop(crowd);
        assert!(connections.room().await.taken().is_crowded());
        // A stream leaves its place.
        first.count(false);
        let second = connections.room().await.taken();
        assert!(!second.is_crowded());
        first.count(true);
        drop((first, second));
        assert!(!connections.room().await.taken().is_crowded());
    }
}
