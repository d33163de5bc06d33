//! Money to cards and back.

use super::route::{Answer, approved};
use crate::issuer::act::{Funding, PricingMode};
use crate::issuer::json::{self, Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Currency, Payment, PaymentKind, Program, Transfer};
use crate::issuer::time::Time;

/// Keeps a payment for tests to count.
pub(super) fn count(
    program: &mut Program,
    request: &Request,
    kind: PaymentKind,
    id: &str,
    customer: Option<u32>,
    amount: i64,
) {
    let customer = customer.map(|index| program.get(index).yativo_card_id.clone());
    let idempotency_key = request.idempotency_key.clone();
    program.payments.push(Payment { kind, id: id.to_owned(), customer, amount, idempotency_key });
}

/// Answers as before where keys are honoured and this one was seen.
pub(super) fn once(
    program: &mut Program,
    request: &Request,
    pay: impl FnOnce(&mut Program) -> Result<Json, Refusal>,
) -> Result<Json, Refusal> {
    let key = request.idempotency_key.clone().filter(|_| program.spec.honours_idempotency);
    let Some(key) = key else { return pay(program) };
    if let Some((_, data)) = program.answered.iter().find(|(seen, _)| *seen == key) {
        return Ok(data.clone());
    }
    let data = pay(program)?;
    program.answered.push((key, data.clone()));
    Ok(data)
}

/// `POST /v1/card-issuer/fund-customer`
pub(super) fn fund(program: &mut Program, request: &Request) -> Answer {
    const NAMES: [&str; 5] = ["customer_id", "card_id", "external_id", "email", "yativo_card_id"];
    approved(program)?;
    let mut given = NAMES.iter().filter_map(|name| Some((*name, request.text(name)?)));
    let (Some((name, value)), None) = (given.next(), given.next()) else {
        let message = format!("Exactly one of {} is required", NAMES.join(", "));
        return Err(Refusal::new(400, "MISSING_IDENTIFIER", message));
    };
    let index = program.by_member(name, &value)?;
    let chain = match request.text("source_chain").as_deref() {
        Some("SOL") => "SOL",
        Some("XDC") => "XDC",
        _ => return Err(Refusal::invalid("source_chain must be SOL or XDC")),
    };
    let pricing = match request.text("pricing_mode").as_deref() {
        None | Some("send_x") => PricingMode::SendX,
        Some("receive_x") => PricingMode::ReceiveX,
        Some(_) => return Err(Refusal::invalid("pricing_mode must be send_x or receive_x")),
    };
    let unknown = || Refusal::invalid("destination_token must be USD, EUR or GBP");
    let destination = request.text("destination_token");
    let destination =
        destination.map(|word| Currency::parse(&word).ok_or_else(unknown)).transpose()?;
    let funding = Funding { amount: request.amount("amount")?, chain, pricing, destination };
    let data = once(program, request, |program| {
        let customer = program.get(index).yativo_card_id.clone();
        let transfer = program.fund(&customer, funding)?;
        count(program, request, PaymentKind::Fund, &transfer.id, Some(index), funding.amount);
        Ok(object! {
            "transfer_id": &transfer.id,
            "status": transfer.status,
            "source": object! {
                "chain": transfer.chain,
                "amount": Json::Decimal { digits: transfer.source_amount * 1_000_000, scale: 8 },
            },
            "destination": object! { "token": transfer.currency.code() },
            "pricing_mode": transfer.pricing_mode,
            "estimated_amount": json::decimal(transfer.destination_amount * 10_000, 6),
            "estimated_time": if transfer.status == "completed" { "immediate" } else { "2-5 minutes" },
        })
    })?;
    Ok(Reply::ok(data).saying("Transfer started"))
}

