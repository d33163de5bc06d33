//! The wallet of a customer, and limits.

use super::program::{HARD_CAP, card_limits};
use super::route::{Answer, program_approved};
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::Request;
use crate::issuer::state::{CardLimits, Currency, Customer, Later, Program, Transition};
use crate::issuer::time::{DAY, MINUTE};

/// How long a new limit takes to come into force, in milliseconds.
const DELAY: i64 = 3 * MINUTE;

fn named(program: &Program, request: &Request) -> Result<u32, Refusal> {
    program_approved(program)?;
    program.by_yativo_card_id(request.param(0))
}

/// What was spent in the last day, in minor units of the card's currency.
fn spent_today(program: &Program, customer: &Customer) -> i64 {
    let recent = customer.transactions.iter().rev().map(|at| &program.transactions[*at as usize]);
    let recent = recent.take_while(|transaction| program.now.since(transaction.created_at) < DAY);
    let counts = |status: &str| matches!(status, "authorized" | "settled");
    let spent =
        recent.filter(|transaction| counts(&transaction.status) && transaction.kind != "refund");
    spent.map(|transaction| transaction.billing_amount).sum()
}

fn daily(program: &Program, customer: &Customer) -> Json {
    let used = spent_today(program, customer);
    object! {
        "limit": Json::major(customer.daily_limit),
        "used": Json::major(used),
        "remaining": Json::major((customer.daily_limit - used).max(0)),
    }
}

fn address(customer: &Customer) -> Json {
    object! {
        "address": customer.wallet.as_ref().map(|wallet| &wallet.address),
        "network": "gnosis",
        "asset": customer.currency.map(Currency::token),
        "memo": Json::Null,
    }
}

/// `GET …/{id}/wallet`
pub(super) fn wallet(program: &mut Program, request: &Request) -> Answer {
    let customer = program.get(named(program, request)?);
    let balance = customer.balance(program.now);
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "currency": customer.currency.map(Currency::code),
        "token": customer.currency.map(Currency::token),
        "wallet_ready": customer.wallet.is_some(),
        "balance": object! {
            "available": balance.map(|balance| Json::major(balance.available)),
            "pending": balance.and_then(|balance| balance.pending).map(Json::major),
            "currency": customer.currency.map(Currency::code),
        },
        "funding_address": address(customer),
        "spending_limits": object! { "daily": daily(program, customer) },
    }))
}

/// `GET …/{id}/wallet/funding-address`
pub(super) fn funding_address(program: &mut Program, request: &Request) -> Answer {
    let customer = program.get(named(program, request)?);
    if customer.wallet.is_none() {
        return Err(Refusal::new(400, "SAFE_NOT_DEPLOYED", "The account wallet is not deployed"));
    }
    let [sol, xdc] = &program.deposit_addresses;
    Ok(Reply::ok(address(customer).and(object! {
        "minimum": Json::major(500),
        "funding_sources": object! { "usdc_sol": sol, "usdc_xdc": xdc },
        "auto_bridge": object! { "enabled": true },
        "instructions": "Send USDC to one of the addresses",
    })))
}

/// `GET …/{id}/wallet/limits`
pub(super) fn limits(program: &mut Program, request: &Request) -> Answer {
    let customer = program.get(named(program, request)?);
    Ok(Reply::ok(object! {
        "currency": customer.currency.map(Currency::code),
        "limits": object! {
            "daily": daily(program, customer),
            "monthly": Json::major(customer.daily_limit * 30),
            "per_transaction": Json::major(customer.daily_limit),
        },
    }))
}

/// `PUT …/{id}/wallet/limits`
pub(super) fn set_limit(program: &mut Program, request: &Request) -> Answer {
    let index = named(program, request)?;
    let limit = request.amount("dailyLimit")?;
    if limit < 0 {
        return Err(Refusal::invalid("dailyLimit must not be negative"));
    }
    if program.get(index).wallet.is_none() {
        return Err(Refusal::new(400, "SAFE_NOT_DEPLOYED", "The account wallet is not deployed"));
    }
    let at = program.now.plus(DELAY);
    program.later.push(Later { at, what: Transition::DailyLimit(index, limit) });
    Ok(Reply::ok(object! {
        "requested_limit": Json::major(limit),
        "delay_seconds": DELAY / 1_000,
        "relay_status": "queued",
    }))
}

/// `PATCH …/{id}/card-limits`
pub(super) fn set_card_limits(program: &mut Program, request: &Request) -> Answer {
    const NAMES: [&str; 3] = ["max_virtual", "max_physical", "max_total"];
    program_approved(program)?;
    let missing = |_| Refusal::not_found("The customer");
    let index = program.by_yativo_card_id(request.param(0)).map_err(missing)?;
    let ceilings =
        CardLimits { max_virtual: HARD_CAP, max_physical: HARD_CAP, max_total: HARD_CAP };
    let now = program.get(index).card_limits.unwrap_or(program.spec.card_limits);
    let no_changes = || Refusal::new(400, "NO_CHANGES", "Nothing would change");
    let limits = card_limits(request, now, NAMES).ok_or_else(no_changes)?;
    let too_many = |limit: u32, ceiling: u32| limit > ceiling;
    if too_many(limits.max_virtual, ceilings.max_virtual)
        || too_many(limits.max_physical, ceilings.max_physical)
        || too_many(limits.max_total, ceilings.max_total)
    {
        return Err(Refusal::new(
            400,
            "LIMIT_EXCEEDS_PROGRAM",
            "The program does not allow so many cards",
        ));
    }
    program.get_mut(index).card_limits = Some(limits);
    let write = |limits: CardLimits| {
        object! {
            "max_virtual": limits.max_virtual,
            "max_physical": limits.max_physical,
            "max_total": limits.max_total,
        }
    };
    Ok(Reply::ok(object! { "card_limits": write(limits), "program_ceilings": write(ceilings) }))
}
