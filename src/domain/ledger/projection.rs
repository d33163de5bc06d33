//! Projects histories onto transactions and cards. What no event says is taken
//! from what is stored, by an import perhaps.

use super::event::{CardChange, CardFact, Event, Stage, TransactionFact};
use super::history::{History, Hold};
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::money::Currency;
use crate::domain::time::Timestamp;
use crate::domain::transaction::{Transaction, TransactionStatus, TransactionType};

/// The transaction of a history, in a wallet of this currency; none where the
/// history is of something else, or its currency is not known.
pub fn transaction(
    history: &History,
    customer: &str,
    wallet: Option<Currency>,
    known: Option<&Transaction>,
) -> Option<Transaction> {
    let (_, first) = history.transactions().next()?;
    let (mut hold, mut debits) = (Hold::default(), Vec::new());
    for (_, fact) in history.transactions().filter(|(_, fact)| fact.stage != Stage::Refunded) {
        hold.step(fact);
        debits.push(fact);
    }
    let newest = |value: fn(&TransactionFact) -> Option<&String>| {
        history.transactions().rev().find_map(|(_, fact)| value(fact)).cloned()
    };
    let time = |stage: Stage, value: fn(&TransactionFact) -> Option<Timestamp>| {
        let of_stage = history.transactions().find(|(_, fact)| fact.stage == stage);
        let value = history.transactions().rev().find_map(|(_, fact)| value(fact));
        value.or(of_stage.map(|(event, _)| event.occurred_at()))
    };
    let (amount, transaction_type) = match (amount_of(&debits), known) {
        (Some(amount), known) => {
            let value = debits.iter().rev().find_map(|fact| fact.transaction_type);
            let before = known.map(|known| known.transaction_type);
            let before = before.filter(|of| *of != TransactionType::Refund);
            (amount, value.or(before).unwrap_or(TransactionType::Purchase))
        }
        // Something that we know of was refunded.
        (None, Some(known)) if known.transaction_type != TransactionType::Refund => {
            (known.amount, known.transaction_type)
        }
        (None, _) => {
            let (_, last) = history.transactions().next_back()?;
            (last.amount, TransactionType::Refund)
        }
    };
    let refund = transaction_type == TransactionType::Refund;
    // A refund that turns out to be one of a purchase was not settled as one.
    let before = known.filter(|known| known.transaction_type == transaction_type);
    let settled_at = time(Stage::Settled, |fact| fact.settled_at)
        .or_else(|| refund.then(|| time(Stage::Refunded, |_| None)).flatten());
    let began = history.transactions().map(|(event, fact)| {
        let moment = event.occurred_at();
        fact.authorized_at.map_or(moment, |at| at.min(moment))
    });
    Some(Transaction {
        transaction_id: first.transaction_id.clone(),
        customer_id: customer.to_owned(),
        card_id: newest(|fact| fact.card_id.as_ref()).or_else(|| known?.card_id.clone()),
        transaction_type,
        amount,
        currency: newest(|fact| fact.currency.as_ref())
            .or_else(|| Some(known?.currency.clone()))
            .or_else(|| Some(wallet?.as_ref().to_owned()))?,
        status: hold.status.or_else(|| Some(known?.status)).unwrap_or(TransactionStatus::Settled),
        merchant: newest(|fact| fact.merchant.as_ref()).or_else(|| known?.merchant.clone()),
        merchant_category: newest(|fact| fact.merchant_category.as_ref())
            .or_else(|| known?.merchant_category.clone()),
        merchant_city: newest(|fact| fact.merchant_city.as_ref())
            .or_else(|| known?.merchant_city.clone()),
        merchant_country: newest(|fact| fact.merchant_country.as_ref())
            .or_else(|| known?.merchant_country.clone()),
        authorized_at: time(Stage::Authorized, |fact| fact.authorized_at)
            .or_else(|| known?.authorized_at),
        settled_at: settled_at.or_else(|| before?.settled_at),
        created_at: began.chain(known.map(|known| known.created_at)).min()?,
    })
}

