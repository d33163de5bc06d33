//! Removes the tokens of clients that have expired.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::outage;
use crate::store::Store;

/// How long after the start for the first time, and how often afterwards.
const START: Duration = Duration::from_secs(2);
const INTERVAL: Duration = Duration::from_mins(10);

/// Removes them again and again, for as long as the process runs.
pub async fn run(store: Store) {
    tokio::time::sleep(START).await;
    loop {
        if let Err(error) = store.remove_expired_client_tokens(Timestamp::now()).await {
            outage::warn(&error, "expired tokens of clients cannot be removed");
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
