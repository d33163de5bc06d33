//! Answers that come one after the other: what they have in common, and as
//! server-sent events (the GraphQL over SSE protocol's distinct connections).

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body as HttpBody, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use futures_util::{FutureExt as _, future};

use crate::domain::request::RequestId;
use crate::error::{Error, Kind, Result};
use crate::graphql::endpoint::{Endpoint, Prepared};
use crate::graphql::error::refusal;
use crate::graphql::execution::response::Answer;
use crate::graphql::transport::media_type::Media;
use crate::http::gate::bearer;

/// How long a stream of events is silent at most: proxies cut off who is.
const SILENCE: Duration = Duration::from_secs(12);

/// The last event of a stream.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

/// One answer of several.
pub(crate) enum Reply {
    /// A response, as JSON.
    Next(Vec<u8>),
    /// Why there are no responses, or no more of them: a list of errors, as JSON.
    Refused(Vec<u8>),
}

/// Who subscribes, by the token.
#[derive(Clone)]
pub(crate) struct Subscriber {
    pub(crate) token: Arc<str>,
}

impl Subscriber {
    /// Whether the token is still good.
    async fn is_still_known(&self, endpoint: &Endpoint) -> Result<()> {
        endpoint.services.auth.principal(&self.token).await.map(drop)
    }
}

/// The answers to an operation, for as long as the token is good. A query has one.
pub(crate) fn replies(
    endpoint: &Endpoint,
    subscriber: Subscriber,
    request: RequestId,
    prepared: Prepared,
) -> BoxStream<'static, Reply> {
    let once = !prepared.is_subscription();
    let watching = subscriber.clone();
    let timeout = endpoint.settings.timeout;
    let mut responses = endpoint.run_stream(prepared, request.clone()).boxed();
    let (endpoint, known) = (endpoint.clone(), endpoint.clone());
    let next = async move {
        let asking = AssertUnwindSafe(responses.next()).catch_unwind();
        let asked =
            if once { tokio::time::timeout(timeout, asking).await } else { Ok(asking.await) };
        let mut response = match asked {
            Ok(Ok(response)) => response?,
            Ok(Err(_)) => failed(&Error::internal("a panic"), &request),
            Err(_) => failed(&Error::timeout(), &request),
        };
        // The first change may come after days.
        if let (false, Err(error)) = (once, watching.is_still_known(&known).await) {
            response = failed(&error, &request);
        }
        Some((response, responses, request))
    };
    // The first is all of a query, and says whether a subscription can be had.
    next.map(move |first| match first {
        None => stream::empty().boxed(),
        // A subscription that cannot be had never began.
        Some((answer, ..)) if !answer.ran || (!once && !answer.has_data) => {
            stream::once(future::ready(Reply::Refused(answer.errors()))).boxed()
        }
        Some((response, responses, request)) => {
            let first = stream::once(future::ready(Reply::Next(response.body)));
            first.chain(rest(endpoint, subscriber, responses, request)).boxed()
        }
    })
    .into_stream()
    .flatten()
    .boxed()
}

/// All answers but the first.
fn rest(
    endpoint: Endpoint,
    subscriber: Subscriber,
    responses: BoxStream<'static, Answer>,
    request: RequestId,
) -> impl Stream<Item = Reply> + Send + 'static {
    stream::unfold(Some((endpoint, subscriber, responses, request)), |state| async move {
        let (endpoint, subscriber, mut responses, request) = state?;
        let asked = AssertUnwindSafe(responses.next()).catch_unwind().await;
        let Ok(response) = asked else {
            let answer = failed(&Error::internal("a panic"), &request);
            return Some((Reply::Refused(answer.errors()), None));
        };
        let response = response?;
        // A token that was revoked meanwhile sees nothing more.
        if let Err(error) = subscriber.is_still_known(&endpoint).await {
            return Some((Reply::Refused(failed(&error, &request).errors()), None));
        }
        let reply = Reply::Next(response.body);
        Some((reply, Some((endpoint, subscriber, responses, request))))
    })
}

fn failed(error: &Error, request: &RequestId) -> Answer {
    Answer::refused(refusal(error, request).errors)
}

/// The answers to an operation as server-sent events.
pub(crate) fn events(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    request: RequestId,
    prepared: Prepared,
) -> HttpResponse {
    let token = bearer(headers).unwrap_or_default().into();
    let subscriber = Subscriber { token };
    let replies = replies(endpoint, subscriber.clone(), request, prepared);
    let mut stopping = endpoint.settings.stopping.clone();
    let stopped = async move {
        // It ends where the process does.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let events = replies.map(|reply| match reply {
        Reply::Next(response) => event(&[&response]),
        Reply::Refused(errors) => event(&[b"{\"errors\":", &errors, b"}"]),
    });
    let complete = stream::once(future::ready(Bytes::from_static(COMPLETE)));
    let events = events.take_until(stopped.boxed()).chain(complete).boxed();
    let events = never_silent(events, endpoint.clone(), subscriber);
    let body = HttpBody::from_stream(events.map(Ok::<_, std::io::Error>));
    respond(body)
}

/// One answer as server-sent events.
pub(crate) fn single(answer: &Answer) -> HttpResponse {
    let mut body = event(&[&answer.body]).to_vec();
    body.extend_from_slice(COMPLETE);
    respond(HttpBody::from(body))
}

fn respond(body: HttpBody) -> HttpResponse {
    let headers = [
        (header::CONTENT_TYPE, Media::Events.header()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    // Some proxies would gather the events otherwise.
    ([("x-accel-buffering", "no")], headers, body).into_response()
}

/// JSON as we write it has no line breaks.
fn event(parts: &[&[u8]]) -> Bytes {
    let mut text = b"event: next\ndata: ".to_vec();
    for part in parts {
        text.extend_from_slice(part);
    }
    text.extend_from_slice(b"\n\n");
    text.into()
}

/// Says something, without a meaning, when there has been nothing to say; and
/// ends when the token has.
fn never_silent(
    events: BoxStream<'static, Bytes>,
    endpoint: Endpoint,
    subscriber: Subscriber,
) -> impl Stream<Item = Bytes> + Send + 'static {
    // First of all: whoever waits for the headers gets them.
    let first = stream::once(future::ready(Bytes::from_static(b":\n\n")));
    let state = Some((events, endpoint, subscriber));
    first.chain(stream::unfold(state, |state| async move {
        let (mut events, endpoint, subscriber) = state?;
        if let Ok(event) = tokio::time::timeout(SILENCE, events.next()).await {
            return Some((event?, Some((events, endpoint, subscriber))));
        }
        let known = subscriber.is_still_known(&endpoint).await;
        if known.is_err_and(|error| error.kind() == Kind::Unauthenticated) {
            return Some((Bytes::from_static(COMPLETE), None));
        }
        Some((Bytes::from_static(b":\n\n"), Some((events, endpoint, subscriber))))
    }))
}
