use super::*;
use crate::domain::transaction::TransactionType;

/// Events, what they are, and the three amounts that they lead to.
type Case<'a, Pending> = (&'a str, &'a [(i64, Fact)], (i64, i64, Pending));

/// 100.00 on the ledger, 90.00 of it available at second 10; then these.
fn moved(facts: &[(i64, Fact)]) -> (i64, i64, i64) {
    let mut all = vec![(10, live(10_000, 1_000, 10))];
    all.extend_from_slice(facts);
    let (ledger, available, pending) = after(&[], &events(&all)).balance();
    (ledger, available, pending.expect("a live balance"))
}

#[test]
fn transactions_move_a_live_balance() {
    use Stage::{Authorized, Declined, Expired, PartiallyReversed, Refunded, Reversed, Settled};
    let of = |stage, cents| transaction(step(stage, "a", cents));
    let since = |stage, cents, held: i64| {
        transaction(TransactionFact { authorized_at: Some(at(held)), ..step(stage, "a", cents) })
    };
    let credit = |stage, cents| {
        let transaction_type = Some(TransactionType::Refund);
        transaction(TransactionFact { transaction_type, ..step(stage, "a", cents) })
    };
    let of_hash = |cents, hash: &str| {
        let tx_hash = Some(hash.to_owned());
        transaction(TransactionFact { tx_hash, ..step(Settled, "a", cents) })
    };
    let table: &[Case<'_, i64>] = &[
        ("nothing", &[], (10_000, 9_000, 1_000)),
        ("a hold", &[(11, of(Authorized, 500))], (10_000, 8_500, 1_500)),
        (
            "a hold that is reported twice",
            &[(11, of(Authorized, 500)), (12, of(Authorized, 500))],
            (10_000, 8_500, 1_500),
        ),
        (
            "a hold, settled",
            &[(11, of(Authorized, 500)), (12, of(Settled, 500))],
            (9_500, 8_500, 1_000),
        ),
        (
            "settled with a tip",
            &[(11, of(Authorized, 500)), (12, of(Settled, 600))],
            (9_400, 8_400, 1_000),
        ),
        (
            "settled in two parts",
            &[(11, of(Authorized, 500)), (12, of_hash(300, "x")), (13, of_hash(200, "y"))],
            (9_500, 8_500, 1_000),
        ),
        (
            "each part once, whenever it is reported",
            &[
                (11, of(Authorized, 500)),
                (12, of_hash(300, "x")),
                (13, of_hash(200, "y")),
                (14, of_hash(300, "x")),
            ],
            (9_500, 8_500, 1_000),
        ),
        (
            "parts of the same amount, by their times",
            &[
                (11, of(Authorized, 500)),
                (12, of(Settled, 250)),
                (12, of(Settled, 250)),
                (13, of(Settled, 250)),
            ],
            (9_500, 8_500, 1_000),
        ),
        ("let go", &[(11, of(Authorized, 500)), (12, of(Reversed, 500))], (10_000, 9_000, 1_000)),
        ("run out", &[(11, of(Authorized, 500)), (12, of(Expired, 500))], (10_000, 9_000, 1_000)),
        (
            "let go in part",
            &[(11, of(Authorized, 500)), (12, of(PartiallyReversed, 200))],
            (10_000, 8_700, 1_300),
        ),
        (
            "let go in part by its amount",
            &[(11, of(Authorized, 500)), (12, of(Reversed, 200))],
            (10_000, 8_700, 1_300),
        ),
        ("refused", &[(11, of(Declined, 500))], (10_000, 9_000, 1_000)),
        ("a refund", &[(11, of(Refunded, 500))], (10_500, 9_500, 1_000)),
        (
            "a refund that settles later is one",
            &[(11, credit(Refunded, 500)), (12, credit(Settled, 500))],
            (10_500, 9_500, 1_000),
        ),
        // The hold is in the balance already, and only its end is news.
        ("settled alone", &[(11, of(Settled, 500))], (9_500, 9_000, 500)),
        ("settled, held before", &[(11, since(Settled, 500, 9))], (9_500, 9_000, 500)),
        ("let go, held before", &[(11, since(Reversed, 500, 9))], (10_000, 9_500, 500)),
        (
            "let go bit by bit, then settled",
            &[(11, of(Reversed, 200)), (12, of(PartiallyReversed, 100)), (13, of(Settled, 300))],
            (9_700, 9_300, 400),
        ),
        // The hold came behind the balance, and its event is not here yet.
        ("settled, held behind", &[(12, since(Settled, 500, 11))], (9_500, 8_500, 1_000)),
        (
            "in the balance",
            &[(9, of(Authorized, 500)), (10, of(Settled, 500))],
            (10_000, 9_000, 1_000),
        ),
        (
            "the hold in the balance",
            &[(9, of(Authorized, 500)), (11, of(Settled, 450))],
            (9_550, 9_050, 500),
        ),
    ];
    for (what, facts, expected) in table {
        assert_eq!(moved(facts), *expected, "{what}");
    }
}

