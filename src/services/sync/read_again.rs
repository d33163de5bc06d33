//! Reads a customer from the issuer right after a call that has changed something, so that
//! the next read of ours shows it. It needs no lease: a customer's own page says when it was
//! read, and an older one is never stored over a newer one.

use std::slice;
use std::time::Duration;

use super::balance;
use super::customer::{card, hash_of, merged};
use super::details::age;
use crate::domain::change::{ChangeKind, ChangedCustomers};
use crate::domain::customer::Customer;
use crate::domain::customer_names::CustomerNames;
use crate::domain::identifier::Identifier;
use crate::domain::issuer_routes::ReadAgain as Whom;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::issuer::{IssuerCustomer, ProgramClient};
use crate::outage;
use crate::services::records;
use crate::store::{IssuerRecord, Record, Store, WriteTx};
use crate::trace;

/// How long a client waits until the customer is read again.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Reads single customers of a program again.
#[derive(Clone, Debug)]
pub struct ReadAgain {
    store: Store,
    client: ProgramClient,
    program: ProgramId,
}

impl ReadAgain {
    /// For a program, whose client it is.
    pub const fn new(store: Store, client: ProgramClient, program: ProgramId) -> Self {
        Self { store, client, program }
    }

    /// Reads a customer, by any name that the issuer's own page takes, and stores what it
    /// says; also a customer who is new. If that fails, the synchronisation reads the
    /// customer soon.
    ///
    /// # Errors
    /// If the issuer or the store fails.
    pub async fn customer(&self, name: &str) -> Result<()> {
        if !self.read(name).await? {
            self.want(name).await?;
        }
        Ok(())
    }

    /// As [`ReadAgain::customer`], for one whom the issuer has removed: a customer who is
    /// not there any more is gone.
    ///
    /// # Errors
    /// If the issuer or the store fails.
    pub async fn removed(&self, name: &str) -> Result<()> {
        if !self.read(name).await? {
            self.mark_gone(name).await?;
        }
        Ok(())
    }

    /// Reads a customer again whom a call has changed, or removes one whom it has removed. For
    /// two seconds at most; what takes longer goes on in the background. A failure is logged.
    pub async fn at_once(self, name: String, whom: Whom) {
        let reading = tokio::spawn(trace::inherited(async move {
            log(match whom {
                Whom::Removed => self.removed(&name).await,
                Whom::Named | Whom::Added => self.customer(&name).await,
            });
        }));
        // That it takes longer is no failure.
        let _ = tokio::time::timeout(AT_ONCE, reading).await;
    }

    /// As [`ReadAgain::want`]; a failure is logged.
    pub async fn want_or_log(&self, name: &str) {
        log(self.want(name).await);
    }

    /// Reads and stores a customer; returns whether the issuer has one.
    async fn read(&self, name: &str) -> Result<bool> {
        let at = Timestamp::now();
        let said = self.client.customer(name).await.map_err(|error| {
            let message = "a customer was not read from the issuer again";
            Error::new(Kind::Unavailable, message).because(error)
        });
        let stored = match said {
            Ok(Some(said)) => self.put(&said, at).await,
            Ok(None) => return Ok(false),
            Err(error) => Err(error),
        };
        if stored.is_err() {
            self.want(name).await?;
        }
        stored.map(|()| true)
    }

    async fn mark_gone(&self, name: &str) -> Result<()> {
        let tx = self.store.write_import(self.program).await?;
        let ids = ids_of(&tx, name).await?;
        if !ids.is_empty() {
            let changed = ChangedCustomers::all(ids.clone(), ChangeKind::Gone);
            tx.record_changes_of(changed).await?;
            tx.mark_gone(ids, Timestamp::now()).await?;
        }
        tx.commit().await
    }

    /// Lets the synchronisation read a customer soon, if we know one of this name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn want(&self, name: &str) -> Result<()> {
        let tx = self.store.write(self.program).await?;
        let ids = ids_of(&tx, name).await?;
        if !ids.is_empty() {
            tx.want_details(ids, Timestamp::now()).await?;
        }
        tx.commit().await
    }

    async fn put(&self, said: &IssuerCustomer, at: Timestamp) -> Result<()> {
        let tx = self.store.write_import(self.program).await?;
        let id = said.canonical_id();
        let card_ids = said.yativo_card_id.iter().cloned().collect();
        let stored = tx.customers_with_ids(card_ids, id.iter().cloned().collect()).await?;
        let names = CustomerNames::new(&stored);
        let known = names.find_listed(said.yativo_card_id.as_deref(), id.as_deref());
        let record = record_of(&tx, known).await?;
        let newer = record.as_ref().and_then(|record| record.details_at);
        let Some(customer) = merged(said, known, at).filter(|_| newer.is_none_or(|of| of <= at))
        else {
            tx.roll_back().await;
            return Ok(());
        };
        let wallets = tx.wallets(vec![customer.id.clone()]).await?;
        let wallet = balance::replacing(&said.balance, wallets.get(&customer.id), at);
        let wallet = wallet.map(|wallet| (customer.id.clone(), wallet));
        let details = IssuerRecord {
            customer_id: customer.id.clone(),
            item_hash: record.map_or_else(|| hash_of(said), |record| record.item_hash),
            details_at: Some(at),
            wanted_at: None,
            due_at: at.plus_millis(age(&customer)),
        };
        let cards = said.cards.iter().flatten();
        let cards = cards.filter_map(|said| card(said, &customer)).collect();
        let record = Record { customer, balance: None, cards };
        records::put(&tx, vec![record], wallet.into_iter().collect(), at).await?;
        tx.put_issuer_records(vec![details]).await?;
        tx.commit().await
    }
}

/// The customer with a name, if there is one.
async fn ids_of(tx: &WriteTx, name: &str) -> Result<Vec<String>> {
    let Ok(identifier) = Identifier::parse(name) else { return Ok(Vec::new()) };
    let customers = tx.customers_named(slice::from_ref(&identifier)).await?;
    let names = CustomerNames::new(&customers);
    let found = names.find(&identifier).and_then(|at| customers.get(at));
    Ok(found.map(|customer| customer.id.clone()).into_iter().collect())
}

/// What the issuer said last of a customer who is known.
async fn record_of(tx: &WriteTx, known: Option<&Customer>) -> Result<Option<IssuerRecord>> {
    let Some(known) = known else { return Ok(None) };
    let mut records = tx.issuer_records(vec![known.id.clone()]).await?;
    Ok(records.remove(&known.id))
}

fn log(result: Result<()>) {
    if let Err(error) = result {
        outage::warn(&error, "a customer was not read again after a call to the issuer");
    }
}