/// How much: what was settled, else what was authorized, else what was refused,
/// else whatever is said.
fn amount_of(debits: &[&TransactionFact]) -> Option<crate::domain::money::Minor> {
    let newest = |stage: Stage| debits.iter().rev().find(|fact| fact.stage == stage);
    let best = newest(Stage::Settled)
        .or_else(|| newest(Stage::Authorized))
        .or_else(|| newest(Stage::Declined))
        .or_else(|| debits.first());
    best.map(|fact| fact.amount)
}

/// A card as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCard {
    /// The card.
    pub card: Card,
    /// The moment whose state of the card was imported last; none where all
    /// that is known comes from events.
    pub imported_at: Option<Timestamp>,
}

/// The card of a history; none where the history is of something else, or the
/// last digits of its number are not known yet.
///
/// The newest statement about the card holds: an import's, or that of an event
/// which happened after it.
pub fn card(history: &History, customer: &str, stored: Option<&KnownCard>) -> Option<Card> {
    let known = stored.map(|stored| &stored.card);
    let imported = stored.and_then(|stored| Some((stored.imported_at?, &stored.card)));
    let is_newer = |event: &Event| imported.is_none_or(|(at, _)| event.occurred_at() > at);
    let newer = || history.cards().filter(|(event, _)| is_newer(event));
    let (_, first) = history.cards().next()?;
    let last_four = newer().rev().find_map(|(_, fact)| fact.last_four.clone());
    let last_four = last_four.or_else(|| imported.map(|(_, card)| card.last_four.clone()));
    let last_four =
        last_four.or_else(|| history.cards().rev().find_map(|(_, fact)| fact.last_four.clone()));
    let card_type = newer().rev().find_map(|(_, fact)| fact.card_type);
    let card_type = card_type.or_else(|| imported.map(|(_, card)| card.card_type));
    let card_type =
        card_type.or_else(|| history.cards().rev().find_map(|(_, fact)| fact.card_type));
    let moment = |change: CardChange| {
        history
            .cards()
            .find(|(_, fact)| fact.change == change)
            .map(|(event, _)| event.occurred_at())
    };
    let last = newer().next_back().map(|(_, fact)| status_after(fact));
    // A stolen card stays so, and what is gone for good does not come back.
    let is_stolen = known.is_some_and(|known| known.is_stolen)
        || history.cards().any(|(_, fact)| fact.change == CardChange::Stolen);
    let is_void = is_stolen
        || known.is_some_and(|known| known.status == CardStatus::Voided)
        || newer().any(|(_, fact)| status_after(fact) == CardStatus::Voided);
    let earliest = history.cards().map(|(event, _)| event.occurred_at());
    let earliest = earliest.chain(known.map(|known| known.created_at)).min();
    Some(Card {
        card_id: first.card_id.clone(),
        customer_id: customer.to_owned(),
        last_four: last_four.or_else(|| Some(known?.last_four.clone()))?,
        card_type: card_type.or_else(|| Some(known?.card_type)).unwrap_or(CardType::Virtual),
        status: if is_void { CardStatus::Voided } else { last.or_else(|| Some(known?.status))? },
        is_stolen,
        activated_at: moment(CardChange::Activated).or_else(|| known?.activated_at),
        created_at: moment(CardChange::Created).or(earliest)?,
    })
}

/// What a card can do after this has happened to it.
fn status_after(fact: &CardFact) -> CardStatus {
    match fact.change {
        CardChange::Created => fact.status.unwrap_or(CardStatus::Active),
        CardChange::Activated | CardChange::Unfrozen => CardStatus::Active,
        CardChange::Frozen => CardStatus::Frozen,
        CardChange::Lost => CardStatus::Lost,
        CardChange::Voided | CardChange::Stolen => CardStatus::Voided,
        CardChange::Cancelled => fact.status.unwrap_or(CardStatus::Voided),
        CardChange::Deactivated => fact.status.unwrap_or(CardStatus::Blocked),
    }
}
