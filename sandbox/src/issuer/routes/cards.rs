//! Cards of customers.

use super::route::{Answer, program_approved};
use super::shapes::card_of_customer;
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Card, CardKind, Currency, Customer, Program};
use crate::issuer::time::MINUTE;

/// How long the address of the hosted page is good, in milliseconds.
const VIEW_LIFE: i64 = 5 * MINUTE;

/// `GET …/{id}/cards`
pub(super) fn of_one(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let customer = program.get(program.by_yativo_card_id(request.param(0))?);
    Ok(Reply::ok(object! {
        "yativo_card_id": &customer.yativo_card_id,
        "cards": customer.cards.iter().map(card_of_customer).collect::<Vec<_>>(),
        "total": customer.cards.len(),
    }))
}

/// `GET /v1/yativo-card/customers/cards`: only its query is documented.
pub(super) fn of_all(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let page = Page::of(request);
    let (status, external) = (request.query("status"), request.query("external_customer_id"));
    let name = request.query("customer_id");
    let fits = |(customer, card): &(&Customer, &Card)| {
        status.is_none_or(|status| card.status() == status)
            && external.is_none_or(|external| customer.external_id.as_deref() == Some(external))
            && name.is_none_or(|name| customer.id == name || customer.yativo_card_id == name)
    };
    let all = program
        .customers()
        .flat_map(|customer| customer.cards.iter().map(move |card| (customer, card)));
    let (items, total) = page.cut(all.filter(fits));
    let item = |(customer, card): (&Customer, &Card)| {
        object! {
            "yativo_card_id": &customer.yativo_card_id,
            "external_customer_id": customer.external_id.as_deref(),
        }
        .and(card_of_customer(card))
    };
    Ok(Reply::ok(object! {
        "cards": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "page": page.number,
        "limit": page.limit,
    }))
}

/// `POST …/{id}/cards/virtual`
pub(super) fn create(program: &mut Program, request: &Request) -> Answer {
    program_approved(program)?;
    let index = program.by_yativo_card_id(request.param(0))?;
    let customer = program.get(index);
    let refuse = |status, code, message: &str| Err(Refusal::new(status, code, message));
    if customer.onboarding.terms_accepted_at.is_none() {
        return refuse(400, "LEGAL_ACCEPTANCE_REQUIRED", "The terms are not accepted");
    }
    if customer.onboarding.source_of_funds_at.is_none() {
        return refuse(400, "SOURCE_OF_FUNDS_NOT_COMPLETED", "The source of funds is not known");
    }
    let Some(wallet) = &customer.wallet else {
        return refuse(400, "SAFE_NOT_DEPLOYED", "The account wallet is not deployed");
    };
    let limits = customer.card_limits.unwrap_or(program.spec.card_limits);
    let is_virtual = |card: &&Card| !card.is_void() && card.kind == CardKind::Virtual;
    let virtuals = customer.cards.iter().filter(is_virtual).count();
    let (max_virtual, max_total) = (limits.max_virtual as usize, limits.max_total as usize);
    if virtuals >= max_virtual || customer.cards_count() >= max_total {
        return refuse(
            403,
            "VIRTUAL_CARD_LIMIT_REACHED",
            "The customer has all cards that are allowed",
        );
    }
    let funding = object! {
        "address": &wallet.address,
        "network": "gnosis",
        "asset": customer.currency.map(Currency::token),
    };
    let name = customer.yativo_card_id.clone();
    let card = program.create_card(&name, CardKind::Virtual)?;
    Ok(Reply::created(object! {
        "yativo_card_id": &name,
        "card_id": card.id.to_string(),
        "card_type": card.kind.word(),
        "status": card.status(),
        "status_code": 1_000_i64,
        "status_name": "Active",
        "activated_at": card.activated_at,
        "total_cards": program.get(index).cards.len(),
        "funding_wallet": funding,
    }))
}

/// The names of customer and card in the path.
fn named<'a>(program: &Program, request: &'a Request) -> Result<(&'a str, &'a str), Refusal> {
    program_approved(program)?;
    program.by_yativo_card_id(request.param(0))?;
    program.find_card(request.param(0), request.param(1))?;
    Ok((request.param(0), request.param(1)))
}

/// `POST …/cards/{cardId}/freeze`
pub(super) fn freeze(program: &mut Program, request: &Request) -> Answer {
    let (customer, card) = named(program, request)?;
    let at = program.freeze(customer, card)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": customer, "card_id": card, "is_frozen": true, "frozen_at": at,
    }))
}

/// `POST …/cards/{cardId}/unfreeze`
pub(super) fn unfreeze(program: &mut Program, request: &Request) -> Answer {
    let (customer, card) = named(program, request)?;
    let at = program.unfreeze(customer, card)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": customer, "card_id": card, "is_frozen": false, "unfrozen_at": at,
    }))
}

/// `POST …/cards/{cardId}/void`
pub(super) fn void(program: &mut Program, request: &Request) -> Answer {
    let (customer, card) = named(program, request)?;
    let at = program.void(customer, card)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": customer, "card_id": card, "is_void": true, "voided_at": at,
    }))
}

/// `POST …/cards/{cardId}/lost`
pub(super) fn lost(program: &mut Program, request: &Request) -> Answer {
    let (customer, card) = named(program, request)?;
    let at = program.lose(customer, card)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": customer, "card_id": card, "is_lost": true, "reported_at": at,
    }))
}

/// `POST …/cards/{cardId}/stolen`
pub(super) fn stolen(program: &mut Program, request: &Request) -> Answer {
    let (customer, card) = named(program, request)?;
    let at = program.steal(customer, card)?;
    Ok(Reply::ok(object! {
        "yativo_card_id": customer, "card_id": card, "is_stolen": true, "reported_at": at,
    }))
}

/// `POST …/cards/{cardId}/view-token`
pub(super) fn view_token(program: &mut Program, request: &Request) -> Answer {
    let (customer, name) = named(program, request)?;
    let views: Vec<String> =
        request.read("enabled_views").unwrap_or_else(|| vec!["data".to_owned(), "pin".to_owned()]);
    if views.is_empty() || !views.iter().all(|view| matches!(view.as_str(), "data" | "pin")) {
        return Err(Refusal::invalid("enabled_views may have data and pin"));
    }
    let with_code = request.read("require_access_code").unwrap_or(false);
    if with_code && !request.has("access_code") {
        return Err(Refusal::invalid("access_code is required"));
    }
    let secret = program.rng.u64(..);
    let expires_at = program.now.plus(VIEW_LIFE);
    let (_, card) = program.find_card(customer, name)?;
    let url = format!("{}/hosted/card?token=view_{secret:016x}", request.origin);
    Ok(Reply::ok(object! {
        "secure_view_url": &url,
        "url": &url,
        "expires_at": expires_at,
        "last_four": &card.last_four,
        "card_type": card.kind.word(),
        "holder_name": Json::Null,
        "pin_set": card.pin_set,
        "enabled_views": views,
        "requires_access_code": with_code,
        "theme": object! {},
        "usage_notes": vec!["Show the page in a frame; never store or log its address"],
    }))
}
