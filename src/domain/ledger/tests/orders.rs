//! Any order of the same events, some of them twice, leads to the same state.

use proptest::prelude::*;
use strum::VariantArray as _;

use super::*;
use crate::domain::transaction::TransactionType;

fn any_amount(currency: &'static [&'static str]) -> impl Strategy<Value = Amount> {
    (1_i64..50, prop::sample::select(currency))
        .prop_map(|(cents, currency)| amount(cents, currency))
}

fn any_transaction() -> impl Strategy<Value = Fact> {
    let moment = || prop::option::of((0_i64..12).prop_map(at));
    let kind = prop::sample::select(vec![
        None,
        Some(TransactionType::Purchase),
        Some(TransactionType::Refund),
    ]);
    let word = |words: Vec<&'static str>| {
        prop::option::of(prop::sample::select(words).prop_map(str::to_owned))
    };
    let money = (any_amount(&["EUR", "USD", "JPY"]), prop::option::of(any_amount(&["EUR", "GBP"])));
    let stage = prop::sample::select(Stage::VARIANTS.to_vec());
    let name = prop::sample::select(vec!["a", "b"]);
    let words = (word(vec!["x", "y"]), word(vec!["0x1", "0x2"]), word(vec!["1.1"]));
    (stage, name, money, kind, words, moment(), moment()).prop_map(
        |(stage, name, (amount, billing), transaction_type, words, authorized_at, settled_at)| {
            let (merchant, tx_hash, fx_rate) = words;
            transaction(TransactionFact {
                amount: Some(amount),
                billing,
                fx_rate,
                tx_hash,
                transaction_type,
                merchant,
                authorized_at,
                settled_at,
                ..step(stage, name, 0)
            })
        },
    )
}

fn any_card_event() -> impl Strategy<Value = Fact> {
    let card = prop_oneof![
        2 => prop::sample::select(vec!["x", "y", "known"]).prop_map(|token| CardRef::Token(token.to_owned())),
        1 => prop::sample::select(vec!["card-a", "card-c"]).prop_map(|id| CardRef::Id(id.to_owned())),
    ];
    let change = prop::sample::select(CardChange::VARIANTS.to_vec());
    let card_type = prop::sample::select(vec![None, Some(CardType::Physical)]);
    (card, change, card_type, any::<bool>()).prop_map(|(card, change, card_type, has_digits)| {
        let last_four = has_digits.then(|| "4242".to_owned());
        Fact::Card(CardFact { card, change, last_four, card_type, status: None })
    })
}

fn any_movement() -> impl Strategy<Value = Fact> {
    let kind = prop::sample::select(vec![
        MovementKind::Transfer,
        MovementKind::Deposit,
        MovementKind::Withdrawal,
    ]);
    let name = prop::sample::select(vec!["a", "b"]);
    (kind, name, 1_i64..50, any::<bool>())
        .prop_map(|(kind, name, cents, completed)| movement(kind, name, cents, completed))
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        3 => (100_i64..1_000, 0_i64..50, 0_i64..12)
            .prop_map(|(ledger, pending, second)| live(ledger, pending, second)),
        1 => (100_i64..1_000, 0_i64..12).prop_map(|(ledger, second)| reconciled(ledger, second)),
        8 => any_transaction(),
        3 => any_card_event(),
        1 => any_movement(),
    ]
}

fn any_history() -> impl Strategy<Value = Vec<Arc<Event>>> {
    // Cards come and go over minutes, money moves within seconds.
    prop::collection::vec((0_i64..12, any_fact()), 1..10).prop_map(|facts| {
        let numbered = facts.into_iter().enumerate();
        numbered
            .map(|(id, (second, fact))| {
                let second = if matches!(fact, Fact::Card(_)) { second * 120 } else { second };
                event(id, second, fact)
            })
            .collect()
    })
}

/// Cards with and without a known token, made at different times.
fn any_cards() -> impl Strategy<Value = Vec<KnownCard>> {
    let status = prop::sample::select(vec![CardStatus::Active, CardStatus::Voided]);
    let mut known = imported("card-k", CardStatus::Active, 1);
    known.card.network_token = Some("known".to_owned());
    let one = |id: &'static str| {
        let status = status.clone();
        prop::option::of((status, 0_i64..1_400))
            .prop_map(move |made| made.map(|(status, created)| imported(id, status, created)))
    };
    (one("card-a"), one("card-b"), prop::option::of(Just(known)))
        .prop_map(|(a, b, known)| a.into_iter().chain(b).chain(known).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_order_with_duplicates_leads_to_the_same_state(
        cards in any_cards(),
        (history, other) in any_history().prop_flat_map(|history| {
            let twice: Vec<_> = history.iter().chain(&history).cloned().collect();
            (Just(history), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(after(&cards, &history), after(&cards, &other));
    }
}
