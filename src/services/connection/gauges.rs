//! The reports as metrics.

use metrics::gauge;

use super::report::{Report, Reports};

/// Sets the metrics of all connections. What is not known has none.
pub fn set(reports: &Reports) {
    for (program, report) in reports {
        let Report { sync, customers, calls, webhooks, .. } = report;
        let of = |name: &'static str, value: f64| {
            gauge!(name, "program" => program.clone()).set(value);
        };
        if let Some(at) = sync.completed_at {
            of("issuer_last_sync_timestamp_seconds", float(at.millis().unsigned_abs()) / 1_000.0);
        }
        let details = [
            ("read", customers.read),
            ("waiting", customers.waiting),
            ("never_read", customers.never_read),
        ];
        for (state, count) in details {
            let labels = [("program", program.clone()), ("details", state.to_owned())];
            gauge!("issuer_customers", &labels).set(float(count));
        }
        if let Some(calls) = calls {
            of("issuer_breaker_open", flag(calls.breaker == "open"));
            // A number that is no longer known must not stay as it was.
            of("issuer_calls_left", calls.left.map_or(f64::NAN, float));
        }
        if let Some(subscription) = webhooks.subscription {
            of("issuer_webhook_enabled", flag(subscription == "enabled"));
        }
    }
}

fn flag(is_set: bool) -> f64 {
    f64::from(u8::from(is_set))
}

#[expect(clippy::cast_precision_loss, reason = "counts and times are exact in a float")]
fn float(count: u64) -> f64 {
    count as f64
}
