//! Metrics: what `/metrics` shows, in the collector's form.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use metrics_exporter_prometheus::PrometheusHandle;
use opentelemetry_http::{HttpClient as _, Request};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric, NumberDataPoint,
    ResourceMetrics, ScopeMetrics, Sum, metric, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use percent_encoding::percent_decode_str;
use prost::Message as _;

use super::collector::Collector;
use super::exposition::{Sample, samples};
use super::resource::RESOURCE;
use crate::config::Telemetry;
use crate::error::{Error, Result};
use crate::telemetry::metrics::{Kind, METRICS};

type Labels = Vec<(String, String)>;

/// Sends the metrics of this process.
#[derive(Clone)]
pub struct Pushing {
    collector: Collector,
    metrics: PrometheusHandle,
    began: u64,
}

impl Pushing {
    /// To the collector of the settings; none if they name none.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub fn new(telemetry: &Telemetry, metrics: &PrometheusHandle) -> Result<Option<Self>> {
        let Some(endpoint) = &telemetry.otlp_endpoint else { return Ok(None) };
        let collector = Collector::new(endpoint)?;
        Ok(Some(Self { collector, metrics: metrics.clone(), began: now() }))
    }

    /// Sends all once. A failure is noted as the collector's outage; the next time sends what
    /// is counted then.
    pub async fn push(&self) {
        let metrics = converted(&self.metrics.render(), self.began, now());
        let scope = ScopeMetrics { metrics, ..ScopeMetrics::default() };
        let of = ResourceMetrics {
            resource: Some(resource()),
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        };
        let body = ExportMetricsServiceRequest { resource_metrics: vec![of] }.encode_to_vec();
        let request = headers()
            .into_iter()
            .fold(Request::post(self.collector.endpoint("metrics")), |request, (name, value)| {
                request.header(name, value)
            })
            .header("content-type", "application/x-protobuf")
            .body(body.into());
        match request {
            // What goes wrong is noted there.
            Ok(request) => drop(self.collector.send_bytes(request).await),
            Err(error) => {
                let cause = Error::internal(error).private_source();
                tracing::warn!(cause, "OTEL_EXPORTER_OTLP_HEADERS are no headers");
            }
        }
    }
}

/// The headers of the environment, as the specification writes them: `name=value,…`.
fn headers() -> Vec<(String, String)> {
    let variables = ["OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
    let text = variables.iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let decoded = |text: &str| percent_decode_str(text.trim()).decode_utf8_lossy().into_owned();
    pairs.map(|(name, value)| (name.trim().to_owned(), decoded(value))).collect()
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

fn resource() -> Resource {
    let attributes = RESOURCE.iter().map(|(key, value)| attribute(key.as_str(), &value.as_str()));
    Resource { attributes: attributes.collect(), ..Resource::default() }
}

fn attribute(key: &str, value: &str) -> KeyValue {
    let value = AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) };
    KeyValue { key: key.to_owned(), value: Some(value), ..KeyValue::default() }
}

fn attributes(labels: &[(String, String)]) -> Vec<KeyValue> {
    labels.iter().map(|(name, value)| attribute(name, value)).collect()
}

/// Each metric that has a sample.
fn converted(text: &str, began: u64, now: u64) -> Vec<Metric> {
    let mut by_name: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    for sample in samples(text) {
        by_name.entry(sample.name.clone()).or_default().push(sample);
    }
    let mut take = |name: &str| by_name.remove(name).unwrap_or_default();
    let cumulative = AggregationTemporality::Cumulative.into();
    let metrics = METRICS.iter().filter_map(|of| {
        let data = match of.kind {
            Kind::Counter => {
                let data_points = numbers(take(of.name), began, now)?;
                let (aggregation_temporality, is_monotonic) = (cumulative, true);
                metric::Data::Sum(Sum { data_points, aggregation_temporality, is_monotonic })
            }
            Kind::Gauge => {
                metric::Data::Gauge(Gauge { data_points: numbers(take(of.name), 0, now)? })
            }
            Kind::Histogram(_) => {
                let parts = ["bucket", "sum"].map(|part| take(&format!("{}_{part}", of.name)));
                let data_points = histograms(parts, began, now)?;
                let aggregation_temporality = cumulative;
                metric::Data::Histogram(Histogram { data_points, aggregation_temporality })
            }
        };
        Some(Metric {
            name: of.name.to_owned(),
            description: of.help.to_owned(),
            data: Some(data),
            ..Metric::default()
        })
    });
    metrics.collect()
}

