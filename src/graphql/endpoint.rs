//! From an HTTP request to an answer. The library's own extractor is not used:
//! it takes any content type, escapes axum's body limit and runs batches.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, ValidationMode, Value, Variables};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::IntoResponse as _;
use axum::response::Response as HttpResponse;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::watch;

use crate::config;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::error::{self, Error, Result};
use crate::graphql::admission::cost;
use crate::graphql::admission::document_cache::{Document, Documents, Kind};
use crate::graphql::admission::limits::Excess;
use crate::graphql::admission::persisted_documents::{Missing, Persisted};
use crate::graphql::admission::request_body::{self as request, Body};
use crate::graphql::admission::variables;
use crate::graphql::error::{finish, refusal};
use crate::graphql::execution::cost_report::{self as bill, Bill};
use crate::graphql::execution::json;
use crate::graphql::execution::request_context::RequestContext;
use crate::graphql::schema::{Schema, builder, schema};
use crate::graphql::transport::media_type::Media;
use crate::graphql::transport::sse as stream;
use crate::http::rate::Budget;
use crate::http::request_log::Operation;
use crate::http::{headers, status};
use crate::services::Services;
use crate::usage::{self, Usage};

/// So much of a document's cost is worth a request.
const COST_OF_A_POINT: usize = 100;

/// What the endpoint works with.
#[derive(Clone)]
pub struct Endpoint {
    schemas: Arc<Schemas>,
    documents: Documents,
    persisted: Persisted,
    pub(crate) services: Arc<Services>,
    pub(crate) settings: Settings,
}

/// What the endpoint is told.
#[derive(Clone)]
pub struct Settings {
    /// Which documents may be used, and what they may ask for.
    pub documents: config::Documents,
    /// How long a query may take.
    pub timeout: Duration,
    /// The largest message, in bytes.
    pub message: usize,
    /// Becomes true when the process is told to stop.
    pub stopping: watch::Receiver<bool>,
}

/// Why a request does not run.
pub(crate) enum Refused {
    /// The document cannot be executed.
    Document(Box<Response>),
    /// The document asks for too much.
    Excess(Excess),
    /// Something else.
    Error(Error),
}

impl Refused {
    /// The response, whatever carries it.
    pub(crate) fn response(&self, request: &RequestId) -> Response {
        match self {
            Self::Document(response) => Response::from_errors(response.errors.clone()),
            Self::Excess(excess) => excess.answer(),
            Self::Error(error) => refusal(error, request),
        }
    }

    fn answer(&self, media: Media, request: &RequestId) -> HttpResponse {
        match self {
            Self::Document(response) => respond(media, media.not_executed(), response),
            Self::Excess(excess) => respond(media, StatusCode::BAD_REQUEST, &excess.answer()),
            Self::Error(error) => refused(error, request),
        }
    }
}

impl From<Missing> for Refused {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Tell(response) => Self::Document(response),
            Missing::Refuse(error) => Self::Error(error),
        }
    }
}

impl From<Excess> for Refused {
    fn from(excess: Excess) -> Self {
        Self::Excess(excess)
    }
}

impl Endpoint {
    /// Over the services.
    pub fn new(services: Arc<Services>, settings: Settings) -> Self {
        let allowed = &settings.documents;
        Self {
            schemas: Arc::new(Schemas::new()),
            documents: Documents::new(allowed.limits),
            persisted: Persisted::new(allowed),
            services,
            settings,
        }
    }

