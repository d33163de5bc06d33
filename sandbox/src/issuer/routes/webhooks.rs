//! Webhook subscriptions and deliveries.

use serde_json::value::RawValue;

use super::route::Answer;
use crate::issuer::json::{Json, object};
use crate::issuer::refusal::Refusal;
use crate::issuer::reply::Reply;
use crate::issuer::request::{Page, Request};
use crate::issuer::state::{Attempt, Delivery, DeliveryState, Program, Subscription, idents};

/// Whether events can be posted to an address: over TLS, or to this machine.
fn checked(url: String) -> Result<String, Refusal> {
    let uri: Option<axum::http::Uri> = url.parse().ok();
    let good = uri.is_some_and(|uri| match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => matches!(host, "127.0.0.1" | "localhost" | "[::1]"),
        _ => false,
    });
    if good { Ok(url) } else { Err(Refusal::invalid("url must be an https address")) }
}

fn shown(subscription: &Subscription, with_secret: bool) -> Json {
    let secret = if with_secret {
        object! { "secret": &subscription.secret }
    } else {
        Json::Null
    };
    let Subscription { id, url, events, description, enabled, created_at, .. } = subscription;
    object! { "webhook_id": id, "url": url, "events": events.clone() }.and(secret).and(object! {
        "description": description.as_deref(), "enabled": *enabled, "created_at": *created_at,
    })
}

fn events(request: &Request) -> Option<Vec<String>> {
    request.read::<Vec<String>>("events").filter(|events| !events.is_empty())
}

fn found<'a>(program: &'a mut Program, id: &str) -> Result<&'a mut Subscription, Refusal> {
    let subscription = program.subscriptions.iter_mut().find(|found| found.id == id);
    subscription.ok_or_else(|| Refusal::not_found("The webhook"))
}

/// `POST /v1/webhook/create-webhook`
pub(super) fn create(program: &mut Program, request: &Request) -> Answer {
    let url = checked(request.required("url")?)?;
    let events = events(request).unwrap_or_else(|| vec!["*".to_owned()]);
    let names: Vec<&str> = events.iter().map(String::as_str).collect();
    let id = program.subscribe(&url, &names).id;
    let subscription = found(program, &id)?;
    subscription.description = request.text("description");
    let data = shown(subscription, true).without(&["description", "enabled"]);
    Ok(Reply::status_true(data).saying("Webhook created"))
}

/// `GET /v1/yativo-card/webhooks`
pub(super) fn list(program: &mut Program, _: &Request) -> Answer {
    let all: Vec<_> = program.subscriptions.iter().map(|found| shown(found, false)).collect();
    Ok(Reply::ok(object! { "webhooks": all }))
}

/// `GET /v1/yativo-card/webhooks/{webhookId}`
pub(super) fn one(program: &mut Program, request: &Request) -> Answer {
    Ok(Reply::ok(shown(found(program, request.param(0))?, true)))
}

/// `PUT /v1/yativo-card/webhooks/{webhookId}`
pub(super) fn update(program: &mut Program, request: &Request) -> Answer {
    let url = request.text("url").map(checked).transpose()?;
    let subscription = found(program, request.param(0))?;
    if let Some(url) = url {
        subscription.url = url;
    }
    if let Some(events) = events(request) {
        subscription.events = events;
    }
    if let Some(enabled) = request.read::<bool>("enabled") {
        subscription.enabled = enabled;
        subscription.failures = 0;
    }
    Ok(Reply::ok(shown(subscription, false)))
}

/// `DELETE /v1/yativo-card/webhooks/{webhookId}`
pub(super) fn delete(program: &mut Program, request: &Request) -> Answer {
    let id = found(program, request.param(0))?.id.clone();
    program.subscriptions.retain(|found| found.id != id);
    Ok(Reply::ok(object! { "webhook_id": id, "deleted": true }))
}

/// `POST /v1/yativo-card/webhooks/{webhookId}/rotate-secret`
pub(super) fn rotate(program: &mut Program, request: &Request) -> Answer {
    let secret = idents::prefixed(&mut program.rng, "whsec");
    let subscription = found(program, request.param(0))?;
    subscription.secret.clone_from(&secret);
    Ok(Reply::ok(object! { "webhook_id": &subscription.id, "secret": secret }))
}

fn item(delivery: &Delivery) -> Json {
    object! {
        "delivery_id": &delivery.id,
        "event_type": delivery.event.kind,
        "status": delivery.state.word(),
        "attempt_count": delivery.attempts.len(),
        "last_response_code": delivery.attempts.last().and_then(|last| last.code).map(u32::from),
        "delivered_at": delivery.delivered_at,
        "created_at": delivery.created_at,
    }
}

fn deliveries(program: &Program, request: &Request, webhook: Option<&str>) -> Answer {
    let page = Page::by_offset(request, 50);
    let (status, kind) = (request.query("status"), request.query("eventType"));
    let fits = |delivery: &&Delivery| {
        webhook.is_none_or(|webhook| delivery.webhook_id == webhook)
            && status.is_none_or(|status| delivery.state.word() == status)
            && kind.is_none_or(|kind| delivery.event.kind == kind)
    };
    let (items, total) = page.cut(program.deliveries.iter().rev().filter(fits));
    Ok(Reply::ok(object! {
        "deliveries": items.into_iter().map(item).collect::<Vec<_>>(),
        "total": total,
        "limit": page.limit,
        "offset": page.start,
    }))
}

/// `GET /v1/yativo-card/webhooks/{webhookId}/deliveries`
pub(super) fn deliveries_of_one(program: &mut Program, request: &Request) -> Answer {
    let id = found(program, request.param(0))?.id.clone();
    deliveries(program, request, Some(&id))
}

/// `GET /v1/yativo-card/webhooks/deliveries/all`
pub(super) fn deliveries_of_all(program: &mut Program, request: &Request) -> Answer {
    deliveries(program, request, None)
}

fn delivery_at(program: &Program, id: &str) -> Result<usize, Refusal> {
    let at = program.deliveries.iter().rposition(|delivery| delivery.id == id);
    at.ok_or_else(|| Refusal::not_found("The delivery"))
}

/// `GET /v1/yativo-card/webhooks/deliveries/{deliveryId}`
pub(super) fn delivery(program: &mut Program, request: &Request) -> Answer {
    let delivery = &program.deliveries[delivery_at(program, request.param(0))?];
    let payload = RawValue::from_string(delivery.event.body.to_string());
    let payload = payload.map_or(Json::Null, Json::Raw);
    let attempt = |(at, attempt): (usize, &Attempt)| {
        object! {
            "attempt": at + 1,
            "response_code": attempt.code.map(u32::from),
            "error": attempt.error.as_deref(),
            "attempted_at": attempt.at,
        }
    };
    let attempts: Vec<_> = delivery.attempts.iter().enumerate().map(attempt).collect();
    Ok(Reply::ok(item(delivery).and(object! {
        "webhook_id": &delivery.webhook_id,
        "payload": payload,
        "attempts": attempts,
    })))
}

/// `POST /v1/yativo-card/webhooks/deliveries/{deliveryId}/retry`
pub(super) fn retry(program: &mut Program, request: &Request) -> Answer {
    let at = delivery_at(program, request.param(0))?;
    let delivery = &mut program.deliveries[at];
    if delivery.state == DeliveryState::Pending {
        return Err(Refusal::new(409, "CONFLICT", "The delivery is under way"));
    }
    delivery.state = DeliveryState::Pending;
    delivery.by_hand = true;
    let data = item(delivery);
    program.outbox.push(at);
    Ok(Reply::ok(data).saying("Delivery queued"))
}
