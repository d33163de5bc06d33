//! How many events wait for their customer, as metrics.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::gauge;
use tokio::sync::Mutex;

use crate::domain::time::Timestamp;
use crate::outage;
use crate::store::Store;

/// How long a count is used again: with many events it takes some time.
const TTL: Duration = Duration::from_secs(15);
/// How long it may take.
const TIMEOUT: Duration = Duration::from_millis(650);

/// Counts the events that wait. Clones share what was counted last.
#[derive(Clone)]
pub struct WaitingEvents {
    store: Store,
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    counted: Option<Instant>,
    /// Of each program that has had waiting events since the start: how many it has, and when
    /// the oldest arrived.
    programs: BTreeMap<String, Option<(u64, Timestamp)>>,
}

impl WaitingEvents {
    /// Of the programs in a store.
    pub fn new(store: Store) -> Self {
        Self { store, last: Arc::default() }
    }

    /// Sets the metrics. They stay as they were if the database does not answer.
    pub async fn show(&self) {
        let mut last = self.last.lock().await;
        if last.counted.is_some_and(|at| at.elapsed() < TTL) {
            return;
        }
        last.counted = Some(Instant::now());
        let counted = match tokio::time::timeout(TIMEOUT, self.store.waiting_events()).await {
            Ok(Ok(counted)) => counted,
            Ok(Err(error)) => return outage::warn(&error, "waiting events cannot be counted"),
            Err(_) => return tracing::debug!("waiting events were not counted in time"),
        };
        last.programs.values_mut().for_each(|program| *program = None);
        let counted = counted.into_iter();
        last.programs.extend(counted.map(|(name, count, at)| (name, Some((count, at)))));
        for (name, waiting) in &last.programs {
            let (count, oldest) = waiting.map_or((0, f64::NAN), |(count, at)| (count, seconds(at)));
            let program = name.clone();
            gauge!("webhook_events_waiting", "program" => program.clone()).set(float(count));
            gauge!("webhook_events_waiting_since_timestamp_seconds", "program" => program)
                .set(oldest);
        }
    }
}

fn seconds(at: Timestamp) -> f64 {
    float(at.millis().unsigned_abs()) / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "counts and times are exact in a float")]
fn float(count: u64) -> f64 {
    count as f64
}
