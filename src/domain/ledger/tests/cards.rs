use super::*;
use CardChange::{Activated, Created, Frozen, Stolen, Unfrozen, Voided};
use CardStatus::{Active, Voided as Void};

/// The states of the cards after events, by their identifiers, and the events that are
/// ambiguous.
fn states(cards: &[KnownCard], facts: &[(i64, Fact)]) -> (Vec<(String, CardStatus)>, Vec<String>) {
    let mut events = events(facts);
    let seen = after(cards, &events);
    events.reverse();
    assert_eq!(after(cards, &events), seen, "the other way round");
    let states = seen.cards.into_values().map(|card| (card.card_id, card.status)).collect();
    (states, seen.ambiguous.into_iter().collect())
}

fn of(
    states: &[(&str, CardStatus)],
    ambiguous: &[&str],
) -> (Vec<(String, CardStatus)>, Vec<String>) {
    let states = states.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect();
    (states, ambiguous.iter().map(|id| (*id).to_owned()).collect())
}

fn with_token(mut known: KnownCard, token: &str) -> KnownCard {
    known.card.network_token = Some(token.to_owned());
    known
}

#[test]
fn a_token_means_the_only_card_that_it_can() {
    let (a, b) = (|| imported("a", Active, 1), || imported("b", Active, 2));
    let frozen = (20, token("x", Frozen));
    // The only card.
    assert_eq!(
        states(&[a()], std::slice::from_ref(&frozen)),
        of(&[("a", CardStatus::Frozen)], &[])
    );
    // One of two; none at all.
    assert_eq!(
        states(&[a(), b()], std::slice::from_ref(&frozen)),
        of(&[("a", Active), ("b", Active)], &["evt_0"])
    );
    assert_eq!(states(&[], std::slice::from_ref(&frozen)), of(&[], &["evt_0"]));
    // The other one has a token of its own; this one has it.
    assert_eq!(
        states(&[a(), with_token(b(), "y")], std::slice::from_ref(&frozen)),
        of(&[("a", CardStatus::Frozen), ("b", Active)], &[])
    );
    assert_eq!(
        states(&[a(), with_token(b(), "x")], std::slice::from_ref(&frozen)),
        of(&[("a", Active), ("b", CardStatus::Frozen)], &[])
    );
    assert_eq!(
        states(&[with_token(a(), "y")], std::slice::from_ref(&frozen)),
        of(&[("a", Active)], &["evt_0"])
    );
    // The other one was gone by then, or did not exist yet.
    assert_eq!(
        states(&[imported("a", Void, 1), b()], std::slice::from_ref(&frozen)),
        of(&[("a", Void), ("b", CardStatus::Frozen)], &[])
    );
    assert_eq!(
        states(&[a(), imported("b", Active, 200)], std::slice::from_ref(&frozen)),
        of(&[("a", CardStatus::Frozen), ("b", Active)], &[])
    );
    // It may have gone only after that.
    let late = (5, token("x", Frozen));
    assert_eq!(
        states(&[imported("a", Void, 1), b()], &[late]),
        of(&[("a", Void), ("b", Active)], &["evt_0"])
    );
}

#[test]
fn a_later_event_leaves_one_card() {
    let cards = [imported("a", Active, 1), imported("b", Active, 1_000)];
    // The second event says that the token is older than the second card.
    let facts = [(2_000, token("x", Frozen)), (20, token("x", Unfrozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", CardStatus::Frozen), ("b", Active)], &[]));
    // Then the other token can only mean the other card.
    let facts = [(2_000, token("y", Frozen)), (20, token("x", Unfrozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", Active), ("b", CardStatus::Frozen)], &[]));
    // A card is named by its identifier, and gone.
    let cards = [imported("a", Active, 1), imported("b", Active, 1)];
    let facts = [(30, token("x", Frozen)), (20, card_event(CardRef::Id("b".to_owned()), Voided))];
    assert_eq!(states(&cards, &facts), of(&[("a", CardStatus::Frozen), ("b", Void)], &[]));
}

#[test]
fn two_tokens_never_mean_one_card() {
    let facts = [(20, token("x", Frozen)), (21, token("y", Unfrozen))];
    let cards = [imported("a", Active, 1)];
    assert_eq!(states(&cards, &facts), of(&[("a", Active)], &["evt_0", "evt_1"]));
    // A third event settles it.
    let known = [with_token(imported("a", Active, 1), "x")];
    assert_eq!(states(&known, &facts), of(&[("a", CardStatus::Frozen)], &["evt_1"]));
}

#[test]
fn a_card_that_came_is_not_one_that_was_there() {
    let cards = [imported("a", Active, 1)];
    let facts = [(10_000, token("x", Created)), (10_001, token("x", Frozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", Active)], &["evt_0", "evt_1"]));
    let both = [imported("a", Active, 1), imported("b", Active, 9_990)];
    assert_eq!(states(&both, &facts), of(&[("a", Active), ("b", CardStatus::Frozen)], &[]));
}

#[test]
fn of_two_cards_the_physical_one_is_activated() {
    let mut physical = imported("b", Active, 1);
    physical.card.card_type = CardType::Physical;
    let cards = [imported("a", Active, 1), physical];
    let facts = [(20, token("x", Activated)), (21, token("x", Frozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", Active), ("b", CardStatus::Frozen)], &[]));
    // The only card is meant, whatever it is made of.
    let seen = after(&cards[..1], &events(&[(20, token("x", Activated))]));
    assert_eq!(seen.cards["a"].activated_at, Some(at(20)));
}

#[test]
fn an_event_that_is_late_undoes_nothing() {
    let cards = [with_token(imported("a", Active, 1), "x")];
    // Of before the import; of before another event.
    assert_eq!(states(&cards, &[(5, token("x", Frozen))]), of(&[("a", Active)], &[]));
    let facts = [(9, token("x", Unfrozen)), (8, token("x", Frozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", Active)], &[]));
    // What is gone for good does not come back.
    let facts = [(9, token("x", Stolen)), (10, token("x", Unfrozen))];
    assert_eq!(states(&cards, &facts), of(&[("a", Void)], &[]));
    assert!(after(&cards, &events(&facts)).cards["a"].is_stolen);
}

#[test]
fn what_an_event_did_is_undone_if_it_may_mean_another_card() {
    let a = imported("a", Active, 1);
    let history = events(&[(20, token("x", Frozen))]);
    let seen = after(std::slice::from_ref(&a), &history);
    assert_eq!(seen.cards["a"].status, CardStatus::Frozen);
    // An import brings a second card that was there all the time.
    let stored = KnownCard { card: seen.cards["a"].clone(), ..a };
    let seen = after(&[stored, imported("b", Active, 1)], &history);
    assert_eq!((seen.cards["a"].status, seen.cards["b"].status), (Active, Active));
    assert_eq!(seen.ambiguous.len(), 1);
}
