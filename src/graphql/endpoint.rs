//! From an HTTP body to an answer. The library's own extractor is not used:
//! it takes any content type, escapes axum's body limit and runs batches.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, ValidationMode, Value};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::IntoResponse as _;
use axum::response::Response as HttpResponse;
use futures_util::{Stream, StreamExt as _};
use serde::Deserialize;
use tokio::sync::watch;

use super::documents::{Document, Documents, Kind};
use super::error::{finish, refusal};
use super::loaders::Caller;
use super::{Schema, builder, json, schema, stream};
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{self, Error, Result};
use crate::http::{headers, status};
use crate::services::Services;

/// What the endpoint works with.
#[derive(Clone)]
pub struct Endpoint {
    schemas: Arc<Schemas>,
    documents: Documents,
    pub(super) services: Arc<Services>,
    pub(super) limits: Limits,
}

/// What the endpoint is told about requests that go on.
#[derive(Clone)]
pub struct Limits {
    /// How long a query may take.
    pub timeout: Duration,
    /// The largest message, in bytes.
    pub message: usize,
    /// Becomes true when the process is told to stop.
    pub stopping: watch::Receiver<bool>,
}

impl Endpoint {
    /// Over the services.
    pub fn new(services: Arc<Services>, limits: Limits) -> Self {
        Self { schemas: Arc::new(Schemas::new()), documents: Documents::new(), services, limits }
    }

    /// Whatever can be done with a request before it runs.
    pub(super) fn prepare(
        &self,
        principal: Arc<Principal>,
        body: Body,
    ) -> Result<Prepared, Box<Response>> {
        let document = self.documents.get(&body.query)?;
        let variables = body.variables.unwrap_or_default();
        let operation = body.operation_name;
        let shape = document.shape(operation.as_deref());
        let kind = document.kind(operation.as_deref(), &variables);
        let services = Arc::clone(&self.services);
        let mut query = Request::new(body.query)
            .variables(variables)
            .data(Caller::new(principal, services, shape));
        query.operation_name.clone_from(&operation);
        query.set_parsed_query(document.parsed.clone());
        Ok(Prepared { document, query, operation, kind })
    }

    /// The answer to a query.
    async fn run(&self, prepared: Prepared, request: &RequestId) -> Response {
        let Prepared { document, query, operation, kind } = prepared;
        let known = kind.as_ref().is_some_and(|kind| document.is_valid(kind));
        let schema = if known { &self.schemas.trusting } else { &self.schemas.strict };
        // Hundreds of fields share the request's loaders; a scheduler that cuts
        // in between them would cut their one question in two.
        let mut response = tokio::task::unconstrained(schema.execute(query)).await;
        if response.data != Value::Null {
            document.put_in_order(operation.as_deref(), &mut response);
            if let Some(kind) = kind.filter(|_| !known) {
                document.found_valid(kind);
            }
        }
        finished(&mut response, request);
        response
    }

    /// The answers to an operation, which is a subscription perhaps.
    pub(super) fn run_on(
        &self,
        prepared: Prepared,
        request: RequestId,
    ) -> impl Stream<Item = Response> + Send + 'static {
        let Prepared { document, query, operation, .. } = prepared;
        self.schemas.strict.execute_stream(query).map(move |mut response| {
            if response.data != Value::Null {
                document.put_in_order(operation.as_deref(), &mut response);
            }
            finished(&mut response, &request);
            response
        })
    }
}

/// A request that is ready to run.
pub(super) struct Prepared {
    document: Arc<Document>,
    query: Request,
    operation: Option<String>,
    kind: Option<Kind>,
}

impl Prepared {
    /// Whether it goes on until somebody ends it.
    pub(super) fn is_subscription(&self) -> bool {
        self.document.is_subscription(self.operation.as_deref())
    }
}

/// One schema that checks whether a document fits it, and one that relies on
/// its having been checked before.
struct Schemas {
    strict: Schema,
    trusting: Schema,
}

impl Schemas {
    fn new() -> Self {
        let trusting = builder().validation_mode(ValidationMode::Fast).finish();
        Self { strict: schema(), trusting }
    }
}

/// A GraphQL request as JSON. Unknown members are ignored, as the
/// specification of GraphQL over HTTP asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
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
    if stream::is_wanted(&headers) {
        return stream::events(&endpoint, principal, &headers, request, body);
    }
    match endpoint.prepare(principal, body) {
        Ok(prepared) => respond(StatusCode::OK, &endpoint.run(prepared, &request).await),
        Err(answer) => respond(StatusCode::OK, &answer),
    }
}

fn finished(response: &mut Response, request: &RequestId) {
    finish(response, request);
    for error in &response.errors {
        metrics::counter!("graphql_errors_total", "code" => code_of(error)).increment(1);
    }
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
        return Err(Error::new(error::Kind::UnsupportedMediaType, message));
    }
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(error::Kind::TooLarge, "The body is too large"),
        _ => Error::new(error::Kind::Invalid, "The body cannot be read"),
    })?;
    // Of a list, serde would take the first item for the first member.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Error::new(
            error::Kind::Invalid,
            "The body is not a GraphQL request: not an object",
        ));
    }
    serde_json::from_slice(&body).map_err(|error| {
        Error::new(error::Kind::Invalid, format!("The body is not a GraphQL request: {error}"))
    })
}

/// The answer to a request that a layer in front of this endpoint has refused.
pub fn refused(error: &Error, request: &RequestId) -> HttpResponse {
    let answer = respond(status::of(error.kind()), &refusal(error, request));
    headers::of_failure(answer, error)
}

/// Whether nothing was executed.
pub(super) fn never_ran(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// A GraphQL response as JSON. Where nothing was executed there is no `data`
/// (GraphQL September 2025, section 7.1).
pub(super) fn written(response: &Response) -> Vec<u8> {
    let never_ran = never_ran(response);
    let mut body = Vec::with_capacity(8 * 1024);
    body.push(b'{');
    if !never_ran {
        json::key("data", &mut body);
        json::value(&response.data, &mut body);
    }
    if !response.errors.is_empty() {
        if !never_ran {
            body.push(b',');
        }
        json::key("errors", &mut body);
        json::serialize(&response.errors, &mut body);
    }
    body.push(b'}');
    body
}

/// A GraphQL response, in a form that every client understands.
pub(super) fn respond(status: StatusCode, response: &Response) -> HttpResponse {
    let body = written(response);
    let json = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, json)], body).into_response()
}

/// There is something, but not for this method; axum adds `Allow`.
pub async fn method_not_allowed(Extension(request): Extension<RequestId>) -> HttpResponse {
    let error = Error::new(error::Kind::Invalid, "GraphQL requests are sent with POST");
    respond(StatusCode::METHOD_NOT_ALLOWED, &refusal(&error, &request))
}
