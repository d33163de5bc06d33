//! The log line of a request that fails for a reason of ours.

use crate::domain::request::RequestId;
use crate::error::{Error, Kind};
use crate::outage::Repeated;
use crate::trace;

/// Requests that failed because something was not available.
static UNAVAILABLE: Repeated = Repeated::new();
/// Requests that took too long.
static TIMEOUTS: Repeated = Repeated::new();

/// Logs the cause of a failed request. A mistake of ours has a line each time, by which the
/// request's id finds it. Where something else fails, all requests do: then there is one line
/// a minute, or that of the outage alone; the others are logged on level `debug`.
pub fn log(error: &Error, request: &RequestId) {
    let cause = error.private_source().unwrap_or_default();
    let (request_id, kind, trace_id) = (&*request.0, error.kind(), trace::id());
    let others = match kind {
        _ if error.is_noted() => None,
        Kind::Unavailable => UNAVAILABLE.count(),
        // Where the database is frozen, say, this is all that requests notice.
        Kind::Timeout => TIMEOUTS.count_unexplained(),
        _ => Some(0),
    };
    if let Some(others) = others {
        tracing::error!(request_id, trace_id, ?kind, cause, others, "request failed");
    } else {
        tracing::debug!(request_id, trace_id, ?kind, cause, "request failed");
    }
}