    /// Whatever can be done with a request before it runs.
    pub(crate) fn prepare(
        &self,
        principal: Arc<Principal>,
        budget: &Budget,
        mut body: Body,
    ) -> Result<Prepared, Refused> {
        let limits = &self.settings.documents.limits;
        let mut variables = match &body.variables {
            Some(json) => variables::read(json, limits.variables)?,
            None => Variables::default(),
        };
        let (text, hash) = self.persisted.text(&mut body)?;
        let document = self.documents.get(&text)?;
        let open = self.settings.documents.introspection.allows(principal.scope);
        if document.introspects && !open {
            return Err(Refused::Error(closed()));
        }
        if let Some(hash) = hash {
            self.persisted.remember(hash, Arc::clone(&text));
        }
        let operation = body.operation_name;
        if let Some(of) = document.operation(operation.as_deref()) {
            variables::complete(of, &mut variables).map_err(Refused::Document)?;
        }
        let cost = document
            .operation(operation.as_deref())
            .map_or(0, |of| cost::of(&document.parsed, of, &variables));
        Excess::check("complexity", limits.complexity, cost)?;
        let points = u32::try_from(cost / COST_OF_A_POINT).unwrap_or(u32::MAX);
        // What no bucket ever holds is beyond a limit: waiting would not help.
        let most = usize::try_from(budget.allowance().limit).unwrap_or(usize::MAX);
        Excess::check("rate_burst", most, cost / COST_OF_A_POINT + 1)?;
        budget.spend(points).map_err(Refused::Error)?;
        let shape = document.shape(operation.as_deref());
        let kind = document.kind(operation.as_deref(), &variables);
        let services = Arc::clone(&self.services);
        let context = RequestContext::new(principal, services, shape.alone, shape.scattered);
        let mut query = Request::new(&*text).variables(variables).data(context);
        query.operation_name.clone_from(&operation);
        query.set_parsed_query(document.parsed.clone());
        Ok(Prepared { document, query, operation, kind, open, cost, points })
    }

    /// The answer to a query.
    async fn run(&self, prepared: Prepared, request: &RequestId) -> Response {
        let Prepared { document, query, operation, kind, open, .. } = prepared;
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
        finished(&mut response, request, open);
        response
    }

    /// The answers to an operation, which is a subscription perhaps.
    pub(crate) fn run_on(
        &self,
        prepared: Prepared,
        request: RequestId,
    ) -> impl Stream<Item = Response> + Send + 'static {
        let Prepared { document, query, operation, open, .. } = prepared;
        self.schemas.strict.execute_stream(query).map(move |mut response| {
            if response.data != Value::Null {
                document.put_in_order(operation.as_deref(), &mut response);
            }
            finished(&mut response, &request, open);
            response
        })
    }
}

/// A request that is ready to run.
pub(crate) struct Prepared {
    document: Arc<Document>,
    query: Request,
    operation: Option<String>,
    kind: Option<Kind>,
    /// Whether the caller may know what the schema holds.
    open: bool,
    /// What the document costs at the most.
    cost: usize,
    /// The points that were paid for it, besides the request's own.
    points: u32,
}

impl Prepared {
    /// What a log may hold of it.
    pub(crate) fn about(&self) -> Operation {
        let document = Arc::clone(&self.document.hash);
        Operation { name: self.document.name(self.operation.as_deref()), document }
    }

    fn bill(&self) -> Bill {
        Bill::of(&self.document.parsed, self.cost, self.points.saturating_add(1))
    }

    /// Whether it goes on until somebody ends it.
    pub(crate) fn is_subscription(&self) -> bool {
        self.is(OperationType::Subscription)
    }

    fn is(&self, of: OperationType) -> bool {
        self.document.operation(self.operation.as_deref()).is_some_and(|one| one.ty == of)
    }
}

