//! The events of one transaction and everything that they touch: loaded at once,
//! changed event by event, written at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::decode::Content;
use super::delivery::Incoming;
use super::item::Item;
use crate::domain::card::Card;
use crate::domain::change::{ChangeKind, NewChange};
use crate::domain::customer::Customer;
use crate::domain::ledger::cards::{self, KnownCard};
use crate::domain::ledger::event::{AggregateId, CardRef, Event, Fact, InboxState};
use crate::domain::ledger::projection;
use crate::domain::ledger::wallet::Account;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::error::Result;
use crate::store::{InboxEvent, Source, WriteTx};

/// Why a card event waits.
const AMBIGUOUS: &str = "which of the customer's cards it means is not known yet";

/// Everything that the events of a transaction touch, before and after.
#[derive(Default)]
pub(super) struct EventBatch {
    accounts: HashMap<String, Account>,
    /// The customer of each transaction and movement, by its subject, and of each card,
    /// by its identifier.
    owners: HashMap<String, String>,
    transactions: HashMap<String, Transaction>,
    /// The cards of each customer with card events.
    cards: HashMap<String, Vec<KnownCard>>,
    /// The card events of before; they may become ambiguous, or no longer be so.
    card_events: HashMap<String, InboxEvent>,
    /// The card events of each customer of which it is not known which card they mean.
    ambiguous: HashMap<String, HashSet<String>>,
    dirty: Dirty,
}

/// What is to be written.
#[derive(Default)]
struct Dirty {
    wallets: HashSet<String>,
    transactions: HashSet<String>,
    /// Cards, by customer and identifier.
    cards: HashSet<(String, String)>,
    changes: Vec<NewChange>,
}

