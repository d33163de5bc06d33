//! The balance that events add up to. [`apply`] is the whole rule,
//! and pure: any order of the same events, some of them twice, leads to the
//! same account.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{AggregateId, BalanceFact, Event, Fact};
use super::history::{BalanceDelta, History};
use crate::domain::balance::LiveBalance;
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;

/// A customer's wallet as live notifications have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// What the newest balance event said.
    pub snapshot: LiveBalance,
    /// That event; empty for a balance that was imported.
    pub snapshot_event: String,
    /// That, and what has moved since.
    pub current: LiveBalance,
}

/// What is known of a customer's account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// The wallet's currency.
    pub currency: Option<Currency>,
    /// The wallet; none before the first balance event.
    pub wallet: Option<Wallet>,
    /// What has happened: all that belongs to a subject at hand, and all that
    /// moved money since the balance at hand.
    pub histories: BTreeMap<AggregateId, History>,
}

/// Why an event cannot be applied. Nothing was changed.
pub type Reason = &'static str;

/// The account after an event. One that is in it already changes nothing, nor
/// does a balance that is older than the known one.
///
/// # Errors
/// Says why the event cannot be true of this account.
pub fn apply(account: &Account, event: &Arc<Event>) -> Result<Account, Reason> {
    let mut after = account.clone();
    if let Fact::Balance(fact) = &event.fact {
        if let (Some(stated), Some(known)) = (fact.currency, account.currency)
            && stated != known
        {
            return Err("currency is not the wallet's");
        }
        let newer = account.wallet.as_ref().is_none_or(|wallet| {
            (wallet.snapshot.updated_at, wallet.snapshot_event.as_str())
                < (fact.at, event.id.as_str())
        });
        if newer {
            let BalanceFact { ledger, available, pending, at, .. } = *fact;
            let base = LiveBalance { ledger, available, pending, updated_at: at };
            after.wallet = Some(rebased(account, base, &event.id)?);
        }
        return Ok(after);
    }
    let Some(subject) = event.aggregate() else { return Ok(after) };
    let history = after.histories.entry(subject).or_default();
    let before = history.clone();
    if history.add(Arc::clone(event))
        && let Some(wallet) = &mut after.wallet
    {
        let (then, currency) = (wallet.snapshot.updated_at, account.currency);
        let moved = history.delta_since(then, currency);
        let moved = moved.minus(before.delta_since(then, currency));
        let last = history.last_move(then, currency);
        wallet.current = moved_by(wallet.current, moved, last)?;
    }
    Ok(after)
}

/// The wallet from this balance on: it absorbs what came before it, and
/// whatever of the account's histories came behind it is added.
///
/// # Errors
/// Says why that cannot be.
pub fn rebased(account: &Account, base: LiveBalance, event: &str) -> Result<Wallet, Reason> {
    let at = base.updated_at;
    let mut moved = BalanceDelta::default();
    let mut last = None;
    for history in account.histories.values() {
        moved = moved.plus(history.delta_since(at, account.currency));
        last = last.max(history.last_move(at, account.currency));
    }
    Ok(Wallet {
        snapshot: base,
        snapshot_event: event.to_owned(),
        current: moved_by(base, moved, last)?,
    })
}

