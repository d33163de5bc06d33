//! The answers to an operation, one after the other, for all streaming transports.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use futures_util::{FutureExt as _, future};

use crate::domain::request::RequestId;
use crate::error::{Error, Result};
use crate::graphql::endpoint::{Endpoint, Prepared};
use crate::graphql::error::refusal;
use crate::graphql::execution::response::Answer;

/// One of the answers to an operation.
pub(crate) enum Reply {
    /// A response, as JSON.
    Next(Vec<u8>),
    /// The end of the operation: a list of errors, as JSON.
    Refused(Vec<u8>),
}

/// The client of a stream of answers, by its token.
#[derive(Clone)]
pub(crate) struct Subscriber {
    /// The token.
    pub(crate) token: Arc<str>,
}

impl Subscriber {
    /// A client with a token.
    pub(crate) fn new(token: &str) -> Self {
        Self { token: token.into() }
    }

    /// Whether the token is still valid.
    pub(crate) async fn is_still_valid(&self, endpoint: &Endpoint) -> Result<()> {
        endpoint.services.auth.principal(&self.token).await.map(drop)
    }
}

/// The answers to an operation, for as long as the token is valid. A query has one.
pub(crate) fn replies(
    endpoint: &Endpoint,
    subscriber: Subscriber,
    request: RequestId,
    prepared: Prepared,
) -> BoxStream<'static, Reply> {
    let once = !prepared.is_subscription();
    let first_subscriber = subscriber.clone();
    let timeout = endpoint.settings.timeout;
    let mut answers = endpoint.run_stream(prepared, request.clone()).boxed();
    let (endpoint, first_endpoint) = (endpoint.clone(), endpoint.clone());
    let next = async move {
        let next = AssertUnwindSafe(answers.next()).catch_unwind();
        let next = if once { tokio::time::timeout(timeout, next).await } else { Ok(next.await) };
        let mut answer = match next {
            Ok(Ok(answer)) => answer?,
            Ok(Err(panic)) => failed(&Error::internal(panic_text(&*panic)), &request),
            Err(_) => failed(&Error::timeout(), &request),
        };
        // The first change may come after days.
        if let (false, Err(error)) = (once, first_subscriber.is_still_valid(&first_endpoint).await)
        {
            answer = failed(&error, &request);
        }
        Some((answer, answers, request))
    };
    // The first is all of a query, and shows whether a subscription has started.
    next.map(move |first| match first {
        None => stream::empty().boxed(),
        // A subscription that fails at once has not started.
        Some((answer, ..)) if !answer.ran || (!once && !answer.has_data) => {
            stream::once(future::ready(Reply::Refused(answer.errors()))).boxed()
        }
        Some((answer, answers, request)) => {
            let first = stream::once(future::ready(Reply::Next(answer.body)));
            first.chain(rest(endpoint, subscriber, answers, request)).boxed()
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
    answers: BoxStream<'static, Answer>,
    request: RequestId,
) -> impl Stream<Item = Reply> + Send + 'static {
    stream::unfold(Some((endpoint, subscriber, answers, request)), |state| async move {
        let (endpoint, subscriber, mut answers, request) = state?;
        let answer = match AssertUnwindSafe(answers.next()).catch_unwind().await {
            Ok(answer) => answer?,
            Err(panic) => {
                let answer = failed(&Error::internal(panic_text(&*panic)), &request);
                return Some((Reply::Refused(answer.errors()), None));
            }
        };
        // A token that was revoked meanwhile sees nothing more.
        if let Err(error) = subscriber.is_still_valid(&endpoint).await {
            return Some((Reply::Refused(failed(&error, &request).errors()), None));
        }
        let reply = Reply::Next(answer.body);
        Some((reply, Some((endpoint, subscriber, answers, request))))
    })
}

fn failed(error: &Error, request: &RequestId) -> Answer {
    Answer::refused(refusal(error, request).errors)
}

/// What a panic says.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
