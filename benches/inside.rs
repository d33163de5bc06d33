//! What a request costs inside the process: from the route table to the text
//! of the answer and back, over an SQLite database of 1,000 customers, without
//! a socket. `cargo bench`, or `cargo bench --bench inside -- list`.

use alloy_primitives::{Address, U256};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, StatusCode, header};
use card_gateway::chain::{self, Reader};
use card_gateway::config::{Config, Flags, Rate};
use card_gateway::demo::sandbox_chain;
use card_gateway::domain::scope::Scopes;
use card_gateway::domain::time::Timestamp;
use card_gateway::http::client_address::TrustedProxies;
use card_gateway::http::connections::Connections as OpenConnections;
use card_gateway::http::health::Monitored;
use card_gateway::http::rate::RateLimits;
use card_gateway::http::shedding::Load;
use card_gateway::http::streams::Streams;
use card_gateway::issuer::{self, Issuer};
use card_gateway::router::{Limits, router};
use card_gateway::services::connection::Connections;
use card_gateway::services::deliveries::Deliveries;
use card_gateway::services::export;
use card_gateway::services::funding;
use card_gateway::services::health::Health;
use card_gateway::services::inbox::Inbox;
use card_gateway::services::live::{self, Live};
use card_gateway::services::secret_text::{self, SecretKind};
use card_gateway::services::{Services, Settings, import};
use card_gateway::store::{self, NewToken, Store};
use card_gateway::{telemetry, webhooks};
use card_gateway_sandbox::{Fault, Sandbox};
use criterion::{Criterion, criterion_group, criterion_main};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::{Notify, mpsc, watch};
use tower::ServiceExt as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const CUSTOMER: &str = "id email flowStatus safeDeployed currency createdAt";
const BALANCE: &str = "ledgerBalance availableBalance pendingBalance balanceFreshness";

/// A gateway without a socket.
struct Gateway {
    runtime: Runtime,
    routes: Router,
    token: String,
    _folder: tempfile::TempDir,
}

/// Nobody has anything to hear.
struct Silent;

impl import::Report for Silent {
    fn bad_line(&self, line: u64, reason: &str) {
        panic!("line {line}: {reason}");
    }

    fn progress(&self, _: u64, _: u64) {}
}

/// The import format, with live balances of just now.
fn customers(notified: bool) -> String {
    let now = Timestamp::now();
    let updated_at = if notified { now } else { now.plus_millis(-24 * 3_600_000) };
    let mut lines = String::new();
    for number in 1..=1_000_i64 {
        let created_at = now.plus_millis(-60_000 * number).to_string();
        let line = json!({
            "id": format!("{number:024x}"), "yativo_card_id": format!("yativo_card_customer_{number}"),
            "external_customer_id": format!("usr_{number}"), "email": format!("customer{number}@example.com"),
            "flow_status": "active", "kyc_status": "approved", "currency": "EUR", "safe_deployed": true,
            "created_at": created_at,
            "balance": { "ledger_minor": 12_040, "available_minor": 10_115, "pending_minor": 1_925,
                         "updated_at": updated_at.to_string() },
            "wallet_address": wallet(number).to_checksum(None),
            "cards": [{ "card_id": uuid::Uuid::from_u128(number.unsigned_abs().into()), "last_four": "4242",
                        "card_type": "virtual", "status": "active", "activated_at": created_at,
                        "created_at": created_at }],
        });
        let _ = writeln!(lines, "{line}");
    }
    lines
}

/// Connections go back to their pool, which needs the runtime for it.
impl Drop for Gateway {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.routes = Router::new();
    }
}

fn wallet(number: i64) -> Address {
    Address::from_word(U256::from(number.unsigned_abs() + 1_000).into())
}

/// How the sandbox's chain is read.
fn chain_settings(url: &str, ttl: Duration) -> chain::Settings {
    chain::Settings {
        chain: sandbox_chain(),
        rpc_urls: vec![url.parse().expect("an address")],
        ttl,
        timeout: Duration::from_secs(3),
        gather: Duration::from_millis(2),
        batch: 200,
        calls_per_second: 100_000,
        max_head_age: Duration::from_mins(2),
    }
}

