//! Traces and metrics arrive at a collector, and say nothing of customers.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;
use tokio::runtime::Runtime;

use crate::support::chain::{sandbox, wallets};
use crate::support::issuer::{ACME, balance, from_now, within};
use crate::support::{Database, Gateway, Line, on_both};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A collector: it keeps what it gets.
struct Collector {
    address: SocketAddr,
    got: Arc<Got>,
    _runtime: Runtime,
}

#[derive(Default)]
struct Got {
    spans: Mutex<Vec<Span>>,
    metrics: Mutex<Vec<Metric>>,
    resources: Mutex<Vec<KeyValue>>,
    headers: Mutex<Vec<HeaderMap>>,
    is_broken: Mutex<bool>,
}

async fn take(
    State(got): State<Arc<Got>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if *got.is_broken.lock().expect("no panic") {
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    got.headers.lock().expect("no panic").push(headers);
    match uri.path() {
        "/v1/traces" => {
            let sent = ExportTraceServiceRequest::decode(body).expect("protobuf");
            for of in sent.resource_spans {
                let resource = of.resource.expect("a resource");
                got.resources.lock().expect("no panic").extend(resource.attributes);
                let spans = of.scope_spans.into_iter().flat_map(|scope| scope.spans);
                got.spans.lock().expect("no panic").extend(spans);
            }
        }
        "/v1/metrics" => {
            let sent = ExportMetricsServiceRequest::decode(body).expect("protobuf");
            for of in sent.resource_metrics {
                let resource = of.resource.expect("a resource");
                got.resources.lock().expect("no panic").extend(resource.attributes);
                let metrics = of.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
                got.metrics.lock().expect("no panic").extend(metrics);
            }
        }
        _ => return StatusCode::NOT_FOUND,
    }
    StatusCode::OK
}

impl Collector {
    fn start() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let got: Arc<Got> = Arc::default();
        let routes = Router::new().fallback(take).with_state(Arc::clone(&got));
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, routes).await });
        Self { address, got, _runtime: runtime }
    }

    fn settings(&self) -> [(&'static str, String); 2] {
        [
            ("CARD_GATEWAY__TELEMETRY__OTLP_ENDPOINT", format!("http://{}", self.address)),
            ("OTEL_BSP_SCHEDULE_DELAY", "50".to_owned()),
        ]
    }

    /// The spans of a trace, once there is one with this name.
    fn spans(&self, trace: &str, name: &str) -> Vec<Span> {
        let mut found = Vec::new();
        let there = within(Duration::from_secs(10), || {
            let spans = self.got.spans.lock().expect("no panic");
            found = spans.iter().filter(|span| hex(&span.trace_id) == trace).cloned().collect();
            found.iter().any(|span| span.name == name)
        });
        let all: Vec<_> = found.iter().map(|span| &span.name).collect();
        assert!(there, "{name} is not among {all:?}");
        found
    }

    /// Everything that it got, as one text.
    fn text(&self) -> String {
        let spans = self.got.spans.lock().expect("no panic");
        let metrics = self.got.metrics.lock().expect("no panic");
        format!("{spans:?} {metrics:?}")
    }
}

fn hex(bytes: &[u8]) -> String {
    const_hex::encode(bytes)
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    let all: Vec<_> = spans.iter().map(|span| &span.name).collect();
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {all:?}"))
}

/// The attributes that are texts or numbers.
fn attributes(all: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &KeyValue| match value.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text.clone()),
        any_value::Value::IntValue(number) => Some(number.to_string()),
        _ => None,
    };
    all.iter().filter_map(|of| Some((of.key.clone(), text(of)?))).collect()
}

fn serve(database: &Database, collector: &Collector, more: &[(&str, &str)]) -> Gateway {
    let own = collector.settings();
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    database.serve_with(&own.chain(more.iter().copied()).collect::<Vec<_>>())
}

fn query(gateway: &Gateway, token: &str, body: &serde_json::Value, parent: Option<&str>) {
    let request = gateway.client().post(format!("{}/graphql", gateway.host)).bearer_auth(token);
    let request =
        parent.into_iter().fold(request, |request, parent| request.header("traceparent", parent));
    gateway.send(request.json(body)).data();
}

