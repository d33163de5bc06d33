//! Card transactions in their three shapes, and disputes.

use super::route::{Answer, approved, program_approved};
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Currency, Dispute, Program, Transaction, idents};
use crate::issuer::time::{DAY, Time};

fn item(transaction: &Transaction) -> Json {
    let merchant = &transaction.merchant;
    object! {
        "transaction_id": transaction.id.clone(),
        "type": word_of_kind(transaction),
        "amount": Json::major(transaction.amount),
        "currency": &*transaction.currency,
        "status": &*transaction.status,
        "merchant": merchant.name.as_deref(),
        "merchant_category": merchant.category.as_deref(),
        "merchant_city": merchant.city.as_deref(),
        "merchant_country": merchant.country.as_deref(),
        "authorized_at": transaction.authorized_at,
        "settled_at": transaction.settled_at,
        "created_at": transaction.created_at,
    }
}

/// The issuer's pages normalise the network's words.
fn word_of_kind(transaction: &Transaction) -> &str {
    if transaction.kind == "Payment" { "purchase" } else { &transaction.kind }
}

/// `GET /v1/card-issuer/card-transactions`
pub(super) fn of_all(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let page = Page::of(request);
    let of = match request.query("customer_id") {
        Some(name) => Some(program.by_path(name)?),
        None => None,
    };
    let status = request.query("status");
    let fits = |transaction: &&Transaction| {
        of.is_none_or(|index| transaction.customer == index)
            && status.is_none_or(|status| transaction.status == status)
            && !program.get(transaction.customer).gone
    };
    let (items, total) = page.cut(program.transactions.iter().rev().filter(fits));
    let item = |transaction: &Transaction| {
        item(transaction).and(object! {
            "yativo_card_id": &program.get(transaction.customer).yativo_card_id,
            "card_id": &transaction.card_token,
        })
    };
    Ok(Reply::ok(object! {
        "transactions": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

/// `GET /v1/card-issuer/customers/{customerId}/card-transactions`
pub(super) fn of_one(program: &mut Program, request: &Request) -> Answer {
    approved(program)?;
    let index = program.by_path(request.param(0))?;
    let page = Page::of(request);
    let status = request.query("status");
    let fits =
        |transaction: &&Transaction| status.is_none_or(|status| transaction.status == status);
    let (items, total) = page.cut(program.spent(index).filter(fits));
    Ok(Reply::ok(object! {
        "customer_id": request.param(0),
        "currency": program.get(index).currency.map(Currency::code),
        "transactions": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

impl Program {
    /// The transactions of a customer, newest first.
    fn spent(&self, index: u32) -> impl Iterator<Item = &Transaction> {
        let own = self.get(index).transactions.iter().rev();
        own.map(|index| &self.transactions[*index as usize])
    }

    /// Whether a transaction is disputed.
    fn is_disputed(&self, transaction: &Transaction) -> bool {
        let id = transaction.id.as_deref();
        id.is_some_and(|id| self.disputes.iter().any(|dispute| dispute.transaction_id == id))
    }

    /// The customers' pages have other words for the status.
    fn customer_status(&self, transaction: &Transaction) -> &'static str {
        match (&*transaction.status, &*transaction.kind) {
            _ if self.is_disputed(transaction) => "disputed",
            (_, "refund") | ("reversed" | "partially_reversed", _) => "refunded",
            ("authorized", _) => "pending",
            ("settled", _) => "completed",
            _ => "declined",
        }
    }
}

/// The name of a country whose code made-up merchants have.
fn country_name(code: &str) -> &str {
    match code {
        "PT" => "Portugal",
        "BE" => "Belgium",
        "GB" => "United Kingdom",
        "SE" => "Sweden",
        "IT" => "Italy",
        "US" => "United States",
        "BR" => "Brazil",
        "FR" => "France",
        other => other,
    }
}

fn customer_item(program: &Program, transaction: &Transaction) -> Json {
    let merchant = &transaction.merchant;
    object! {
        "kind": if transaction.kind == "refund" { "Refund" } else { "Payment" },
        "transaction_type": word_of_kind(transaction),
        "merchant_name": merchant.name.as_deref(),
        "merchant_city": merchant.city.as_deref(),
        "merchant_country": merchant.country.as_deref().map(country_name),
        "merchant_country_code": merchant.country.as_deref(),
        "mcc_code": merchant.category.as_deref(),
        "amount": Json::major(transaction.amount),
        "currency": &*transaction.currency,
        "status": program.customer_status(transaction),
        "transaction_date": transaction.created_at,
    }
}

/// `GET /v1/yativo-card/customers/{yativoCardId}/transactions`
pub(super) fn of_customer(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let index = program.by_yativo_card_id(request.param(0))?;
    let page = Page::by_offset(request, 20);
    let status = request.query("status");
    let moment = |name: &str| {
        let wrong = || Refusal::invalid(format!("{name} must be a date"));
        request.query(name).map(|text| Time::parse(text).ok_or_else(wrong)).transpose()
    };
    let (from, to) = (moment("from_date")?, moment("to_date")?);
    // A date without a time means the whole day.
    let whole_day = request.query("to_date").is_some_and(|text| text.len() == 10);
    let to = to.map(|to| if whole_day { to.plus(DAY - 1) } else { to });
    let fits = |transaction: &&Transaction| {
        status.is_none_or(|status| program.customer_status(transaction) == status)
            && from.is_none_or(|from| transaction.created_at >= from)
            && to.is_none_or(|to| transaction.created_at <= to)
    };
    let (items, total) = page.cut(program.spent(index).filter(fits));
    let items: Vec<_> = items.into_iter().map(|found| customer_item(program, found)).collect();
    Ok(Reply::ok(object! { "transactions": items, "total": total }))
}

/// `GET /v1/yativo-card/customers/{yativoCardId}/cards/{cardId}/transactions`
pub(super) fn of_card(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let index = program.by_yativo_card_id(request.param(0))?;
    let (_, card) = program.find_card(request.param(0), request.param(1))?;
    let (id, page) = (card.id, Page::by_offset(request, 20));
    let (items, _) = page.cut(program.spent(index).filter(|found| found.card_id == id));
    let item = |transaction: &Transaction| {
        let pending = transaction.status == "authorized";
        let status = if matches!(&*transaction.status, "authorized" | "settled") {
            "approved"
        } else {
            &transaction.status
        };
        let item = customer_item(program, transaction);
        item.without(&["amount", "currency", "status"]).and(object! {
            "status": status,
            "billing_amount": Json::major(transaction.billing_amount),
            "billing_currency": transaction.billing_currency,
            "transaction_amount": Json::major(transaction.amount),
            "transaction_currency": &*transaction.currency,
            "status_label": if pending { "Pending" } else { "Cleared" },
            "is_pending": pending,
            "card_token": &transaction.card_token,
            "authorized_at": transaction.authorized_at,
            "cleared_at": transaction.settled_at,
        })
    };
    Ok(Reply::ok(object! { "transactions": items.into_iter().map(item).collect::<Vec<_>>() }))
}

/// `POST /v1/yativo-card/customers/{yativoCardId}/transactions/{transactionId}/dispute`
pub(super) fn dispute(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let index = program.by_yativo_card_id(request.param(0))?;
    let id = request.param(1);
    let known = program.spent(index).any(|transaction| transaction.id.as_deref() == Some(id));
    if !known {
        return Err(Refusal::not_found("The transaction"));
    }
    let reason_code = request.required("reason_code")?;
    request.required("description")?;
    let dispute = Dispute {
        id: idents::prefixed(&mut program.rng, "dsp"),
        transaction_id: id.to_owned(),
        reason_code,
        filed_at: program.now,
    };
    let data = object! {
        "dispute_id": &dispute.id,
        "transaction_id": &dispute.transaction_id,
        "status": "submitted",
        "reason_code": &dispute.reason_code,
        "filed_at": dispute.filed_at,
    };
    program.disputes.push(dispute);
    Ok(Reply::created(data).saying("Dispute submitted"))
}

/// `GET /v1/yativo-card/{yativoCardId}/transactions/dispute-reasons`
pub(super) fn dispute_reasons(program: &mut Program, request: &Request) -> Answer {
    const REASONS: [(&str, &str); 5] = [
        ("unauthorized", "The customer did not make this payment"),
        ("duplicate", "The payment was charged twice"),
        ("not_received", "The goods or services did not come"),
        ("not_as_described", "The goods or services are not as described"),
        ("incorrect_amount", "The amount is wrong"),
    ];
    program_approved(program)?;
    program.by_yativo_card_id(request.param(0))?;
    let reason = |(code, label): (&str, &str)| object! { "code": code, "label": label };
    Ok(Reply::ok(object! { "reasons": REASONS.into_iter().map(reason).collect::<Vec<_>>() }))
}
