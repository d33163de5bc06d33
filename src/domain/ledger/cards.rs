//! Projects the card events of a customer onto the customer's cards.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::event::{CardChange, CardFact, CardRef, Event};
use super::history::History;
use super::tokens::{self, Candidate};
use crate::domain::card::{Card, CardStatus, CardType};
use crate::domain::time::Timestamp;

/// A card as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCard {
    /// The card.
    pub card: Card,
    /// The state that was imported last; none where all that is known comes from events.
    pub imported: Option<CardStatement>,
}

/// What an import stated about a card. Events change the card, but not this, so that
/// an event which turns out to mean another card leaves nothing behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardStatement {
    /// When the card was so.
    pub at: Timestamp,
    /// What it could do.
    pub status: CardStatus,
    /// Whether it was reported stolen.
    pub is_stolen: bool,
    /// When it was first put to use.
    pub activated_at: Option<Timestamp>,
}

/// What card events make of a customer's cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Projected {
    /// Every card that an import or an event has named.
    pub cards: Vec<Card>,
    /// The events of which it is not known which card they mean.
    pub ambiguous: HashSet<String>,
}

/// One event about one card.
type CardEvent<'a> = (&'a Event, &'a CardFact);

/// The cards of a customer after the events of a history, of which all are here. It
/// depends on what was imported and on the set of events, not on their order.
pub fn project(stored: &[KnownCard], history: &History, customer: &str) -> Projected {
    let stored: BTreeMap<&str, &KnownCard> =
        stored.iter().map(|known| (known.card.card_id.as_str(), known)).collect();
    let mut by_card: BTreeMap<&str, Vec<CardEvent<'_>>> =
        stored.keys().map(|id| (*id, Vec::new())).collect();
    let mut by_token: BTreeMap<&str, Vec<CardEvent<'_>>> = BTreeMap::new();
    for (event, fact) in history.cards() {
        match &fact.card {
            CardRef::Id(id) => by_card.entry(id).or_default().push((event, fact)),
            CardRef::Token(token) => by_token.entry(token).or_default().push((event, fact)),
        }
    }
    let named: BTreeMap<&str, Card> = by_card
        .iter()
        .filter_map(|(id, events)| {
            Some((*id, card(id, events, customer, stored.get(id).copied())?))
        })
        .collect();
    let candidates: Vec<Candidate<'_>> =
        named.values().map(|card| candidate(card, &by_card, &stored)).collect();
    let meant: HashMap<&str, &str> = tokens::assign(&candidates, &by_token);
    let mut projected = Projected::default();
    for (token, events) in by_token {
        match meant.get(token) {
            Some(id) => by_card.entry(*id).or_default().extend(events),
            None => projected.ambiguous.extend(events.iter().map(|(event, _)| event.id.clone())),
        }
    }
    for (id, mut events) in by_card {
        events.sort_by(|(a, _), (b, _)| a.sort_key().cmp(&b.sort_key()));
        match card(id, &events, customer, stored.get(id).copied()) {
            Some(card) => projected.cards.push(card),
            None => projected.ambiguous.extend(events.iter().map(|(event, _)| event.id.clone())),
        }
    }
    projected
}

/// What is known of a card that an event with a token may mean, without the events
/// that have a token themselves.
fn candidate<'a>(
    card: &'a Card,
    events: &BTreeMap<&str, Vec<CardEvent<'_>>>,
    stored: &BTreeMap<&str, &KnownCard>,
) -> Candidate<'a> {
    let id = card.card_id.as_str();
    let imported = stored.get(id).and_then(|known| known.imported);
    let imported_void = imported.filter(|of| of.is_stolen || of.status == CardStatus::Voided);
    let voiding = events.get(id).into_iter().flatten();
    let voiding = voiding.filter(|(_, fact)| status_after(fact) == CardStatus::Voided);
    let void_since = voiding.map(|(event, _)| event.occurred_at);
    Candidate {
        card_id: id,
        network_token: card.network_token.as_deref(),
        card_type: card.card_type,
        created_at: card.created_at,
        void_since: void_since.chain(imported_void.map(|of| of.at)).min(),
    }
}

/// One card after its events; none where the last digits of its number are not known
/// yet.
///
/// The newest statement about the card holds: an import's, or that of an event
/// which happened after it.
fn card(
    id: &str,
    events: &[CardEvent<'_>],
    customer: &str,
    stored: Option<&KnownCard>,
) -> Option<Card> {
    let known = stored.map(|stored| &stored.card);
    let imported = stored.and_then(|stored| stored.imported);
    // Of what does not change, only events count that are surely about this card.
    let is_sure = |(_, fact): &&CardEvent<'_>| matches!(fact.card, CardRef::Id(_));
    let sure = || events.iter().filter(is_sure);
    // What is stored of a card that was never imported is what its events made of it.
    let before = match imported {
        Some(of) => Some((of.status, of.is_stolen, of.activated_at)),
        None if sure().next().is_some() => None,
        None => known.map(|known| (known.status, known.is_stolen, known.activated_at)),
    };
    let is_newer = |event: &Event| imported.is_none_or(|of| event.occurred_at > of.at);
    let newer = || events.iter().filter(|(event, _)| is_newer(event));
    let of_import = known.filter(|_| imported.is_some());
    let last_four = newer().filter(is_sure).rev().find_map(|(_, fact)| fact.last_four.clone());
    let last_four = last_four
        .or_else(|| Some(of_import?.last_four.clone()))
        .or_else(|| sure().rev().find_map(|(_, fact)| fact.last_four.clone()))
        .or_else(|| Some(known?.last_four.clone()))?;
    let card_type = newer().filter(is_sure).rev().find_map(|(_, fact)| fact.card_type);
    let card_type = card_type
        .or_else(|| Some(of_import?.card_type))
        .or_else(|| sure().rev().find_map(|(_, fact)| fact.card_type))
        .or_else(|| Some(known?.card_type));
    let moment = |change: CardChange| {
        events.iter().find(|(_, fact)| fact.change == change).map(|(event, _)| event.occurred_at)
    };
    let created_at = of_import
        .map(|card| card.created_at)
        .or_else(|| moment(CardChange::Created))
        .or_else(|| sure().map(|(event, _)| event.occurred_at).min())
        .or_else(|| Some(known?.created_at))?;
    let last = newer().next_back().map(|(_, fact)| status_after(fact));
    let status = last.or_else(|| before.map(|(status, _, _)| status))?;
    // A stolen card stays so, and what is gone for good does not come back.
    let is_stolen = before.is_some_and(|(_, is_stolen, _)| is_stolen)
        || events.iter().any(|(_, fact)| fact.change == CardChange::Stolen);
    let is_void = is_stolen
        || before.is_some_and(|(status, _, _)| status == CardStatus::Voided)
        || newer().any(|(_, fact)| status_after(fact) == CardStatus::Voided);
    Some(Card {
        card_id: id.to_owned(),
        customer_id: customer.to_owned(),
        network_token: known.and_then(|known| known.network_token.clone()),
        last_four,
        card_type: card_type.unwrap_or(CardType::Virtual),
        status: if is_void { CardStatus::Voided } else { status },
        is_stolen,
        pin_set: known.and_then(|known| known.pin_set),
        activated_at: moment(CardChange::Activated)
            .or_else(|| before.and_then(|(_, _, activated_at)| activated_at)),
        created_at,
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
