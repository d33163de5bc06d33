//! What clients learn of a call that has no answer of the issuer's.

use std::sync::Arc;

use crate::domain::issuer_routes::Route;
use crate::error::{Error, Kind, Result};
use crate::issuer::{Answer, IssuerError, Reason};

/// The issuer's status for credentials that it does not accept.
const UNAUTHORIZED: u16 = 401;

/// The program has no key pair.
pub(super) fn not_connected() -> Error {
    let message = "This route needs the issuer, to which the gateway has no connection for this \
        program";
    Error::new(Kind::Unavailable, message)
}

/// The issuer takes too long.
pub(super) fn timeout(route: &Route) -> Error {
    let message = if route.is_read() {
        "The issuer did not answer in time"
    } else {
        "The issuer did not answer in time; what was asked may have been done"
    };
    Error::new(Kind::Timeout, message)
}

/// The answer for the client. A 401 is about our credentials, never about the client's.
///
/// # Errors
/// If there is none.
pub(super) fn checked(
    result: Result<Arc<Answer>, IssuerError>,
    route: &Route,
) -> Result<Arc<Answer>> {
    match result {
        Ok(answer) if answer.status.as_u16() == UNAUTHORIZED => Err(credentials()),
        Ok(answer) => Ok(answer),
        Err(error) => Err(failed(error, route)),
    }
}

fn credentials() -> Error {
    let message =
        "The issuer does not accept the credentials that the gateway has for this program";
    Error::new(Kind::Unavailable, message)
}

fn failed(error: IssuerError, route: &Route) -> Error {
    let unavailable = |message: &'static str| Error::new(Kind::Unavailable, message);
    let seconds = error.retry_after().map(|after| after.as_secs().max(1));
    let failure = match error.reason() {
        Reason::Unauthorized => credentials(),
        Reason::RateLimited => Error::new(
            Kind::RateLimited,
            "This program has used up its calls to the issuer; try again later",
        )
        .retry_after(seconds.unwrap_or(1)),
        Reason::Timeout => timeout(route),
        Reason::CircuitOpen => unavailable("The issuer does not answer at the moment"),
        Reason::Unreachable if route.is_read() => unavailable("The issuer cannot be reached"),
        Reason::Unreachable => {
            unavailable("The connection to the issuer failed; what was asked may have been done")
        }
        Reason::TooLarge => unavailable("The issuer's answer is too large"),
        Reason::Invalid
        | Reason::Rejected
        | Reason::Unavailable
        | Reason::Redirected
        | Reason::Unreadable => unavailable("The issuer gives no proper answer at the moment"),
    };
    let failure = match seconds {
        Some(seconds) => failure.retry_after(seconds),
        None => failure,
    };
    failure.because(error)
}
