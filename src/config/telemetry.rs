//! Settings of traces and metrics that are sent to a collector.

use std::time::Duration;

use toml::Value;
use url::Url;

use super::parse::{integer, nonzero_duration, text};
use super::reader::Reader;

/// The collector, and what it gets.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The address of an OpenTelemetry collector (OTLP over HTTP), before `/v1/traces`.
    pub otlp_endpoint: Option<Url>,
    /// How often metrics are sent.
    pub metrics_interval: Duration,
    /// How many of a hundred traces that begin here are recorded.
    pub sampled_percent: u8,
}

pub(super) fn telemetry(read: &mut Reader) -> Telemetry {
    let otlp_endpoint = read.get("telemetry.otlp_endpoint", endpoint);
    if otlp_endpoint.is_some() && !cfg!(feature = "otel") {
        let what = "needs a gateway that was built with --features otel";
        read.error("telemetry.otlp_endpoint", what);
    }
    Telemetry {
        otlp_endpoint,
        metrics_interval: read.get("telemetry.metrics_interval", nonzero_duration),
        sampled_percent: read.get("telemetry.sampled_percent", percent),
    }
}

/// An address without what could be a secret; credentials go into headers.
fn endpoint(value: &Value) -> Result<Option<Url>, String> {
    let text = text(value)?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
    });
    let what = "must be an http:// or https:// address without credentials; those belong into \
                OTEL_EXPORTER_OTLP_HEADERS";
    url.map(Some).ok_or_else(|| what.to_owned())
}

fn percent(value: &Value) -> Result<u8, String> {
    let number: u8 = integer(value)?;
    if number <= 100 { Ok(number) } else { Err("must be at most 100".to_owned()) }
}
