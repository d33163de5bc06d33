//! Removes the oldest changes.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::outage;
use crate::store::Store;

/// How often, and how long after the start for the first time; sooner, where changes are kept
/// for less.
const INTERVAL: Duration = Duration::from_mins(5);
const START: Duration = Duration::from_mins(1);
/// Changes of one transaction, and how long others have their turn afterwards.
const CHUNK: i64 = 1_000;
const PAUSE: Duration = Duration::from_millis(20);

/// Removes changes that are older than `keep`, again and again, for as long as the process runs.
pub async fn run(store: Store, keep: Duration) {
    let keep_millis = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    tokio::time::sleep(keep.min(START)).await;
    loop {
        let before = Timestamp::now().plus_millis(keep_millis.saturating_neg());
        if let Err(error) = remove_old(&store, before).await {
            outage::warn(&error, "old changes cannot be removed");
        }
        tokio::time::sleep(keep.min(INTERVAL)).await;
    }
}

async fn remove_old(store: &Store, before: Timestamp) -> Result<()> {
    let mut after = 0;
    while let Some(last) = store.remove_changes(before, after, CHUNK).await? {
        after = last;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}
