//! The trace of what is running.

use tracing::Instrument as _;
use tracing::field::{DisplayValue, display};

use super::context::{Trace, TraceId};

tokio::task_local! {
    static TRACE: Trace;
}

/// The trace of what is running.
pub fn current() -> Option<Trace> {
    TRACE.try_with(Trace::clone).ok()
}

/// The id of the trace of what is running, for the log.
pub fn id() -> Option<DisplayValue<TraceId>> {
    TRACE.try_with(|trace| display(trace.id())).ok()
}

/// Runs a future as a part of a trace, if there is one.
pub async fn within<F: Future>(trace: Option<Trace>, running: F) -> F::Output {
    match trace {
        Some(trace) => TRACE.scope(trace, running).await,
        None => running.await,
    }
}

/// Continues the trace and the span of what is running in another task.
pub fn inherited<F: Future>(running: F) -> impl Future<Output = F::Output> {
    within(current(), running.in_current_span())
}
