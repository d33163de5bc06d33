//! GraphQL over HTTP: POST, and GET for queries. The library's own extractor is
//! not used: it takes any content type, escapes axum's body limit and runs batches.

use std::sync::Arc;

use async_graphql::Response;
use async_graphql::parser::types::OperationType;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::IntoResponse as _;
use axum::response::Response as HttpResponse;

use super::media_type::Media;
use super::sse;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{self, Error};
use crate::graphql::admission::rejection::Rejection;
use crate::graphql::admission::request_body as request;
use crate::graphql::admission::validation::is_mutation;
use crate::graphql::endpoint::{Endpoint, Prepared};
use crate::graphql::error::refusal;
use crate::graphql::execution::cost_report;
use crate::graphql::execution::response::Answer;
use crate::http::deadline::Deadline;
use crate::http::rate::Budget;
use crate::http::{headers, status};
use crate::usage::{self, Usage};

/// Answers a POST.
pub async fn execute(
    State(endpoint): State<Arc<Endpoint>>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(budget): Extension<Arc<Budget>>,
    Extension(request): Extension<RequestId>,
    Extension(deadline): Extension<Deadline>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> HttpResponse {
    let Some(media) = Media::wanted(&headers) else { return not_acceptable(&request) };
    let body = match request::of_post(&headers, body) {
        Ok(body) => body,
        Err(error) => return error_response(&error, &request),
    };
    let prepared = match endpoint.prepare(principal, &budget, body).await {
        Ok(prepared) => prepared,
        Err(rejection) => return rejected(&rejection, media, &request),
    };
    deadline.extend(prepared.more_time());
    answer(&endpoint, &headers, media, request, prepared).await
}

/// Answers a GET with a query in it. Mutations must be sent with POST (GraphQL
/// over HTTP, section 5.3).
pub(crate) async fn get(
    endpoint: &Arc<Endpoint>,
    principal: Arc<Principal>,
    budget: &Budget,
    request: RequestId,
    headers: &HeaderMap,
    uri: &Uri,
) -> HttpResponse {
    let Some(media) = Media::wanted(headers) else { return not_acceptable(&request) };
    let body = match request::of_get(uri.query().unwrap_or_default()) {
        Ok(body) => body,
        Err(error) => return error_response(&error, &request),
    };
    let limits = &endpoint.settings.documents.limits;
    let (text, name) = (body.query.clone().unwrap_or_default(), body.operation_name.clone());
    let prepared = match endpoint.prepare(principal, budget, body).await {
        Ok(prepared) if prepared.kind() == OperationType::Mutation => {
            return mutation_by_get(&request);
        }
        Ok(prepared) => prepared,
        Err(Rejection::Document(_)) if is_mutation(&text, name.as_deref(), limits) => {
            return mutation_by_get(&request);
        }
        Err(rejection) => return rejected(&rejection, media, &request),
    };
    answer(endpoint, headers, media, request, prepared).await
}

fn mutation_by_get(request: &RequestId) -> HttpResponse {
    let error = Error::new(error::Kind::Invalid, "Mutations are sent with POST");
    let mut answer = respond(Media::Json, StatusCode::METHOD_NOT_ALLOWED, refusal(&error, request));
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    answer
}

async fn answer(
    endpoint: &Arc<Endpoint>,
    headers: &HeaderMap,
    media: Media,
    request: RequestId,
    prepared: Prepared,
) -> HttpResponse {
    let logged = prepared.logged();
    let events = prepared.is_subscription() && Media::takes_events(headers);
    if events || media == Media::Events {
        return match endpoint.settings.streams.open() {
            Ok(place) => {
                let prepared = match sse::last_event(headers) {
                    Some(last) => prepared.going_on_after(last),
                    None => prepared,
                };
                let events = sse::events(endpoint, headers, request, prepared, place);
                (Extension(logged), events).into_response()
            }
            Err(error) => error_response(&error, &request),
        };
    }
    if prepared.is_subscription() {
        let message = "Subscriptions come as text/event-stream, or over a WebSocket";
        return error_response(&Error::new(error::Kind::Invalid, message), &request);
    }
    let report = headers.contains_key(cost_report::HEADER).then(|| prepared.cost_report());
    let usage = Arc::<Usage>::default();
    let running = endpoint.run(prepared, &request);
    let answer = match &report {
        Some(_) => usage::counted(Arc::clone(&usage), running).await,
        None => running.await,
    };
    let status = if answer.ran { StatusCode::OK } else { media.not_executed() };
    let body = match report {
        Some(report) => report.added_to(answer.body, &usage),
        None => answer.body,
    };
    let kind = [(header::CONTENT_TYPE, media.header())];
    (status, kind, Extension(logged), body).into_response()
}

/// The answer to a request that is not executed.
fn rejected(rejection: &Rejection, media: Media, request: &RequestId) -> HttpResponse {
    let response = || rejection.response(request);
    match (rejection, media) {
        (Rejection::Error(error), _) => error_response(error, request),
        (Rejection::Document(_), Media::Events) => sse::single(&Answer::refused(response().errors)),
        (Rejection::Document(_), _) => respond(media, media.not_executed(), response()),
        (Rejection::Limit(_), _) => respond(media, StatusCode::BAD_REQUEST, response()),
    }
}

fn not_acceptable(request: &RequestId) -> HttpResponse {
    let message =
        "The answer is application/json, application/graphql-response+json or text/event-stream";
    let error = Error::new(error::Kind::Invalid, message);
    respond(Media::Json, StatusCode::NOT_ACCEPTABLE, refusal(&error, request))
}

/// The answer to a request that was refused before its document was read;
/// [`super::media_type::answer_as_accepted`] gives it the type that the client accepts.
pub fn error_response(error: &Error, request: &RequestId) -> HttpResponse {
    let answer = respond(Media::Json, status::of(error.kind()), refusal(error, request));
    headers::of_failure(answer, error)
}

fn respond(media: Media, status: StatusCode, response: Response) -> HttpResponse {
    let body = Answer::refused(response.errors).body;
    (status, [(header::CONTENT_TYPE, media.header())], body).into_response()
}

/// The answer to other methods; axum adds `Allow`.
pub async fn method_not_allowed(Extension(request): Extension<RequestId>) -> HttpResponse {
    let error = Error::new(error::Kind::Invalid, "GraphQL requests are sent with POST or GET");
    respond(Media::Json, StatusCode::METHOD_NOT_ALLOWED, refusal(&error, &request))
}
