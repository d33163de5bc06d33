//! The order in which the writers of this process get SQLite's one write lock.
//!
//! Writers wait in their order. Those who write in bulk (imports, synchronisation, removal of
//! old rows) wait for each other first: so any other writer waits for one of their
//! transactions at most, however many of them there are. Between two of these, they leave the
//! lock alone for a moment, because other processes can only try again and again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long the lock is left alone after a transaction in bulk.
const PAUSE: Duration = Duration::from_millis(3);

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Urgency {
    /// Someone waits for it.
    Prompt,
    /// Many rows, for which others need not wait.
    Bulk,
}

impl Urgency {
    /// The pause before the next attempt while another process holds the lock.
    pub(super) const fn pause(self) -> Duration {
        match self {
            Self::Prompt => Duration::from_millis(1),
            Self::Bulk => Duration::from_millis(5),
        }
    }
}

/// The queue of this process's writers.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    writer: Arc<Mutex<()>>,
    /// When the last transaction in bulk has ended.
    bulk: Arc<Mutex<Option<Instant>>>,
}

/// The right to write, until it is dropped.
pub(super) struct Turn {
    _writer: OwnedMutexGuard<()>,
    bulk: Option<OwnedMutexGuard<Option<Instant>>>,
}

impl Turns {
    /// Waits for a turn.
    pub(super) async fn wait(&self, urgency: Urgency) -> Turn {
        let bulk = match urgency {
            Urgency::Prompt => None,
            Urgency::Bulk => {
                let bulk = Arc::clone(&self.bulk).lock_owned().await;
                if let Some(ended) = *bulk {
                    tokio::time::sleep_until((ended + PAUSE).into()).await;
                }
                Some(bulk)
            }
        };
        Turn { _writer: Arc::clone(&self.writer).lock_owned().await, bulk }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(ended) = self.bulk.as_deref_mut() {
            *ended = Some(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of two waiting writers is next, while a transaction in bulk is open.
    #[tokio::test(start_paused = true)]
    async fn a_prompt_writer_waits_for_one_transaction_in_bulk_at_most() {
        let turns = Turns::default();
        let first = turns.wait(Urgency::Bulk).await;
        let order = Arc::new(std::sync::Mutex::new(Vec::new()));
        let mut waiting = Vec::new();
        for (name, urgency) in [
            ("bulk 1", Urgency::Bulk),
            ("bulk 2", Urgency::Bulk),
            ("prompt 1", Urgency::Prompt),
            ("prompt 2", Urgency::Prompt),
        ] {
            let (turns, order) = (turns.clone(), Arc::clone(&order));
            waiting.push(tokio::spawn(async move {
                let _turn = turns.wait(urgency).await;
                order.lock().expect("no panic").push(name);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }));
            tokio::task::yield_now().await;
        }
        drop(first);
        for one in waiting {
            one.await.expect("no panic");
        }
        let order = order.lock().expect("no panic");
        assert_eq!(*order, ["prompt 1", "prompt 2", "bulk 1", "bulk 2"]);
    }
}