/// Why somebody does not learn what the schema holds.
pub(crate) fn closed() -> Error {
    Error::new(error::Kind::Forbidden, "This token may not ask what the schema holds")
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

/// Answers a POST.
pub async fn execute(
    State(endpoint): State<Endpoint>,
    Extension(principal): Extension<Arc<Principal>>,
    Extension(budget): Extension<Arc<Budget>>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> HttpResponse {
    let Some(media) = Media::wanted(&headers) else { return not_acceptable(&request) };
    let body = match request::of_post(&headers, body) {
        Ok(body) => body,
        Err(error) => return refused(&error, &request),
    };
    let prepared = match endpoint.prepare(principal, &budget, body) {
        Ok(prepared) => prepared,
        Err(refused) => return refused.answer(media, &request),
    };
    answer(&endpoint, &headers, media, request, prepared).await
}

/// Answers a GET with a query in it. What changes something is not asked for
/// that way (GraphQL over HTTP, section 5.3).
pub(crate) async fn get(
    endpoint: &Endpoint,
    principal: Arc<Principal>,
    budget: &Budget,
    request: RequestId,
    headers: &HeaderMap,
    uri: &Uri,
) -> HttpResponse {
    let Some(media) = Media::wanted(headers) else { return not_acceptable(&request) };
    let body = match request::of_get(uri.query().unwrap_or_default()) {
        Ok(body) => body,
        Err(error) => return refused(&error, &request),
    };
    let prepared = match endpoint.prepare(principal, budget, body) {
        Ok(prepared) => prepared,
        Err(refused) => return refused.answer(media, &request),
    };
    if prepared.is(OperationType::Mutation) {
        let error = Error::new(error::Kind::Invalid, "Mutations are sent with POST");
        let mut answer =
            respond(Media::Json, StatusCode::METHOD_NOT_ALLOWED, &refusal(&error, &request));
        answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    answer(endpoint, headers, media, request, prepared).await
}

async fn answer(
    endpoint: &Endpoint,
    headers: &HeaderMap,
    media: Media,
    request: RequestId,
    prepared: Prepared,
) -> HttpResponse {
    let about = prepared.about();
    let events = prepared.is_subscription() && Media::takes_events(headers);
    if events || media == Media::Events {
        return (Extension(about), stream::events(endpoint, headers, request, prepared))
            .into_response();
    }
    if prepared.is_subscription() {
        let message = "Subscriptions come as text/event-stream, or over a WebSocket";
        return refused(&Error::new(error::Kind::Invalid, message), &request);
    }
    let bill = headers.contains_key(bill::HEADER).then(|| prepared.bill());
    let usage = Arc::<Usage>::default();
    let running = endpoint.run(prepared, &request);
    let response = match &bill {
        Some(_) => usage::counted(Arc::clone(&usage), running).await,
        None => running.await,
    };
    let status = if never_ran(&response) { media.not_executed() } else { StatusCode::OK };
    let body = written(&response);
    let body = match bill {
        Some(bill) => bill.added_to(body, &usage),
        None => body,
    };
    let kind = [(header::CONTENT_TYPE, media.header())];
    (status, kind, Extension(about), body).into_response()
}

fn finished(response: &mut Response, request: &RequestId, open: bool) {
    finish(response, request);
    if !open {
        // The engine suggests names that are like the wrong one.
        for error in &mut response.errors {
            let end = error.message.find(" Did you mean").unwrap_or(error.message.len());
            error.message.truncate(end);
        }
    }
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

fn not_acceptable(request: &RequestId) -> HttpResponse {
    let message =
        "The answer is application/json, application/graphql-response+json or text/event-stream";
    let error = Error::new(error::Kind::Invalid, message);
    respond(Media::Json, StatusCode::NOT_ACCEPTABLE, &refusal(&error, request))
}

/// The answer to a request that never came as far as the schema. It is no
/// GraphQL response, so that it is never called one.
pub fn refused(error: &Error, request: &RequestId) -> HttpResponse {
    let answer = respond(Media::Json, status::of(error.kind()), &refusal(error, request));
    headers::of_failure(answer, error)
}

/// Whether nothing was executed.
pub(crate) fn never_ran(response: &Response) -> bool {
    response.data == Value::Null
        && !response.errors.is_empty()
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// A GraphQL response as JSON. Where nothing was executed there is no `data`
/// (GraphQL September 2025, section 7.1).
pub(crate) fn written(response: &Response) -> Vec<u8> {
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

fn respond(media: Media, status: StatusCode, response: &Response) -> HttpResponse {
    (status, [(header::CONTENT_TYPE, media.header())], written(response)).into_response()
}

/// There is something, but not for this method; axum adds `Allow`.
pub async fn method_not_allowed(Extension(request): Extension<RequestId>) -> HttpResponse {
    let error = Error::new(error::Kind::Invalid, "GraphQL requests are sent with POST or GET");
    respond(Media::Json, StatusCode::METHOD_NOT_ALLOWED, &refusal(&error, &request))
}
