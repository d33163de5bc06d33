//! Why a request does not run.

use async_graphql::{Pos, Response, ServerError};

use super::limits::LimitExceeded;
use crate::domain::request::RequestId;
use crate::error::Error;
use crate::graphql::error::{count, refusal};

/// Maximum size of a message in bytes. It can repeat names and values of the document.
const MAX_MESSAGE: usize = 300;

/// Why a request does not run.
pub(crate) enum Rejection {
    /// The document cannot be executed.
    Document(Box<Response>),
    /// The document is beyond a limit.
    Limit(LimitExceeded),
    /// Something else.
    Error(Error),
}

impl Rejection {
    /// The response, for every transport.
    pub(crate) fn response(&self, request: &RequestId) -> Response {
        let response = match self {
            Self::Document(response) => Response::from_errors(response.errors.clone()),
            Self::Limit(exceeded) => exceeded.response(),
            Self::Error(error) => return refusal(error, request),
        };
        count(&response);
        response
    }
}

impl From<LimitExceeded> for Rejection {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::Limit(exceeded)
    }
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// The rejection of a document with one error.
pub(crate) fn request_error(message: impl Into<String>, pos: Option<Pos>, code: &str) -> Rejection {
    let mut error = ServerError::new(message, pos);
    error.extensions.get_or_insert_default().set("code", code);
    Rejection::Document(Box::new(Response::from_errors(vec![error])))
}

/// Shortens a message to the maximum size.
pub(crate) fn cut(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        let end = (0..=MAX_MESSAGE).rev().find(|at| message.is_char_boundary(*at));
        message.truncate(end.unwrap_or(0));
        message.push('…');
    }
    message
}