impl EventBatch {
    /// Loads what the events touch.
    pub(super) async fn open(tx: &WriteTx, items: &[Item]) -> Result<Self> {
        let mut batch = Self::default();
        let events = items.iter().filter_map(|item| {
            Some((item.stored.customer_id.as_ref()?, item.event.as_ref()?, item.currency))
        });
        let (mut subjects, mut rebased) = (HashSet::new(), BTreeMap::new());
        let (mut transactions, mut card_ids) = (HashSet::new(), HashSet::new());
        let mut card_holders = HashSet::new();
        for (customer, event, currency) in events {
            batch.accounts.entry(customer.clone()).or_default().currency = currency;
            match &event.fact {
                Fact::Balance(fact) => {
                    let at = fact.balance.updated_at;
                    let since = rebased.entry(customer.clone()).or_insert(at);
                    *since = at.min(*since);
                }
                Fact::Card(fact) => {
                    card_holders.insert(customer.clone());
                    if let CardRef::Id(id) = &fact.card {
                        card_ids.insert(id.clone());
                    }
                }
                Fact::Transaction(fact) => _ = transactions.insert(fact.transaction_id.clone()),
                Fact::Movement(_) => {}
            }
            subjects.extend(event.aggregate().map(|subject| subject.key(customer)));
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
                let subject = AggregateId::Transaction(known.transaction_id.clone());
                let subject = subject.key(&known.customer_id);
                batch.owners.entry(subject).or_insert_with(|| known.customer_id.clone());
                batch.transactions.insert(known.transaction_id.clone(), known);
            }
        }
        if !card_ids.is_empty() {
            for known in tx.cards(card_ids.into_iter().collect()).await? {
                batch.owners.insert(known.card.card_id, known.card.customer_id);
            }
        }
        batch.find_cards(tx, card_holders).await?;
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
        let has_cards = |account: &Account| account.histories.contains_key(&AggregateId::Cards);
        let holders = batch.accounts.iter().filter(|(_, account)| has_cards(account));
        let holders: HashSet<String> = holders.map(|(id, _)| id.clone()).collect();
        batch.find_cards(tx, holders.clone()).await?;
        for (customer, account) in &mut batch.accounts {
            let Some(wallet) = &account.wallet else { continue };
            if let Ok(again) = account.rebased(wallet.snapshot, &wallet.snapshot_event)
                && again != *wallet
            {
                account.wallet = Some(again);
                batch.dirty.wallets.insert(customer.clone());
            }
        }
        for customer in holders {
            batch.project_cards(&customer);
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

    async fn find_cards(&mut self, tx: &WriteTx, customers: HashSet<String>) -> Result<()> {
        if customers.is_empty() {
            return Ok(());
        }
        for known in tx.cards_of(customers.into_iter().collect()).await? {
            self.owners.insert(known.card.card_id.clone(), known.card.customer_id.clone());
            self.cards.entry(known.card.customer_id.clone()).or_default().push(known);
        }
        Ok(())
    }

    async fn find_histories(&mut self, tx: &WriteTx, subjects: HashSet<String>) -> Result<()> {
        if !subjects.is_empty() {
            self.add_histories(tx.events_about(subjects.into_iter().collect()).await?);
        }
        Ok(())
    }

    /// Puts applied and ambiguous events into the histories of their customers.
    fn add_histories(&mut self, events: Vec<InboxEvent>) {
        for stored in events {
            let Incoming { event: stored, content } = Incoming::stored(stored);
            let (Some(customer), Content::Event(event)) = (&stored.customer_id, &*content) else {
                continue;
            };
            let Some(subject) = event.aggregate() else { continue };
            self.owners.insert(subject.key(customer), customer.clone());
            if let Some(account) = self.accounts.get_mut(customer) {
                account.histories.entry(subject.clone()).or_default().add(Arc::clone(event));
            }
            if subject == AggregateId::Cards {
                self.card_events.insert(stored.event_id.clone(), stored);
            }
        }
    }

    /// Applies one event, and notes what is to be written.
    pub(super) fn apply(&mut self, item: &mut Item) {
        let (Some(customer), Some(event)) = (item.stored.customer_id.clone(), item.event.clone())
        else {
            return;
        };
        let subject = event.aggregate();
        item.stored.subject = subject.as_ref().map(|subject| subject.key(&customer));
        let owned = match &event.fact {
            Fact::Card(fact) => match &fact.card {
                CardRef::Id(id) => Some(id.clone()),
                CardRef::Token(_) => None,
            },
            _ => item.stored.subject.clone(),
        };
        if let Some(owned) = owned
            && *self.owners.entry(owned).or_insert_with(|| customer.clone()) != customer
        {
            return item.fail("what it is about belongs to another customer");
        }
        let Some(account) = self.accounts.get_mut(&customer) else { return };
        let before = account.wallet.clone();
        if let Err(reason) = account.apply(&event) {
            return item.fail(reason);
        }
        let mut moved = None;
        if account.wallet != before {
            let current = account.wallet.as_ref().map(|wallet| wallet.current);
            let is_moved = current != before.map(|wallet| wallet.current);
            moved = is_moved.then_some(ChangeKind::Balance);
            self.dirty.wallets.insert(customer.clone());
        }
        let projected = match subject {
            Some(AggregateId::Transaction(id)) => {
                self.project_transaction(&customer, id).then_some(ChangeKind::Transaction)
            }
            Some(AggregateId::Cards) => self.project_cards(&customer).then_some(ChangeKind::Card),
            Some(AggregateId::Movement(..)) | None => None,
        };
        // An event is one change, whatever it changes.
        if let Some(kind) = projected.or(moved) {
            let wallet = self.accounts.get(&customer).and_then(|account| account.wallet.as_ref());
            let balance = wallet.map(|wallet| wallet.current);
            self.dirty.changes.push(NewChange { customer, kind, balance });
        }
    }

    /// Projects a transaction's events; returns whether the transaction has changed.
    fn project_transaction(&mut self, customer: &str, id: String) -> bool {
        let Some(account) = self.accounts.get(customer) else { return false };
        let Some(history) = account.histories.get(&AggregateId::Transaction(id.clone())) else {
            return false;
        };
        let known = self.transactions.get(&id);
        let projected = projection::transaction(history, customer, account.currency, known);
        match projected {
            Some(projected) if Some(&projected) != known => {
                self.dirty.transactions.insert(id.clone());
                self.transactions.insert(id, projected);
                true
            }
            _ => false,
        }
    }

    /// Projects a customer's card events; returns whether any card has changed.
    fn project_cards(&mut self, customer: &str) -> bool {
        let Some(account) = self.accounts.get(customer) else { return false };
        let Some(history) = account.histories.get(&AggregateId::Cards) else { return false };
        let known = self.cards.entry(customer.to_owned()).or_default();
        let projected = cards::project(known, history, customer);
        let mut changed = false;
        for card in projected.cards {
            if replace(known, &card) {
                changed = true;
                self.dirty.cards.insert((customer.to_owned(), card.card_id));
            }
        }
        self.ambiguous.insert(customer.to_owned(), projected.ambiguous);
        changed
    }

    /// Sets the states of card events once all events are applied: each of the items',
    /// and each of before that is not what it was.
    pub(super) fn set_card_states(&mut self, items: &mut [Item]) {
        let is_ambiguous = |event: &InboxEvent| {
            let customer = event.customer_id.as_ref()?;
            Some(self.ambiguous.get(customer)?.contains(&event.event_id))
        };
        for Item { stored, event, .. } in items {
            let is_card = matches!(event.as_deref(), Some(Event { fact: Fact::Card(_), .. }));
            if is_card && stored.state == InboxState::Applied && is_ambiguous(stored) == Some(true)
            {
                stored.state = InboxState::Ambiguous;
                stored.reason = Some(AMBIGUOUS.to_owned());
            }
            // What it was before, if it was here, counts no longer.
            self.card_events.remove(&stored.event_id);
        }
        let mut restated = HashMap::new();
        for (id, mut event) in std::mem::take(&mut self.card_events) {
            let state = match is_ambiguous(&event) {
                Some(true) => InboxState::Ambiguous,
                Some(false) => InboxState::Applied,
                None => continue,
            };
            if state != event.state {
                event.state = state;
                event.reason = (state == InboxState::Ambiguous).then(|| AMBIGUOUS.to_owned());
                restated.insert(id, event);
            }
        }
        self.card_events = restated;
    }

    /// Writes what has changed, each once. Returns the changes of customers, which are to be
    /// recorded.
    pub(super) async fn flush(self, tx: &WriteTx) -> Result<Vec<NewChange>> {
        let Self { mut accounts, mut transactions, cards, card_events, dirty, .. } = self;
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
        let is_dirty = |known: &KnownCard| {
            let key = (known.card.customer_id.clone(), known.card.card_id.clone());
            dirty.cards.contains(&key)
        };
        let changed: Vec<KnownCard> = cards.into_values().flatten().filter(is_dirty).collect();
        if !changed.is_empty() {
            let holders = tx.put_cards(changed).await?;
            tx.note_card_holders(holders).await?;
        }
        let restated: Vec<InboxEvent> = card_events.into_values().collect();
        if !restated.is_empty() {
            tx.put_events(&restated).await?;
        }
        Ok(dirty.changes)
    }
}

/// Puts a card among those that are known; returns whether it is another one now.
fn replace(known: &mut Vec<KnownCard>, card: &Card) -> bool {
    match known.iter_mut().find(|known| known.card.card_id == card.card_id) {
        Some(known) if known.card == *card => false,
        Some(known) => {
            known.card = card.clone();
            true
        }
        None => {
            known.push(KnownCard { card: card.clone(), imported: None });
            true
        }
    }
}
