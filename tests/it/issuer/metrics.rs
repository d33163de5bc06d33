//! What is counted of the calls.

use metrics_exporter_prometheus::PrometheusBuilder;

use super::{client, issuer, settings};
use crate::support::scripted::answer;

#[test]
fn calls_are_counted_by_program_route_and_status() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        // One thread, so that all of it is counted here.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let server = issuer(|_, number| match number {
            1 => answer(503, &[], "<html>"),
            2 => answer(200, &[], r#"{"data":{"yativo_card_id":"ycc_1"}}"#),
            _ => answer(404, &[], r#"{"error":"CUSTOMER_NOT_FOUND"}"#),
        });
        let client = client(&settings(&server));
        runtime.expect("a runtime").block_on(async {
            assert!(client.customer("ycc_1").await.expect("an answer").is_some());
            assert!(client.customer("mira@example.com").await.expect("an answer").is_none());
        });
    });
    let shown = handle.render();
    let route = "/v1/card-issuer/customers/{customerId}";
    for (route, status) in [("/v1/auth/token", 200), (route, 503), (route, 200), (route, 404)] {
        let line = format!(
            "issuer_requests_total{{program=\"acme\",route=\"{route}\",status=\"{status}\"}} 1"
        );
        assert!(shown.contains(&line), "{line} is not in\n{shown}");
    }
    assert!(shown.contains("issuer_request_duration_seconds"), "{shown}");
    assert!(!shown.contains("ycc_1") && !shown.contains("mira"), "{shown}");
}
