//! Which card an event means that names it by the card network's token alone.
//!
//! A token means the card that is known to have it. Another one means a card if no
//! other card of the customer can be meant by all events that have the token. What
//! stays open is resolved when a card's token becomes known, or by a later event.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::event::{CardChange, CardFact, Event};
use crate::domain::card::CardType;
use crate::domain::time::Timestamp;

/// How much later than an event its card may have been made: clocks differ.
const SKEW_MILLIS: i64 = 60 * 1_000;
/// How long before or after its card an event may say that it was made.
const CREATED_MILLIS: i64 = 10 * 60 * 1_000;

/// A card that may be meant.
pub(super) struct Candidate<'a> {
    pub(super) card_id: &'a str,
    pub(super) network_token: Option<&'a str>,
    pub(super) card_type: CardType,
    pub(super) created_at: Timestamp,
    /// When it was known to be gone for good.
    pub(super) void_since: Option<Timestamp>,
}

impl Candidate<'_> {
    /// Whether the card existed for the event.
    fn can_be_meant(&self, event: &Event, fact: &CardFact) -> bool {
        let age = event.occurred_at.millis() - self.created_at.millis();
        match fact.change {
            CardChange::Created => age.abs() <= CREATED_MILLIS,
            _ => age >= -SKEW_MILLIS,
        }
    }

    /// Whether the event is about such a card, of several that can be meant.
    fn is_likely(&self, event: &Event, fact: &CardFact) -> bool {
        let is_gone = self.void_since.is_some_and(|since| since < event.occurred_at);
        // Virtual cards are never activated.
        let stated = match fact.change {
            CardChange::Activated => Some(CardType::Physical),
            _ => fact.card_type,
        };
        !is_gone && stated.is_none_or(|stated| stated == self.card_type)
    }
}

/// Which card each token means, for those of which that is known. It depends on
/// the set of cards and events alone.
pub(super) fn assign<'a>(
    cards: &[Candidate<'a>],
    events: &BTreeMap<&'a str, Vec<(&Event, &CardFact)>>,
) -> HashMap<&'a str, &'a str> {
    let mut meant: HashMap<&str, &str> = HashMap::new();
    let stated = cards.iter().filter_map(|card| Some((card.network_token?, card.card_id)));
    let stated: HashMap<&str, &str> = stated.collect();
    let mut open: BTreeMap<&str, Vec<&Candidate<'_>>> = BTreeMap::new();
    for (token, events) in events {
        if let Some(id) = stated.get(token) {
            meant.insert(token, id);
            continue;
        }
        let nameless = cards.iter().filter(|card| card.network_token.is_none());
        let can = |card: &&Candidate<'_>| {
            events.iter().all(|(event, fact)| card.can_be_meant(event, fact))
        };
        open.insert(token, nameless.filter(can).collect());
    }
    loop {
        let choices: Vec<(&str, &str)> = open
            .iter()
            .filter_map(|(token, cards)| Some((*token, only(cards, &events[token])?)))
            .collect();
        // Two tokens cannot mean one card: then neither is known.
        let mut claimed: HashMap<&str, u32> = HashMap::new();
        for (_, card) in &choices {
            *claimed.entry(card).or_default() += 1;
        }
        let sure: Vec<_> = choices.into_iter().filter(|(_, card)| claimed[card] == 1).collect();
        if sure.is_empty() {
            return meant;
        }
        let taken: HashSet<&str> = sure.iter().map(|(_, card)| *card).collect();
        for (token, card) in sure {
            open.remove(token);
            meant.insert(token, card);
        }
        for cards in open.values_mut() {
            cards.retain(|card| !taken.contains(card.card_id));
        }
    }
}

/// The one card of several that all the events can mean, if there is just one.
fn only<'a>(cards: &[&Candidate<'a>], events: &[(&Event, &CardFact)]) -> Option<&'a str> {
    if let [card] = cards {
        return Some(card.card_id);
    }
    let likely =
        |card: &&&Candidate<'_>| events.iter().all(|(event, fact)| card.is_likely(event, fact));
    let mut likely = cards.iter().filter(likely);
    let first = likely.next()?;
    likely.next().is_none().then_some(first.card_id)
}
