//! Metrics and traces for a collector: sent again and again, and once more at the end.

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::error::Result;
use crate::services::health::Health;
use crate::telemetry::otlp::{Pushing, flush};

/// What is sent to a collector, if the settings name one.
pub(super) struct Otlp(Option<(Pushing, Health)>);

impl Otlp {
    /// Sends the metrics from now on, again and again.
    ///
    /// # Errors
    /// If this machine cannot do TLS.
    pub(super) fn start(
        config: &Config,
        metrics: &PrometheusHandle,
        health: &Health,
        tasks: &mut JoinSet<()>,
    ) -> Result<Self> {
        let Some(pushing) = Pushing::new(&config.telemetry, metrics)? else {
            return Ok(Self(None));
        };
        let this = Self(Some((pushing.clone(), health.clone())));
        let (health, interval) = (health.clone(), config.telemetry.metrics_interval);
        tasks.spawn(async move {
            loop {
                tokio::time::sleep(interval).await;
                health.record().await;
                pushing.push().await;
            }
        });
        Ok(this)
    }

    /// Sends what is counted and recorded now.
    pub(super) async fn finish(self) {
        if let Some((pushing, health)) = self.0 {
            health.record().await;
            pushing.push().await;
        }
        flush().await;
    }
}
