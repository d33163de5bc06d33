//! The JSON of the REST contract.

#![expect(
    clippy::struct_field_names,
    clippy::struct_excessive_bools,
    reason = "the members have the contract's names and types"
)]

use serde::Serialize;

use super::PAGE;
use super::source::Columns;
use crate::text::{Number, Time};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// The envelope of every answer.
#[derive(Serialize)]
pub(super) struct Success<T> {
    success: bool,
    data: T,
}

#[derive(Serialize)]
pub(super) struct List<'a> {
    customers: Vec<Item<'a>>,
    /// The contract always has it; without it, the ceiling shows what a list
    /// costs that is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    page: i64,
    limit: usize,
    balances_included: bool,
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    customer_id: &'a str,
    yativo_card_id: &'a str,
    external_customer_id: Option<&'a str>,
    email: &'a str,
    flow_status: &'a str,
    step: u8,
    next_action: &'static str,
    safe_deployed: bool,
    currency: Option<&'a str>,
    ledger_balance: Option<Number>,
    available_balance: Option<Number>,
    pending_balance: Option<Number>,
    balance_freshness: Option<&'static str>,
    cards_count: i64,
    created_at: Time,
}

/// The number of an onboarding stage, and what comes next.
fn stage(flow_status: &str) -> (u8, &'static str) {
    match flow_status {
        "otp_requested" => (1, "Customer must verify the OTP sent to their email"),
        "otp_verified" => (2, "Complete KYC — call the kyc-link endpoint"),
        "kyc_initiated" => (3, "Awaiting KYC verification"),
        "kyc_completed" => (4, "Submit source-of-funds questionnaire"),
        "safe_deploying" => (5, "Account wallet is being deployed — wait a few minutes"),
        _ => (6, "Card is active — customer can spend"),
    }
}

pub(super) fn list<R: Columns>(
    rows: &[R],
    balances: bool,
    total: Option<i64>,
    page: i64,
) -> Result<Success<List<'_>>> {
    let balance = |row: &R, at| {
        if balances { Ok(row.maybe_long(at)?.map(Number)) } else { Ok(None) }
    };
    let item = |row| item(row, balance);
    let customers = rows.iter().take(PAGE).map(item).collect::<Result<_>>()?;
    let data = List { customers, total, page, limit: PAGE, balances_included: balances };
    Ok(Success { success: true, data })
}

fn item<R: Columns>(
    row: &R,
    balance: impl Fn(&R, usize) -> Result<Option<Number>>,
) -> Result<Item<'_>> {
    let (id, flow_status) = (row.text(0)?, row.text(2)?);
    let (step, next_action) = stage(flow_status);
    let ledger = balance(row, 9)?;
    Ok(Item {
        id,
        customer_id: id,
        yativo_card_id: row.text(6)?,
        external_customer_id: row.maybe_text(7)?,
        email: row.text(1)?,
        flow_status,
        step,
        next_action,
        safe_deployed: row.flag(3)?,
        currency: row.maybe_text(4)?,
        balance_freshness: ledger.map(|_| "realtime"),
        ledger_balance: ledger,
        available_balance: balance(row, 10)?,
        pending_balance: balance(row, 11)?,
        cards_count: row.long(8)?,
        created_at: Time(row.long(5)?),
    })
}

#[derive(Serialize)]
pub(super) struct Detail<'a> {
    id: &'a str,
    customer_id: &'a str,
    yativo_card_id: &'a str,
    external_id: Option<&'a str>,
    external_customer_id: Option<&'a str>,
    email: &'a str,
    flow_status: &'a str,
    step: u8,
    next_action: &'static str,
    kyc_status: Option<&'a str>,
    currency: Option<&'a str>,
    safe_deployed: bool,
    ledger_balance: Option<Number>,
    ledger_balance_minor: Option<i64>,
    available_balance: Option<Number>,
    available_balance_minor: Option<i64>,
    pending_balance: Option<Number>,
    pending_balance_minor: Option<i64>,
    balance_freshness: Option<&'static str>,
    balance_updated_at: Option<Time>,
    cards_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "absent without cards, null if unknown")]
    pin_set: Option<Option<bool>>,
    cards: Vec<Card<'a>>,
    created_at: Time,
}

#[derive(Serialize)]
struct Card<'a> {
    card_id: &'a str,
    last_four: &'a str,
    card_type: &'a str,
    status: &'a str,
    is_frozen: bool,
    is_lost: bool,
    is_stolen: bool,
    is_blocked: bool,
    is_void: bool,
    pin_set: Option<bool>,
    activated_at: Option<Time>,
    created_at: Time,
}

pub(super) fn one<R: Columns>(rows: &[R]) -> Result<Success<Detail<'_>>> {
    let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    let (id, flow_status) = (first.text(0)?, first.text(2)?);
    let external_id = first.maybe_text(18)?;
    let (step, next_action) = stage(flow_status);
    let (ledger, available, pending) =
        (first.maybe_long(7)?, first.maybe_long(8)?, first.maybe_long(9)?);
    let cards = cards(rows, id)?;
    let data = Detail {
        id,
        customer_id: id,
        yativo_card_id: first.text(17)?,
        external_id,
        external_customer_id: external_id,
        email: first.text(1)?,
        flow_status,
        step,
        next_action,
        kyc_status: first.maybe_text(6)?,
        currency: first.maybe_text(4)?,
        safe_deployed: first.flag(3)?,
        ledger_balance: ledger.map(Number),
        ledger_balance_minor: ledger,
        available_balance: available.map(Number),
        available_balance_minor: available,
        pending_balance: pending.map(Number),
        pending_balance_minor: pending,
        balance_freshness: ledger.map(|_| "realtime"),
        balance_updated_at: first.maybe_long(19)?.map(Time),
        cards_count: cards.iter().filter(|card| !card.is_void).count(),
        pin_set: (!cards.is_empty()).then(|| any_pin_set(&cards)),
        cards,
        created_at: Time(first.long(5)?),
    };
    Ok(Success { success: true, data })
}

/// Whether any card has its PIN set; none if that is known of no card.
fn any_pin_set(cards: &[Card<'_>]) -> Option<bool> {
    cards.iter().filter_map(|card| card.pin_set).reduce(|any, pin_set| any || pin_set)
}

fn cards<'a, R: Columns>(rows: &'a [R], id: &str) -> Result<Vec<Card<'a>>> {
    let mut cards = Vec::with_capacity(rows.len());
    for row in rows {
        // An address may be a former customer's, too: the first is meant.
        if row.text(0)? != id {
            break;
        }
        let Some(card_id) = row.maybe_text(10)? else { break };
        let (status, is_stolen) = (row.text(13)?, row.flag(14)?);
        cards.push(Card {
            card_id,
            last_four: row.text(11)?,
            card_type: row.text(12)?,
            status,
            is_frozen: status == "frozen",
            is_lost: status == "lost",
            is_stolen,
            is_blocked: status == "blocked",
            is_void: is_stolen || status == "voided",
            pin_set: row.maybe_flag(20)?,
            activated_at: row.maybe_long(15)?.map(Time),
            created_at: Time(row.long(16)?),
        });
    }
    Ok(cards)
}
