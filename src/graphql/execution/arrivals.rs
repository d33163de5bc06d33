//! Root fields whose customers are still on their way.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// Root fields of a request whose customers are still on their way. What is
/// to be found out about customers waits for all of them, and is then asked
/// for all at once, so that it is one question a request.
#[derive(Default)]
pub(crate) struct Arrivals {
    /// There is one root field only: nobody else is to be waited for.
    alone: bool,
    expected: AtomicUsize,
    all_here: Notify,
    /// Whose transactions are going to be asked for.
    transactions: Mutex<Vec<String>>,
}

impl Arrivals {
    /// `alone` if there is one root field only.
    pub(crate) fn new(alone: bool) -> Self {
        Self { alone, ..Self::default() }
    }

    /// One more is on its way, until the guard is dropped.
    ///
    /// It goes on after all root fields have come here: a database on this
    /// machine can answer the first before the second has begun.
    pub(crate) async fn expect(&self) -> Expected<'_> {
        self.expected.fetch_add(1, Ordering::Relaxed);
        let expected = Expected(self);
        if !self.alone {
            tokio::task::yield_now().await;
        }
        expected
    }

    /// Whether others may want to know what is wanted here.
    pub(crate) fn has_others(&self) -> bool {
        !self.alone
    }

    /// Says whose transactions are wanted, of customers that have arrived.
    pub(crate) fn announce(&self, customers: impl Iterator<Item = String>) {
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner).extend(customers);
    }

    /// Whose transactions are wanted, once nobody is on the way any more.
    pub(crate) async fn wanted(&self) -> Vec<String> {
        self.all().await;
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until nobody is on the way any more.
    pub(crate) async fn all(&self) {
        loop {
            let notified = self.all_here.notified();
            if self.expected.load(Ordering::Relaxed) == 0 {
                return;
            }
            notified.await;
        }
    }
}

/// A root field whose customers are on their way.
pub(crate) struct Expected<'a>(&'a Arrivals);

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        if self.0.expected.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.all_here.notify_waiters();
        }
    }
}
