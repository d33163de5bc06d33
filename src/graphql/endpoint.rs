//! From an HTTP body to an answer. The library's own extractor is not used:
//! it takes any content type, escapes axum's body limit and runs batches.

use std::sync::Arc;

use async_graphql::{Request, Response, Value};
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::response::Response as HttpResponse;
use axum::{Extension, Json};
use serde::Deserialize;

use super::documents::Documents;
use super::error::{finish, refusal};
use super::loaders::Caller;
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
    documents: Documents,
    services: Arc<Services>,
}

impl Endpoint {
    /// Over the services.
    pub fn new(services: Arc<Services>) -> Self {
        Self { schema: schema(), documents: Documents::new(), services }
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
    let document = match endpoint.documents.get(&body.query) {
        Ok(document) => document,
        Err(answer) => return respond(StatusCode::OK, *answer),
    };
    let mut query = Request::new(body.query)
        .variables(body.variables.unwrap_or_default())
        .data(Caller::new(principal, Arc::clone(&endpoint.services)));
    query.operation_name = body.operation_name;
    let operation = query.operation_name.clone();
    query.set_parsed_query(document.parsed.clone());
    // Hundreds of fields share the request's loaders; a scheduler that cuts
    // in between them would cut their one question in two.
    let mut response = tokio::task::unconstrained(endpoint.schema.execute(query)).await;
    if response.data != Value::Null {
        document.put_in_order(operation.as_deref(), &mut response);
    }
    finish(&mut response, &request);
    for error in &response.errors {
        metrics::counter!("graphql_errors_total", "code" => code_of(error)).increment(1);
    }
    respond(StatusCode::OK, response)
}

fn code_of(error: &async_graphql::ServerError) -> String {
    match error.extensions.as_ref().and_then(|extensions| extensions.get("code")) {
        Some(Value::String(code)) => code.clone(),
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
    // Of a list, serde would take the first item for the first member.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::new(Kind::Invalid, "The body is not a GraphQL request: not an object"));
    }
    serde_json::from_slice(&body).map_err(|error| {
        Error::new(Kind::Invalid, format!("The body is not a GraphQL request: {error}"))
    })
}

/// The answer to a request that a layer in front of this endpoint has refused.
pub fn refused(error: &Error, request: &RequestId) -> HttpResponse {
    let answer = respond(status::of(error.kind()), refusal(error, request));
    headers::of_failure(answer, error)
}

/// A GraphQL response, as JSON that every client understands. Where nothing
/// was executed there is no `data` (GraphQL September 2025, section 7.1).
pub(super) fn respond(status: StatusCode, response: Response) -> HttpResponse {
    let never_ran = response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty());
    if never_ran {
        let errors = serde_json::json!({ "errors": response.errors });
        return (status, Json(errors)).into_response();
    }
    let mut answer = async_graphql_axum::GraphQLResponse::from(response).into_response();
    *answer.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(header::CONTENT_TYPE, json);
    answer
}

/// There is something, but not for this method; axum adds `Allow`.
pub async fn method_not_allowed(Extension(request): Extension<RequestId>) -> HttpResponse {
    let error = Error::new(Kind::Invalid, "GraphQL requests are sent with POST");
    respond(StatusCode::METHOD_NOT_ALLOWED, refusal(&error, &request))
}
