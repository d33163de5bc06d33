//! When a request has to be answered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Longer times count as this one: a clock could not hold them.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// When a request has to be answered; an extension of the request. What it asks for may need
/// more time than requests usually do, which is known only when its body has been read.
#[derive(Clone, Debug)]
pub struct Deadline(Arc<Mutex<Instant>>);

impl Deadline {
    /// So much later than now.
    pub(super) fn after(time: Duration) -> Self {
        Self(Arc::new(Mutex::new(Instant::now() + time.min(LONGEST))))
    }

    /// Gives the request more time.
    pub fn extend(&self, by: Duration) {
        *self.at() += by.min(LONGEST);
    }

    /// Ends when it has passed.
    pub(super) async fn passed(&self) {
        loop {
            let at = *self.at();
            if at <= Instant::now() {
                return;
            }
            sleep_until(at).await;
        }
    }

    fn at(&self) -> MutexGuard<'_, Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
