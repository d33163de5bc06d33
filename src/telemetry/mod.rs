//! Logs and metrics; with the feature `otel`, also traces and metrics for a collector.

mod log;
pub mod metrics;
#[cfg(feature = "otel")]
pub mod otlp;

pub use self::log::log;
