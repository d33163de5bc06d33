//! The trace as OpenTelemetry's library has it.

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use super::current::current;

/// Makes a span of what is running the child of the caller's, if the caller traces.
pub(super) fn continue_trace(span: &Span) {
    let Some(trace) = current() else { return };
    let Some(parent) = trace.parent() else { return };
    let flags = if trace.is_sampled() { TraceFlags::SAMPLED } else { TraceFlags::NOT_SAMPLED };
    let state: TraceState = trace.state().and_then(|state| state.parse().ok()).unwrap_or_default();
    let id = TraceId::from(trace.id().0);
    let parent = SpanContext::new(id, SpanId::from(parent), flags, true, state);
    // It fails where nothing is recorded.
    let _ = span.set_parent(Context::new().with_remote_span_context(parent));
}

/// The span that is running, and whether it is recorded; none where nothing is.
pub(super) fn current_span() -> Option<(u64, bool)> {
    let context = Span::current().context();
    let span = context.span().span_context().clone();
    let id = u64::from_be_bytes(span.span_id().to_bytes());
    span.is_valid().then_some((id, span.is_sampled()))
}

/// Gives a trace that begins here the id that the log has.
#[derive(Debug, Default)]
pub struct Ids(RandomIdGenerator);

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        let begun = current().filter(|trace| trace.parent().is_none());
        begun.map_or_else(|| self.0.new_trace_id(), |trace| TraceId::from(trace.id().0))
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
