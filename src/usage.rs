//! Counts the SQL statements and chain calls of a request, if the client asks for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

tokio::task_local! {
    static USAGE: Arc<Usage>;
}

/// The counters of a request.
#[derive(Debug, Default)]
pub struct Usage {
    statements: AtomicU32,
    chain_calls: AtomicU32,
}

impl Usage {
    /// SQL statements.
    pub fn statements(&self) -> u32 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Chain calls that the request waited for; other requests may share them.
    pub fn chain_calls(&self) -> u32 {
        self.chain_calls.load(Ordering::Relaxed)
    }
}

/// Runs a future and counts what it uses.
pub async fn counted<F: Future>(usage: Arc<Usage>, running: F) -> F::Output {
    USAGE.scope(usage, running).await
}

/// Continues counting in another task.
pub fn inherited<F: Future>(running: F) -> impl Future<Output = F::Output> {
    let usage = USAGE.try_with(Arc::clone).ok();
    async move {
        match usage {
            Some(usage) => USAGE.scope(usage, running).await,
            None => running.await,
        }
    }
}

/// Counts a statement.
pub fn statement() {
    // The request may not want to know.
    let _ = USAGE.try_with(|usage| usage.statements.fetch_add(1, Ordering::Relaxed));
}

/// Counts chain calls.
pub fn chain_calls(count: usize) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let _ = USAGE.try_with(|usage| usage.chain_calls.fetch_add(count, Ordering::Relaxed));
}
