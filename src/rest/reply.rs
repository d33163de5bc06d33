//! What all handlers answer with.

use std::sync::Arc;

use axum::Extension;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind};
use crate::http::envelope::Success;
use crate::http::problem;

pub(super) type Caller = Extension<Arc<Principal>>;
pub(super) type Request = Extension<RequestId>;

/// The program has no such customer.
pub(super) const CUSTOMER_NOT_FOUND: &str = "CUSTOMER_NOT_FOUND";
/// A look-up does not name exactly one customer.
pub(super) const MISSING_IDENTIFIER: &str = "MISSING_IDENTIFIER";
/// The issuer has not approved the program.
pub(super) const NOT_APPROVED: &str = "NOT_APPROVED";

/// A failure, perhaps with a code that the contract has for it on this route alone.
pub(super) struct Failure {
    code: Option<&'static str>,
    pub(super) error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { code: None, error }
    }
}

impl Failure {
    fn coded(code: &'static str, kind: Kind, message: &'static str) -> Self {
        Self { code: Some(code), error: Error::new(kind, message) }
    }

    /// The caller's program has no such customer.
    pub(super) fn customer_not_found() -> Self {
        Self::coded(CUSTOMER_NOT_FOUND, Kind::NotFound, "Customer not found")
    }

    /// A look-up does not name exactly one customer.
    pub(super) fn missing_identifier() -> Self {
        let message = "Exactly one of id, yativo_card_id, customer_id, card_id, external_id, \
            email is required";
        Self::coded(MISSING_IDENTIFIER, Kind::Invalid, message)
    }

    /// The issuer has not approved the caller's program.
    pub(super) fn not_approved() -> Self {
        let message = "The issuer has not approved this program";
        Self::coded(NOT_APPROVED, Kind::Forbidden, message)
    }

    /// As a response.
    pub(super) fn response(&self, request: &RequestId) -> Response {
        let code = self.code.unwrap_or_else(|| problem::code(self.error.kind()));
        problem::response_with_code(code, &self.error, request)
    }
}

/// What a handler answers.
pub(super) type Reply = Result<Response, Failure>;

/// The response of a handler.
pub(super) fn response(reply: Reply, request: &RequestId) -> Response {
    reply.unwrap_or_else(|failure| failure.response(request))
}

/// Data in the envelope.
pub(super) fn json(data: &impl Serialize) -> Reply {
    // Large enough for most responses, so that the buffer does not grow.
    let mut body = Vec::with_capacity(8 * 1024);
    serde_json::to_writer(&mut body, &Success::of(data)).map_err(Error::internal)?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], body).into_response())
}
