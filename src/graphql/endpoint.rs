//! From a request to its response: admission, then the engine.

use std::sync::Arc;
use std::time::Duration;

use apollo_compiler::response::JsonMap;
use async_graphql::parser::types::OperationType;
use async_graphql::{Request, Response, Variables};
use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;
use tracing::Instrument as _;

use super::admission::document_cache::{Document, DocumentCache};
use super::admission::limits::LimitExceeded;
use super::admission::operation::{Field, Operation};
use super::admission::persisted_documents::PersistedDocuments;
use super::admission::rejection::Rejection;
use super::admission::request_body::Body;
use super::admission::types::Types;
use super::admission::{cost, variables};
use super::error::introspection_forbidden;
use super::execution::cost_report::CostReport;
use super::execution::request_context::RequestContext;
use super::execution::response::Answer;
use super::execution::stream_place::{LastEventId, StreamPlace};
use super::schema::federation::{MAX_ENTITIES, SubgraphSdl};
use super::schema::{Schema, routed_sdl, schema, sdl, subgraph_sdl};
use crate::config;
use crate::domain::principal::Principal;
use crate::domain::request::RequestId;
use crate::http::rate::Budget;
use crate::http::request_log::Operation as LoggedOperation;
use crate::http::streams::Streams;
use crate::services::Services;
use crate::services::issuer_calls::TIME_LIMIT;
use crate::shared::Shared;
use crate::trace::spans;

/// Cost for which one point of the rate is paid.
const COST_PER_POINT: usize = 100;
/// How many values there may be in the variables of a router: each object that it asks for is
/// one with two members, a type and a key.
const ROUTER_VARIABLES: usize = 1 + 3 * MAX_ENTITIES;
/// How long a field of a mutation may take: as long as the issuer, and what comes behind it.
const MUTATION: Duration = TIME_LIMIT.saturating_add(Duration::from_secs(5));

/// Admits and runs operations.
pub struct Endpoint {
    schema: Schema,
    types: Arc<Types>,
    documents: DocumentCache,
    persisted: PersistedDocuments,
    /// What the router of a federated graph composes it from, if there is one.
    subgraph: Option<SubgraphSdl>,
    pub(crate) services: Arc<Services>,
    pub(crate) settings: Settings,
}

/// The endpoint's settings.
pub struct Settings {
    /// The allowed documents, and their limits.
    pub documents: config::Documents,
    /// How long a query may take.
    pub timeout: Duration,
    /// The largest message, in bytes.
    pub message: usize,
    /// The open WebSockets and event streams.
    pub streams: Streams,
    /// Where replicas share persisted documents.
    pub shared: Option<Shared>,
    /// Becomes true when the process is about to stop.
    pub stopping: watch::Receiver<bool>,
}

impl Endpoint {
    /// An endpoint over the services.
    pub fn new(services: Arc<Services>, settings: Settings) -> Self {
        let allowed = &settings.documents;
        let sdl = if allowed.federation { routed_sdl() } else { sdl() };
        let types = Arc::new(Types::of(&sdl));
        let subgraph = allowed.federation.then(|| SubgraphSdl(subgraph_sdl().into()));
        Self {
            schema: schema(),
            documents: DocumentCache::new(allowed.limits, Arc::clone(&types)),
            types,
            persisted: PersistedDocuments::new(allowed, settings.shared.clone()),
            subgraph,
            services,
            settings,
        }
    }

    /// Everything that can be done with a request before it runs.
    pub(crate) async fn prepare(
        &self,
        principal: Arc<Principal>,
        budget: &Budget,
        mut body: Body,
    ) -> Result<Prepared, Rejection> {
        let limits = &self.settings.documents.limits;
        let of_router = if self.subgraph.is_some() { ROUTER_VARIABLES } else { 0 };
        let given = match &body.variables {
            Some(json) => variables::read(json, limits.variables.max(of_router))?,
            None => JsonMap::new(),
        };
        let (text, hash) = self.persisted.text(&mut body).await?;
        let open = self.settings.documents.introspection.allows(principal.scopes);
        let document = self.documents.get(&text, open)?;
        if document.introspects && !open {
            return Err(introspection_forbidden(self.settings.documents.introspection).into());
        }
        if let Some(hash) = hash.filter(|_| !document.is_private) {
            self.persisted.remember(hash, text).await;
        }
        let operation = document.operation(body.operation_name.as_deref())?;
        let variables = variables::coerce(&operation, given, &self.types, open)?;
        let included = operation.included(&variables);
        let fields = included.as_deref().unwrap_or(operation.fields());
        let cost = cost::of(fields, &variables);
        let points = afford(budget, cost, limits.complexity).await?;
        let last_event = None;
        Ok(Prepared {
            document,
            operation,
            included,
            principal,
            variables,
            last_event,
            cost,
            points,
        })
    }

    /// The answer to a query or a mutation.
    pub(crate) async fn run(&self, prepared: Prepared, id: &RequestId) -> Answer {
        let operation = &prepared.operation;
        let span = spans::operation(operation.keyword(), operation.name.as_deref());
        self.answer(prepared, id).instrument(span).await
    }

