//! To which trace a request belongs (W3C Trace Context), and the spans of a trace.
//!
//! A caller that traces says so in `traceparent` and `tracestate`; any other request begins a
//! trace of its own. The trace's id is in the log, and calls to the blockchain and to the
//! issuer carry it on. With the feature `otel` and a collector in the settings, [`spans`] are
//! recorded besides; without, they cost nothing.

mod context;
mod current;
#[cfg(feature = "otel")]
mod otel;
pub mod spans;

pub use context::{TRACEPARENT, TRACESTATE, Trace, TraceId};
pub use current::{current, id, inherited, within};
#[cfg(feature = "otel")]
pub use otel::Ids;

/// The headers of a call to another server that is a part of what is running.
pub fn headers() -> Vec<(&'static str, String)> {
    let Some(trace) = current() else { return Vec::new() };
    let (span, sampled) = recorded().unwrap_or((trace.span(), trace.is_sampled()));
    let mut headers = vec![(TRACEPARENT, trace.traceparent(span, sampled))];
    headers.extend(trace.state().map(|state| (TRACESTATE, state.to_owned())));
    headers
}

/// The span that is recorded for a collector, and whether it is sampled.
#[cfg(feature = "otel")]
use otel::current_span as recorded;

#[cfg(not(feature = "otel"))]
const fn recorded() -> Option<(u64, bool)> {
    None
}
