use super::*;
use crate::domain::transaction::TransactionStatus;

#[test]
fn how_far_a_transaction_has_come() {
    use Stage::{Authorized, Declined, Expired, Refunded, Reversed, Settled};
    for (stages, status, amount) in [
        (&[(Authorized, 50)][..], TransactionStatus::Authorized, 50),
        (&[(Authorized, 50), (Settled, 45)], TransactionStatus::Settled, 45),
        (&[(Authorized, 50), (Settled, 20), (Settled, 30)], TransactionStatus::Settled, 50),
        (&[(Authorized, 50), (Reversed, 50)], TransactionStatus::Reversed, 50),
        (&[(Authorized, 50), (Reversed, 20)], TransactionStatus::PartiallyReversed, 50),
        (&[(Authorized, 50), (Expired, 50)], TransactionStatus::Expired, 50),
        (&[(Declined, 50)], TransactionStatus::Declined, 50),
        (&[(Authorized, 50), (Settled, 50), (Refunded, 30)], TransactionStatus::Settled, 50),
        (&[(Refunded, 30)], TransactionStatus::Settled, 30),
    ] {
        let steps: Vec<_> = (1..)
            .zip(stages.iter().map(|(stage, cents)| transaction(step(*stage, "a", *cents))))
            .collect();
        let projected =
            after(&[], &events(&steps)).transactions.remove("a").expect("a transaction");
        assert_eq!((projected.status, projected.amount.get()), (status, amount), "{stages:?}");
        assert_eq!(projected.created_at, at(1));
    }
}

#[test]
fn the_best_known_of_a_merchant_is_shown() {
    let of = |stage, merchant: Option<&str>| {
        let merchant = merchant.map(str::to_owned);
        transaction(TransactionFact { merchant, ..step(stage, "a", 500) })
    };
    let stages = [
        (1, of(Stage::Authorized, Some("Corner"))),
        (2, of(Stage::Authorized, Some("Corner Bakery"))),
        (3, of(Stage::Settled, None)),
    ];
    let shown = after(&[], &events(&stages)).transactions.remove("a").expect("a transaction");
    assert_eq!(shown.merchant.as_deref(), Some("Corner Bakery"));
}
