//! Server-sent events: the distinct connections mode of the GraphQL over SSE
//! protocol. An event that shows a change has the change's cursor as its `id`: a client that
//! reconnects sends the last one as `Last-Event-ID`, as browsers do, and goes on there.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use futures_util::stream::{self, BoxStream, Stream as Events, StreamExt as _};
use futures_util::{FutureExt as _, future};

use super::media_type::Media;
use super::replies::{Reply, Subscriber, replies};
use crate::domain::request::RequestId;
use crate::domain::secret::Secret;
use crate::error::Kind;
use crate::graphql::endpoint::{Endpoint, Prepared};
use crate::graphql::execution::response::Answer;
use crate::graphql::execution::stream_place::LastEventId;
use crate::http::authentication::credentials;
use crate::http::streams::Stream;
use crate::services::auth::Credentials;

/// The longest silence: proxies close idle connections.
const KEEP_ALIVE: Duration = Duration::from_secs(12);

/// The last event of a stream.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// The answers to an operation as server-sent events.
pub(crate) fn events(
    endpoint: &Arc<Endpoint>,
    headers: &HeaderMap,
    request: RequestId,
    prepared: Prepared,
    place: Stream,
) -> HttpResponse {
    // The request was authenticated by them.
    let none = || Credentials::Token(Secret::new(""));
    let subscriber = Subscriber::new(credentials(headers).unwrap_or_else(none));
    let replies = replies(endpoint, subscriber.clone(), request, prepared);
    let mut stopping = endpoint.settings.stopping.clone();
    let stopped = async move {
        // The sender lives as long as the process.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let events = replies.map(|reply| match reply {
        Reply::Next(response, cursor) => event(cursor.as_deref(), &[&response]),
        Reply::Refused(errors) => event(None, &[b"{\"errors\":", &errors, b"}"]),
    });
    let complete = stream::once(future::ready(Bytes::from_static(COMPLETE)));
    let events = events.take_until(stopped.boxed()).chain(complete).boxed();
    let events = kept_alive(events, Arc::clone(endpoint), subscriber);
    let opened = EventStream::opened(place);
    let body = HttpBody::from_stream(events.map(move |event| {
        // It is open for as long as this is.
        let _ = &opened;
        Ok::<_, std::io::Error>(event)
    }));
    respond(body)
}

/// An open event stream.
struct EventStream {
    _place: Stream,
}

impl EventStream {
    fn opened(place: Stream) -> Self {
        metrics::gauge!("graphql_event_streams").increment(1);
        Self { _place: place }
    }
}

impl Drop for EventStream {
    fn drop(&mut self) {
        metrics::gauge!("graphql_event_streams").decrement(1);
    }
}

/// One answer as server-sent events.
pub(crate) fn single(answer: &Answer) -> HttpResponse {
    let mut body = event(None, &[&answer.body]).to_vec();
    body.extend_from_slice(COMPLETE);
    respond(HttpBody::from(body))
}

fn respond(body: HttpBody) -> HttpResponse {
    let headers = [
        (header::CONTENT_TYPE, Media::Events.header()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    // Some proxies buffer events otherwise.
    ([("x-accel-buffering", "no")], headers, body).into_response()
}

/// What a client has got last, if it reconnects: the `id` of an event.
pub(crate) fn last_event(headers: &HeaderMap) -> Option<LastEventId> {
    let id = headers.get("last-event-id")?.as_bytes();
    (!id.is_empty()).then(|| LastEventId(String::from_utf8_lossy(id).into_owned()))
}

/// JSON as we write it has no line breaks, nor has the `id`, a cursor.
fn event(id: Option<&str>, parts: &[&[u8]]) -> Bytes {
    let mut text = b"event: next\n".to_vec();
    if let Some(id) = id {
        text.extend_from_slice(b"id: ");
        text.extend_from_slice(id.as_bytes());
        text.push(b'\n');
    }
    text.extend_from_slice(b"data: ");
    for part in parts {
        text.extend_from_slice(part);
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// The events with comments in between, so that no proxy cuts the stream off. It
/// ends when the credentials are not valid any more.
fn kept_alive(
    events: BoxStream<'static, Bytes>,
    endpoint: Arc<Endpoint>,
    subscriber: Subscriber,
) -> impl Events<Item = Bytes> + Send + 'static {
    // A first comment sends the headers.
    let first = stream::once(future::ready(Bytes::from_static(b":\n\n")));
    let state = Some((events, endpoint, subscriber));
    first.chain(stream::unfold(state, |state| async move {
        let (mut events, endpoint, subscriber) = state?;
        if let Ok(event) = tokio::time::timeout(KEEP_ALIVE, events.next()).await {
            return Some((event?, Some((events, endpoint, subscriber))));
        }
        let valid = subscriber.is_still_valid(&endpoint).await;
        if valid.is_err_and(|error| error.kind() == Kind::Unauthenticated) {
            return Some((Bytes::from_static(COMPLETE), None));
        }
        Some((Bytes::from_static(b":\n\n"), Some((events, endpoint, subscriber))))
    }))
}
