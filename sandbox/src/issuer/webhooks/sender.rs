//! The sender: posts deliveries, waits, tries again, and gives up.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, Uri, header};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::sync::{Semaphore, mpsc};

use super::signature::sign;
use crate::issuer::shared::{Letter, Shared};
use crate::issuer::state::{Attempt, DeliveryState, Event, Program};
use crate::issuer::time::Time;

type Http = Client<HttpConnector, Body>;

/// How much of an answer is read, in bytes.
const READ: usize = 64 * 1024;

/// Sends all deliveries that come, each in a task of its own.
pub(crate) async fn run(shared: Arc<Shared>, mut letters: mpsc::UnboundedReceiver<Letter>) {
    let http: Http = Client::builder(TokioExecutor::new()).build_http();
    let permits = Arc::new(Semaphore::new(shared.options.sender.concurrency.max(1)));
    while let Some(letter) = letters.recv().await {
        tokio::spawn(deliver(Arc::clone(&shared), http.clone(), Arc::clone(&permits), letter));
    }
}

/// One event for one subscription, ready to be signed.
struct Post {
    url: String,
    secret: String,
    delivery_id: String,
    event: Arc<Event>,
}

async fn deliver(shared: Arc<Shared>, http: Http, permits: Arc<Semaphore>, letter: Letter) {
    loop {
        let Ok(permit) = permits.acquire().await else { return };
        let Some(post) = shared.with(letter.0, |program| prepare(program, letter.1)).flatten()
        else {
            return;
        };
        let outcome = send(&http, &post, shared.options.sender.patience).await;
        let twice = shared
            .options
            .sender
            .twice_every
            .is_some_and(|every| letter.1.is_multiple_of(every.max(1)));
        if twice && outcome.is_ok() {
            // What comes of the second time changes nothing.
            let _ = send(&http, &post, shared.options.sender.patience).await;
        }
        drop(permit);
        let wait = shared.with(letter.0, |program| record(program, letter.1, outcome, &shared));
        let Some(Some(wait)) = wait else { return };
        tokio::time::sleep(wait).await;
    }
}

/// What is to be posted; none if nothing is any more.
fn prepare(program: &mut Program, at: usize) -> Option<Post> {
    let delivery = program.deliveries.get_mut(at)?;
    let mut subscriptions = program.subscriptions.iter();
    let to = subscriptions.find(|subscription| subscription.id == delivery.webhook_id);
    let Some(to) = to.filter(|to| to.enabled || delivery.by_hand) else {
        delivery.state = DeliveryState::Failed;
        return None;
    };
    Some(Post {
        url: to.url.clone(),
        secret: to.secret.clone(),
        delivery_id: delivery.id.clone(),
        event: Arc::clone(&delivery.event),
    })
}

/// Posts to this machine and no other.
async fn send(http: &Http, post: &Post, patience: Duration) -> Result<u16, String> {
    let uri: Uri = post.url.parse().map_err(|_| "the address is wrong".to_owned())?;
    let is_here = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if uri.scheme_str() != Some("http") || !is_here {
        return Err("the sandbox posts over http to this machine alone".to_owned());
    }
    let timestamp = Time::now().seconds();
    let request = Request::post(uri)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Yativo-Signature", sign(&post.secret, timestamp, post.event.body.as_bytes()))
        .header("X-Yativo-Timestamp", timestamp)
        .header("X-Yativo-Event", post.event.kind)
        .header("X-Yativo-Delivery-Id", &post.delivery_id)
        .body(Body::from(post.event.body.to_string()))
        .map_err(|error| error.to_string())?;
    let answer = async {
        let response = http.request(request).await.map_err(|error| error.to_string())?;
        let code = response.status().as_u16();
        // Read to its end, so that the connection can be used again.
        let _ = axum::body::to_bytes(Body::new(response.into_body()), READ).await;
        Ok(code)
    };
    let timed_out = || Err(format!("no answer within {patience:?}"));
    tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| timed_out())
}

/// Keeps what came of an attempt. How long to wait before the next one, if
/// there is one.
fn record(
    program: &mut Program,
    at: usize,
    outcome: Result<u16, String>,
    shared: &Shared,
) -> Option<Duration> {
    let now = program.now;
    let delivery = program.deliveries.get_mut(at)?;
    let code = outcome.as_ref().ok().copied();
    delivery.attempts.push(Attempt { at: now, code, error: outcome.err() });
    let good = code.is_some_and(|code| (200..300).contains(&code));
    let delays = &shared.options.sender.delays;
    let wait =
        if good || delivery.by_hand { None } else { delays.get(delivery.attempts.len() - 1) };
    if let Some(wait) = wait {
        return Some(*wait);
    }
    delivery.state = if good { DeliveryState::Success } else { DeliveryState::Failed };
    delivery.delivered_at = good.then_some(now);
    let webhook_id = &delivery.webhook_id;
    let to = program.subscriptions.iter_mut().find(|to| to.id == *webhook_id)?;
    to.failures = if good { 0 } else { to.failures + 1 };
    if to.failures >= shared.options.sender.failures_allowed {
        to.enabled = false;
    }
    None
}
