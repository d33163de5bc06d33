//! The events of one transaction and everything that they touch: loaded at once,
//! changed event by event, written at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::decode::Content;
use super::delivery::Incoming;
use crate::domain::balance::LiveBalance;
use crate::domain::customer::Customer;
use crate::domain::ledger::event::{AggregateId, Event, Fact, InboxState};
use crate::domain::ledger::history::History;
use crate::domain::ledger::projection::{self, KnownCard};
use crate::domain::ledger::wallet::{Account, apply, rebased};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::error::Result;
use crate::store::{InboxEvent, Source, WriteTx};

/// An event that is being applied.
pub(super) struct Item {
    pub(super) stored: InboxEvent,
    /// What happened, if it can have an effect.
    pub(super) event: Option<Arc<Event>>,
    /// The currency of its customer's wallet.
    pub(super) currency: Option<Currency>,
}

impl Item {
    /// As its body says, whatever its state was.
    pub(super) fn of(Incoming { event: mut stored, content }: Incoming) -> Self {
        let (state, reason, event) = match &*content {
            // It would be the newest until then.
            Content::Event(event) if event.occurred_at().is_future(Timestamp::now()) => {
                (InboxState::Failed, Some("its time is in the future".to_owned()), None)
            }
            Content::Event(event) => {
                stored.subject = event.aggregate().map(|subject| subject.key());
                stored.moment = event.occurred_at();
                (InboxState::Applied, None, Some(Arc::clone(event)))
            }
            Content::Kept => (InboxState::Kept, None, None),
            Content::Wrong(what) => (InboxState::Failed, Some(what.clone()), None),
        };
        stored.state = state;
        stored.reason = reason;
        Self { stored, event, currency: None }
    }

    fn fail(&mut self, reason: &str) {
        self.stored.state = InboxState::Failed;
        self.stored.reason = Some(reason.to_owned());
    }
}

/// Everything that the events of a transaction touch, before and after.
#[derive(Default)]
pub(super) struct EventBatch {
    accounts: HashMap<String, Account>,
    /// The customer of each subject.
    owners: HashMap<String, String>,
    transactions: HashMap<String, Transaction>,
    cards: HashMap<String, KnownCard>,
    dirty: Dirty,
}

/// What is to be written.
#[derive(Default)]
struct Dirty {
    wallets: HashSet<String>,
    transactions: HashSet<String>,
    cards: HashSet<String>,
    changes: Vec<(String, Option<LiveBalance>)>,
}

impl EventBatch {
    /// Loads what the events touch.
    pub(super) async fn open(tx: &WriteTx, items: &[Item]) -> Result<Self> {
        let mut batch = Self::default();
        let events = items.iter().filter_map(|item| {
            Some((item.stored.customer_id.as_ref()?, item.event.as_ref()?, item.currency))
        });
        let (mut subjects, mut rebased) = (HashSet::new(), BTreeMap::new());
        let (mut transactions, mut cards) = (HashSet::new(), HashSet::new());
        for (customer, event, currency) in events {
            batch.accounts.entry(customer.clone()).or_default().currency = currency;
            if let Fact::Balance(fact) = &event.fact {
                let since = rebased.entry(customer.clone()).or_insert(fact.at);
                *since = fact.at.min(*since);
            }
            let Some(subject) = event.aggregate() else { continue };
            subjects.insert(subject.key());
            match subject {
                AggregateId::Transaction(id) => _ = transactions.insert(id),
                AggregateId::Card(id) => _ = cards.insert(id),
                AggregateId::Transfer(_) => {}
            }
        }
        if batch.accounts.is_empty() {
            return Ok(batch);
        }
        batch.find_wallets(tx).await?;
        if !rebased.is_empty() {
            let rebased: Vec<_> = rebased.into_iter().collect();
            subjects.extend(tx.subjects_after(&rebased).await?);
        }
        batch.find_histories(tx, subjects).await?;
        if !transactions.is_empty() {
            for known in tx.transactions(transactions.into_iter().collect()).await? {
                let subject = AggregateId::Transaction(known.transaction_id.clone()).key();
                batch.owners.entry(subject).or_insert_with(|| known.customer_id.clone());
                batch.transactions.insert(known.transaction_id.clone(), known);
            }
        }
        batch.find_cards(tx, cards).await?;
        Ok(batch)
    }

    /// Applied events and the customers whom they are about, applied again to
    /// what an import has written.
    pub(super) async fn reapply(
        tx: &WriteTx,
        customers: &[Customer],
        events: Vec<InboxEvent>,
    ) -> Result<Self> {
        let mut batch = Self::default();
        for customer in customers {
            batch.accounts.entry(customer.id.clone()).or_default().currency = customer.currency;
        }
        batch.find_wallets(tx).await?;
        batch.add_histories(events);
        let projected = batch.accounts.values().flat_map(|account| account.histories.keys());
        let projected = projected.filter_map(|subject| match subject {
            AggregateId::Card(id) => Some(id.clone()),
            _ => None,
        });
        let projected = projected.collect();
        batch.find_cards(tx, projected).await?;
        let Self { accounts, cards, dirty, .. } = &mut batch;
        for (customer, account) in accounts.iter_mut() {
            let again = account.wallet.as_ref().map(|wallet| {
                (rebased(account, wallet.snapshot, &wallet.snapshot_event), wallet.clone())
            });
            if let Some((Ok(again), before)) = again
                && again != before
            {
                account.wallet = Some(again);
                dirty.wallets.insert(customer.clone());
            }
            for (subject, history) in &account.histories {
                let AggregateId::Card(id) = subject else { continue };
                if project_card(history, customer, id, cards) {
                    dirty.cards.insert(id.clone());
                }
            }
        }
        Ok(batch)
    }

