//! Customers, read.

use super::route::{Answer, approved};
use super::shapes;
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Currency, Customer, Program, Source};

/// `GET /v1/card-issuer/customers`
pub(super) fn list(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let page = Page::of(request);
    let with_balances = request.query("include_balances") != Some("false");
    let (now, status) = (program.now, request.query("status"));
    let (items, total) = match status {
        None => (program.some_customers(page.start, page.limit).collect(), program.order.len()),
        Some(word) => page.cut(program.customers().filter(|customer| customer.stage.word == word)),
    };
    let item = |customer: &Customer| {
        let balance = customer.balance(now).filter(|_| with_balances);
        shapes::item(customer, balance, request)
    };
    Ok(Reply::ok(object! {
        "customers": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
        "balances_included": with_balances,
    }))
}

/// `GET /v1/card-issuer/customers/{customerId}`
pub(super) fn one(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let index = program.by_path(request.param(0))?;
    Ok(Reply::ok(shapes::page(program.get(index), program.now, request)))
}

/// `GET /v1/card-issuer/lookup-customer`
pub(super) fn look_up(program: &mut Program, request: &Request) -> Answer {
    const NAMES: [&str; 6] =
        ["id", "yativo_card_id", "customer_id", "card_id", "external_id", "email"];
    approved(program)?;
    let mut given = NAMES.iter().filter_map(|name| Some((*name, request.query(name)?)));
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        let message = format!("Exactly one of {} is required", NAMES.join(", "));
        return Err(Refusal::new(400, "MISSING_IDENTIFIER", message));
    };
    let index = program.by_member(name, value)?;
    Ok(Reply::ok(shapes::looked_up(program.get(index))))
}

/// `GET /v1/card-issuer/customers/aggregate-balances`
pub(super) fn aggregate(program: &mut Program, _: &Request) -> Answer {
    approved(program)?;
    let of = |currency: Currency| {
        let now = program.now;
        let mut sums = [0_i64; 3];
        let (mut live, mut on_chain) = (0_usize, 0_usize);
        for customer in program.customers().filter(|customer| customer.currency == Some(currency)) {
            let Some(balance) = customer.balance(now) else { continue };
            let parts = [balance.ledger, balance.available, balance.pending.unwrap_or(0)];
            sums.iter_mut().zip(parts).for_each(|(sum, part)| *sum += part);
            if balance.source == Source::Live { live += 1 } else { on_chain += 1 }
        }
        (live + on_chain > 0).then(|| {
            object! {
                "currency": currency.code(),
                "total_ledger_balance": Json::major(sums[0]),
                "total_available_balance": Json::major(sums[1]),
                "total_pending_balance": Json::major(sums[2]),
                "customer_count": live + on_chain,
                "realtime_count": live,
                "on_chain_count": on_chain,
            }
        })
    };
    Ok(Reply::ok(object! {
        "by_currency": Currency::ALL.into_iter().filter_map(of).collect::<Vec<_>>(),
        "total_customers": program.customers().len(),
        "customers_with_wallets": program.customers().filter(|customer| customer.wallet.is_some()).count(),
        "fetched_at": program.now,
    }))
}

/// `DELETE /v1/card-issuer/customers/{yativoCardId}`
pub(super) fn delete(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let name = request.param(0);
    program.drop_unfinished(name)?;
    Ok(Reply::ok(object! { "yativo_card_id": name, "deleted": true }).saying("Customer deleted"))
}
