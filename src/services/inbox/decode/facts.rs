//! What each type of event says.

use uuid::Uuid;

use super::data::Data;
use super::member::{Money, currency, moment, name, rate, text_of, word};
use crate::domain::balance::WalletBalance;
use crate::domain::ledger::event::{
    BalanceFact, CardChange, CardFact, CardRef, MovementFact, MovementKind, Stage, TransactionFact,
};
use crate::domain::money::{Amount, Minor};
use crate::domain::time::Timestamp;
use crate::domain::transaction::TransactionType;

pub(super) fn balance(data: &Data<'_>, at: Timestamp) -> Result<BalanceFact, String> {
    let ledger = Money {
        field: "ledger_balance",
        major: data.ledger_balance,
        minor: data.ledger_balance_minor,
    };
    let available = Money {
        field: "available_balance",
        major: data.available_balance,
        minor: data.available_balance_minor,
    };
    let pending = Money {
        field: "pending_balance",
        major: data.pending_balance,
        minor: data.pending_balance_minor,
    };
    let (ledger, available) = (ledger.of_wallet()?, available.of_wallet()?);
    let pending = pending.of_wallet()?;
    let currency = match currency("currency", data.currency)? {
        Some(code) => Some(code.parse().map_err(|_| "currency is not USD, EUR or GBP")?),
        None => None,
    };
    let is_live = match word(data.balance_source).as_deref() {
        None | Some("" | "live" | "realtime") => true,
        Some("reconciliation") => false,
        // Another source is live only if it knows what is held.
        Some(_) => pending.is_some(),
    };
    let balance = if is_live {
        // Null is not missing: nothing is held then.
        let is_null = pending.is_none() && data.pending_balance.is_some();
        live(ledger, available, pending.or(is_null.then_some(Minor::ZERO)), at)?
    } else {
        let ledger = ledger.or(available).ok_or("ledger_balance is missing")?;
        WalletBalance::reconciled(ledger, at)
    };
    Ok(BalanceFact { balance, currency })
}

/// A live balance. Two of the three amounts say the third.
fn live(
    ledger: Option<Minor>,
    available: Option<Minor>,
    pending: Option<Minor>,
    at: Timestamp,
) -> Result<WalletBalance, String> {
    let sum = |one: Minor, other: i64| {
        Minor::new(one.get() + other).ok_or("the balance would be too large")
    };
    let (ledger, available, pending) = match (ledger, available, pending) {
        (Some(ledger), Some(available), Some(pending)) => (ledger, available, pending),
        (Some(ledger), Some(available), None) => {
            (ledger, available, sum(ledger, -available.get())?)
        }
        (Some(ledger), None, Some(pending)) => (ledger, sum(ledger, -pending.get())?, pending),
        (None, Some(available), Some(pending)) => {
            (sum(available, pending.get())?, available, pending)
        }
        _ => {
            let what = "two of ledger_balance, available_balance and pending_balance are missing";
            return Err(what.to_owned());
        }
    };
    let balance = WalletBalance::live(ledger, available, pending, at);
    Ok(balance.ok_or("ledger_balance is not available_balance + pending_balance")?)
}

const fn amount_of<'a>(data: &Data<'a>) -> Money<'a> {
    Money { field: "amount", major: data.amount, minor: data.amount_minor }
}

/// Money from the master wallet. A failure states no transfer in version 2: then it
/// ends none that is known here.
pub(super) fn transfer(
    event: &str,
    data: &Data<'_>,
    completed: bool,
) -> Result<MovementFact, String> {
    let id = name("transfer_id", data.transfer_id)?;
    movement(event, data, MovementKind::Transfer, id, completed)
}

/// Money from outside. It has no identifier: a deposit that is reported twice has the
/// same time and leads to the same balance.
pub(super) fn deposit(event: &str, data: &Data<'_>) -> Result<MovementFact, String> {
    let new_balance =
        Money { field: "new_balance", major: data.new_balance, minor: data.new_balance_minor };
    // Nothing is computed from it, so that one which cannot be read is no error.
    let new_balance = new_balance.of_wallet().ok().flatten();
    let id = moment(data.timestamp)
        .zip(new_balance)
        .map(|(at, new_balance)| format!("{}:{}", at.millis(), new_balance.get()));
    movement(event, data, MovementKind::Deposit, id, true)
}

