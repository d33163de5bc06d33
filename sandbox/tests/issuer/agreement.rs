//! Whatever happens, events and answers say the same.

use std::collections::BTreeMap;
use std::time::Duration;

use card_gateway_sandbox::issuer::{Funding, Program, Purchase, TransactionKey};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::support::Tester;

/// Something happens to one of these customers.
fn happens(
    program: &mut Program,
    rng: &mut fastrand::Rng,
    who: &str,
    open: &mut Vec<TransactionKey>,
) {
    let amount = rng.i64(1..2_000);
    // What is not possible now does not happen.
    match rng.u8(0..8) {
        0 => open.extend(program.authorize(who, Purchase::of(amount)).ok()),
        1 => open.extend(program.authorize(who, Purchase::foreign(amount * 7, "SEK", amount)).ok()),
        2 => drop(open.pop().map(|key| program.settle(key, Some(amount)))),
        3 => drop(open.pop().map(|key| program.reverse(key))),
        4 => drop(program.deposit(who, amount)),
        5 => drop(program.fund(who, Funding::of(500 + amount))),
        6 => {
            drop(
                program.withdraw(who, amount).and_then(|done| program.settle_withdrawal(&done.id)),
            );
        }
        _ => {
            let last = u32::try_from(program.transactions().len() - 1).expect("few");
            drop(program.refund(TransactionKey(rng.u32(0..=last)), amount / 10 + 1));
        }
    }
}

#[test]
fn the_last_balance_that_was_told_is_the_one_that_is_shown() {
    let (tester, receiver) = (Tester::with(60), Receiver::start());
    let spenders: Vec<String> = tester.issuer.act(|program| {
        program.subscribe(&receiver.url, &["customer.balance.updated"]);
        let with_wallets = program.customers().filter(|found| found.wallet.is_some());
        with_wallets.map(|found| found.yativo_card_id.clone()).take(8).collect()
    });
    let (mut rng, mut open) = (fastrand::Rng::with_seed(3), Vec::new());
    for _ in 0..400 {
        let who = &spenders[rng.usize(..spenders.len())];
        tester.issuer.act(|program| happens(program, &mut rng, who, &mut open));
    }
    assert!(tester.issuer.wait_for_deliveries(Duration::from_secs(20)));
    // Events come in any order; their time tells which is the last.
    let mut told: BTreeMap<String, Value> = BTreeMap::new();
    for event in receiver.received() {
        let data = event.body["data"].clone();
        let who = data["yativo_card_id"].as_str().expect("a name").to_owned();
        let known = told.entry(who).or_insert_with(|| data.clone());
        if data["timestamp"].as_str() > known["timestamp"].as_str() {
            *known = data;
        }
    }
    assert!(told.len() >= 6, "{}", told.len());
    for (who, told) in told {
        let page = tester.get(&format!("/v1/card-issuer/customers/{who}"));
        let shown = page.data();
        for name in ["ledger_balance_minor", "available_balance_minor"] {
            assert_eq!(told[name], shown[name], "{who} {name}");
        }
        let pending = if told["pending_balance_minor"].is_null() {
            json!(0)
        } else {
            told["pending_balance_minor"].clone()
        };
        assert_eq!(pending, shown["pending_balance_minor"], "{who}");
        assert_eq!(told["timestamp"], shown["balance_updated_at"], "{who}");
        let held = tester.issuer.act(|program| {
            let wallet =
                program.customer(&who).and_then(|found| found.wallet.clone()).expect("a wallet");
            let cards: Vec<_> =
                program.customer(&who).expect("there").cards.iter().map(|card| card.id).collect();
            let own = program.transactions().iter().filter(|made| cards.contains(&made.card_id));
            (wallet.held, own.map(|made| made.held).sum::<i64>())
        });
        assert_eq!(held.0, held.1, "{who}");
    }
}