on_both! {
    fn a_query_is_a_trace_from_the_request_to_the_statements_and_the_chain(database) {
        let (collector, chain) = (Collector::start(), sandbox(3));
        let token = database.program_with("acme", &wallets(3));
        let own = collector.settings();
        let own: Vec<_> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let gateway = database.serve_on(&[&chain], &own);
        chain.take_traces();
        let body = json!({
            "query": "query Mine($id: ID!) { cardCustomer(identifier: $id) { email ledgerBalance } }",
            "variables": { "id": "customer1@example.com" },
        });
        query(&gateway, &token, &body, Some(PARENT));
        let spans = collector.spans(TRACE, "POST /graphql");
        let request = named(&spans, "POST /graphql");
        assert_eq!(hex(&request.parent_span_id), "b7ad6b7169203331");
        let shown = attributes(&request.attributes);
        assert_eq!((shown["http.route"].as_str(), shown["http.response.status_code"].as_str()), ("/graphql", "200"));
        let operation = named(&spans, "query Mine");
        assert_eq!(operation.parent_span_id, request.span_id);
        let statement = named(&spans, "statement");
        let text = &attributes(&statement.attributes)["db.query.text"];
        assert!(text.contains("SELECT"), "{text}");
        let call = named(&spans, "chain eth_call");
        assert_eq!(attributes(&call.attributes)["outcome"], "ok");
        // What the chain was told is that very span.
        let told = format!("00-{TRACE}-{}-01", hex(&call.span_id));
        assert!(chain.take_traces().contains(&told), "{told}");
        let all = collector.text();
        for secret in ["example.com", token.as_str(), "usr_1", "0x0000"] {
            assert!(!all.contains(secret), "{secret} is in {all}");
        }
    }

    fn the_caller_decides_what_is_recorded(database) {
        let collector = Collector::start();
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = serve(&database, &collector, &[("CARD_GATEWAY__TELEMETRY__SAMPLED_PERCENT", "0")]);
        let body = json!({ "query": "{ cardCustomers { totalCount } }" });
        // One that begins here is not recorded, nor one that its caller does not record.
        query(&gateway, &token, &body, None);
        query(&gateway, &token, &body, Some(&PARENT.replace("319c-", "3190-").replace("-01", "-00")));
        query(&gateway, &token, &body, Some(PARENT));
        collector.spans(TRACE, "POST /graphql");
        let spans = collector.got.spans.lock().expect("no panic").clone();
        assert!(spans.iter().all(|span| hex(&span.trace_id) == TRACE), "{spans:#?}");
    }

    fn a_trace_that_begins_here_has_the_id_of_the_log(database) {
        let collector = Collector::start();
        let token = database.program_with("acme", &[Line::new(1)]);
        let gateway = serve(&database, &collector, &[ACME]);
        gateway.get(&token, "/v1/card-issuer/customers");
        let trace = gateway.wait_for_log(|line| {
            let is_it = line["route"] == "/v1/card-issuer/customers";
            is_it.then(|| line["trace_id"].as_str().expect("an id").to_owned())
        });
        collector.spans(&trace, "GET /v1/card-issuer/customers");
        // Events are written for several requests at once: in a trace of their own.
        gateway.take(&balance("evt_1", "usr_1", "1.00", "0.00", &from_now(0)));
        let written = || collector.got.spans.lock().expect("no panic").iter().any(|span| span.name == "events");
        assert!(within(Duration::from_secs(10), written));
    }

    fn what_is_recorded_is_sent_before_the_process_ends(database) {
        let collector = Collector::start();
        let token = database.program_with("acme", &[Line::new(1)]);
        // Long after the end.
        let late = [("OTEL_BSP_SCHEDULE_DELAY", "600000"), ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=of%20acme")];
        let mut settings = collector.settings().to_vec();
        settings.truncate(1);
        let mut settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settings.extend(late);
        let mut gateway = database.serve_with(&settings);
        let body = json!({ "query": "{ cardCustomers { totalCount } }" });
        query(&gateway, &token, &body, Some(PARENT));
        assert!(collector.got.spans.lock().expect("no panic").is_empty());
        gateway.signal("TERM");
        assert!(gateway.wait().success());
        collector.spans(TRACE, "POST /graphql");
        // So are the metrics of this moment.
        let metrics = collector.got.metrics.lock().expect("no panic");
        let requests = metrics.iter().find(|metric| metric.name == "http_requests_total");
        assert!(matches!(requests.and_then(|of| of.data.as_ref()), Some(metric::Data::Sum(_))), "{requests:?}");
        assert!(metrics.iter().any(|of| of.name == "database_connections"));
        let headers = collector.got.headers.lock().expect("no panic");
        assert!(headers.iter().all(|of| of.get("x-tenant").is_some_and(|it| it == "of acme")), "{headers:?}");
        let resource = attributes(&collector.got.resources.lock().expect("no panic"));
        assert_eq!(resource["service.name"], "card-gateway");
    }
}

#[test]
fn metrics_are_sent_again_and_again_and_a_collector_that_is_away_harms_nothing() {
    let collector = Collector::start();
    let database = Database::sqlite();
    let token = database.program_with("acme", &[Line::new(1)]);
    let gateway =
        serve(&database, &collector, &[("CARD_GATEWAY__TELEMETRY__METRICS_INTERVAL", "100ms")]);
    let count = || {
        collector
            .got
            .metrics
            .lock()
            .expect("no panic")
            .iter()
            .filter(|of| of.name == "card_gateway_build_info")
            .count()
    };
    assert!(within(Duration::from_secs(10), || count() >= 2));
    *collector.got.is_broken.lock().expect("no panic") = true;
    let failing = || {
        gateway
            .get("", "/metrics")
            .text
            .contains("dependency_failing{dependency=\"OpenTelemetry collector\"} 1")
    };
    assert!(within(Duration::from_secs(10), failing));
    assert_eq!(gateway.get(&token, "/v1/card-issuer/customers").status, 200);
    assert_eq!(gateway.get("", "/readyz").status, 200);
    *collector.got.is_broken.lock().expect("no panic") = false;
    let before = count();
    assert!(within(Duration::from_secs(10), || count() > before));
}
