//! Our errors as GraphQL's: the only place that knows the codes.

use std::sync::Arc;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};

use crate::config::Introspection;
use crate::domain::request::RequestId;
use crate::domain::scope::Scope;
use crate::error::{Error, Kind};
use crate::http::failure_log;
use crate::services::customer_actions::Rejection;

/// The text is not GraphQL.
pub(crate) const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The document does not fit the schema.
pub(crate) const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The document exceeds a limit.
pub(crate) const TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";
/// There is a balance, but no source could be read.
const BALANCE_UNAVAILABLE: &str = "BALANCE_UNAVAILABLE";
/// Changes came faster than they were read, or are not kept any more, or a customer is gone.
const CHANGES_MISSED: &str = "CHANGES_MISSED";
/// The issuer has refused what was asked.
const ISSUER_REJECTED: &str = "ISSUER_REJECTED";

/// The code of a kind of failure, in `extensions.code`.
pub(crate) const fn code(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid | Kind::UnsupportedMediaType => "BAD_USER_INPUT",
        Kind::Unauthenticated => "UNAUTHENTICATED",
        Kind::Forbidden => "FORBIDDEN",
        Kind::NotFound => "NOT_FOUND",
        Kind::Conflict => "CONFLICT",
        Kind::TooLarge => "PAYLOAD_TOO_LARGE",
        Kind::RateLimited => "RATE_LIMITED",
        Kind::Unavailable | Kind::Overloaded => "UPSTREAM_UNAVAILABLE",
        Kind::Timeout => "TIMEOUT",
        Kind::Internal => "INTERNAL_SERVER_ERROR",
    }
}

/// A failure as resolvers return it; with its private source, for the log.
pub(crate) fn failure(error: impl Into<Arc<Error>>) -> async_graphql::Error {
    let error = error.into();
    let mut failure = async_graphql::Error::new(error.message());
    failure.extensions = Some(extensions(&error));
    failure.source = Some(error);
    failure
}

/// The extensions of an error.
fn extensions(error: &Error) -> ErrorExtensionValues {
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", code(error.kind()));
    if let [first, ..] = error.fields() {
        extensions.set("field", first.field);
    }
    if let Some(seconds) = error.retry_after_seconds() {
        extensions.set("retryAfter", seconds);
    }
    extensions
}

/// The caller may not introspect the schema.
pub(crate) fn introspection_forbidden(allowed: Introspection) -> Error {
    match allowed {
        Introspection::Schema => Error::lacks_scope(Scope::Schema.name()),
        Introspection::Any | Introspection::Off => {
            Error::new(Kind::Forbidden, "Introspection is switched off")
        }
    }
}

/// A balance that could not be read. It is never zero.
pub(crate) fn balance_unavailable() -> async_graphql::Error {
    with_code("The balance cannot be read at the moment", BALANCE_UNAVAILABLE)
}

/// Changes came faster than they were read, or are not kept any more, or a customer is gone.
pub(crate) fn missed() -> async_graphql::Error {
    with_code("Changes were missed: read the list again, and begin anew", CHANGES_MISSED)
}

/// The issuer has refused what was asked; its own code is in `extensions.issuerCode`.
pub(crate) fn issuer_rejected(rejection: Rejection) -> async_graphql::Error {
    let mut failure = with_code(&rejection.message, ISSUER_REJECTED);
    if let Some(code) = rejection.code {
        failure.extensions.get_or_insert_default().set("issuerCode", code);
    }
    failure
}

fn with_code(message: &str, code: &str) -> async_graphql::Error {
    let mut failure = async_graphql::Error::new(message);
    failure.extensions.get_or_insert_default().set("code", code);
    failure
}

/// Gives every error a code, and server errors the request id; logs the causes of
/// the latter, and counts all.
pub(crate) fn finish(response: &mut Response, request: &RequestId) {
    for error in &mut response.errors {
        // Ours have a code. What the engine finds without a path was found before
        // anything ran; the rest can only be an input.
        let fallback = if error.path.is_empty() { VALIDATION_FAILED } else { code(Kind::Invalid) };
        let extensions = error.extensions.get_or_insert_default();
        if extensions.get("code").is_none() {
            extensions.set("code", fallback);
        }
        let ours = error.source.as_ref().and_then(|source| source.downcast_ref::<Error>());
        if let Some(ours) = ours.filter(|error| error.is_ours()) {
            extensions.set("requestId", request.0.as_str());
            failure_log::log(ours, request);
        }
    }
    count(response);
}

/// Counts the errors of a response.
pub(crate) fn count(response: &Response) {
    for error in &response.errors {
        let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
        let code = if let Some(Value::String(code)) = code { code.clone() } else { String::new() };
        metrics::counter!("graphql_errors_total", "code" => code).increment(1);
    }
}

/// The response to a request that is not executed.
pub(crate) fn refusal(error: &Error, request: &RequestId) -> Response {
    let mut extensions = extensions(error);
    if error.is_ours() {
        extensions.set("requestId", request.0.as_str());
        failure_log::log(error, request);
    }
    let mut failure = ServerError::new(error.message(), None);
    failure.extensions = Some(extensions);
    Response::from_errors(vec![failure])
}
