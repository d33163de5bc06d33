//! Drops what the inbox no longer needs.
//!
//! The body of an applied event is dropped after a while; its identifier stays for
//! another 30 days, so that a late delivery is still recognised. A body stays longer
//! if it is needed to compute a balance or a card: see [`Store::drop_event_bodies`].

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::outage;
use crate::store::Store;

/// How often the inbox is looked through, and how long after the start for the first
/// time; sooner, where bodies are kept for less.
const INTERVAL: Duration = Duration::from_hours(1);
const START: Duration = Duration::from_secs(5);
/// Events of one transaction, and how long others have their turn afterwards.
const CHUNK: u64 = 500;
const PAUSE: Duration = Duration::from_millis(50);
/// How long an event's identifier stays after its body: 30 days.
const IDENTIFIERS_MILLIS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Looks through the inbox again and again, for as long as the process runs.
pub async fn run(store: Store, keep: Duration) {
    let keep_millis = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    tokio::time::sleep(keep.min(START)).await;
    loop {
        if let Err(error) = drop_old(&store, keep_millis, Timestamp::now()).await {
            outage::warn(&error, "old events cannot be removed from the inbox");
        }
        tokio::time::sleep(keep.min(INTERVAL)).await;
    }
}

/// Drops the bodies of events that were received `keep` milliseconds before `now`, and
/// the identifiers of those that were received 30 days before that.
async fn drop_old(store: &Store, keep: i64, now: Timestamp) -> Result<()> {
    let bodies = now.plus_millis(keep.saturating_neg());
    let mut after = None;
    while let Some(last) = store.drop_event_bodies(bodies, after.as_ref(), CHUNK).await? {
        after = Some(last);
        tokio::time::sleep(PAUSE).await;
    }
    let identifiers = bodies.plus_millis(-IDENTIFIERS_MILLIS);
    while store.remove_events(identifiers, CHUNK).await? > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    // A failed delivery is remembered for as long as its event is.
    store.remove_tried_deliveries(identifiers).await?;
    Ok(())
}
