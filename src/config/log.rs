//! Settings of the log.

use super::log_filter::log_filter;
use super::parse::one_of;
use super::reader::Reader;

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// Filters, in the syntax of tracing-subscriber.
    pub level: String,
    /// The format of a line.
    pub format: LogFormat,
}

/// The format of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

pub(super) fn log(read: &mut Reader) -> Log {
    let formats = [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
    Log {
        level: read.get("log.level", log_filter),
        format: read.get("log.format", |value| one_of(value, &formats)),
    }
}