fn moved_by(
    before: LiveBalance,
    moved: BalanceDelta,
    last: Option<Timestamp>,
) -> Result<LiveBalance, Reason> {
    let sum = |amount: Minor, by: i128| {
        let sum = i64::try_from(i128::from(amount.get()) + by).ok();
        sum.and_then(Minor::new).ok_or("the balance would be too large")
    };
    Ok(LiveBalance {
        ledger: sum(before.ledger, moved.ledger)?,
        available: sum(before.available, moved.available)?,
        pending: sum(before.pending, moved.pending)?,
        updated_at: last.map_or(before.updated_at, |last| last.max(before.updated_at)),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::VariantArray as _;

    use super::*;
    use crate::domain::card::{Card, CardStatus, CardType};
    use crate::domain::ledger::event::{
        CardChange, CardFact, Stage, TransactionFact, TransferFact,
    };
    use crate::domain::ledger::projection::{self, KnownCard};
    use crate::domain::transaction::{Transaction, TransactionStatus, TransactionType};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1_000).expect("in range")
    }

    fn minor(amount: i64) -> Minor {
        Minor::new(amount).expect("in range")
    }

    fn event(id: usize, second: i64, fact: Fact) -> Arc<Event> {
        let id = format!("evt_{id}");
        Arc::new(Event {
            id,
            created_at: at(second),
            customer: Vec::new(),
            customer_id: None,
            yativo_card_id: None,
            fact,
        })
    }

    fn balance(ledger: i64, pending: i64, second: i64) -> Fact {
        Fact::Balance(BalanceFact {
            ledger: minor(ledger),
            available: minor(ledger - pending),
            pending: minor(pending),
            currency: Some(Currency::Eur),
            at: at(second),
        })
    }

    fn step(stage: Stage, name: &str, amount: i64) -> TransactionFact {
        TransactionFact {
            transaction_id: name.to_owned(),
            stage,
            amount: minor(amount),
            currency: Some("EUR".to_owned()),
            card_id: None,
            transaction_type: None,
            merchant: None,
            merchant_category: None,
            merchant_city: None,
            merchant_country: None,
            authorized_at: None,
            settled_at: None,
        }
    }

    fn transfer(name: &str, amount: i64, arrived: bool) -> Fact {
        let (id, amount) = (name.to_owned(), minor(amount));
        Fact::Transfer(TransferFact { id, amount, currency: None, arrived })
    }

    /// Everything that is seen of an account after events, in the order in which
    /// they come in; the transactions and cards as they are kept on the way.
    type Seen = (Account, BTreeMap<String, Transaction>, BTreeMap<String, Card>);

    fn after(events: &[Arc<Event>]) -> Seen {
        let mut account = Account { currency: Some(Currency::Eur), ..Account::default() };
        let (mut transactions, mut cards) = (BTreeMap::new(), BTreeMap::new());
        // One of the cards was imported; what happened before that is late.
        let imported_at = |id: &str| (id == "card-a").then(|| at(6));
        cards.insert("card-a".to_owned(), imported_card());
        for event in events {
            account = apply(&account, event).expect("amounts are small");
            let subject = event.aggregate();
            let history = subject.as_ref().and_then(|subject| account.histories.get(subject));
            match (subject, history) {
                (Some(AggregateId::Transaction(id)), Some(history)) => {
                    let known = transactions.get(&id);
                    let projected = projection::transaction(history, "c", account.currency, known);
                    transactions.extend(projected.map(|one| (id, one)));
                }
                (Some(AggregateId::Card(id)), Some(history)) => {
                    let known = cards.get(&id).cloned();
                    let known = known.map(|card| KnownCard { card, imported_at: imported_at(&id) });
                    let projected = projection::card(history, "c", known.as_ref());
                    cards.extend(projected.map(|one| (id, one)));
                }
                _ => {}
            }
        }
        (account, transactions, cards)
    }

    fn imported_card() -> Card {
        Card {
            card_id: "card-a".to_owned(),
            customer_id: "c".to_owned(),
            last_four: "0000".to_owned(),
            card_type: CardType::Physical,
            status: CardStatus::Active,
            is_stolen: false,
            activated_at: None,
            created_at: at(3),
        }
    }

    fn shown(facts: &[(i64, Fact)]) -> (i64, i64, i64) {
        let events: Vec<_> = facts
            .iter()
            .enumerate()
            .map(|(id, (second, fact))| event(id, *second, fact.clone()))
            .collect();
        let shown = after(&events).0.wallet.expect("a balance").current;
        (shown.ledger.get(), shown.available.get(), shown.pending.get())
    }

    #[test]
    fn what_moves_between_balance_events() {
        use Stage::{
            Authorized, Declined, Expired, PartiallyReversed, Refunded, Reversed, Settled,
        };
        let of = |stage, amount| Fact::Transaction(step(stage, "a", amount));
        let since = |stage, amount, held: i64| {
            Fact::Transaction(TransactionFact {
                authorized_at: Some(at(held)),
                ..step(stage, "a", amount)
            })
        };
        let credit = |stage, amount| {
            let transaction_type = Some(TransactionType::Refund);
            Fact::Transaction(TransactionFact { transaction_type, ..step(stage, "a", amount) })
        };
        let base = |facts: &[(i64, Fact)]| {
            let mut all = vec![(10, balance(10_000, 1_000, 10))];
            all.extend_from_slice(facts);
            shown(&all)
        };
        // Nothing moved: 100.00 on the ledger, 90.00 of it available, 10.00 pending.
        assert_eq!(base(&[]), (10_000, 9_000, 1_000));
        assert_eq!(base(&[(11, of(Authorized, 500))]), (10_000, 8_500, 1_500));
        assert_eq!(
            base(&[(11, of(Authorized, 500)), (12, of(Settled, 500))]),
            (9_500, 8_500, 1_000)
        );
        // Settled with a tip.
        assert_eq!(
            base(&[(11, of(Authorized, 500)), (12, of(Settled, 600))]),
            (9_400, 8_400, 1_000)
        );
        for back in [Reversed, Expired] {
            assert_eq!(
                base(&[(11, of(Authorized, 500)), (12, of(back, 500))]),
                (10_000, 9_000, 1_000)
            );
        }
        for part in [PartiallyReversed, Reversed] {
            let facts = [(11, of(Authorized, 500)), (12, of(part, 200))];
            assert_eq!(base(&facts), (10_000, 8_700, 1_300));
        }
        assert_eq!(base(&[(11, of(Declined, 500))]), (10_000, 9_000, 1_000));
        assert_eq!(base(&[(11, of(Refunded, 500))]), (10_500, 9_500, 1_000));
        // A refund that settles later is one.
        let twice = [(11, credit(Refunded, 500)), (12, credit(Settled, 500))];
        assert_eq!(base(&twice), (10_500, 9_500, 1_000));
        // The hold is in the balance already, and only its end is news.
        assert_eq!(base(&[(11, of(Settled, 500))]), (9_500, 9_000, 500));
        assert_eq!(base(&[(11, since(Settled, 500, 9))]), (9_500, 9_000, 500));
        assert_eq!(base(&[(11, since(Reversed, 500, 9))]), (10_000, 9_500, 500));
        // The hold was let go bit by bit, and then settled.
        let bits =
            [(11, of(Reversed, 200)), (12, of(PartiallyReversed, 100)), (13, of(Settled, 300))];
        assert_eq!(base(&bits), (9_700, 9_300, 400));
        // The hold came behind the balance, and we have not heard of it yet.
        assert_eq!(base(&[(12, since(Settled, 500, 11))]), (9_500, 8_500, 1_000));
        // What was before the balance is in it.
        assert_eq!(
            base(&[(9, of(Authorized, 500)), (10, of(Settled, 500))]),
            (10_000, 9_000, 1_000)
        );
        assert_eq!(base(&[(9, of(Authorized, 500)), (11, of(Settled, 450))]), (9_550, 9_050, 500));
        // Money from outside.
        assert_eq!(base(&[(11, transfer("t", 700, true))]), (10_700, 9_700, 1_000));
        assert_eq!(base(&[(11, transfer("t", 700, false))]), (10_000, 9_000, 1_000));
        assert_eq!(
            base(&[(11, transfer("t", 700, true)), (12, transfer("t", 700, false))]),
            (10_000, 9_000, 1_000)
        );
        // Only the issuer knows what something costs in another currency.
        let foreign =
            TransactionFact { currency: Some("NOK".to_owned()), ..step(Authorized, "a", 5) };
        assert_eq!(base(&[(11, Fact::Transaction(foreign))]), (10_000, 9_000, 1_000));
        // A later balance absorbs, an older one is late.
        let later = [(11, of(Authorized, 500)), (12, balance(8_000, 500, 12))];
        assert_eq!(base(&later), (8_000, 7_500, 500));
        assert_eq!(base(&[(12, balance(1, 0, 9))]), (10_000, 9_000, 1_000));
        assert_eq!(
            base(&[(11, of(Authorized, 500)), (12, balance(1, 0, 9))]),
            (10_000, 8_500, 1_500)
        );
        // A balance that comes behind what happened after it.
        assert_eq!(
            base(&[(15, of(Authorized, 500)), (16, balance(9_000, 0, 12))]),
            (9_000, 8_500, 500)
        );
    }

    #[test]
    fn a_balance_in_another_currency_is_not_believed() {
        let account = Account { currency: Some(Currency::Gbp), ..Account::default() };
        let refused = apply(&account, &event(1, 1, balance(1, 0, 1)));
        assert_eq!(refused, Err("currency is not the wallet's"));
        let huge = balance(Minor::MAX, 0, 1);
        let account = apply(&Account::default(), &event(1, 1, huge)).expect("it fits");
        let more = apply(&account, &event(2, 2, transfer("t", 1, true)));
        assert_eq!(more, Err("the balance would be too large"));
    }

    #[test]
    fn how_far_a_transaction_has_come() {
        use Stage::{Authorized, Declined, Expired, Failed, Refunded, Reversed, Settled};
        for (stages, status, amount) in [
            (&[(Authorized, 50)][..], TransactionStatus::Authorized, 50),
            (&[(Authorized, 50), (Settled, 45)], TransactionStatus::Settled, 45),
            (&[(Authorized, 50), (Reversed, 50)], TransactionStatus::Reversed, 50),
            (&[(Authorized, 50), (Reversed, 20)], TransactionStatus::PartiallyReversed, 50),
            (&[(Authorized, 50), (Expired, 50)], TransactionStatus::Expired, 50),
            (&[(Authorized, 50), (Failed, 0)], TransactionStatus::Failed, 50),
            (&[(Declined, 50)], TransactionStatus::Declined, 50),
            (&[(Authorized, 50), (Settled, 50), (Refunded, 30)], TransactionStatus::Settled, 50),
            (&[(Refunded, 30)], TransactionStatus::Settled, 30),
        ] {
            let events: Vec<_> = stages
                .iter()
                .zip(1..)
                .map(|((stage, amount), second)| {
                    let fact = Fact::Transaction(step(*stage, "a", *amount));
                    event(usize::try_from(second).expect("small"), second, fact)
                })
                .collect();
            let projected = after(&events).1.remove("a").expect("a transaction");
            assert_eq!((projected.status, projected.amount.get()), (status, amount), "{stages:?}");
            assert_eq!(projected.created_at, at(1));
        }
    }

    fn any_fact() -> impl Strategy<Value = Fact> {
        let moment = prop::option::of((0_i64..12).prop_map(at));
        let name = prop::sample::select(vec!["a", "b"]);
        let kind = prop::sample::select(vec![
            None,
            Some(TransactionType::Purchase),
            Some(TransactionType::Refund),
        ]);
        let word = prop::option::of(prop::sample::select(vec!["x", "y"]));
        let transaction = (
            prop::sample::select(Stage::VARIANTS.to_vec()),
            name.clone(),
            1_i64..50,
            kind,
            word,
            moment.clone(),
            moment,
        )
            .prop_map(
                |(stage, name, amount, transaction_type, merchant, authorized_at, settled_at)| {
                    let merchant = merchant.map(str::to_owned);
                    let fact = step(stage, name, amount);
                    Fact::Transaction(TransactionFact {
                        transaction_type,
                        merchant,
                        authorized_at,
                        settled_at,
                        ..fact
                    })
                },
            );
        let card =
            (prop::sample::select(CardChange::VARIANTS.to_vec()), name.clone(), any::<bool>())
                .prop_map(|(change, name, has_digits)| {
                    let last_four = has_digits.then(|| "4242".to_owned());
                    let card_id = format!("card-{name}");
                    Fact::Card(CardFact {
                        card_id,
                        change,
                        last_four,
                        card_type: None,
                        status: None,
                    })
                });
        prop_oneof![
            3 => (100_i64..1_000, 0_i64..50, 0_i64..12).prop_map(|(ledger, pending, second)| balance(ledger, pending, second)),
            8 => transaction,
            1 => card,
            1 => (name, 1_i64..50, any::<bool>()).prop_map(|(name, amount, arrived)| transfer(name, amount, arrived)),
        ]
    }

    fn any_history() -> impl Strategy<Value = Vec<Arc<Event>>> {
        prop::collection::vec((0_i64..12, any_fact()), 1..8).prop_map(|facts| {
            let numbered = facts.into_iter().enumerate();
            numbered.map(|(id, (second, fact))| event(id, second, fact)).collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_order_with_duplicates_leads_to_the_same_account(
            (history, other) in any_history().prop_flat_map(|history| {
                let twice: Vec<_> = history.iter().chain(&history).cloned().collect();
                (Just(history), Just(twice).prop_shuffle())
            })
        ) {
            prop_assert_eq!(after(&history), after(&other));
        }
    }
}
