//! Answers requests: who calls, what goes wrong, how often, and then the route.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::RawPathParams;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{RequestPartsExt as _, Router};

use super::caller::{Caller, caller};
use super::connection::Reset;
use super::failures::{failure, plain, too_many, unauthorized};
use super::faults::Fault;
use super::limit::RateState;
use super::refusal::Refusal;
use super::reply::json;
use super::request::Request;
use super::routes::{self, Handler, Route};
use super::shared::Shared;
use super::spoil::spoil;

/// The most that a request's body may have, in bytes.
const MAX_BODY: usize = 1 << 20;

/// All routes below each prefix that pages or their examples use.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in routes::ALL {
        let paths = [
            Some(format!("/api{}", route.path)),
            Some(route.path.to_owned()),
            route
                .path
                .strip_prefix("/v1/card-issuer")
                .map(|rest| format!("/api/card-issuer{rest}")),
        ];
        for path in paths.into_iter().flatten() {
            router = router.route(&positional(&path), endpoint(shared, route));
        }
    }
    let missing = Arc::clone(shared);
    let missing = || async move {
        let response = plain(404, "not_found", "There is no such route");
        with_rate(response, missing.limiter().unknown())
    };
    let wrong = Arc::clone(shared);
    let wrong = || async move {
        let response = plain(405, "method_not_allowed", "The route has no such method");
        with_rate(response, wrong.limiter().unknown())
    };
    router.fallback(missing).method_not_allowed_fallback(wrong)
}

fn endpoint(shared: &Arc<Shared>, route: &'static Route) -> MethodRouter {
    let filter = Method::from_bytes(route.method.as_bytes()).unwrap_or_default();
    let filter = MethodFilter::try_from(filter).unwrap_or(MethodFilter::GET);
    let shared = Arc::clone(shared);
    on(filter, move |request: axum::extract::Request| {
        let shared = Arc::clone(&shared);
        async move { answer(&shared, route, request).await }
    })
}

/// The path with its variable parts named by their place, so that routes which
/// name the same part differently can stand beside each other.
fn positional(path: &str) -> String {
    let mut place = 0;
    let parts = path.split('/').map(|part| {
        if !part.starts_with('{') {
            return part.to_owned();
        }
        place += 1;
        format!("{{part{place}}}")
    });
    parts.collect::<Vec<_>>().join("/")
}

async fn answer(
    shared: &Shared,
    route: &'static Route,
    request: axum::extract::Request,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = caller(shared, &parts.headers);
    let open = Open::begin(shared, route, caller.program);
    let faults = shared.faults().take(&route.key(), caller.name.as_deref());
    let mut request = match read(shared, &caller, &mut parts, body).await {
        Ok(request) => request,
        Err(refusal) => {
            let rate = shared.limiter().unknown();
            return open.end(with_rate(failure(route, refusal), rate));
        }
    };
    request.repeats_page = faults.iter().any(|fault| matches!(fault, Fault::RepeatedPage));
    for fault in &faults {
        match fault {
            Fault::Slow(time) => tokio::time::sleep(*time).await,
            Fault::Before(change) => {
                caller
                    .program
                    .and_then(|program| shared.with(program, |program| change.0(program)));
            }
            _ => {}
        }
    }
    let rate = match caller.program {
        Some(program) if !route.is_open() => shared.limiter().take(program),
        _ => shared.limiter().unknown(),
    };
    let spoils =
        |fault: &&Fault| !matches!(fault, Fault::Slow(_) | Fault::Before(_) | Fault::RepeatedPage);
    let call = || run(shared, route, &caller, &request, rate);
    let response = match faults.iter().find(spoils) {
        None => call(),
        Some(Fault::AfterDone(fault)) => spoil(shared, &caller, fault, Some(call())).await,
        Some(fault @ (Fault::CutJson | Fault::CutConnection)) => {
            spoil(shared, &caller, fault, Some(call())).await
        }
        Some(fault) => spoil(shared, &caller, fault, None).await,
    };
    open.end(with_rate(response, rate))
}

/// The parts of a request that handlers want.
async fn read(
    shared: &Shared,
    caller: &Caller,
    parts: &mut Parts,
    body: Body,
) -> Result<Request, Refusal> {
    let params = parts.extract::<RawPathParams>().await;
    let params = params.map_err(|_| Refusal::invalid("the path is wrong"))?;
    let params = params.iter().map(|(_, value)| value.to_owned()).collect();
    let query = parts.uri.query().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let bytes = axum::body::to_bytes(body, MAX_BODY).await;
    let bytes = bytes.map_err(|_| Refusal::invalid("the body is too long"))?;
    let body = if bytes.trim_ascii().is_empty() {
        HashMap::new()
    } else {
        let wrong = |_| Refusal::invalid("the body must be a JSON object");
        serde_json::from_slice(&bytes).map_err(wrong)?
    };
    let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    Ok(Request {
        params,
        query,
        body,
        idempotency_key: key.map(str::to_owned),
        token: caller.token.clone(),
        repeats_page: false,
        dialect: *shared.dialect(),
        otp: shared.options.otp.clone(),
        origin: shared.origin.clone(),
        token_seconds: shared.options.token_seconds,
    })
}

/// Authenticates, counts, and calls the handler.
fn run(
    shared: &Shared,
    route: &'static Route,
    caller: &Caller,
    request: &Request,
    rate: RateState,
) -> Response {
    let done = match (route.handler, caller.program) {
        (Handler::Open(handler), _) => handler(&mut shared.world(), request),
        (Handler::Program(_), None) => return unauthorized(),
        (Handler::Program(handler), Some(program)) => {
            if let Some(seconds) = rate.retry_after {
                return too_many(shared, caller, seconds);
            }
            let done = shared.with(program, |program| handler(program, request));
            done.unwrap_or_else(|| Err(Refusal::not_found("The program")))
        }
    };
    match done {
        Ok(reply) => {
            let (status, body) = reply.parts();
            json(status, &request.dialect.write(body))
        }
        Err(refusal) => failure(route, refusal),
    }
}

/// An answer with the headers that every answer has.
fn with_rate(mut response: Response, rate: RateState) -> Response {
    let values = [
        ("x-ratelimit-limit", i64::from(rate.limit)),
        ("x-ratelimit-remaining", i64::from(rate.remaining)),
        ("x-ratelimit-reset", rate.reset.seconds()),
    ];
    for (name, value) in values {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    response
}

/// A call that is counted as open until its end, however it ends.
struct Open<'a> {
    shared: &'a Shared,
    route: String,
    status: u16,
}

impl<'a> Open<'a> {
    fn begin(shared: &'a Shared, route: &Route, program: Option<usize>) -> Self {
        let key = route.key();
        shared.calls().begin(&key, program, route.is_open());
        Self { shared, route: key, status: 0 }
    }

    fn end(mut self, response: Response) -> Response {
        let reset = response.extensions().get::<Reset>().is_some();
        self.status = if reset { 0 } else { response.status().as_u16() };
        response
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.shared.calls().end(&self.route, self.status);
    }
}
