//! Spans: recorded, sampled as the caller says, sent in batches.

use std::sync::OnceLock;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::Registry;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;

use super::collector::Collector;
use super::resource::RESOURCE;
use crate::config::Telemetry;
use crate::error::{Error, Result};
use crate::trace::{Ids, spans};

/// What holds spans that are not sent yet.
static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The layer that records spans, if the settings name a collector.
///
/// # Errors
/// If this machine cannot do TLS, or a variable of OpenTelemetry is wrong.
pub fn layer(telemetry: &Telemetry) -> Result<Option<Box<dyn Layer<Registry> + Send + Sync>>> {
    let Some(endpoint) = &telemetry.otlp_endpoint else { return Ok(None) };
    let collector = Collector::new(endpoint)?;
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(collector.endpoint("traces"))
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(collector)
        .build()
        .map_err(Error::internal)?;
    let begun = Sampler::TraceIdRatioBased(f64::from(telemetry.sampled_percent) / 100.0);
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::ParentBased(Box::new(begun)))
        .with_id_generator(Ids::default())
        .with_resource(RESOURCE.clone())
        .build();
    let tracer = provider.tracer("card-gateway");
    // A second one in one process is a test's.
    let _ = PROVIDER.set(provider);
    let layer = tracing_opentelemetry::layer()
        .with_tracer(tracer)
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_level(false)
        .with_target(false)
        .with_filter(filter_fn(|of| of.is_span() && of.target() == spans::TARGET));
    Ok(Some(layer.boxed()))
}

/// Sends the spans that were recorded and not sent yet.
pub async fn flush() {
    let Some(provider) = PROVIDER.get() else { return };
    // It waits for its thread, which waits for this runtime.
    let flushing = tokio::task::spawn_blocking(|| provider.shutdown());
    if !matches!(flushing.await, Ok(Ok(()))) {
        tracing::warn!("some spans were not sent");
    }
}