#[test]
fn money_from_outside_and_back_moves_it_once() {
    use MovementKind::{Deposit, Transfer, Withdrawal};
    let of = |kind, cents| movement(kind, "m", cents, true);
    for kind in [Transfer, Deposit] {
        assert_eq!(moved(&[(11, of(kind, 700))]), (10_700, 9_700, 1_000));
        assert_eq!(moved(&[(11, of(kind, 700)), (12, of(kind, 700))]), (10_700, 9_700, 1_000));
        assert_eq!(moved(&[(10, of(kind, 700))]), (10_000, 9_000, 1_000), "in the balance");
    }
    assert_eq!(moved(&[(11, of(Withdrawal, 700))]), (9_300, 8_300, 1_000));
    assert_eq!(
        moved(&[(11, of(Withdrawal, 700)), (12, of(Withdrawal, 700))]),
        (9_300, 8_300, 1_000)
    );
    // One name in two kinds is two movements.
    assert_eq!(
        moved(&[(11, of(Withdrawal, 700)), (12, of(Transfer, 700))]),
        (10_000, 9_000, 1_000)
    );
    assert_eq!(moved(&[(11, transfer("t", 700, false))]), (10_000, 9_000, 1_000));
    let failed = [(11, transfer("t", 700, true)), (12, transfer("t", 700, false))];
    assert_eq!(moved(&failed), (10_000, 9_000, 1_000));
    // A deposit and the balance that comes besides.
    let absorbed = [(11, of(Deposit, 700)), (11, live(10_700, 1_000, 11))];
    assert_eq!(moved(&absorbed), (10_700, 9_700, 1_000));
}

#[test]
fn the_newest_balance_counts_whichever_comes_first() {
    let hold = || transaction(step(Stage::Authorized, "a", 500));
    let settled = || transaction(step(Stage::Settled, "b", 100));
    let table: &[Case<'_, Option<i64>>] = &[
        (
            "a later one absorbs",
            &[(10, live(10_000, 0, 10)), (11, hold()), (12, live(8_000, 500, 12))],
            (8_000, 7_500, Some(500)),
        ),
        (
            "an older one is late",
            &[(10, live(10_000, 0, 10)), (12, live(1, 0, 9))],
            (10_000, 10_000, Some(0)),
        ),
        (
            "one that comes after what happened behind it",
            &[(15, hold()), (16, live(9_000, 0, 12))],
            (9_000, 8_500, Some(500)),
        ),
        (
            "a reconciliation replaces an older live one: what is held is unknown",
            &[(10, live(10_000, 500, 10)), (20, reconciled(9_000, 20))],
            (9_000, 9_000, None),
        ),
        (
            "a reconciliation that is older than the live one is late",
            &[(10, live(10_000, 500, 10)), (20, reconciled(9_000, 9))],
            (10_000, 9_500, Some(500)),
        ),
        (
            "a live one replaces an older reconciliation",
            &[(10, reconciled(9_000, 10)), (20, live(8_000, 500, 20))],
            (8_000, 7_500, Some(500)),
        ),
        (
            "a live one that is older than the reconciliation is late",
            &[(20, reconciled(9_000, 20)), (21, live(8_000, 500, 19))],
            (9_000, 9_000, None),
        ),
        (
            "of the same moment, the live one",
            &[(10, live(10_000, 500, 10)), (10, reconciled(9_000, 10))],
            (10_000, 9_500, Some(500)),
        ),
        (
            "of two reconciliations, the later",
            &[(20, reconciled(9_000, 20)), (10, reconciled(1, 10))],
            (9_000, 9_000, None),
        ),
        (
            "a hold is not on the chain",
            &[(10, reconciled(9_000, 10)), (11, hold())],
            (9_000, 9_000, None),
        ),
        (
            "a settlement is, and money from outside",
            &[(10, reconciled(9_000, 10)), (11, settled()), (12, transfer("t", 300, true))],
            (9_200, 9_200, None),
        ),
        (
            "a live one counts what has moved since, through a reconciliation before it",
            &[(10, reconciled(9_000, 10)), (13, hold()), (14, live(8_000, 0, 12))],
            (8_000, 7_500, Some(500)),
        ),
    ];
    for (what, facts, expected) in table {
        let mut events = events(facts);
        assert_eq!(after(&[], &events).balance(), *expected, "{what}");
        events.reverse();
        assert_eq!(after(&[], &events).balance(), *expected, "{what}, the other way round");
    }
    // A hold leaves the time of a reconciliation as it is; a settlement does not.
    let time = |facts: &[(i64, Fact)]| {
        after(&[], &events(facts)).account.wallet.expect("a balance").current.updated_at
    };
    assert_eq!(time(&[(10, reconciled(1, 10)), (11, hold())]), at(10));
    assert_eq!(time(&[(10, reconciled(1, 10)), (11, settled())]), at(11));
    assert_eq!(time(&[(10, live(1, 0, 10)), (11, hold())]), at(11));
}

#[test]
fn a_balance_that_cannot_be_true_is_refused() {
    let mut account = Account { currency: Some(Currency::Gbp), ..Account::default() };
    let refused = account.apply(&event(1, 1, live(1, 0, 1)));
    assert_eq!((refused, account.wallet.is_none()), (Err("currency is not the wallet's"), true));
    let mut account = Account::default();
    account.apply(&event(1, 1, live(Minor::MAX, 0, 1))).expect("it fits");
    let before = account.clone();
    assert_eq!(
        account.apply(&event(2, 2, transfer("t", 1, true))),
        Err("the balance would be too large")
    );
    assert_eq!(account.wallet, before.wallet);
    let refused = &account.histories[&AggregateId::Movement(MovementKind::Transfer, "t".into())];
    assert!(refused.events().is_empty());
}
