//! The one way in which customers whom a file or the issuer states get into the store.

use std::collections::{BTreeSet, HashMap};

use crate::domain::change::{ChangeKind, ChangedCustomers};
use crate::domain::customer_names::names_of;
use crate::domain::ledger::wallet::Wallet;
use crate::domain::time::Timestamp;
use crate::error::Result;
use crate::services::inbox::{apply_waiting, reconcile};
use crate::store::{Record, Source, WriteTx};

/// Inserts or updates customers as they were at `at`, and wallets of some of them, by
/// the customers' identifiers; applies the events that wait for them, and records one
/// change for each customer that is not as it was. Returns those that are not as they were
/// because of what is stated.
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
    let has_events = tx.has_events_with_subject().await?;
    let before =
        if has_events { known_wallets(tx, &records, &wallets).await? } else { HashMap::new() };
    let mut changed = tx.put_records(records, at).await?;
    if !wallets.is_empty() {
        let moved = tx.put_wallets(wallets, Source::Events).await?;
        changed.extend(moved.into_iter().map(|customer| (customer, ChangeKind::Balance)));
    }
    if has_events {
        reconcile(tx, &customers).await?;
        leave_out_unmoved(tx, &before, &mut changed).await?;
    }
    let stated = changed.ids();
    if !names.is_empty() {
        changed.extend(apply_waiting(tx, names).await?);
    }
    if !changed.is_empty() {
        tx.record_changes_of(changed).await?;
    }
    Ok(stated)
}

/// The wallets of those whose balances are stated.
async fn known_wallets(
    tx: &WriteTx,
    records: &[Record],
    wallets: &[(String, Wallet)],
) -> Result<HashMap<String, Wallet>> {
    let stated = records.iter().filter(|record| record.balance.is_some());
    let stated = stated.map(|record| &record.customer.id);
    let all: BTreeSet<&String> = stated.chain(wallets.iter().map(|(id, _)| id)).collect();
    if all.is_empty() {
        return Ok(HashMap::new());
    }
    tx.wallets(all.into_iter().cloned().collect()).await
}

/// A balance that is stated again is the one of before once it is moved by the events after it.
async fn leave_out_unmoved(
    tx: &WriteTx,
    before: &HashMap<String, Wallet>,
    changed: &mut ChangedCustomers,
) -> Result<()> {
    let mut moved = changed.only(ChangeKind::Balance);
    moved.retain(|customer| before.contains_key(customer));
    if moved.is_empty() {
        return Ok(());
    }
    let after = tx.wallets(moved.clone()).await?;
    let current = |wallets: &HashMap<String, Wallet>, customer: &str| {
        wallets.get(customer).map(|wallet| wallet.current)
    };
    for customer in moved {
        if current(before, &customer) == current(&after, &customer) {
            changed.remove(&customer);
        }
    }
    Ok(())
}
