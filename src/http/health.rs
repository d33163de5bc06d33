//! `/healthz`, `/readyz` and `/metrics`, for monitoring.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde_json::json;

use crate::services::health::Health;

/// The three routes.
pub fn router(health: Health, metrics: PrometheusHandle) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz).with_state(health.clone()))
        .route("/metrics", get(render_metrics).with_state((health, metrics)))
}

/// Whether the process is alive: it answers.
async fn healthz() -> impl IntoResponse {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Whether requests should be sent here.
async fn readyz(State(health): State<Health>) -> impl IntoResponse {
    let report = health.report().await;
    let ready = report.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}

/// The metrics in Prometheus' text format.
async fn render_metrics(
    State((health, metrics)): State<(Health, PrometheusHandle)>,
) -> impl IntoResponse {
    health.record().await;
    let text = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], metrics.render())
}