impl Gateway {
    /// Over a chain, if the endpoint of one is given, whose answers are
    /// remembered for so long.
    fn start(metrics: PrometheusHandle, endpoint: Option<(&str, Duration)>) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.path().join("bench.db").display());
        let (routes, token) = runtime.block_on(async {
            let chain = endpoint.map(|(url, ttl)| {
                let (sender, mut readings) = mpsc::channel(256);
                tokio::spawn(async move { while readings.recv().await.is_some() {} });
                let reader = Reader::new(chain_settings(url, ttl), sender).expect("a reader");
                tokio::spawn(reader.clone().watch());
                reader
            });
            let settings = store::Settings {
                url,
                max_connections: 16,
                acquire_timeout: Duration::from_secs(5),
                statement_timeout: Duration::from_secs(10),
                pooler: store::Pooler::None,
            };
            let store = Store::connect(&settings).await.expect("a database");
            store.migrate().await.expect("its tables");
            let program = store.create_program("bench", Timestamp::now()).await.expect("new").id;
            let lines = std::io::Cursor::new(customers(endpoint.is_none()));
            import::import(&store, program, lines, Arc::new(Silent)).await.expect("imported");
            let token = SecretKind::Token.generate();
            let new = NewToken {
                id: uuid::Uuid::now_v7().to_string(),
                label: "bench".to_owned(),
                hash: secret_text::hash(&token),
                scopes: Scopes::READ,
                created_at: Timestamp::now(),
                expires_at: None,
            };
            store.create_token(program, new).await.expect("kept");
            let settings = Settings {
                token_cache_ttl: Duration::from_secs(4),
                chain_balances_kept: false,
                realtime_max_age: Duration::from_hours(2),
                card_pages: false,
                funding: funding::Settings {
                    issuer_timeout: Duration::from_secs(1),
                    patience: Duration::from_secs(1),
                    grace: Duration::from_mins(15),
                },
                exports: export::Settings {
                    time: Duration::from_mins(10),
                    most: 1,
                    most_of_program: 1,
                },
            };
            // No program has a key pair: the address is never called.
            let issuer = Issuer::new(&issuer::Settings {
                base_url: "http://127.0.0.1:9/api".parse().expect("an address"),
                timeout: Duration::from_secs(1),
                calls_per_minute: 0,
                programs: BTreeMap::new(),
            });
            let issuer = issuer.expect("a client");
            let word = Arc::new(Notify::new());
            let most = live::Settings { watchers: 1, of_program: 1, of_token: 1 };
            let live = Live::new(store.clone(), Arc::clone(&word), most);
            let services = Services::new(&store, chain.clone(), issuer, live, &settings);
            let (notifications, _) = Inbox::new(store.clone(), word);
            let nobody =
                webhooks::Settings { secrets: BTreeMap::new(), tolerance: Duration::from_mins(5) };
            let deliveries = Deliveries::default();
            let webhooks = webhooks::Endpoint::new(nobody, notifications, deliveries.clone());
            let health =
                Health::new(store.clone(), chain, deliveries, Connections::new(store, []), None);
            let config = Config::load(None, &Flags::default()).expect("the defaults");
            let rate = Rate { burst: u32::MAX, per_second: u32::MAX };
            let limits = Limits {
                body: 256 * 1024,
                timeout: Duration::from_secs(10),
                rate: RateLimits::new(rate, None),
                shared: None,
                origins: Vec::new(),
                cors_headers: Vec::new(),
                compression: config.server.compression,
                proxies: TrustedProxies::new(&[], config.server.forwarded_header),
                documents: config.documents,
                streams: Streams::new(1, 1),
                graphiql: config.server.graphiql,
                customers_page: config.server.customers_page,
                stopping: watch::channel(false).1,
            };
            let monitored = Monitored {
                health,
                metrics,
                load: Load::new(1, std::iter::empty()),
                connections: OpenConnections::new(1),
                runtime: Handle::current(),
            };
            (router(&services, webhooks, monitored, &limits), token)
        });
        Self { runtime, routes, token, _folder: folder }
    }

    async fn answer(&self, request: Request<Body>) -> Bytes {
        let Ok(answer) = self.routes.clone().oneshot(request).await;
        assert_eq!(answer.status(), StatusCode::OK);
        to_bytes(answer.into_body(), usize::MAX).await.expect("a body")
    }

    fn request(&self, method: &str, path: &str, body: Body) -> Request<Body> {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "bench");
        let request = request.header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        request.header(header::CONTENT_TYPE, "application/json").body(body).expect("a request")
    }

    fn query(&self, query: &str) -> Request<Body> {
        let body = json!({ "query": query }).to_string();
        self.request("POST", "/graphql", Body::from(body))
    }
}

