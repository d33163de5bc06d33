//! The log: lines on standard error. And the recording of spans, which have the same source.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry, fmt};

use crate::config::{Log, LogFormat, Telemetry};
use crate::error::Result;
use crate::trace::spans;

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Logs to standard error from now on. If the settings name a collector, spans are sent there.
///
/// # Errors
/// If this machine cannot do TLS.
pub fn log(log: &Log, telemetry: &Telemetry) -> Result<()> {
    let mut layers = vec![lines(log)];
    layers.extend(recorded(telemetry)?);
    // A second subscriber in one process is a test's, and keeps the first.
    let _ = tracing_subscriber::registry().with(layers).try_init();
    Ok(())
}

fn lines(log: &Log) -> AnyLayer {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let quiet = [
        // Spans are no lines: without a collector, they are not even made.
        format!("{}=off", spans::TARGET),
        // Of connections that are lost, the store says it once: see `outage`.
        "sqlx_core::pool::connection=error".to_owned(),
    ];
    let quiet = quiet.iter().filter_map(|directive| directive.parse().ok());
    let filter = quiet.fold(filter, EnvFilter::add_directive);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let terminal = std::io::stderr().is_terminal();
    // https://no-color.org: any value but an empty one.
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Text => false,
        LogFormat::Auto => !terminal,
    };
    if json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        lines.with_span_list(false).with_filter(filter).boxed()
    } else {
        lines.with_ansi(terminal && !no_color && !dumb).with_filter(filter).boxed()
    }
}

#[cfg(feature = "otel")]
fn recorded(telemetry: &Telemetry) -> Result<Option<AnyLayer>> {
    super::otlp::layer(telemetry)
}

#[cfg(not(feature = "otel"))]
#[expect(clippy::unnecessary_wraps, reason = "with the feature `otel`, it can fail")]
fn recorded(_: &Telemetry) -> Result<Option<AnyLayer>> {
    Ok(None)
}
