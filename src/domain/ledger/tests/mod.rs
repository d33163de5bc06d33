//! The ledger's rules, by tables and by any history.

mod balance;
mod cards;
mod foreign;
mod orders;
mod transactions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::cards::{CardStatement, KnownCard, project};
use super::event::{
    AggregateId, BalanceFact, CardChange, CardFact, CardRef, Event, Fact, MovementFact,
    MovementKind, Stage, TransactionFact,
};
use super::projection;
use super::wallet::Account;
use crate::domain::balance::WalletBalance;
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::money::{Amount, Currency, Minor};
use crate::domain::time::Timestamp;
use crate::domain::transaction::Transaction;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1_000).expect("in range")
}

fn minor(amount: i64) -> Minor {
    Minor::new(amount).expect("in range")
}

fn amount(amount: i64, currency: &str) -> Amount {
    Amount { minor: minor(amount), currency: Some(currency.to_owned()) }
}

fn event(id: usize, second: i64, fact: Fact) -> Arc<Event> {
    Arc::new(Event {
        id: format!("evt_{id}"),
        occurred_at: at(second),
        customer: Vec::new(),
        customer_id: None,
        yativo_card_id: None,
        fact,
    })
}

fn events(facts: &[(i64, Fact)]) -> Vec<Arc<Event>> {
    let numbered = facts.iter().enumerate();
    numbered.map(|(id, (second, fact))| event(id, *second, fact.clone())).collect()
}

/// A live balance, with an event's own time.
fn live(ledger: i64, pending: i64, second: i64) -> Fact {
    let (ledger, available, pending) = (minor(ledger), minor(ledger - pending), minor(pending));
    let balance = WalletBalance::live(ledger, available, pending, at(second)).expect("adds up");
    Fact::Balance(BalanceFact { balance, currency: Some(Currency::Eur) })
}

fn reconciled(ledger: i64, second: i64) -> Fact {
    let balance = WalletBalance::reconciled(minor(ledger), at(second));
    Fact::Balance(BalanceFact { balance, currency: None })
}

/// A stage of a transaction in the wallet's currency.
fn step(stage: Stage, name: &str, cents: i64) -> TransactionFact {
    TransactionFact {
        transaction_id: name.to_owned(),
        stage,
        amount: Some(amount(cents, "EUR")),
        billing: None,
        fx_rate: None,
        card_id: None,
        tx_hash: None,
        transaction_type: None,
        merchant: None,
        merchant_category: None,
        merchant_city: None,
        merchant_country: None,
        authorized_at: None,
        settled_at: None,
    }
}

fn transaction(fact: TransactionFact) -> Fact {
    Fact::Transaction(Box::new(fact))
}

fn movement(kind: MovementKind, name: &str, cents: i64, completed: bool) -> Fact {
    let amount = Amount { minor: minor(cents), currency: None };
    Fact::Movement(MovementFact { kind, id: name.to_owned(), amount, completed })
}

fn transfer(name: &str, cents: i64, completed: bool) -> Fact {
    movement(MovementKind::Transfer, name, cents, completed)
}

fn card_event(card: CardRef, change: CardChange) -> Fact {
    Fact::Card(CardFact { card, change, last_four: None, card_type: None, status: None })
}

fn token(token: &str, change: CardChange) -> Fact {
    card_event(CardRef::Token(token.to_owned()), change)
}

/// A card that was imported, which says how it was at second 6.
fn imported(id: &str, status: CardStatus, created: i64) -> KnownCard {
    let card = Card {
        card_id: id.to_owned(),
        customer_id: "c".to_owned(),
        network_token: None,
        last_four: "0000".to_owned(),
        card_type: CardType::Virtual,
        status,
        is_stolen: false,
        pin_set: None,
        activated_at: None,
        created_at: at(created),
    };
    let imported = CardStatement { at: at(6), status, is_stolen: false, activated_at: None };
    KnownCard { card, imported: Some(imported) }
}

/// Everything that is seen of an account after events.
#[derive(Debug, PartialEq)]
struct Seen {
    account: Account,
    transactions: BTreeMap<String, Transaction>,
    cards: BTreeMap<String, Card>,
    ambiguous: BTreeSet<String>,
}

impl Seen {
    /// Ledger, available and pending.
    fn balance(&self) -> (i64, i64, Option<i64>) {
        let balance = self.account.wallet.as_ref().expect("a balance").current;
        (balance.ledger.get(), balance.available.get(), balance.pending.map(Minor::get))
    }
}

/// What is seen of an account after events, in the order in which they come in;
/// transactions and cards as they are stored on the way.
fn after(cards: &[KnownCard], events: &[Arc<Event>]) -> Seen {
    let mut account = Account { currency: Some(Currency::Eur), ..Account::default() };
    let mut transactions = BTreeMap::new();
    let mut stored: BTreeMap<String, KnownCard> =
        cards.iter().map(|known| (known.card.card_id.clone(), known.clone())).collect();
    let mut ambiguous = BTreeSet::new();
    for event in events {
        account.apply(event).expect("amounts are small");
        let Some(aggregate) = event.aggregate() else { continue };
        let history = &account.histories[&aggregate];
        match aggregate {
            AggregateId::Transaction(id) => {
                let known = transactions.get(&id);
                let projected = projection::transaction(history, "c", account.currency, known);
                transactions.extend(projected.map(|one| (id, one)));
            }
            AggregateId::Cards => {
                let known: Vec<KnownCard> = stored.values().cloned().collect();
                let projected = project(&known, history, "c");
                for card in projected.cards {
                    let imported = stored.get(&card.card_id).and_then(|known| known.imported);
                    stored.insert(card.card_id.clone(), KnownCard { card, imported });
                }
                ambiguous = projected.ambiguous.into_iter().collect();
            }
            AggregateId::Movement(..) => {}
        }
    }
    let cards = stored.into_iter().map(|(id, known)| (id, known.card)).collect();
    Seen { account, transactions, cards, ambiguous }
}