    /// The answers to an operation, which may be a subscription.
    pub(crate) fn run_stream(
        self: &Arc<Self>,
        mut prepared: Prepared,
        id: RequestId,
    ) -> BoxStream<'static, Answer> {
        if !prepared.is_subscription() {
            let this = Arc::clone(self);
            return stream::once(async move { this.answer(prepared, &id).await }).boxed();
        }
        let variables = prepared.variables.clone();
        let place = StreamPlace::default();
        let mut request = self.request(&prepared, variables, &id).data(place.clone());
        if let Some(last_event) = prepared.last_event.take() {
            request = request.data(last_event);
        }
        let types = Arc::clone(&self.types);
        let answer = move |response| {
            let fields = prepared.fields();
            let mut answer = Answer::of(response, &id, &prepared.operation, fields, &types);
            answer.cursor = place.take();
            answer
        };
        self.schema.execute_stream(request).map(answer).boxed()
    }

    async fn answer(&self, mut prepared: Prepared, id: &RequestId) -> Answer {
        let at_standby = self.at_standby(&prepared, id).await;
        let response = if let Some(response) = at_standby {
            response
        } else {
            let variables = std::mem::take(&mut prepared.variables);
            self.execute(self.request(&prepared, variables, id)).await
        };
        Answer::of(response, id, &prepared.operation, prepared.fields(), &self.types)
    }

    /// The response to a query that the standby has answered.
    async fn at_standby(&self, prepared: &Prepared, id: &RequestId) -> Option<Response> {
        if prepared.kind() != OperationType::Query {
            return None;
        }
        let standby = self.services.reading.at_standby().await?;
        let request = self.request(prepared, prepared.variables.clone(), id);
        // In a box: most queries need no room for it.
        standby.run(Box::pin(self.execute(request))).await
    }

    /// Yielding to other tasks between a page's fields would only delay the page.
    async fn execute(&self, request: Request) -> Response {
        tokio::task::unconstrained(self.schema.execute(request)).await
    }

    /// What the engine runs.
    fn request(&self, prepared: &Prepared, variables: Variables, id: &RequestId) -> Request {
        let (services, types) = (Arc::clone(&self.services), Arc::clone(&self.types));
        let fields = prepared.fields();
        let principal = Arc::clone(&prepared.principal);
        let context = RequestContext::new(principal, services, fields.len() == 1);
        let request = Request::new("").variables(variables).data(context).data(types);
        let mut request = request.data(id.clone());
        if let Some(sdl) = &self.subgraph {
            request = request.data(sdl.clone());
        }
        request.set_parsed_query(prepared.operation.to_engine(fields));
        request
    }
}

/// Pays for an operation besides the request's own point; the points.
async fn afford(budget: &Budget, cost: usize, limit: usize) -> Result<u32, Rejection> {
    LimitExceeded::check("complexity", limit, cost).map_err(|limit| limit.costing(cost))?;
    let points = cost / COST_PER_POINT;
    // More than any bucket ever holds is beyond a limit: waiting would not help.
    let most = usize::try_from(budget.status().limit).unwrap_or(usize::MAX);
    LimitExceeded::check("rate_burst", most, points + 1).map_err(|limit| limit.costing(cost))?;
    let points = u32::try_from(points).unwrap_or(u32::MAX);
    budget.spend(points).await?;
    Ok(points)
}

/// A request that is ready to run.
pub(crate) struct Prepared {
    document: Arc<Document>,
    operation: Arc<Operation>,
    /// The fields that run, where conditions exclude some.
    included: Option<Vec<Field>>,
    principal: Arc<Principal>,
    variables: Variables,
    /// After which event a client of a stream goes on.
    last_event: Option<LastEventId>,
    /// The maximum cost of the operation.
    cost: usize,
    /// The points that were paid for it, besides the request's own.
    points: u32,
}

impl Prepared {
    /// The same for a client that has got a stream of events up to one, and goes on there.
    pub(crate) fn going_on_after(mut self, last_event: LastEventId) -> Self {
        self.last_event = Some(last_event);
        self
    }

    /// What may be logged of it.
    pub(crate) fn logged(&self) -> LoggedOperation {
        let document = Arc::clone(&self.document.hash);
        LoggedOperation { name: self.operation.name.clone(), document }
    }

    /// The fields that run.
    fn fields(&self) -> &[Field] {
        self.included.as_deref().unwrap_or(self.operation.fields())
    }

    /// The report of its cost.
    pub(crate) fn cost_report(&self) -> CostReport {
        CostReport::of(self.fields(), self.cost, self.points.saturating_add(1))
    }

    /// The kind of operation.
    pub(crate) fn kind(&self) -> OperationType {
        self.operation.kind
    }

    /// How much longer than usual it may take: a mutation waits for the issuer in each of its
    /// fields, and ends earlier only by what the issuer says.
    pub(crate) fn more_time(&self) -> Duration {
        if self.kind() != OperationType::Mutation {
            return Duration::ZERO;
        }
        MUTATION.saturating_mul(u32::try_from(self.fields().len()).unwrap_or(u32::MAX))
    }

    /// Whether it goes on until a client or the gateway ends it.
    pub(crate) fn is_subscription(&self) -> bool {
        self.kind() == OperationType::Subscription
    }
}