/// Points of numbers; none without any. What is not known has no point.
fn numbers(samples: Vec<Sample>, began: u64, now: u64) -> Option<Vec<NumberDataPoint>> {
    let known = samples.into_iter().filter(|sample| !sample.value.is_nan());
    let points: Vec<_> = known
        .map(|sample| NumberDataPoint {
            attributes: attributes(&sample.labels),
            start_time_unix_nano: began,
            time_unix_nano: now,
            value: Some(number_data_point::Value::AsDouble(sample.value)),
            ..NumberDataPoint::default()
        })
        .collect();
    (!points.is_empty()).then_some(points)
}

/// Points of histograms. Prometheus counts what lies below each bound; OTLP, what lies between
/// two.
fn histograms(
    [buckets, sums]: [Vec<Sample>; 2],
    began: u64,
    now: u64,
) -> Option<Vec<HistogramDataPoint>> {
    let mut below: BTreeMap<Labels, Vec<(f64, f64)>> = BTreeMap::new();
    for Sample { mut labels, value, .. } in buckets {
        let at = labels.iter().position(|(name, _)| name == "le")?;
        let (_, bound) = labels.remove(at);
        let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
        below.entry(labels).or_default().push((bound, value));
    }
    let sums: BTreeMap<Labels, f64> = sums.into_iter().map(|of| (of.labels, of.value)).collect();
    let points: Vec<_> = below
        .into_iter()
        .map(|(labels, mut below)| {
            below.sort_by(|(one, _), (other, _)| one.total_cmp(other));
            let mut before = 0.0;
            let mut counts = Vec::with_capacity(below.len());
            for (_, count) in &below {
                counts.push(whole(count - before));
                before = *count;
            }
            let bounds = below.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite());
            HistogramDataPoint {
                attributes: attributes(&labels),
                start_time_unix_nano: began,
                time_unix_nano: now,
                count: whole(before),
                sum: sums.get(&labels).copied(),
                bucket_counts: counts,
                explicit_bounds: bounds.collect(),
                ..HistogramDataPoint::default()
            }
        })
        .collect();
    (!points.is_empty()).then_some(points)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
fn whole(count: f64) -> u64 {
    count.max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_prometheus_sees_is_converted() {
        let text = "http_requests_total{route=\"/a\"} 3\n\
            http_request_duration_seconds_bucket{route=\"/a\",le=\"0.5\"} 2\n\
            http_request_duration_seconds_bucket{route=\"/a\",le=\"1\"} 2\n\
            http_request_duration_seconds_bucket{route=\"/a\",le=\"+Inf\"} 3\n\
            http_request_duration_seconds_sum{route=\"/a\"} 4.5\n\
            http_request_duration_seconds_count{route=\"/a\"} 3\n\
            issuer_calls_left{program=\"acme\"} NaN\n\
            graphql_sockets 7\n";
        let metrics = converted(text, 1, 2);
        let names: Vec<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
        let all = ["http_requests_total", "http_request_duration_seconds", "graphql_sockets"];
        assert_eq!(names, all);
        let Some(metric::Data::Histogram(histogram)) = &metrics[1].data else {
            panic!("{metrics:?}")
        };
        let [point] = histogram.data_points.as_slice() else { panic!("{histogram:?}") };
        assert_eq!((point.count, point.sum), (3, Some(4.5)));
        assert_eq!(
            (&*point.bucket_counts, &*point.explicit_bounds),
            (&[2, 0, 1][..], &[0.5, 1.0][..])
        );
        assert_eq!(point.attributes, [attribute("route", "/a")]);
    }
}
