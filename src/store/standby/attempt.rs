//! The request that is read at the standby, as what runs for it knows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

tokio::task_local! {
    static ATTEMPT: Arc<Attempt>;
}

/// A request that is read at the standby. It is given up as a whole.
#[derive(Debug, Default)]
pub(crate) struct Attempt {
    is_given_up: AtomicBool,
    given_up: Notify,
}

impl Attempt {
    /// Runs what reads for it; none if it was given up.
    pub(crate) async fn run<F: Future>(work: F) -> Option<F::Output> {
        let attempt = Arc::new(Self::default());
        let done = tokio::select! {
            done = ATTEMPT.scope(Arc::clone(&attempt), work) => Some(done),
            () = attempt.given_up.notified() => None,
        };
        done.filter(|_| !attempt.is_given_up())
    }

    /// The one that is running; none in tasks that it has started.
    pub(crate) fn current() -> Option<Arc<Self>> {
        ATTEMPT.try_with(Arc::clone).ok()
    }

    /// Gives it up.
    pub(crate) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::SeqCst);
        self.given_up.notify_one();
    }

    /// Whether it was given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_given_up_has_no_result() {
        assert!(Attempt::current().is_none());
        assert_eq!(Attempt::run(async { Attempt::current().is_some() }).await, Some(true));
        let swallowed = Attempt::run(async {
            Attempt::current().expect("it runs").give_up();
            "a result without the part that failed"
        });
        assert_eq!(swallowed.await, None);
        let waiting = Attempt::run(async {
            Attempt::current().expect("it runs").give_up();
            std::future::pending::<()>().await;
        });
        assert_eq!(waiting.await, None);
        let elsewhere =
            Attempt::run(async { tokio::spawn(async { Attempt::current().is_some() }).await });
        assert!(!elsewhere.await.expect("not given up").expect("no panic"));
    }
}
