//! Events, many at once, and what they do: within one transaction, so that an event
//! is in the inbox if and only if it has had its effect.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::decode::{Content, parse};
use crate::domain::balance::LiveBalance;
use crate::domain::card::Card;
use crate::domain::identifier::Identifier;
use crate::domain::ledger::event::{AggregateId, Event, Fact, InboxState};
use crate::domain::ledger::history::History;
use crate::domain::ledger::projection::{self, KnownCard};
use crate::domain::ledger::wallet::{Account, apply, rebased};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;
use crate::error::Result;
use crate::store::{InboxEvent, Named, WriteTx};

/// An event on its way into the inbox, or out of waiting there.
struct Item {
    filed: InboxEvent,
    event: Option<Arc<Event>>,
    /// The currency of its customer's wallet.
    currency: Option<Currency>,
}

impl Item {
    /// What its body says, whatever has become of it before.
    fn of(mut filed: InboxEvent) -> Self {
        let arrived = parse(&filed.body);
        let set = |filed: &mut InboxEvent, state, reason: Option<String>| {
            filed.state = state;
            filed.reason = reason;
        };
        let event = match arrived.content {
            // It would be the newest for good, or until then.
            Content::Event(event) if event.occurred_at().is_future(Timestamp::now()) => {
                set(&mut filed, InboxState::Failed, Some("its time is in the future".to_owned()));
                None
            }
            Content::Event(event) => {
                filed.subject = event.aggregate().map(|subject| subject.key());
                filed.moment = event.occurred_at();
                set(&mut filed, InboxState::Applied, None);
                Some(event)
            }
            Content::Kept => {
                set(&mut filed, InboxState::Kept, None);
                None
            }
            Content::Wrong(what) => {
                set(&mut filed, InboxState::Failed, Some(what));
                None
            }
        };
        Self { filed, event, currency: None }
    }

    fn fail(&mut self, reason: &str) {
        self.filed.state = InboxState::Failed;
        self.filed.reason = Some(reason.to_owned());
    }
}

/// What an event's body is going to be in the inbox, before it has an effect.
pub(super) fn received(body: String, received_at: Timestamp) -> InboxEvent {
    let arrived = parse(&body);
    InboxEvent {
        event_id: arrived.id,
        event_type: arrived.event_type,
        body,
        received_at,
        state: InboxState::Kept,
        reason: None,
        customer_id: None,
        subject: None,
        moment: received_at,
    }
}

/// Applies events that have not been applied before, and keeps them with what
/// has become of them. Nothing lasts before the transaction is committed.
pub(super) async fn apply_all(tx: &WriteTx, events: Vec<InboxEvent>) -> Result<Vec<InboxEvent>> {
    let mut items: Vec<Item> = events.into_iter().map(Item::of).collect();
    let waiting = name_customers(tx, &mut items).await?;
    let mut batch = EventBatch::open(tx, &items).await?;
    for item in &mut items {
        batch.apply(item);
    }
    let filed: Vec<InboxEvent> = items.into_iter().map(|item| item.filed).collect();
    tx.file(&filed).await?;
    if !waiting.is_empty() {
        tx.wait_for(&waiting).await?;
    }
    batch.flush(tx).await?;
    Ok(filed)
}

/// Brings what an import has written in line with the events that have been
/// applied: a balance is moved by what happened behind it, and a card is what
/// its events say. For most imports there are none.
pub(super) async fn reconcile(tx: &WriteTx, customers: &[String], cards: &[String]) -> Result<()> {
    let mut subjects = tx.subjects_behind_base(customers.to_vec()).await?;
    subjects.extend(cards.iter().map(|id| AggregateId::Card(id.clone()).key()));
    let mut batch = EventBatch::default();
    let events = tx.events_about(subjects).await?;
    if events.is_empty() {
        return Ok(());
    }
    let of = events.iter().filter_map(|filed| filed.customer_id.clone());
    let of: HashSet<String> = of.collect();
    let names = of.iter().filter_map(|id| Identifier::parse(id).ok()).collect::<Vec<_>>();
    for named in tx.customers_named(&names).await? {
        batch.accounts.entry(named.id).or_default().currency = named.currency;
    }
    batch.find_wallets(tx).await?;
    batch.keep(events);
    let projected = batch.accounts.values().flat_map(|account| account.histories.keys());
    let projected = projected.filter_map(|subject| match subject {
        AggregateId::Card(id) => Some(id.clone()),
        _ => None,
    });
    let projected = projected.collect();
    batch.find_cards(tx, projected).await?;
    let EventBatch { accounts, cards, dirty, .. } = &mut batch;
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
    batch.flush(tx).await
}

/// Projects a card's events onto the card; says whether it is another one then.
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

