//! What requests for a single customer ask of the issuer.
//!
//! A customer can be at the issuer for a while before a pass over the list comes by: the
//! issuer is asked, once, for a customer who is not known. And the details of a customer
//! for whom a client asks come first, if they are due.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use governor::clock::DefaultClock;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use moka::future::Cache;

use super::balance;
use super::customer::{card, hash_of, merged};
use crate::domain::customer_names::CustomerNames;
use crate::domain::identifier::Identifier;
use crate::domain::principal::ProgramId;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};
use crate::issuer::{IssuerCustomer, IssuerError, LookUp, ProgramClient};
use crate::outage;
use crate::services::program_clients::ProgramClients;
use crate::services::records;
use crate::store::{IssuerRecord, Record, Store};
use crate::trace;

/// How long the answer that a customer is not there counts.
const REMEMBERED: Duration = Duration::from_mins(1);
/// Answers that are remembered.
const ANSWERS: u64 = 10_000;
/// After how long a customer's details may be wanted again.
const WANTED_AGAIN: Duration = Duration::from_mins(10);
/// How long a client waits for the issuer. A customer who comes later is stored.
const PATIENCE: Duration = Duration::from_secs(5);
/// Look-ups of a program in a minute: names that no customer has must not use up the
/// program's calls.
const PER_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

type Limits = RateLimiter<ProgramId, DashMapStateStore<ProgramId>, DefaultClock>;

/// What requests for a single customer ask of the issuer. Clones share everything.
#[derive(Clone)]
pub struct SingleCustomers {
    store: Store,
    clients: ProgramClients,
    /// Whether the customers who were asked for are there.
    asked: Cache<(ProgramId, Identifier), bool>,
    /// Those whose details were wanted a short time ago.
    wanted: Cache<(ProgramId, String), ()>,
    limits: Arc<Limits>,
}

impl std::fmt::Debug for SingleCustomers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SingleCustomers").finish_non_exhaustive()
    }
}

impl SingleCustomers {
    /// Over a store, for the programs that have a key pair.
    pub fn new(store: Store, clients: ProgramClients) -> Self {
        Self {
            store,
            clients,
            asked: Cache::builder().max_capacity(ANSWERS).time_to_live(REMEMBERED).build(),
            wanted: Cache::builder().max_capacity(ANSWERS).time_to_live(WANTED_AGAIN).build(),
            limits: Arc::new(RateLimiter::dashmap(Quota::per_minute(PER_MINUTE))),
        }
    }

    /// Asks the issuer for customers whom the store does not have, and stores those who
    /// are there. Returns whether there may be any now. Callers who ask for the same
    /// customer at once share a call, and for a minute its answer.
    pub async fn ask(&self, program: ProgramId, identifiers: &[Identifier]) -> bool {
        let Ok(Some(client)) = self.clients.of(program).await else { return false };
        let ask = |identifier: &Identifier| {
            let (this, client) = (self.clone(), client.clone());
            let identifier = identifier.clone();
            // The answer is stored although the client may have gone away.
            tokio::spawn(trace::inherited(async move {
                let asked = this.asked.clone();
                let answer = this.ask_one(program, &client, &identifier);
                asked.try_get_with((program, identifier.clone()), answer).await
            }))
        };
        let is_blank = |identifier: &&Identifier| identifier.as_str().trim().is_empty();
        let answers = join_all(identifiers.iter().filter(|name| !is_blank(name)).map(ask));
        match tokio::time::timeout(PATIENCE, answers).await {
            Ok(answers) => answers.into_iter().any(|answer| matches!(answer, Ok(Ok(true)))),
            // Some of them may have come.
            Err(_) => identifiers.len() > 1,
        }
    }

    /// Queues the details of customers for whom a client asks, if they are due. The request
    /// does not wait for them.
    pub fn want_details<'a>(&self, program: ProgramId, customers: impl Iterator<Item = &'a str>) {
        let keys = customers.map(|customer| (program, customer.to_owned()));
        let keys: Vec<_> = keys.filter(|key| !self.wanted.contains_key(key)).collect();
        if keys.is_empty() {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            let mut customers = Vec::with_capacity(keys.len());
            for key in keys {
                customers.push(key.1.clone());
                this.wanted.insert(key, ()).await;
            }
            if let Err(error) = this.want(program, customers).await {
                outage::warn(&error, "details that a client asks for do not come first");
            }
        });
    }

    async fn want(&self, program: ProgramId, customers: Vec<String>) -> Result<()> {
        if !matches!(self.clients.of(program).await, Ok(Some(_))) {
            return Ok(());
        }
        let now = Timestamp::now();
        // Mostly no customer is due, and there is nothing to write.
        let due = self.store.due_customers(program, customers, now).await?;
        if due.is_empty() {
            return Ok(());
        }
        let tx = self.store.write(program).await?;
        tx.want_due_details(due, now).await?;
        tx.commit().await
    }

    async fn ask_one(
        &self,
        program: ProgramId,
        client: &ProgramClient,
        identifier: &Identifier,
    ) -> Result<bool, ()> {
        if self.limits.check_key(&program).is_err() {
            return Err(());
        }
        let at = Timestamp::now();
        let said = look_up(client, identifier).await.map_err(|error| {
            let error = Error::unavailable(error);
            outage::warn(&error, "the issuer was not asked for a customer who is not known");
        })?;
        let Some(said) = said else { return Ok(false) };
        self.store_one(program, &said, at).await.map_err(|error| {
            outage::warn(&error, "a customer of the issuer was not stored");
        })
    }

    /// Stores a customer as a pass would. Returns whether that was possible.
    async fn store_one(
        &self,
        program: ProgramId,
        said: &IssuerCustomer,
        at: Timestamp,
    ) -> Result<bool> {
        let tx = self.store.write_import(program).await?;
        let id = said.canonical_id();
        let card_ids = said.yativo_card_id.iter().cloned().collect();
        let stored = tx.customers_with_ids(card_ids, id.iter().cloned().collect()).await?;
        let names = CustomerNames::new(&stored);
        let known = names.find_listed(said.yativo_card_id.as_deref(), id.as_deref());
        let Some(customer) = merged(said, known, at) else { return Ok(false) };
        let id = customer.id.clone();
        let wallets = tx.wallets(vec![id.clone()]).await?;
        let wallet = balance::replacing(&said.balance, wallets.get(&id), at);
        let cards = said.cards.iter().flatten();
        let cards = cards.filter_map(|said| card(said, &customer)).collect();
        let record = Record { customer, balance: None, cards };
        let wallets = wallet.map(|wallet| (id.clone(), wallet)).into_iter().collect();
        records::put(&tx, vec![record], wallets, at).await?;
        // A look-up by address says less than the customer's own page, and the list has not
        // shown the customer yet.
        let details = IssuerRecord {
            customer_id: id,
            item_hash: hash_of(said),
            details_at: None,
            wanted_at: Some(at),
            due_at: at,
        };
        tx.put_issuer_records(vec![details]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// A customer by any name that an identifier can be; only the look-up takes addresses.
async fn look_up(
    client: &ProgramClient,
    identifier: &Identifier,
) -> Result<Option<IssuerCustomer>, IssuerError> {
    match identifier.as_email_key() {
        Some(_) => client.look_up(LookUp::Email(identifier.as_str())).await,
        None => client.customer(identifier.as_str()).await,
    }
}
