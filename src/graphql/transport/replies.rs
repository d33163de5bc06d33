//! The answers to an operation, one after the other, for all streaming transports.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::time::timeout;

use crate::domain::request::RequestId;
use crate::error::{Error, Result};
use crate::graphql::endpoint::{Endpoint, Prepared};
use crate::graphql::error::refusal;
use crate::graphql::execution::response::Answer;
use crate::services::auth::Credentials;

/// One of the answers to an operation.
pub(crate) enum Reply {
    /// A response, as JSON; with the cursor of the change that it shows, if it shows one.
    Next(Vec<u8>, Option<String>),
    /// The end of the operation: a list of errors, as JSON.
    Refused(Vec<u8>),
}

/// The client of a stream of answers, by its credentials.
#[derive(Clone)]
pub(crate) struct Subscriber {
    /// The credentials.
    pub(crate) credentials: Arc<Credentials>,
}

impl Subscriber {
    /// A client with these credentials.
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self { credentials: Arc::new(credentials) }
    }

    /// Whether the credentials are still valid. In a box: those who ask wait for long in between,
    /// and must not keep room for it.
    pub(crate) async fn is_still_valid(&self, endpoint: &Endpoint) -> Result<()> {
        Box::pin(endpoint.services.auth.check(&self.credentials)).await
    }
}

/// The answers to an operation, for as long as the credentials are valid. A query has one.
pub(crate) fn replies(
    endpoint: &Arc<Endpoint>,
    subscriber: Subscriber,
    request: RequestId,
    prepared: Prepared,
) -> BoxStream<'static, Reply> {
    let once = !prepared.is_subscription();
    let limit = endpoint.settings.timeout + prepared.more_time();
    let answers = endpoint.run_stream(prepared, request.clone());
    let endpoint = Arc::clone(endpoint);
    stream::unfold(Some((answers, true)), move |state| {
        let (endpoint, subscriber, request) =
            (Arc::clone(&endpoint), subscriber.clone(), request.clone());
        async move {
            let (mut answers, first) = state?;
            let next = AssertUnwindSafe(answers.next()).catch_unwind();
            let next = if once { timeout(limit, next).await } else { Ok(next.await) };
            let answer = match next {
                Ok(Ok(answer)) => Ok(answer?),
                Ok(Err(panic)) => Err(Error::internal(panic_text(&*panic))),
                Err(_) => Err(Error::timeout()),
            };
            // The token may have been revoked: the change may have come after days.
            let valid = if once { Ok(()) } else { subscriber.is_still_valid(&endpoint).await };
            let reply = match valid.and(answer) {
                Err(error) => Reply::Refused(failed(&error, &request)),
                // An operation that fails at once has not started.
                Ok(answer) if first && (!answer.ran || !(once || answer.has_data)) => {
                    Reply::Refused(answer.errors())
                }
                Ok(answer) => {
                    let reply = Reply::Next(answer.body, answer.cursor);
                    return Some((reply, Some((answers, false))));
                }
            };
            Some((reply, None))
        }
    })
    .boxed()
}

fn failed(error: &Error, request: &RequestId) -> Vec<u8> {
    Answer::refused(refusal(error, request).errors).errors()
}

/// What a panic says.
fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}
