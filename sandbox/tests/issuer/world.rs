//! The made-up world: the same each time, and sound.

use std::collections::{BTreeMap, BTreeSet};

use card_gateway_sandbox::issuer::{
    Fill, Issuer, IssuerOptions, ListOrder, Program, ProgramSpec, Stage, Time,
};

fn filled(order: ListOrder, seed: u64) -> Issuer {
    let spec = ProgramSpec { order, ..ProgramSpec::named("demo") };
    let start = Time::parse("2026-05-01").expect("a date");
    let options =
        IssuerOptions { programs: vec![spec], start: Some(start), ..IssuerOptions::default() };
    let issuer = Issuer::start(options).expect("a port");
    issuer.act(|program| {
        // The clock goes on while the issuer starts.
        program.now = start;
        program.fill(Fill { seed, ..Fill::of(400) });
    });
    issuer
}

/// Everything about the customers and their transactions, as text.
fn all(program: &mut Program) -> String {
    let customers: Vec<_> = program.customers().map(|customer| format!("{customer:?}")).collect();
    format!("{customers:#?}{:#?}", program.transactions())
}

#[test]
fn the_same_seed_makes_the_same_customers() {
    let [first, again, other] = [1, 1, 2].map(|seed| filled(ListOrder::NewestFirst, seed).act(all));
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[test]
fn customers_are_in_every_stage_and_sound() {
    let issuer = filled(ListOrder::NewestFirst, 7);
    issuer.act(|program| {
        let mut stages = BTreeMap::new();
        let mut held = BTreeMap::new();
        for transaction in program.transactions() {
            *held.entry(transaction.card_id).or_insert(0) += transaction.held;
        }
        for customer in program.customers() {
            *stages.entry(customer.stage.word.to_string()).or_insert(0) += 1;
            assert_eq!(customer.id.len(), 24);
            assert_eq!(customer.stage.has_card(), !customer.cards.is_empty());
            assert_eq!(customer.currency.is_some(), customer.stage.step >= 4);
            assert!(customer.created_at <= program.now);
            if let Some(wallet) = &customer.wallet {
                let on_cards: i64 =
                    customer.cards.iter().filter_map(|card| held.get(&card.id)).sum();
                assert_eq!(wallet.held, on_cards);
                assert!(wallet.ledger >= wallet.held && wallet.at <= program.now);
            }
        }
        for word in Stage::words() {
            assert!(stages.contains_key(word), "nobody is in {word}: {stages:?}");
        }
    });
}

#[test]
fn the_order_of_the_list_can_be_chosen() {
    let times = |order| {
        filled(order, 1).act(|program| {
            program.customers().map(|customer| customer.created_at).collect::<Vec<_>>()
        })
    };
    let newest = times(ListOrder::NewestFirst);
    assert!(newest.is_sorted_by(|a, b| a >= b));
    assert!(times(ListOrder::OldestFirst).is_sorted());
    let random = times(ListOrder::Random);
    assert!(!random.is_sorted() && !random.is_sorted_by(|a, b| a >= b));
    let as_set = |times: Vec<Time>| times.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(as_set(random), as_set(newest));
}

#[test]
fn who_vanishes_is_not_there_until_reappearing() {
    let issuer = filled(ListOrder::NewestFirst, 1);
    issuer.act(|program| {
        let found = program.customers().nth(100).expect("there is one");
        let (who, id, email) =
            (found.yativo_card_id.clone(), found.id.clone(), found.email.clone());
        program.vanish(&who).expect("the customer");
        for name in [&who, &id, &email] {
            assert!(program.customer(name).is_none());
        }
        assert_eq!((program.customers().len(), program.gone().count()), (399, 1));
        program.vanish(&who).expect_err("not there");
        program.reappear(&who).expect("the customer");
        assert_eq!(program.customer(&email).map(|found| found.id.clone()), Some(id));
        assert_eq!(program.customers().len(), 400);
    });
}

#[test]
fn names_can_change() {
    let issuer = filled(ListOrder::NewestFirst, 1);
    issuer.act(|program| {
        let who = program.customers().next().expect("there is one").yativo_card_id.clone();
        program.set_email(&who, "New.Name@example.com").expect("the customer");
        program.set_external_id(&who, Some("usr_new")).expect("the customer");
        for name in ["new.name@EXAMPLE.com", "usr_new"] {
            assert_eq!(program.customer(name).map(|found| &found.yativo_card_id), Some(&who));
        }
        program.set_external_id(&who, None).expect("the customer");
        assert!(program.customer("usr_new").is_none());
    });
}
