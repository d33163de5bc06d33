//! The routes whose calls go on to the issuer, and those that are refused.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{MatchedPath, RawPathParams, RawQuery, Request, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Extension, Router};
use futures_util::StreamExt as _;
use serde::de::IgnoredAny;

use crate::domain::issuer_routes::{Family, Kind as What, Method, ROUTES, Route};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, FieldError, Kind, Result};
use crate::http::problem;
use crate::services::Services;
use crate::services::issuer_calls::{Answer, Call, TIME_LIMIT};

/// What is left of the time limit for our own work.
const OWN_WORK: Duration = Duration::from_secs(5);
/// The longest key of an idempotent call, in bytes.
const MAX_KEY: usize = 255;

/// The routes of a family.
pub(super) fn router(family: Family) -> Router<Arc<Services>> {
    let of_family = ROUTES.iter().filter(|route| route.family() == family && is_here(route));
    of_family
        .fold(Router::new(), |router, route| router.route(route.below_prefix(), endpoint(route)))
}

/// Whether the route is answered in this file.
pub(super) fn is_here(route: &Route) -> bool {
    route.is_forwarded() || matches!(route.kind, What::Refused(_))
}

/// The time limit of a request whose answer comes from the issuer.
pub fn own_timeout(request: &Request) -> Option<Duration> {
    let path = request.extensions().get::<MatchedPath>()?.as_str();
    let path = path.strip_prefix("/api").unwrap_or(path);
    let path = path.strip_prefix("/v1").unwrap_or(path);
    let method = request.method().as_str();
    let is_it = |route: &&Route| {
        let versionless = route.path.strip_prefix("/v1");
        route.is_forwarded() && versionless == Some(path) && route.method.as_ref() == method
    };
    ROUTES.iter().find(is_it).map(|_| TIME_LIMIT + OWN_WORK)
}

fn endpoint(route: &'static Route) -> MethodRouter<Arc<Services>> {
    let method = match route.method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    };
    on(
        method,
        move |State(services): State<Arc<Services>>,
              Extension(principal): Extension<Arc<Principal>>,
              Extension(id): Extension<RequestId>,
              names: Result<RawPathParams, RawPathParamsRejection>,
              RawQuery(query): RawQuery,
              request: Request| async move {
            let answer = async {
                let names = names_in(route, names)?;
                let query = form_urlencoded::parse(query.as_deref().unwrap_or("").as_bytes());
                let idempotency_key = idempotency_key(request.headers())?;
                let call = Call {
                    route,
                    names,
                    query: query.into_owned().collect(),
                    idempotency_key,
                    body: body(route, request).await?,
                    request: id.clone(),
                };
                services.issuer_calls.call(&principal, call).await
            };
            match answer.await {
                Ok(answer) => response(&answer),
                Err(error) => problem::response(&error, &id),
            }
        },
    )
}

/// The values of the path's parameters.
fn names_in(
    route: &Route,
    names: Result<RawPathParams, RawPathParamsRejection>,
) -> Result<Vec<String>> {
    let not_text = |_| {
        let name = route.parameters().next().unwrap_or("path");
        Error::invalid(vec![FieldError::new(name, "must be UTF-8")])
    };
    let names = names.map_err(not_text)?;
    Ok(names.iter().map(|(_, value)| value.to_owned()).collect())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let visible = |key: &&str| (1..=MAX_KEY).contains(&key.len());
    match key.to_str().ok().filter(visible) {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Error::invalid(vec![FieldError::new(
            "Idempotency-Key",
            "must be 1 to 255 visible characters",
        )])),
    }
}

/// The body, if there is one. It must be JSON.
async fn body(route: &Route, request: Request) -> Result<Option<Vec<u8>>> {
    if route.is_read() {
        return Ok(None);
    }
    let (parts, body) = request.into_parts();
    let body = bounded(body, route.body_limit).await?;
    if body.is_empty() {
        return Ok(None);
    }
    let media_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.map(|value| value.split(';').next().unwrap_or(value).trim());
    if !media_type.is_some_and(|value| value.eq_ignore_ascii_case("application/json")) {
        let message = "The body must be JSON, with the content type application/json";
        return Err(Error::new(Kind::UnsupportedMediaType, message));
    }
    if serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        return Err(Error::new(Kind::Invalid, "The body is not valid JSON"));
    }
    Ok(Some(body))
}

async fn bounded(body: Body, most: usize) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    let mut parts = body.into_data_stream();
    while let Some(part) = parts.next().await {
        let part = part.map_err(|_| Error::new(Kind::Invalid, "The body cannot be read"))?;
        if whole.len() + part.len() > most {
            return Err(Error::new(Kind::TooLarge, "The body is too large"));
        }
        whole.extend_from_slice(&part);
    }
    Ok(whole)
}

/// The issuer's answer: its status, body, content type and `Retry-After`.
fn response(answer: &Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body.clone()));
    *response.status_mut() = answer.status;
    for name in [header::CONTENT_TYPE, header::RETRY_AFTER] {
        if let Some(value) = answer.headers.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
