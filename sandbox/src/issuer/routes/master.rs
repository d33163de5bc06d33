//! The master wallet.

use super::money;
use super::route::{Answer, approved};
use crate::issuer::json::{self, Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Currency, Deposit, PaymentKind, Program};

/// What the program holds: the tokens of chains with their addresses, then each
/// currency.
pub(super) fn holdings(program: &Program) -> Json {
    let [sol, xdc] = &program.deposit_addresses;
    let on_chain = |address: &String| {
        object! {
            "address": address, "balance": Json::major(0), "last_balance_check": program.now,
        }
    };
    let of = |minor: i64| {
        object! { "balance": Json::major(minor), "last_balance_check": program.now }
    };
    object! {
        "sol": on_chain(sol),
        "xdc": on_chain(xdc),
        "usdc": of(program.master.usd),
        "eur": of(program.master.eur),
        "gbp": of(program.master.gbp),
    }
}

/// `GET /v1/card-issuer/master-wallets`
pub(super) fn wallets(program: &mut Program, _: &Request) -> Answer {
    approved(program)?;
    Ok(Reply::ok(object! { "wallets": holdings(program) }))
}

/// `POST /v1/card-issuer/master-wallets/swap`
pub(super) fn swap(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let token = |name: &str| {
        let unknown = || Refusal::invalid(format!("{name} must be USDC, EUR or GBP"));
        request.text(name).and_then(|word| Currency::parse(&word)).ok_or_else(unknown)
    };
    let (from, to, amount) = (token("from_token")?, token("to_token")?, request.amount("amount")?);
    let data = money::once(program, request, |program| {
        let swap = program.swap(from, to, amount)?;
        money::count(program, request, PaymentKind::Swap, &swap.id, None, amount);
        Ok(object! {
            "swap_id": &swap.id,
            "status": "submitted",
            "from_token": request.text("from_token"),
            "to_token": request.text("to_token"),
            "amount": Json::major(amount),
            // A number on one page, a text on another: each in turn.
            "expected_output": if program.swaps.len().is_multiple_of(2) {
                Json::from(json::decimal(swap.output, 2))
            } else {
                Json::major(swap.output)
            },
            "fee_amount": json::decimal(swap.fee, 2),
            "estimated_time": "2-5 minutes",
        })
    })?;
    Ok(Reply::ok(data).saying("Swap submitted"))
}

/// `GET /v1/card-issuer/funding-addresses`
pub(super) fn funding_addresses(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let customer = request.query("customer_id").map(|name| program.by_path(name)).transpose()?;
    if program.spec.funding_structure == "non_master" && customer.is_none() {
        return Err(Refusal::new(400, "MISSING_IDENTIFIER", "customer_id is required"));
    }
    let addresses = program.deposit_addresses.iter().zip(["SOL", "XDC"]);
    let address = |(address, chain): (&String, &str)| {
        object! { "chain": chain, "token": "USDC", "address": address }
    };
    Ok(Reply::ok(object! { "addresses": addresses.map(address).collect::<Vec<_>>() }))
}

fn item(deposit: &Deposit) -> Json {
    object! {
        "id": &deposit.id,
        "tx_hash": &deposit.tx_hash,
        "chain": deposit.chain,
        "amount": Json::major(deposit.amount),
        "token": "USDC",
        "funding_status": deposit.status,
        "funding_type": if deposit.chain == "XDC" { "manual" } else { "auto" },
        "net_amount": Json::major(deposit.amount - deposit.fees),
        "fees": Json::major(deposit.fees),
        "detected_at": deposit.detected_at,
        "funded_at": deposit.funded_at,
        "can_fund": deposit.status == "awaiting_manual",
    }
}

/// `GET /v1/card-issuer/deposits`
pub(super) fn deposits(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let page = Page::of(request);
    let (status, chain) = (request.query("status"), request.query("chain"));
    let fits = |deposit: &&Deposit| {
        status.is_none_or(|status| deposit.status == status)
            && chain.is_none_or(|chain| deposit.chain == chain)
    };
    let (items, total) = page.cut(program.deposits.iter().rev().filter(fits));
    Ok(Reply::ok(object! {
        "deposits": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

/// `POST /v1/card-issuer/deposits/{depositId}/fund`
pub(super) fn fund_deposit(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let unknown = || Refusal::invalid("destination_token must be USD, EUR or GBP");
    let word = request.text("destination_token").unwrap_or_else(|| "USD".to_owned());
    let to = Currency::parse(&word).ok_or_else(unknown)?;
    let deposit = program.fund_deposit(request.param(0), to)?;
    Ok(Reply::ok(item(&deposit)).saying("Deposit funded"))
}
