//! From an HTTP body to an answer. The library's own extractor is not used:
//! it takes any content type, escapes axum's body limit and runs batches.

use std::sync::Arc;

use async_graphql::parser::parse_query;
use async_graphql::{Request, Response};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::response::Response as HttpResponse;
use serde::Deserialize;

use super::error::{finish, refusal, unparsable};
use super::loaders::Caller;
use super::order::Order;
use super::{Schema, schema};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{Error, Kind, Result};
use crate::http::{headers, status};
use crate::services::Services;

/// What the endpoint works with.
#[derive(Clone)]
pub struct Endpoint {
    schema: Schema,
    services: Arc<Services>,
}

impl Endpoint {
    /// Over the services.
    pub fn new(services: Arc<Services>) -> Self {
        Self { schema: schema(), services }
    }
}

/// A GraphQL request as JSON. Unknown members are ignored, as the
/// specification of GraphQL over HTTP asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    query: String,
    #[serde(default)]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<async_graphql::Variables>,
}

/// Answers a POST.
pub async fn execute(
    State(endpoint): State<Endpoint>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> HttpResponse {
    let body = match read(&headers, body) {
        Ok(body) => body,
        Err(error) => return refused(&error, &request),
    };
    let document = match parse_query(&body.query) {
        Ok(document) => document,
        Err(error) => return respond(StatusCode::OK, unparsable(error)),
    };
    let mut query = Request::new(body.query)
        .variables(body.variables.unwrap_or_default())
        .data(Caller::new(principal, Arc::clone(&endpoint.services)));
    query.operation_name = body.operation_name;
    let order = Order::of(&document, query.operation_name.as_deref());
    query.set_parsed_query(document);
    // Hundreds of fields share the request's loaders; a scheduler that cuts
    // in between them would cut their one question in two.
    let mut response = tokio::task::unconstrained(endpoint.schema.execute(query)).await;
    if let Some(order) = order {
        order.apply(&mut response.data);
    }
    finish(&mut response, &request);
    for error in &response.errors {
        metrics::counter!("graphql_errors_total", "code" => code_of(error)).increment(1);
    }
    respond(StatusCode::OK, response)
}

fn code_of(error: &async_graphql::ServerError) -> String {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(async_graphql::Value::String(code)) => code.clone(),
        _ => String::new(),
    }
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Body> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.and_then(|text| text.split(';').next()).unwrap_or("").trim();
    if !content_type.eq_ignore_ascii_case("application/json") {
        let message = "The body must be JSON, with content-type: application/json";
        return Err(Error::new(Kind::UnsupportedMediaType, message));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Kind::TooLarge, "The body is too large"),
        _ => Error::new(Kind::Invalid, "The body cannot be read"),
    })?;
    serde_json::from_slice(&body).map_err(|error| {
        Error::new(Kind::Invalid, format!("The body is not a GraphQL request: {error}"))
    })
}

/// The answer to a request that a layer in front of this endpoint has refused.
pub fn refused(error: &Error, request: &RequestId) -> HttpResponse {
    let answer = respond(status::of(error.kind()), refusal(error, request));
    headers::of_failure(answer, error)
}

/// A GraphQL response, as JSON that every client understands.
pub(super) fn respond(status: StatusCode, response: Response) -> HttpResponse {
    let mut answer = async_graphql_axum::GraphQLResponse::from(response).into_response();
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}