/// Money back to the master wallet.
pub(super) fn withdrawal(event: &str, data: &Data<'_>) -> Result<MovementFact, String> {
    let id = name("withdrawal_id", data.withdrawal_id)?;
    movement(event, data, MovementKind::Withdrawal, id, true)
}

fn movement(
    event: &str,
    data: &Data<'_>,
    kind: MovementKind,
    id: Option<String>,
    completed: bool,
) -> Result<MovementFact, String> {
    let currency = currency("currency", data.currency)?;
    let amount = match (amount_of(data).amount(currency.clone())?, completed) {
        (Some(amount), _) => amount,
        (None, true) => return Err("amount is missing".to_owned()),
        (None, false) => Amount { minor: Minor::ZERO, currency },
    };
    // Without an identifier, each event is a movement of its own.
    Ok(MovementFact { kind, id: id.unwrap_or_else(|| event.to_owned()), amount, completed })
}

pub(super) fn card(change: CardChange, data: &Data<'_>) -> Result<CardFact, String> {
    let card_id = name("card_id", data.card_id)?.ok_or("card_id is missing")?;
    let card = match Uuid::try_parse(&card_id) {
        Ok(id) => CardRef::Id(id.hyphenated().to_string()),
        Err(_) => CardRef::Token(card_id),
    };
    // Some write `**** 4242`.
    let last_four = data.last_four.and_then(text_of).and_then(|text| {
        let digits = text.get(text.len().checked_sub(4)?..)?;
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.to_owned())
    });
    let card_type = word(data.card_type).or_else(|| word(data.kind));
    Ok(CardFact {
        card,
        change,
        last_four,
        card_type: card_type.and_then(|text| text.parse().ok()),
        status: word(data.status).and_then(|text| text.parse().ok()),
    })
}

pub(super) fn transaction(
    event: &str,
    stage: Stage,
    data: &Data<'_>,
) -> Result<TransactionFact, String> {
    let amount = amount_of(data).amount(currency("currency", data.currency)?)?;
    let billing = Money {
        field: "billing_amount",
        major: data.billing_amount,
        minor: data.billing_amount_minor,
    };
    let billing = billing.amount(currency("billing_currency", data.billing_currency)?)?;
    let amount = amount.or_else(|| billing.clone());
    if amount.is_none() && matches!(stage, Stage::Authorized | Stage::Settled | Stage::Refunded) {
        return Err("amount is missing".to_owned());
    }
    let transaction_id = name("transaction_id", data.transaction_id)?;
    let card_id = name("card_id", data.card_id)?;
    Ok(TransactionFact {
        transaction_id: transaction_id.unwrap_or_else(|| event.to_owned()),
        stage,
        amount,
        billing,
        fx_rate: rate(data.fx_rate),
        // A UUID is compared without case; a token is not.
        card_id: card_id.map(|id| match Uuid::try_parse(&id) {
            Ok(uuid) => uuid.hyphenated().to_string(),
            Err(_) => id,
        }),
        tx_hash: data.blockchain_tx_hash.and_then(text_of).filter(|text| !text.is_empty()),
        transaction_type: word(data.kind).map(|text| transaction_type(&text)),
        merchant: data.merchant.and_then(text_of),
        merchant_category: data.merchant_category.and_then(text_of),
        merchant_city: data.merchant_city.and_then(text_of),
        merchant_country: data.merchant_country.and_then(text_of),
        authorized_at: moment(data.authorized_at),
        settled_at: moment(data.settled_at),
    })
}

/// The nearest type of a network's free word.
fn transaction_type(word: &str) -> TransactionType {
    match word {
        "refund" => TransactionType::Refund,
        _ if word.contains("withdraw") || word.contains("atm") => TransactionType::Withdrawal,
        _ => TransactionType::Purchase,
    }
}
