//! Customers and cards as the different pages write them.

use crate::issuer::json::{Json, money, object};
use crate::issuer::request::Request;
use crate::issuer::state::{Balance, Card, CardState, Currency, Customer};
use crate::issuer::time::Time;

/// An item of the list.
pub(super) fn item(customer: &Customer, balance: Option<Balance>, request: &Request) -> Json {
    let id = if request.dialect.fewer_identifiers {
        Json::Null
    } else {
        object! { "id": &customer.id }
    };
    object! {}.and(id).and(object! {
        "customer_id": &customer.id,
        "yativo_card_id": &customer.yativo_card_id,
        "external_customer_id": customer.external_id.as_deref(),
        "email": &customer.email,
        "flow_status": &*customer.stage.word,
        "step": u32::from(customer.stage.step),
        "next_action": &*customer.stage.next_action,
        "safe_deployed": customer.wallet.is_some(),
        "currency": customer.currency.map(Currency::code),
        "ledger_balance": balance.map(|balance| Json::major(balance.ledger)),
        "available_balance": balance.map(|balance| Json::major(balance.available)),
        "pending_balance": balance.and_then(|balance| balance.pending).map(Json::major),
        "balance_freshness": balance.map(|balance| balance.freshness()),
        "cards_count": customer.cards_count(),
        "created_at": customer.created_at,
    })
}

/// The page of one customer.
pub(super) fn page(customer: &Customer, now: Time, request: &Request) -> Json {
    let balance = customer.balance(now);
    let live = balance.filter(|balance| balance.freshness() == "realtime");
    let has_cards = !customer.cards.is_empty();
    let pin = if has_cards {
        object! { "pin_set": customer.pin_set() }
    } else {
        Json::Null
    };
    let page = object! {
        "id": &customer.id,
        "customer_id": &customer.id,
        "yativo_card_id": &customer.yativo_card_id,
        "external_id": customer.external_id.as_deref(),
        "external_customer_id": customer.external_id.as_deref(),
        "email": &customer.email,
        "flow_status": &*customer.stage.word,
        "step": u32::from(customer.stage.step),
        "next_action": &*customer.stage.next_action,
        "kyc_status": &customer.kyc_status,
        "currency": customer.currency.map(Currency::code),
        "safe_deployed": customer.wallet.is_some(),
    }
    .and(money!("ledger_balance": balance.map(|balance| balance.ledger)))
    .and(money!("available_balance": balance.map(|balance| balance.available)))
    .and(money!("pending_balance": balance.and_then(|balance| balance.pending)))
    .and(object! {
        "balance_freshness": balance.map(|balance| balance.freshness()),
        "balance_updated_at": live.map(|balance| balance.at),
        "cards_count": customer.cards_count(),
    })
    .and(pin)
    .and(object! {
        "cards": customer.cards.iter().map(card_of_page).collect::<Vec<_>>(),
        "created_at": customer.created_at,
    });
    if request.dialect.fewer_identifiers {
        return page.without(&["id", "customer_id", "external_customer_id"]);
    }
    page
}

fn card_of_page(card: &Card) -> Json {
    object! {
        "card_id": card.id.to_string(),
        "last_four": &card.last_four,
        "card_type": card.kind.word(),
        "status": card.status(),
        "is_frozen": card.is(CardState::Frozen),
        "is_lost": card.is(CardState::Lost),
        "is_stolen": card.is(CardState::Stolen),
        "is_blocked": card.is(CardState::Blocked),
        "is_void": card.is_void(),
        "pin_set": card.pin_set,
        "activated_at": card.activated_at,
        "created_at": card.created_at,
    }
}

/// The answer of the look-up.
pub(super) fn looked_up(customer: &Customer) -> Json {
    let card = |card: &Card| {
        object! {
            "card_id": card.id.to_string(),
            "last_four": &card.last_four,
            "card_type": card.kind.word(),
            "is_frozen": card.is(CardState::Frozen),
            "is_lost": card.is(CardState::Lost),
            "is_blocked": card.is(CardState::Blocked),
            "status": card.status(),
        }
    };
    object! {
        "yativo_card_id": &customer.yativo_card_id,
        "external_id": customer.external_id.as_deref(),
        "email": &customer.email,
        "flow_status": &*customer.stage.word,
        "currency": customer.currency.map(Currency::code),
        "token": customer.currency.map(Currency::token),
        "safe_deployed": customer.wallet.is_some(),
        "cards_count": customer.cards_count(),
        "cards": customer.cards.iter().map(card).collect::<Vec<_>>(),
        "created_at": customer.created_at,
    }
}

/// A card as the customers' pages have it, with other names than everywhere else.
pub(super) fn card_of_customer(card: &Card) -> Json {
    object! {
        "card_id": card.id.to_string(),
        "card_type": card.kind.word(),
        "status_name": card.network_status(),
        "is_frozen": card.is(CardState::Frozen),
        "last_four_digits": &card.last_four,
        "holder_name": Json::Null,
        "activated_at": card.activated_at,
    }
}

/// An e-mail address that only its owner recognises: `m***@example.com`.
pub(super) fn masked(email: &str) -> String {
    let (name, host) = email.split_once('@').unwrap_or((email, ""));
    format!("{}***@{host}", name.chars().take(1).collect::<String>())
}