    async fn find_wallets(&mut self, tx: &WriteTx) -> Result<()> {
        let now = Timestamp::now();
        for (customer, wallet) in tx.wallets(self.accounts.keys().cloned().collect()).await? {
            // Imports used to accept times in the future. Such a balance would
            // be the newest until then: any other replaces it.
            if wallet.snapshot.updated_at.is_future(now) {
                continue;
            }
            self.accounts.entry(customer).or_default().wallet = Some(wallet);
        }
        Ok(())
    }

    async fn find_cards(&mut self, tx: &WriteTx, ids: HashSet<String>) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        for known in tx.cards(ids.into_iter().collect()).await? {
            let subject = AggregateId::Card(known.card.card_id.clone()).key();
            self.owners.entry(subject).or_insert_with(|| known.card.customer_id.clone());
            self.cards.insert(known.card.card_id.clone(), known);
        }
        Ok(())
    }

    async fn find_histories(&mut self, tx: &WriteTx, subjects: HashSet<String>) -> Result<()> {
        if !subjects.is_empty() {
            self.add_histories(tx.events_about(subjects.into_iter().collect()).await?);
        }
        Ok(())
    }

    /// Puts applied events into the histories of their customers.
    fn add_histories(&mut self, events: Vec<InboxEvent>) {
        for stored in events {
            let Incoming { event: stored, content } = Incoming::stored(stored);
            let (Some(customer), Content::Event(event)) = (stored.customer_id, &*content) else {
                continue;
            };
            let Some(subject) = event.aggregate() else { continue };
            self.owners.insert(subject.key(), customer.clone());
            if let Some(account) = self.accounts.get_mut(&customer) {
                account.histories.entry(subject).or_default().add(Arc::clone(event));
            }
        }
    }

    /// Applies one event, and notes what is to be written.
    pub(super) fn apply(&mut self, item: &mut Item) {
        let (Some(customer), Some(event)) = (&item.stored.customer_id, &item.event) else { return };
        let Some(account) = self.accounts.get(customer) else { return };
        let subject = event.aggregate();
        if let Some(subject) = &subject {
            let owner = self.owners.entry(subject.key()).or_insert_with(|| customer.clone());
            if owner != customer {
                return item.fail("what it is about belongs to another customer");
            }
        }
        let after = match apply(account, event) {
            Ok(after) => after,
            Err(reason) => return item.fail(reason),
        };
        let dirty = &mut self.dirty;
        let mut changed = false;
        if after.wallet != account.wallet {
            changed = after.wallet.as_ref().map(|wallet| wallet.current)
                != account.wallet.as_ref().map(|wallet| wallet.current);
            dirty.wallets.insert(customer.clone());
        }
        let history = subject.as_ref().and_then(|subject| after.histories.get(subject));
        match (&subject, history) {
            (Some(AggregateId::Transaction(id)), Some(history)) => {
                let known = self.transactions.get(id);
                let projected = projection::transaction(history, customer, after.currency, known);
                if let Some(projected) = projected.filter(|projected| Some(projected) != known) {
                    changed = true;
                    dirty.transactions.insert(id.clone());
                    self.transactions.insert(id.clone(), projected);
                }
            }
            (Some(AggregateId::Card(id)), Some(history))
                if project_card(history, customer, id, &mut self.cards) =>
            {
                changed = true;
                dirty.cards.insert(id.clone());
            }
            _ => {}
        }
        if changed {
            let live = after.wallet.as_ref().map(|wallet| wallet.current);
            dirty.changes.push((customer.clone(), live));
        }
        self.accounts.insert(customer.clone(), after);
    }

    /// Writes what has changed, each once.
    pub(super) async fn flush(self, tx: &WriteTx) -> Result<()> {
        let Self { mut accounts, mut transactions, mut cards, dirty, .. } = self;
        let wallet = |id: String| {
            let wallet = accounts.get_mut(&id)?.wallet.take()?;
            Some((id, wallet))
        };
        let wallets: Vec<_> = dirty.wallets.into_iter().filter_map(wallet).collect();
        if !wallets.is_empty() {
            tx.put_wallets(wallets, Source::Events).await?;
        }
        let changed = dirty.transactions.iter().filter_map(|id| transactions.remove(id));
        let changed: Vec<Transaction> = changed.collect();
        if !changed.is_empty() {
            tx.put_transactions(changed).await?;
        }
        let changed = dirty.cards.iter().filter_map(|id| cards.remove(id));
        let changed: Vec<KnownCard> = changed.collect();
        if !changed.is_empty() {
            tx.put_cards(changed, Source::Events).await?;
        }
        if !dirty.changes.is_empty() {
            tx.record_changes(dirty.changes).await?;
        }
        Ok(())
    }
}

/// Projects a card's events onto the card; returns whether the card has changed.
fn project_card(
    history: &History,
    customer: &str,
    id: &str,
    cards: &mut HashMap<String, KnownCard>,
) -> bool {
    let known = cards.get(id);
    let Some(card) = projection::card(history, customer, known) else { return false };
    if known.is_some_and(|known| known.card == card) {
        return false;
    }
    let imported_at = known.and_then(|known| known.imported_at);
    cards.insert(id.to_owned(), KnownCard { card, imported_at });
    true
}
