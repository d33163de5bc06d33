//! Projects a history onto a transaction. What no event says is taken from what is
//! stored, by an import perhaps.

use super::event::{Event, Stage, TransactionFact};
use super::history::{History, is_credit, minor};
use super::hold::{Hold, Part};
use crate::domain::money::{Currency, Minor};
use crate::domain::time::Timestamp;
use crate::domain::transaction::{Billing, Transaction, TransactionStatus, TransactionType};

/// The transaction of a history, in a wallet of this currency; none where the
/// history is of something else, or its currency is not known.
pub fn transaction(
    history: &History,
    customer: &str,
    wallet: Option<Currency>,
    known: Option<&Transaction>,
) -> Option<Transaction> {
    let (_, first) = history.transactions().next()?;
    let debits = Debits::of(history);
    let (amount, transaction_type) = match (debits.amount(), known) {
        (Some(amount), known) => {
            let value = debits.facts.iter().rev().find_map(|(_, fact)| fact.transaction_type);
            let before = known.map(|known| known.transaction_type);
            let before = before.filter(|of| *of != TransactionType::Refund);
            (amount, value.or(before).unwrap_or(TransactionType::Purchase))
        }
        // Something that we know of was refunded.
        (None, Some(known)) if !is_refund(known) => (known.amount, known.transaction_type),
        (None, _) => {
            let (_, last) = history.transactions().next_back()?;
            (last.amount.as_ref().map_or(Minor::ZERO, |of| of.minor), TransactionType::Refund)
        }
    };
    let newest = |value: fn(&TransactionFact) -> Option<&String>| {
        history.transactions().rev().find_map(|(_, fact)| value(fact)).cloned()
    };
    let currency = newest(|fact| fact.amount.as_ref()?.currency.as_ref());
    let currency = currency
        .or_else(|| Some(known?.currency.clone()))
        .or_else(|| Some(wallet?.as_ref().to_owned()))?;
    // A refund that turns out to be one of a purchase was not settled as one.
    let before = known.filter(|known| known.transaction_type == transaction_type);
    let refunded_at = || {
        let is_one = transaction_type == TransactionType::Refund;
        is_one.then(|| moment(history, Stage::Refunded, |_| None)).flatten()
    };
    let settled_at = moment(history, Stage::Settled, |fact| fact.settled_at).or_else(refunded_at);
    let began = history.transactions().map(|(event, fact)| {
        fact.authorized_at.map_or(event.occurred_at, |at| at.min(event.occurred_at))
    });
    Some(Transaction {
        transaction_id: first.transaction_id.clone(),
        customer_id: customer.to_owned(),
        card_id: newest(|fact| fact.card_id.as_ref()).or_else(|| known?.card_id.clone()),
        transaction_type,
        amount,
        billing: match known {
            // A refund of something that we know of.
            Some(known) if debits.facts.is_empty() && !is_refund(known) => known.billing,
            _ => billing(history, &debits, wallet),
        },
        fx_rate: newest(|fact| fact.fx_rate.as_ref()).or_else(|| known?.fx_rate.clone()),
        currency,
        status: debits.status.or_else(|| Some(known?.status)).unwrap_or(TransactionStatus::Settled),
        merchant: newest(|fact| fact.merchant.as_ref()).or_else(|| known?.merchant.clone()),
        merchant_category: newest(|fact| fact.merchant_category.as_ref())
            .or_else(|| known?.merchant_category.clone()),
        merchant_city: newest(|fact| fact.merchant_city.as_ref())
            .or_else(|| known?.merchant_city.clone()),
        merchant_country: newest(|fact| fact.merchant_country.as_ref())
            .or_else(|| known?.merchant_country.clone()),
        authorized_at: moment(history, Stage::Authorized, |fact| fact.authorized_at)
            .or_else(|| known?.authorized_at),
        settled_at: settled_at.or_else(|| before?.settled_at),
        created_at: began.chain(known.map(|known| known.created_at)).min()?,
    })
}

fn is_refund(known: &Transaction) -> bool {
    known.transaction_type == TransactionType::Refund
}

/// When a stage was reached: as the newest event states it, or else when the first
/// event of the stage happened.
fn moment(
    history: &History,
    stage: Stage,
    value: fn(&TransactionFact) -> Option<Timestamp>,
) -> Option<Timestamp> {
    let stated = history.transactions().rev().find_map(|(_, fact)| value(fact));
    let of_stage = || history.transactions().find(|(_, fact)| fact.stage == stage);
    stated.or_else(|| of_stage().map(|(event, _)| event.occurred_at))
}

/// Everything of a transaction but its refunds, in the merchant's currency.
struct Debits<'a> {
    facts: Vec<(&'a Event, &'a TransactionFact)>,
    status: Option<TransactionStatus>,
    /// The sum of all parts that have settled.
    settled: Option<i128>,
}

impl<'a> Debits<'a> {
    fn of(history: &'a History) -> Self {
        let facts = history.transactions().filter(|(_, fact)| fact.stage != Stage::Refunded);
        let facts: Vec<_> = facts.collect();
        let mut hold = Hold::default();
        for (event, fact) in &facts {
            let amount = fact.amount.as_ref().map_or(0, minor);
            hold.step(fact.stage, amount, Part::of(event, fact));
        }
        Self { status: hold.status, settled: hold.settled(), facts }
    }

    /// What was settled, or else what was authorized, or else what was refused, or
    /// else the first amount that is stated.
    fn amount(&self) -> Option<Minor> {
        if let Some(settled) = self.settled {
            return i64::try_from(settled).ok().and_then(Minor::new);
        }
        let best = self.newest(Stage::Authorized).or_else(|| self.newest(Stage::Declined));
        let best = best.or_else(|| self.facts.first().map(|(_, fact)| *fact))?;
        Some(best.amount.as_ref().map_or(Minor::ZERO, |of| of.minor))
    }

    fn newest(&self, stage: Stage) -> Option<&'a TransactionFact> {
        self.facts.iter().rev().find(|(_, fact)| fact.stage == stage).map(|(_, fact)| *fact)
    }
}

/// What the transaction costs a wallet of this currency, where that is known.
fn billing(history: &History, debits: &Debits<'_>, wallet: Option<Currency>) -> Option<Billing> {
    let currency = wallet?;
    let cost = |fact: &TransactionFact| history.wallet_amount(fact, Some(currency));
    let settled = debits.settled.is_some().then(|| {
        let mut hold = Hold::default();
        for (event, fact) in debits.facts.iter().filter(|(_, fact)| fact.stage == Stage::Settled) {
            hold.step(Stage::Settled, cost(fact)?, Part::of(event, fact));
        }
        hold.settled()
    });
    let amount = if let Some(settled) = settled {
        settled?
    } else {
        let is_refund = |fact: &&TransactionFact| fact.stage == Stage::Refunded || is_credit(fact);
        let best = debits
            .newest(Stage::Authorized)
            .or_else(|| debits.newest(Stage::Declined))
            .or_else(|| debits.facts.first().map(|(_, fact)| *fact))
            .or_else(|| history.transactions().map(|(_, fact)| fact).rfind(is_refund));
        cost(best?)?
    };
    let amount = Minor::new(i64::try_from(amount).ok()?)?;
    Some(Billing { amount, currency })
}
