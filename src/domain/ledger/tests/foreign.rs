use super::*;

/// A stage of a purchase of 20.00 USD, which is billed in euros, if an amount is given.
fn purchase(stage: Stage, dollars: i64, euros: Option<i64>) -> TransactionFact {
    TransactionFact {
        amount: Some(amount(dollars, "USD")),
        billing: euros.map(|euros| amount(euros, "EUR")),
        fx_rate: euros.map(|_| "1.0811".to_owned()),
        ..step(stage, "a", 0)
    }
}

/// Events, what they are, and the three amounts that they lead to.
type Case<'a> = (&'a str, &'a [TransactionFact], (i64, i64, i64));

fn moved(facts: &[TransactionFact]) -> (i64, i64, i64) {
    let mut all = vec![(10, live(10_000, 0, 10))];
    let steps = facts.iter().cloned().map(transaction);
    all.extend((11..).zip(steps));
    let (ledger, available, pending) = after(&[], &events(&all)).balance();
    (ledger, available, pending.expect("a live balance"))
}

#[test]
fn the_billing_amount_moves_the_wallet() {
    use Stage::{Authorized, Declined, Expired, Refunded, Reversed, Settled};
    let of = purchase;
    let table: &[Case<'_>] = &[
        ("a hold", &[of(Authorized, 2_000, Some(1_850))], (10_000, 8_150, 1_850)),
        (
            "settled at another rate",
            &[of(Authorized, 2_000, Some(1_850)), of(Settled, 2_000, Some(1_900))],
            (8_100, 8_100, 0),
        ),
        (
            "settled in parts without a billing amount, in proportion",
            &[of(Authorized, 2_000, Some(1_850)), of(Settled, 500, None), of(Settled, 1_500, None)],
            // 4.625 and 13.875, each to the nearest cent.
            (8_149, 8_149, 0),
        ),
        ("refused", &[of(Declined, 2_000, None)], (10_000, 10_000, 0)),
        (
            "let go",
            &[of(Authorized, 2_000, Some(1_850)), of(Reversed, 2_000, None)],
            (10_000, 10_000, 0),
        ),
        (
            "half of it let go",
            &[of(Authorized, 2_000, Some(1_850)), of(Reversed, 1_000, None)],
            (10_000, 9_075, 925),
        ),
        (
            "run out",
            &[of(Authorized, 2_000, Some(1_850)), of(Expired, 2_000, None)],
            (10_000, 10_000, 0),
        ),
        (
            "a third of it refunded, to the nearest cent",
            &[
                of(Authorized, 2_000, Some(1_850)),
                of(Settled, 2_000, Some(1_850)),
                of(Refunded, 667, None),
            ],
            (8_767, 8_767, 0),
        ),
        // Only the issuer knows what it costs.
        ("no billing amount", &[of(Authorized, 2_000, None)], (10_000, 10_000, 0)),
        (
            "no billing amount before it settles",
            &[of(Authorized, 2_000, None), of(Settled, 2_000, Some(1_850))],
            (8_150, 8_150, 0),
        ),
    ];
    for (what, facts, expected) in table {
        assert_eq!(moved(facts), *expected, "{what}");
    }
    // Billed in a currency that is not the wallet's: the merchant's amount, if that is.
    let odd = |amount_in: &str| TransactionFact {
        amount: Some(amount(500, amount_in)),
        billing: Some(amount(400, "GBP")),
        ..step(Authorized, "a", 0)
    };
    assert_eq!(moved(&[odd("EUR")]), (10_000, 9_500, 500));
    assert_eq!(moved(&[odd("USD")]), (10_000, 10_000, 0));
}

#[test]
fn both_amounts_and_the_rate_are_shown() {
    use Stage::{Authorized, Settled};
    let shown = |facts: &[TransactionFact]| {
        let steps: Vec<_> = (1..).zip(facts.iter().cloned().map(transaction)).collect();
        let shown = after(&[], &events(&steps)).transactions.remove("a").expect("a transaction");
        let billing = shown.billing.map(|billing| (billing.amount.get(), billing.currency));
        (shown.amount.get(), shown.currency, billing, shown.fx_rate)
    };
    let rate = || Some("1.0811".to_owned());
    let euros = |cents| Some((cents, Currency::Eur));
    assert_eq!(
        shown(&[purchase(Authorized, 2_000, Some(1_850))]),
        (2_000, "USD".to_owned(), euros(1_850), rate())
    );
    assert_eq!(
        shown(&[
            purchase(Authorized, 2_000, Some(1_850)),
            purchase(Settled, 500, Some(470)),
            purchase(Settled, 1_500, Some(1_400)),
        ]),
        (2_000, "USD".to_owned(), euros(1_870), rate())
    );
    assert_eq!(shown(&[purchase(Authorized, 2_000, None)]), (2_000, "USD".to_owned(), None, None));
    assert_eq!(shown(&[step(Authorized, "a", 500)]), (500, "EUR".to_owned(), euros(500), None));
}
