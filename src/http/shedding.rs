//! How many requests the gateway works on at once. Beyond that it refuses further ones at
//! once, so that those it has taken are answered in time.
//!
//! A request has no place while its client is still sending the body: clients that send
//! slowly would take the places of all others.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::authentication::ErrorResponse;
use super::connections::Crowded;
use crate::domain::request::RequestId;
use crate::error::Error;

/// How often the log says that requests are refused.
const NOTE: Duration = Duration::from_secs(10);

/// The places of requests that are worked on. Clones share them.
#[derive(Clone)]
pub struct Places {
    free: Arc<Semaphore>,
    all: usize,
}

impl Places {
    /// So many places.
    pub fn new(all: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(all)), all }
    }

    /// Requests that are worked on now.
    pub fn taken(&self) -> usize {
        self.all - self.free.available_permits()
    }
}

/// The places of all requests. Clones share them.
#[derive(Clone)]
pub struct Load {
    /// Those of both APIs and of the pages.
    pub api: Places,
    /// Those of the webhooks of each program, by its name: a program that gets very many must
    /// not take the places of others.
    pub webhooks: Arc<BTreeMap<String, Places>>,
    noted: Arc<Mutex<Option<Instant>>>,
}

impl Load {
    /// So many places for the API, and for the webhooks of each of these programs.
    pub fn new<'a>(places: usize, programs: impl Iterator<Item = &'a String>) -> Self {
        let webhooks = programs.map(|name| (name.clone(), Places::new(places))).collect();
        Self { api: Places::new(places), webhooks: Arc::new(webhooks), noted: Arc::default() }
    }

    /// Brings the metrics up to date.
    pub fn record(&self) {
        #[expect(clippy::cast_precision_loss, reason = "there are not so many requests")]
        let set = |of: &'static str, taken: usize| {
            metrics::gauge!("http_requests_in_flight", "of" => of).set(taken as f64);
        };
        set("api", self.api.taken());
        set("webhooks", self.webhooks.values().map(Places::taken).sum());
    }

    /// The places of a request: those of its program, if it is a webhook.
    fn of(&self, request: &Request) -> &Places {
        let program = request.uri().path().strip_prefix("/webhooks/yativo/");
        program.and_then(|name| self.webhooks.get(name)).unwrap_or(&self.api)
    }

    /// Counts a request that is refused. The log says it now and then.
    fn note(&self, reason: &'static str) {
        metrics::counter!("http_requests_shed_total", "reason" => reason).increment(1);
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.is_none_or(|at| at.elapsed() >= NOTE) {
            *noted = Some(Instant::now());
            tracing::warn!(reason, "too many at once: some requests are answered 503");
        }
    }
}

/// Takes a place for a request while it is worked on, or refuses it, in the form of the API.
pub async fn shed(
    State((load, error_response)): State<(Load, ErrorResponse)>,
    Extension(id): Extension<RequestId>,
    request: Request,
    next: Next,
) -> Response {
    let refuse = |reason| {
        load.note(reason);
        error_response(&Error::overloaded(), &id)
    };
    if request.extensions().get::<Crowded>().is_some() {
        return refuse("connections");
    }
    let place = Arc::new(Place::in_one_of(load.of(&request)));
    if !place.take() {
        return refuse("requests");
    }
    let request = request.map(|body| {
        if body.is_end_stream() {
            body
        } else {
            Body::new(Arriving { body, place: Arc::clone(&place) })
        }
    });
    tokio::select! {
        biased;
        response = next.run(request) => response,
        () = place.missed() => refuse("requests"),
    }
}

/// The place of one request.
struct Place {
    free: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
    missed: Notify,
}

impl Place {
    fn in_one_of(places: &Places) -> Self {
        Self { free: Arc::clone(&places.free), held: Mutex::default(), missed: Notify::new() }
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place, unless the request has one; whether it has one now.
    fn take(&self) -> bool {
        let mut held = self.held();
        if held.is_none() {
            *held = Arc::clone(&self.free).try_acquire_owned().ok();
        }
        held.is_some()
    }

    fn leave(&self) {
        *self.held() = None;
    }

    /// Ends when the body has arrived and there was no place.
    async fn missed(&self) {
        self.missed.notified().await;
    }
}

/// The body of a request, which leaves its place while it waits for the client.
struct Arriving {
    body: Body,
    place: Arc<Place>,
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending() {
            self.place.leave();
        } else if !self.place.take() {
            // The request ends with that; what was read is lost with it.
            self.place.missed.notify_one();
            return Poll::Pending;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_request_has_ended_or_waits_for_its_client() {
        let places = Places::new(1);
        let one = Place::in_one_of(&places);
        assert!(one.take() && one.take());
        assert_eq!(places.taken(), 1);
        let other = Place::in_one_of(&places);
        assert!(!other.take());
        one.leave();
        assert!(other.take());
        assert!(!one.take());
        drop(other);
        assert!(one.take());
        drop(one);
        assert_eq!(places.taken(), 0);
    }
}
