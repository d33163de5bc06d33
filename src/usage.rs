//! What one request makes others do: counted where it happens, for a client
//! that wants to know. Nothing is counted unless a request asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

tokio::task_local! {
    static USAGE: Arc<Usage>;
}

/// What a request has used so far.
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

    /// Calls to the chain that brought something; shared with other requests,
    /// perhaps.
    pub fn chain_calls(&self) -> u32 {
        self.chain_calls.load(Ordering::Relaxed)
    }
}

/// Runs something, and counts what it uses.
pub async fn counted<F: Future>(usage: Arc<Usage>, running: F) -> F::Output {
    USAGE.scope(usage, running).await
}

/// Goes on counting in a task of its own.
pub fn inherited<F: Future>(running: F) -> impl Future<Output = F::Output> {
    let usage = USAGE.try_with(Arc::clone).ok();
    async move {
        match usage {
            Some(usage) => USAGE.scope(usage, running).await,
            None => running.await,
        }
    }
}

/// A statement is sent.
pub fn statement() {
    // The request may not want to know.
    let _ = USAGE.try_with(|usage| usage.statements.fetch_add(1, Ordering::Relaxed));
}

/// Calls to the chain are waited for.
pub fn chain_calls(count: usize) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let _ = USAGE.try_with(|usage| usage.chain_calls.fetch_add(count, Ordering::Relaxed));
}
