//! Logs and metrics.

mod log;
pub mod metrics;

pub use self::log::log;