/// Finds out whom the events are about. Who is not known yet is waited for: by
/// these names.
async fn name_customers(tx: &WriteTx, items: &mut [Item]) -> Result<Vec<(String, String)>> {
    let events = || items.iter().filter_map(|item| item.event.as_ref());
    let names: HashSet<&Identifier> = events().flat_map(|event| &event.customer).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<Identifier> = names.into_iter().cloned().collect();
    let known = Known::of(tx.customers_named(&names).await?);
    let mut waiting = Vec::new();
    for Item { filed, event, currency } in items {
        let Some(event) = event else { continue };
        let customer = event.customer.iter().find_map(|name| known.get(name));
        // Somebody else may go by the same address: the surer names must fit.
        let customer = customer.filter(|customer| {
            event.customer_id.as_ref().is_none_or(|id| *id == customer.id)
                && event.yativo_card_id.as_ref().is_none_or(|id| *id == customer.yativo_card_id)
        });
        filed.customer_id = customer.map(|customer| customer.id.clone());
        *currency = customer.and_then(|customer| customer.currency);
        if customer.is_none() {
            filed.state = InboxState::Waiting;
            filed.reason = Some("the customer is not known yet".to_owned());
            let names = event.customer.iter().flat_map(names_of);
            waiting.extend(names.map(|name| (filed.event_id.clone(), name)));
        }
    }
    Ok(waiting)
}

/// The names by which somebody may arrive who is called so.
fn names_of(identifier: &Identifier) -> impl Iterator<Item = String> {
    let text = identifier.as_str().to_owned();
    [Some(text), identifier.as_customer_id(), identifier.as_email_key()].into_iter().flatten()
}

/// Customers by each of their names; where one name is of several customers,
/// the newest is meant.
struct Known {
    customers: Vec<Named>,
    /// Places among the customers, by each kind of name.
    names: [HashMap<String, usize>; 4],
}

impl Known {
    fn of(mut customers: Vec<Named>) -> Self {
        customers.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        let mut names: [HashMap<String, usize>; 4] = Default::default();
        for (place, customer) in customers.iter().enumerate() {
            let of = [
                Some(&customer.id),
                Some(&customer.yativo_card_id),
                customer.external_customer_id.as_ref(),
                Some(&customer.email_key),
            ];
            for (map, name) in names.iter_mut().zip(of) {
                map.extend(name.map(|name| (name.clone(), place)));
            }
        }
        Self { customers, names }
    }

    /// As the look-ups of the API: `id` goes before `yativo_card_id`, that before
    /// `external_customer_id`, that before the e-mail address.
    fn get(&self, name: &Identifier) -> Option<&Named> {
        let [ids, yativo, external, emails] = &self.names;
        let by_id = name.as_customer_id().and_then(|id| ids.get(&id));
        let by_name = || yativo.get(name.as_str()).or_else(|| external.get(name.as_str()));
        let by_email = || name.as_email_key().and_then(|email| emails.get(&email));
        self.customers.get(*by_id.or_else(by_name).or_else(by_email)?)
    }
}

/// Everything that the events of a transaction touch, before and after them.
#[derive(Default)]
struct EventBatch {
    accounts: HashMap<String, Account>,
    /// Whose each subject is.
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
    async fn open(tx: &WriteTx, items: &[Item]) -> Result<Self> {
        let mut batch = Self::default();
        let events = items.iter().filter_map(|item| {
            Some((item.filed.customer_id.as_ref()?, item.event.as_ref()?, item.currency))
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
            subjects.extend(tx.subjects_behind(&rebased).await?);
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
            self.keep(tx.events_about(subjects.into_iter().collect()).await?);
        }
        Ok(())
    }

    /// Puts applied events into the histories of their customers.
    fn keep(&mut self, events: Vec<InboxEvent>) {
        for filed in events {
            let (Some(customer), Content::Event(event)) =
                (filed.customer_id, parse(&filed.body).content)
            else {
                continue;
            };
            let Some(subject) = event.aggregate() else { continue };
            self.owners.insert(subject.key(), customer.clone());
            if let Some(account) = self.accounts.get_mut(&customer) {
                account.histories.entry(subject).or_default().add(event);
            }
        }
    }

    /// Applies one event, and notes what is to be written.
    fn apply(&mut self, item: &mut Item) {
        let (Some(customer), Some(event)) = (&item.filed.customer_id, &item.event) else { return };
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
    async fn flush(self, tx: &WriteTx) -> Result<()> {
        let Self { accounts, transactions, cards, dirty, .. } = self;
        let wallets = dirty.wallets.iter();
        let wallets: Vec<_> = wallets
            .filter_map(|id| Some((id.as_str(), accounts.get(id)?.wallet.as_ref()?)))
            .collect();
        if !wallets.is_empty() {
            tx.put_wallets(&wallets).await?;
        }
        let put = dirty.transactions.iter().filter_map(|id| transactions.get(id).cloned());
        let put: Vec<Transaction> = put.collect();
        if !put.is_empty() {
            tx.put_transactions(&put).await?;
        }
        let put = dirty.cards.iter().filter_map(|id| Some(cards.get(id)?.card.clone()));
        let put: Vec<Card> = put.collect();
        if !put.is_empty() {
            tx.put_cards(&put).await?;
        }
        if !dirty.changes.is_empty() {
            tx.tell(&dirty.changes).await?;
        }
        Ok(())
    }
}