fn benches(criterion: &mut Criterion) {
    let metrics = telemetry::metrics::collect().expect("metrics");
    let gateway = Gateway::start(metrics.clone(), None);
    let list = format!("{{ cardCustomers {{ nodes {{ {CUSTOMER} }} }} }}");
    let balances = format!("{{ cardCustomers {{ nodes {{ {CUSTOMER} {BALANCE} }} }} }}");
    let first = gateway.runtime.block_on(gateway.answer(gateway.query(&balances)));
    let first: serde_json::Value = serde_json::from_slice(&first).expect("JSON");
    assert_eq!(first["data"]["cardCustomers"]["nodes"][19]["availableBalance"], "101.15");

    let mut ask = |name: &str, request: &dyn Fn() -> Request<Body>| {
        criterion.bench_function(name, |bencher| {
            bencher.to_async(&gateway.runtime).iter(|| gateway.answer(request()));
        });
    };
    ask("nothing: __typename", &|| gateway.query("{ __typename }"));
    ask("list of 20", &|| gateway.query(&list));
    ask("list of 20 with balances", &|| gateway.query(&balances));
    ask("list of 20 with balances, compressed", &|| {
        let mut request = gateway.query(&balances);
        let gzip = header::HeaderValue::from_static("gzip");
        request.headers_mut().insert(header::ACCEPT_ENCODING, gzip);
        request
    });
    ask("one by e-mail with balances and cards", &|| {
        let fields = format!("{CUSTOMER} {BALANCE} cards {{ cardId lastFour status }}");
        let query = "{ cardCustomer(identifier: \"customer7@example.com\")";
        gateway.query(&format!("{query} {{ {fields} }} }}"))
    });
    // Nothing is found, so that the document is what costs.
    let empty = format!(
        "{{ cardCustomers(first: 0) {{ nodes {{ {CUSTOMER} {BALANCE} }} pageInfo {{ hasNextPage }} }} }}"
    );
    let seen = std::cell::Cell::new(0_u64);
    ask("a document never seen before: parse, check, validate", &|| {
        seen.set(seen.get() + 1);
        gateway.query(&format!("query Number{} {empty}", seen.get()))
    });
    ask("the same document, seen before", &|| gateway.query(&format!("query Number {empty}")));
    ask("REST list of 20 with balances", &|| {
        gateway.request("GET", "/v1/card-issuer/customers", Body::empty())
    });
    ask("REST one by e-mail", &|| {
        gateway.request("GET", "/v1/card-issuer/customers/customer7@example.com", Body::empty())
    });
}

/// The chain is 50 milliseconds away.
fn chain_benches(criterion: &mut Criterion) {
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let sandbox = Sandbox::start().expect("a port");
    let euro = |number| (card_gateway_sandbox::EUR, wallet(number), U256::from(10_u64.pow(18)));
    sandbox.set_balances((1..=1_000).map(euro));
    sandbox.set_fault(Some(Fault::Delay(Duration::from_millis(50))));
    let query = format!("{{ cardCustomers {{ nodes {{ {CUSTOMER} {BALANCE} }} }} }}");
    let mut group = criterion.benchmark_group("list of 20 with balances from the chain");
    group.sample_size(20);
    for (name, ttl) in
        [("remembered", Duration::from_hours(1)), ("asked for, 50 ms away", Duration::ZERO)]
    {
        let gateway = Gateway::start(metrics.clone(), Some((&sandbox.url(), ttl)));
        let first = gateway.runtime.block_on(gateway.answer(gateway.query(&query)));
        let first: serde_json::Value = serde_json::from_slice(&first).expect("JSON");
        assert_eq!(first["data"]["cardCustomers"]["nodes"][19]["balanceFreshness"], "ON_CHAIN");
        group.bench_function(name, |bencher| {
            bencher.to_async(&gateway.runtime).iter(|| gateway.answer(gateway.query(&query)));
        });
    }
}

criterion_group!(inside, benches, chain_benches);
criterion_main!(inside);