/// `GET /v1/card-issuer/transfers/{transferId}`
pub(super) fn transfer(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let transfer = &program.transfers[program.transfer_at(request.param(0))?];
    Ok(Reply::ok(object! {
        "transfer_id": &transfer.id,
        "status": transfer.status,
        "source": object! { "chain": transfer.chain, "amount": Json::major(transfer.source_amount) },
        "destination": object! {
            "currency": transfer.currency.code(),
            "amount": arrived(transfer),
        },
        "fees": object! {
            "platform_fee": Json::major(transfer.fee),
            "total_fee": Json::major(transfer.fee),
            "fee_currency": "USD",
        },
        "customer_id": &program.get(transfer.customer).yativo_card_id,
        "initiated_at": transfer.initiated_at.text_of_seconds(),
        "completed_at": transfer.completed_at.map(Time::text_of_seconds),
    }))
}

/// What has arrived: known only once it has.
fn arrived(transfer: &Transfer) -> Option<Json> {
    transfer.completed_at.map(|_| Json::major(transfer.destination_amount))
}

fn item(transfer: &Transfer) -> Json {
    object! {
        "transfer_id": &transfer.id,
        "source_chain": transfer.chain,
        "source_amount": Json::major(transfer.source_amount),
        "destination_currency": transfer.currency.code(),
        "destination_amount": arrived(transfer),
        "status": transfer.status,
    }
}

fn times(transfer: &Transfer) -> Json {
    object! {
        "initiated_at": transfer.initiated_at.text_of_seconds(),
        "completed_at": transfer.completed_at.map(Time::text_of_seconds),
    }
}

/// `GET /v1/card-issuer/transfers`, also called `/funding-history`
pub(super) fn transfers(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let page = Page::of(request);
    let of = request.query("customer_id").map(|name| program.by_path(name)).transpose()?;
    let (status, chain) = (request.query("status"), request.query("chain"));
    let fits = |transfer: &&Transfer| {
        of.is_none_or(|index| transfer.customer == index)
            && status.is_none_or(|status| transfer.status == status)
            && chain.is_none_or(|chain| transfer.chain == chain)
    };
    let (items, total) = page.cut(program.transfers.iter().rev().filter(fits));
    let item = |transfer: &Transfer| {
        let customer = &program.get(transfer.customer).yativo_card_id;
        item(transfer).and(object! { "customer_id": customer }).and(times(transfer))
    };
    Ok(Reply::ok(object! {
        "transfers": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

/// `GET /v1/card-issuer/customers/{customerId}/transfers`
pub(super) fn transfers_of_one(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let index = program.by_path(request.param(0))?;
    let page = Page::of(request);
    let status = request.query("status");
    let fits = |transfer: &&Transfer| {
        transfer.customer == index && status.is_none_or(|status| transfer.status == status)
    };
    let (items, total) = page.cut(program.transfers.iter().rev().filter(fits));
    let item = |transfer: &Transfer| item(transfer).and(times(transfer));
    Ok(Reply::ok(object! {
        "customer_id": request.param(0),
        "transfers": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

/// `POST /v1/card-issuer/withdraw-from-card`
pub(super) fn withdraw(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let id = request.required("id")?;
    let amount = request.amount("amount")?;
    let index = match program.all_named(&id).as_slice() {
        [] => return Err(Refusal::no_customer()),
        [index] => *index,
        _ => {
            let message = "Several customers have this name";
            return Err(Refusal::new(422, "AMBIGUOUS_CUSTOMER", message));
        }
    };
    let customer = program.get(index);
    if customer.email.eq_ignore_ascii_case(&id) && customer.cards_count() > 1 {
        let message = "The customer has several cards; name it by yativo_card_id";
        return Err(Refusal::new(422, "MULTIPLE_CARDS", message));
    }
    let customer = customer.yativo_card_id.clone();
    let data = once(program, request, |program| {
        let withdrawal = program.withdraw(&customer, amount)?;
        count(program, request, PaymentKind::Withdraw, &withdrawal.id, Some(index), amount);
        Ok(object! {
            "withdrawal_id": &withdrawal.id,
            "yativo_card_id": &customer,
            "amount": Json::major(amount),
            "amount_minor": amount,
            "currency": withdrawal.currency.code(),
            "status": "initiated",
            "message": "Withdrawal initiated. The card is frozen until it settles.",
            "estimated_settlement_at": withdrawal.estimated_settlement_at,
        })
    })?;
    Ok(Reply::ok(data))
}
