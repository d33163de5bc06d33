//! The one way in which customers whom a file or the issuer states get into the store.

use crate::domain::customer_names::names_of;
use crate::domain::ledger::wallet::Wallet;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::services::inbox::{apply_waiting, reconcile};
use crate::store::{Record, Source, WriteTx};

/// Inserts or updates customers as they were at `at`, and wallets of some of them, by
/// the customers' identifiers; applies the events that wait for them, and records the
/// changes for subscribers. Returns the customers that are not as they were.
///
/// # Errors
/// If the store fails.
pub async fn put(
    tx: &WriteTx,
    records: Vec<Record>,
    wallets: Vec<(String, Wallet)>,
    at: Timestamp,
) -> Result<Vec<String>> {
    let customers: Vec<_> = records.iter().map(|record| record.customer.id.clone()).collect();
    // Most of the time no event waits.
    let names: Vec<String> = if tx.has_waiting_events().await? {
        records.iter().flat_map(|record| names_of(&record.customer)).collect()
    } else {
        Vec::new()
    };
    let mut changed = tx.put_records(records, at).await?;
    if !wallets.is_empty() {
        changed.extend(tx.put_wallets(wallets, Source::Events).await?);
        changed.sort_unstable();
        changed.dedup();
    }
    reconcile(tx, &customers).await?;
    if !changed.is_empty() {
        tx.record_changes_of(changed.clone()).await?;
    }
    if !names.is_empty() {
        apply_waiting(tx, names).await?;
    }
    Ok(changed)
}
