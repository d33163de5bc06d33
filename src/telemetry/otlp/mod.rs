//! Traces and metrics for an OpenTelemetry collector: OTLP over HTTP, as protobuf.
//!
//! - `collector`: the way to it. `resource`: which gateway says it.
//! - `traces`: the layer that records spans, and sends them in batches.
//! - `metrics`: what `/metrics` shows, in the collector's form; `exposition` reads it.

mod collector;
mod exposition;
mod metrics;
mod resource;
mod traces;

pub use metrics::Pushing;
pub use traces::{flush, layer};
